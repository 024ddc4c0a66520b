//! The same client against the embedded payment service, which was written without it.

use std::sync::Arc;

use domain::billing::plan::{Interval, PlanKey};
use domain::billing::remote::{Purpose, Session, SessionStatus, SubscriptionStatus};
use domain::id::{IntentId, OrgId};
use domain::money::Usd;
use domain::time::Micros;
use providers::stripe::catalogue::{
    METER_EVENT, NewPortalConfiguration, NewPrice, NewProduct, PortalConfiguration, Price,
    USAGE_LOOKUP_KEY, lookup_key,
};
use providers::stripe::event::Cursor;
use providers::stripe::{
    Error, NewCheckout, NewSetup, NewUsageSubscription, PortalFlow, Secret, Stripe, signature,
};
use sandbox::payments::{Config, Payments};

use super::peer::{KEY, client};

const NOW: Micros = Micros(1_790_000_000 * 1_000_000);
const HOME: &str = "https://app.example.com/billing";

async fn embedded() -> Stripe {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    let payments = Payments::new(Config {
        secret_key: KEY.to_owned(),
        webhook_secret: "whsec_example".to_owned(),
        clock: Arc::new(|| NOW.0),
        random: Arc::new(|bytes| getrandom::fill(bytes).unwrap()),
        base_url: base.clone(),
        state_file: None,
        retry: Vec::new(),
    })
    .unwrap();
    tokio::spawn(sandbox::payments::serve(
        listener,
        payments,
        std::future::pending(),
    ));
    client(&base, std::time::Duration::from_secs(10))
}

/// What a person does on the page: the card that is offered, and the button.
async fn complete(session: &Session) {
    let url = session.url.as_deref().unwrap();
    let origin: url::Url = url.parse().unwrap();
    let browser = reqwest::Client::builder()
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none())
        .build()
        .unwrap();
    let answer = browser
        .post(url)
        .header("origin", origin.origin().ascii_serialization())
        .form(&[("card", "4242")])
        .send()
        .await
        .unwrap();
    assert!(answer.status().is_redirection(), "{}", answer.status());
}

struct Shop {
    prices: Vec<Price>,
    usage: Price,
    portal: PortalConfiguration,
}

/// Sets the account up, and finds everything again.
async fn set_up(stripe: &Stripe) -> Shop {
    let new = NewProduct {
        id: Some("secapi_team"),
        name: "Team",
        plan: Some(PlanKey::Team),
    };
    let product = stripe.create_product("product", &new).await.unwrap();
    assert_eq!(stripe.product("secapi_team").await, Ok(product));
    let mut prices = Vec::new();
    for (interval, amount) in [(Interval::Monthly, "99"), (Interval::Annual, "990")] {
        let new = NewPrice {
            product: "secapi_team",
            plan: PlanKey::Team,
            interval,
            unit_amount: amount.parse().unwrap(),
        };
        let key = lookup_key(PlanKey::Team, interval);
        let made = stripe.create_price(&key, &new).await.unwrap();
        assert_eq!(stripe.prices(&[&key]).await, Ok(vec![made.clone()]));
        prices.push(made);
    }
    let meter = stripe
        .create_meter("meter", METER_EVENT, "Usage")
        .await
        .unwrap();
    assert_eq!(stripe.meters().await, Ok(vec![meter.clone()]));
    let new = NewProduct {
        id: None,
        name: "Usage",
        plan: None,
    };
    let usage = stripe.create_product("usage", &new).await.unwrap();
    let usage = stripe
        .create_usage_price("usage-price", &usage.id, &meter.id)
        .await
        .unwrap();
    assert!(usage.metered);
    assert_eq!(usage.meter.as_deref(), Some(meter.id.as_str()));
    let new = NewPortalConfiguration {
        tag: "v1",
        headline: Some("Billing"),
        products: &[("secapi_team", &[&prices[0].id, &prices[1].id])],
    };
    let portal = stripe
        .create_portal_configuration("portal", &new)
        .await
        .unwrap();
    let all = stripe.portal_configurations().await.unwrap();
    assert!(all.contains(&portal));
    assert_eq!(portal.tag.as_deref(), Some("v1"));
    Shop {
        prices,
        usage,
        portal,
    }
}

/// All of it is in the snapshot; returns the plan's subscription.
async fn check_snapshot(stripe: &Stripe, id: &str, card: &str, shop: &Shop) -> String {
    let snapshot = stripe.snapshot(id).await.unwrap();
    assert_eq!(snapshot.customer.default_card.as_deref(), Some(card));
    assert_eq!(snapshot.subscriptions.len(), 2);
    let plan = snapshot
        .subscriptions
        .iter()
        .find(|s| s.purpose != Purpose::Usage)
        .unwrap();
    assert_eq!(plan.status, SubscriptionStatus::Active);
    assert_eq!(plan.price.as_deref(), Some(shop.prices[1].id.as_str()));
    let paid = snapshot
        .invoices
        .iter()
        .find(|i| i.subscription.as_deref() == Some(&plan.id))
        .unwrap();
    assert_eq!(
        (paid.due, paid.remaining),
        ("990".parse().unwrap(), Usd::ZERO)
    );
    assert!(paid.paid_at.is_some());
    plan.id.clone()
}

/// The portal opens for each of its purposes.
async fn check_portal(stripe: &Stripe, id: &str, subscription: &str, shop: &Shop) {
    for flow in [
        None,
        Some(PortalFlow::PaymentMethodUpdate),
        Some(PortalFlow::SubscriptionUpdate { subscription }),
        Some(PortalFlow::SubscriptionCancel { subscription }),
    ] {
        let key = format!("{flow:?}").replace(' ', "");
        let opened = stripe
            .portal(&key, id, HOME, Some(&shop.portal.id), flow)
            .await;
        assert!(opened.is_ok(), "{opened:?}");
    }
}

/// Every event reads as a hint of whose it is.
async fn check_events(stripe: &Stripe, id: &str) {
    let day = Micros(NOW.0 - 86_400_000_000);
    let kinds = ["checkout.session.completed", "customer.created"];
    let page = stripe.events(day, &kinds, Cursor::Newest).await.unwrap();
    assert_eq!(page.events.len(), 3);
    for hint in &page.events {
        assert_eq!(hint.customer.as_deref(), Some(id));
        assert_eq!(hint.org.as_deref(), Some("org_1"));
    }
    let newer = Cursor::NewerThan(&page.events[1].id);
    let page = stripe.events(day, &kinds, newer).await.unwrap();
    assert_eq!(page.events.len(), 1);
}

#[tokio::test]
async fn a_customer_goes_all_the_way() {
    let stripe = embedded().await;
    let org = OrgId::from_stored("org_1".to_owned());
    let intent = IntentId::from_stored("int_1".to_owned());

    let shop = set_up(&stripe).await;

    // A customer, once, however often it is asked for.
    let email = Some("ada@example.com");
    let made = stripe.create_customer("customer", &org, email, "Ada").await;
    let customer = made.unwrap();
    let again = stripe.create_customer("customer", &org, email, "Ada").await;
    assert_eq!(again.as_ref(), Ok(&customer));
    assert!(!customer.livemode);
    let id = customer.id.as_str();

    // A card by Checkout, which becomes the one that is charged.
    let setup = NewSetup {
        customer: id,
        org: &org,
        intent: &intent,
        success_url: HOME,
        cancel_url: HOME,
        expires_at: None,
    };
    let session = stripe.checkout_setup("setup", &setup).await.unwrap();
    assert_eq!(session.status, SessionStatus::Open);
    complete(&session).await;
    let session = stripe.session(&session.id).await.unwrap();
    assert_eq!(session.status, SessionStatus::Complete);
    let card = session.payment_method.unwrap();
    let charged = stripe.set_default_card("card", id, &card).await.unwrap();
    assert_eq!(charged.default_card.as_deref(), Some(card.as_str()));

    // Usage, from the first of the month.
    let new = NewUsageSubscription {
        customer: id,
        price: &shop.usage.id,
        org: &org,
        intent: &intent,
        anchor: NOW.next_month(),
    };
    let metered = stripe.usage_subscription("metered", &new).await.unwrap();
    assert_eq!(metered.purpose, Purpose::Usage);
    assert_eq!(metered.period_end, Some(NOW.next_month()));
    let value = Usd::cents(4_200).unwrap();
    for _ in 0..2 {
        let told = stripe.meter_event(METER_EVENT, "urep_1", id, value, NOW);
        assert_eq!(told.await, Ok(()));
    }

    // A plan by Checkout; a second session is given up.
    let checkout = NewCheckout {
        customer: id,
        price: &shop.prices[1].id,
        org: &org,
        intent: &intent,
        plan: PlanKey::Team,
        interval: Interval::Annual,
        success_url: "https://app.example.com/done?s={CHECKOUT_SESSION_ID}",
        cancel_url: HOME,
        expires_at: Some(Micros(NOW.0 + 3_600_000_000)),
    };
    let session = stripe.checkout_subscription("plan", &checkout).await;
    complete(&session.unwrap()).await;
    let other = stripe.checkout_subscription("other", &checkout).await;
    let other = other.unwrap().id;
    let expired = stripe.expire_session("expire", &other).await.unwrap();
    assert_eq!(expired.status, SessionStatus::Expired);
    let again = stripe.expire_session("expire-2", &other).await;
    assert!(
        matches!(again, Err(Error::Refused { status: 400, .. })),
        "{again:?}"
    );

    let plan = check_snapshot(&stripe, id, &card, &shop).await;
    check_portal(&stripe, id, &plan, &shop).await;
    check_events(&stripe, id).await;
}

#[tokio::test]
async fn what_is_not_there_is_missing_and_a_used_key_is_refused() {
    let stripe = embedded().await;
    let org = OrgId::from_stored("org_1".to_owned());
    let missing = stripe.snapshot("cus_nobody").await;
    assert!(matches!(missing, Err(Error::Missing { .. })), "{missing:?}");
    let missing = stripe.portal("k", "cus_nobody", HOME, None, None).await;
    assert!(matches!(missing, Err(Error::Missing { .. })), "{missing:?}");
    assert_eq!(stripe.prices(&[USAGE_LOOKUP_KEY]).await, Ok(Vec::new()));
    let made = stripe.create_customer("same", &org, None, "Ada").await;
    assert!(made.is_ok(), "{made:?}");
    let other = stripe.create_customer("same", &org, None, "Grace").await;
    assert!(matches!(other, Err(Error::Refused { .. })), "{other:?}");
}

#[test]
fn what_the_service_signs_is_believed() {
    let body = br#"{"id":"evt_1"}"#;
    let header = sandbox::payments::sign("whsec_example", NOW.seconds(), body);
    let secret = [Secret::new("whsec_example")];
    assert_eq!(signature::verify(&header, body, &secret, NOW), Ok(()));
}
