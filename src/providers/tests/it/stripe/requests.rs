//! The exact form of what is sent.

use domain::billing::plan::{Interval, PlanKey};
use domain::id::{IntentId, OrgId};
use domain::money::Usd;
use domain::time::Micros;
use providers::stripe::catalogue::METER_EVENT;
use providers::stripe::{
    BadConfig, Config, Error, NewCheckout, NewSetup, NewUsageSubscription, PortalFlow, Secret,
    Stripe, Timeouts, VERSION,
};
use serde_json::{Value, json};

use super::objects::{customer, session, subscription};
use super::peer::{KEY, Peer, Reply, Seen};

fn org() -> OrgId {
    OrgId::from_stored("org_1".to_owned())
}

fn intent() -> IntentId {
    IntentId::from_stored("int_1".to_owned())
}

/// What is sent when the answer is `said`.
pub async fn sent<T>(said: Value, call: impl AsyncFnOnce(&Stripe) -> Result<T, Error>) -> Seen {
    let peer = Peer::that_says([Reply::Json(said)]).await;
    call(&peer.stripe).await.ok().unwrap();
    let seen = peer.only();
    let posted = seen.method == "POST";
    assert_eq!(seen.headers.contains_key("idempotency-key"), posted);
    assert_eq!(seen.headers["authorization"], format!("Bearer {KEY}"));
    assert_eq!(seen.headers["stripe-version"], VERSION);
    seen
}

#[tokio::test]
async fn a_change_is_a_form_with_a_key_and_a_version() {
    let seen = sent(customer(), async |stripe| {
        let email = Some("ada+billing@example.com");
        let name = "Ada & Söhne";
        stripe
            .create_customer("secapi-int_1", &org(), email, name)
            .await
    })
    .await;
    assert_eq!(
        (seen.method.as_str(), seen.path.as_str()),
        ("POST", "/v1/customers")
    );
    assert_eq!(seen.headers["idempotency-key"], "secapi-int_1");
    assert_eq!(
        seen.headers["content-type"],
        "application/x-www-form-urlencoded"
    );
    assert_eq!(seen.headers["accept"], "application/json");
    assert_eq!(
        seen.body,
        "email=ada%2Bbilling%40example.com&name=Ada+%26+S%C3%B6hne&metadata%5Bsecapi-org%5D=org_1"
    );
}

#[tokio::test]
async fn a_checkout_of_a_plan_carries_who_it_is_for_thrice() {
    let seen = sent(session(), async |stripe| {
        let new = NewCheckout {
            customer: "cus_1",
            price: "price_1",
            org: &org(),
            intent: &intent(),
            plan: PlanKey::Personal,
            interval: Interval::Annual,
            success_url: "https://app.example.com/done?s={CHECKOUT_SESSION_ID}",
            cancel_url: "https://app.example.com/billing",
            expires_at: Some(Micros(1_790_003_600_999_999)),
        };
        stripe.checkout_subscription("k", &new).await
    })
    .await;
    assert_eq!(seen.path, "/v1/checkout/sessions");
    assert_eq!(
        seen.fields(),
        "mode=subscription
customer=cus_1
client_reference_id=org_1
line_items[0][price]=price_1
line_items[0][quantity]=1
payment_method_types[0]=card
success_url=https://app.example.com/done?s={CHECKOUT_SESSION_ID}
cancel_url=https://app.example.com/billing
expires_at=1790003600
metadata[secapi-org]=org_1
metadata[secapi-intent]=int_1
metadata[secapi-plan]=personal
metadata[secapi-interval]=annual
subscription_data[metadata][secapi-org]=org_1
subscription_data[metadata][secapi-intent]=int_1
subscription_data[metadata][secapi-plan]=personal
subscription_data[metadata][secapi-interval]=annual"
    );
}

#[tokio::test]
async fn a_checkout_for_a_card_names_a_currency_and_no_price() {
    let seen = sent(session(), async |stripe| {
        let new = NewSetup {
            customer: "cus_1",
            org: &org(),
            intent: &intent(),
            success_url: "https://app.example.com/done",
            cancel_url: "https://app.example.com/billing",
            expires_at: None,
        };
        stripe.checkout_setup("k", &new).await
    })
    .await;
    assert_eq!(
        seen.fields(),
        "mode=setup
customer=cus_1
client_reference_id=org_1
currency=usd
payment_method_types[0]=card
success_url=https://app.example.com/done
cancel_url=https://app.example.com/billing
metadata[secapi-org]=org_1
metadata[secapi-intent]=int_1
setup_intent_data[metadata][secapi-org]=org_1
setup_intent_data[metadata][secapi-intent]=int_1"
    );
}

#[tokio::test]
async fn a_session_is_asked_for_with_its_card_and_expired_by_its_id() {
    let seen = sent(session(), async |stripe| stripe.session("cs_test_1").await).await;
    assert_eq!((seen.method.as_str(), seen.body.as_str()), ("GET", ""));
    assert_eq!(seen.path, "/v1/checkout/sessions/cs_test_1");
    assert_eq!(seen.asked(), "expand[0]=setup_intent");
    let seen = sent(session(), async |stripe| {
        stripe.expire_session("k", "cs_test_1").await
    })
    .await;
    assert_eq!(seen.path, "/v1/checkout/sessions/cs_test_1/expire");
    assert_eq!(seen.fields(), "");
}

#[tokio::test]
async fn usage_is_subscribed_to_from_the_first_of_the_month_and_reported_in_cents() {
    let seen = sent(subscription("usage", None), async |stripe| {
        let new = NewUsageSubscription {
            customer: "cus_1",
            price: "price_u",
            org: &org(),
            intent: &intent(),
            anchor: Micros(1_793_491_200_000_000),
        };
        stripe.usage_subscription("k", &new).await
    })
    .await;
    assert_eq!(seen.path, "/v1/subscriptions");
    assert_eq!(
        seen.fields(),
        "customer=cus_1
items[0][price]=price_u
billing_cycle_anchor=1793491200
proration_behavior=none
metadata[secapi-org]=org_1
metadata[secapi-intent]=int_1
metadata[secapi-plan]=usage"
    );
    let seen = sent(json!({ "object": "billing.meter_event" }), async |stripe| {
        let (value, at) = (Usd::cents(41_286).unwrap(), Micros(1_793_491_199_000_000));
        stripe
            .meter_event(METER_EVENT, "urep_1", "cus_1", value, at)
            .await
    })
    .await;
    assert_eq!(seen.path, "/v1/billing/meter_events");
    assert_eq!(seen.headers["idempotency-key"], "urep_1");
    assert_eq!(
        seen.fields(),
        "event_name=secapi_usage_cents
payload[stripe_customer_id]=cus_1
payload[value]=41286
identifier=urep_1
timestamp=1793491199"
    );
}

#[tokio::test]
async fn the_portal_is_opened_for_everything_or_for_one_thing() {
    let said = json!({ "id": "bps_1", "url": "https://billing.example.com/p" });
    let cases = [
        (None, ""),
        (
            Some(PortalFlow::PaymentMethodUpdate),
            "\nflow_data[type]=payment_method_update",
        ),
        (
            Some(PortalFlow::SubscriptionUpdate {
                subscription: "sub_1",
            }),
            "\nflow_data[type]=subscription_update\nflow_data[subscription_update][subscription]=sub_1",
        ),
        (
            Some(PortalFlow::SubscriptionCancel {
                subscription: "sub_1",
            }),
            "\nflow_data[type]=subscription_cancel\nflow_data[subscription_cancel][subscription]=sub_1",
        ),
    ];
    for (flow, tail) in cases {
        let seen = sent(said.clone(), async |stripe| {
            let home = "https://app.example.com/";
            stripe.portal("k", "cus_1", home, Some("bpc_1"), flow).await
        })
        .await;
        assert_eq!(seen.path, "/v1/billing_portal/sessions");
        let head = "customer=cus_1\nreturn_url=https://app.example.com/\nconfiguration=bpc_1";
        assert_eq!(seen.fields(), format!("{head}{tail}"));
    }
}

#[tokio::test]
async fn a_card_is_made_the_one_that_is_charged() {
    let seen = sent(customer(), async |stripe| {
        stripe.set_default_card("k", "cus_1", "pm_1").await
    })
    .await;
    assert_eq!(seen.path, "/v1/customers/cus_1");
    assert_eq!(
        seen.fields(),
        "invoice_settings[default_payment_method]=pm_1"
    );
}

#[tokio::test]
async fn what_cannot_be_meant_is_not_sent() {
    let peer = Peer::that_says([]).await;
    let stripe = &peer.stripe;
    for id in ["", "..", ".", "cus/1", "cus_1?x", "a b", "%2e%2e", "é"] {
        let missing = stripe.customer(id).await;
        assert!(matches!(missing, Err(Error::Missing { .. })), "{id:?}");
    }
    for key in ["", "a b", "é", "x\n", &"k".repeat(256)] {
        let refused = stripe.expire_session(key, "cs_1").await;
        assert!(
            matches!(refused, Err(Error::Refused { status: 0, .. })),
            "{key:?}"
        );
    }
    let half_a_cent = Usd::micros(5_000);
    let refused = stripe
        .meter_event(METER_EVENT, "urep_1", "cus_1", half_a_cent, Micros(0))
        .await;
    assert!(matches!(refused, Err(Error::Refused { status: 0, .. })));
    assert!(peer.seen().is_empty());
}

#[test]
fn a_client_needs_a_key_that_tells_its_mode_and_an_address_that_hides_it() {
    let made = |base: &str, key: &str| {
        Stripe::new(Config {
            api_base: base.parse().unwrap(),
            secret_key: Secret::new(key),
            timeouts: Timeouts::default(),
        })
        .map(|stripe| stripe.livemode())
    };
    let official = providers::stripe::API_BASE;
    for (base, key, expected) in [
        (official, "sk_live_1", Ok(true)),
        (official, "rk_live_1", Ok(true)),
        (official, "sk_test_1", Ok(false)),
        ("http://127.0.0.1:9/payments/", "rk_test_1", Ok(false)),
        ("http://[::1]:9", "sk_test_1", Ok(false)),
        (official, "pk_test_1", Err(BadConfig::NotAKey)),
        (official, "sk_test_", Err(BadConfig::NotAKey)),
        (official, "sk_test_1\n", Err(BadConfig::NotAKey)),
        (official, "", Err(BadConfig::NotAKey)),
        (
            "http://api.example.com",
            "sk_test_1",
            Err(BadConfig::NotHttps),
        ),
        ("ftp://127.0.0.1", "sk_test_1", Err(BadConfig::NotHttps)),
        (
            "https://a:b@api.example.com",
            "sk_test_1",
            Err(BadConfig::Extra),
        ),
        (
            "https://api.example.com?q",
            "sk_test_1",
            Err(BadConfig::Extra),
        ),
    ] {
        assert_eq!(made(base, key), expected, "{base} {key:?}");
    }
    let config = Config {
        api_base: official.parse().unwrap(),
        secret_key: Secret::new("sk_live_1"),
        timeouts: Timeouts::default(),
    };
    assert!(!format!("{config:?}").contains("sk_live"));
}
