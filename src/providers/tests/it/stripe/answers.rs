//! What Stripe's objects are in our terms.

use domain::billing::plan::{Interval, PlanKey};
use domain::billing::remote::{Card, InvoiceStatus, Purpose, SessionStatus, SubscriptionStatus};
use domain::money::Usd;
use domain::time::Micros;
use providers::stripe::Error;
use serde_json::{Value, json};

use super::objects::{CREATED, card, customer, invoice, list, session, subscription};
use super::peer::{Peer, Reply, refusal};

const CUSTOMER: &str = "/v1/customers/cus_1";
const SUBSCRIPTIONS: &str = "/v1/subscriptions";
const CARDS: &str = "/v1/payment_methods";
const INVOICES: &str = "/v1/invoices";

fn second(after: i64) -> Micros {
    Micros((CREATED + after) * 1_000_000)
}

/// A customer of whom this is known besides.
async fn known(subscriptions: &[Value], cards: &[Value], invoices: &[Value]) -> Peer {
    Peer::at([
        (CUSTOMER, Reply::Json(customer())),
        (SUBSCRIPTIONS, list(subscriptions, false)),
        (CARDS, list(cards, false)),
        (INVOICES, list(invoices, false)),
    ])
    .await
}

#[tokio::test]
async fn a_snapshot_is_everything_about_a_customer() {
    let subscriptions = [subscription("personal", Some("annual"))];
    let cards = [card("pm_1", CREATED), card("pm_2", CREATED + 1)];
    let peer = known(&subscriptions, &cards, &[invoice("in_1", "open")]).await;
    let snapshot = peer.stripe.snapshot("cus_1").await.unwrap();

    let customer = &snapshot.customer;
    assert_eq!(customer.email.as_deref(), Some("ada@example.com"));
    assert_eq!((customer.livemode, customer.deleted), (false, false));
    assert_eq!(customer.created_at, second(0));
    assert_eq!(customer.default_card.as_deref(), Some("pm_2"));

    let subscription = &snapshot.subscriptions[0];
    let (plan, interval) = (PlanKey::Personal, Interval::Annual);
    assert_eq!(subscription.purpose, Purpose::Plan { plan, interval });
    assert_eq!(subscription.status, SubscriptionStatus::Active);
    assert_eq!(subscription.product.as_deref(), Some("prod_1"));
    assert_eq!(subscription.price.as_deref(), Some("price_1"));
    assert_eq!(subscription.item.as_deref(), Some("si_1"));
    assert_eq!(subscription.period_start, Some(second(0)));
    assert_eq!(subscription.period_end, Some(second(31_536_000)));
    assert!(!subscription.cancel_at_period_end);

    assert_eq!(snapshot.cards.len(), 2);
    let expected = Card {
        id: "pm_2".to_owned(),
        brand: "visa".to_owned(),
        last4: "4242".to_owned(),
        exp_month: 8,
        exp_year: 2030,
    };
    assert_eq!(snapshot.card(), Some(&expected));

    let invoice = &snapshot.invoices[0];
    assert_eq!(invoice.subscription.as_deref(), Some("sub_1"));
    assert_eq!(invoice.status, InvoiceStatus::Open);
    assert_eq!(
        (invoice.due, invoice.attempts),
        (Usd::micros(55_000_000), 2)
    );
    assert_eq!(invoice.finalized_at, Some(second(3_600)));
    assert_eq!(invoice.next_attempt_at, Some(second(259_200)));
    assert!(invoice.is_failing());

    let mut asked: Vec<String> = peer
        .seen()
        .iter()
        .map(|seen| format!("{} {}", seen.path, seen.asked().replace('\n', " ")))
        .collect();
    asked.sort();
    assert_eq!(
        asked,
        [
            "/v1/customers/cus_1 ",
            "/v1/invoices customer=cus_1 limit=100",
            "/v1/payment_methods customer=cus_1 type=card limit=100",
            "/v1/subscriptions customer=cus_1 status=all limit=100",
        ]
    );
}

#[tokio::test]
async fn a_subscription_is_for_what_its_price_says_or_else_its_metadata() {
    let plan = |plan, interval| Some(Purpose::Plan { plan, interval });
    let team = json!({ "secapi-plan": "team", "secapi-interval": "monthly" });
    let none = json!({});
    // Metadata of the price, its lookup key, metadata of the subscription, and what follows.
    let cases = [
        (&none, "", &team, plan(PlanKey::Team, Interval::Monthly)),
        (
            &none,
            "secapi_personal_annual",
            &none,
            plan(PlanKey::Personal, Interval::Annual),
        ),
        (
            &none,
            "secapi_personal_annual",
            &team,
            plan(PlanKey::Personal, Interval::Annual),
        ),
        (
            &team,
            "secapi_personal_annual",
            &none,
            plan(PlanKey::Team, Interval::Monthly),
        ),
        (&none, "secapi_usage_cents", &none, Some(Purpose::Usage)),
        (
            &none,
            "",
            &json!({ "secapi-plan": "usage" }),
            Some(Purpose::Usage),
        ),
        (&none, "", &none, None),
        (&none, "somebody_elses", &none, None),
        (&none, "secapi_gold_annual", &none, None),
        (&none, "secapi_payg_monthly", &none, None),
        (&none, "", &json!({ "secapi-plan": "team" }), None),
    ];
    for (of_price, lookup, own, expected) in cases {
        let mut sent = subscription("x", None);
        sent["metadata"] = own.clone();
        let price = &mut sent["items"]["data"][0]["price"];
        price["metadata"] = of_price.clone();
        price["lookup_key"] = if lookup.is_empty() {
            Value::Null
        } else {
            lookup.into()
        };
        let peer = known(&[sent], &[], &[]).await;
        let snapshot = peer.stripe.snapshot("cus_1").await.unwrap();
        let found = snapshot.subscriptions.first().map(|s| s.purpose);
        assert_eq!(found, expected, "{of_price} {lookup} {own}");
    }
}

#[tokio::test]
async fn the_item_with_our_price_counts_among_several() {
    let mut sent = subscription("x", None);
    let mut ours = sent["items"]["data"][0].clone();
    ours["id"] = "si_ours".into();
    ours["price"]["lookup_key"] = "secapi_team_monthly".into();
    ours["price"]["product"] = json!({ "id": "prod_team", "object": "product" });
    sent["items"]["data"].as_array_mut().unwrap().push(ours);
    let peer = known(&[sent], &[], &[]).await;
    let snapshot = peer.stripe.snapshot("cus_1").await.unwrap();
    let found = &snapshot.subscriptions[0];
    assert_eq!(found.item.as_deref(), Some("si_ours"));
    assert_eq!(found.product.as_deref(), Some("prod_team"));
}

#[tokio::test]
async fn a_cancellation_is_seen_in_either_of_its_forms() {
    for (field, value) in [
        ("cancel_at_period_end", json!(true)),
        ("cancel_at", json!(CREATED + 9)),
    ] {
        let mut sent = subscription("usage", None);
        sent[field] = value;
        let peer = known(&[sent], &[], &[]).await;
        let snapshot = peer.stripe.snapshot("cus_1").await.unwrap();
        assert!(snapshot.subscriptions[0].cancel_at_period_end, "{field}");
    }
}

#[tokio::test]
async fn what_is_expanded_reads_as_what_is_not() {
    let mut of_customer = customer();
    of_customer["invoice_settings"]["default_payment_method"] = card("pm_1", CREATED);
    let mut of_invoice = invoice("in_1", "paid");
    let details = &mut of_invoice["parent"]["subscription_details"];
    details["subscription"] = subscription("usage", None);
    let peer = Peer::at([
        (CUSTOMER, Reply::Json(of_customer)),
        (SUBSCRIPTIONS, list(&[], false)),
        (CARDS, list(&[], false)),
        (INVOICES, list(&[of_invoice], false)),
    ])
    .await;
    let snapshot = peer.stripe.snapshot("cus_1").await.unwrap();
    assert_eq!(snapshot.customer.default_card.as_deref(), Some("pm_1"));
    assert_eq!(snapshot.invoices[0].subscription.as_deref(), Some("sub_1"));
}

#[tokio::test]
async fn older_invoices_are_fetched_as_long_as_there_are_open_ones() {
    let peer = Peer::at([
        (CUSTOMER, Reply::Json(customer())),
        (SUBSCRIPTIONS, list(&[], false)),
        (CARDS, list(&[], false)),
        (INVOICES, list(&[invoice("in_3", "open")], true)),
        (INVOICES, list(&[invoice("in_2", "paid")], true)),
        (INVOICES, list(&[invoice("in_1", "paid")], true)),
    ])
    .await;
    let snapshot = peer.stripe.snapshot("cus_1").await.unwrap();
    let ids: Vec<&str> = snapshot.invoices.iter().map(|i| i.id.as_str()).collect();
    assert_eq!(ids, ["in_3", "in_2"]);
    let after = "customer=cus_1\nlimit=100\nstarting_after=in_3";
    assert!(peer.seen().iter().any(|seen| seen.asked() == after));
}

#[tokio::test]
async fn a_list_without_an_end_is_left() {
    let pages = (0..20).map(|_| (SUBSCRIPTIONS, list(&[subscription("usage", None)], true)));
    let rest = [
        (CUSTOMER, Reply::Json(customer())),
        (CARDS, list(&[], false)),
        (INVOICES, list(&[], false)),
    ];
    let peer = Peer::at(pages.chain(rest)).await;
    let snapshot = peer.stripe.snapshot("cus_1").await.unwrap();
    assert_eq!(snapshot.subscriptions.len(), 10);
}

#[tokio::test]
async fn an_invoice_in_another_currency_is_none_of_ours() {
    let mut foreign = invoice("in_1", "open");
    foreign["currency"] = "eur".into();
    let peer = known(&[], &[], &[foreign]).await;
    let snapshot = peer.stripe.snapshot("cus_1").await.unwrap();
    assert!(snapshot.invoices.is_empty());
}

#[tokio::test]
async fn of_a_deleted_customer_only_that_is_known() {
    let deleted = json!({ "id": "cus_1", "object": "customer", "deleted": true });
    let peer = Peer::at([
        (CUSTOMER, Reply::Json(deleted)),
        (SUBSCRIPTIONS, list(&[], false)),
        (CARDS, refusal(400, "resource_missing", "customer")),
        (INVOICES, list(&[], false)),
    ])
    .await;
    let snapshot = peer.stripe.snapshot("cus_1").await.unwrap();
    assert!(snapshot.customer.deleted);
    let peer = Peer::at([(CUSTOMER, refusal(404, "resource_missing", "id"))]).await;
    let missing = peer.stripe.snapshot("cus_1").await;
    assert_eq!(
        missing,
        Err(Error::Missing {
            what: "id".to_owned()
        })
    );
}

#[tokio::test]
async fn half_a_snapshot_is_none() {
    let peer = Peer::at([
        (CUSTOMER, Reply::Json(customer())),
        (SUBSCRIPTIONS, list(&[], false)),
        (CARDS, list(&[], false)),
    ])
    .await;
    assert!(peer.stripe.snapshot("cus_1").await.is_err());
    for (field, senseless) in [
        ("status", json!("lost")),
        ("amount_due", json!(i64::MAX)),
        ("created", json!(i64::MAX)),
        ("created", json!("yesterday")),
        ("amount_due", json!(1.5)),
    ] {
        let mut sent = invoice("in_1", "open");
        sent[field] = senseless;
        let peer = known(&[], &[], &[sent]).await;
        let read = peer.stripe.snapshot("cus_1").await;
        assert!(
            matches!(
                read,
                Err(Error::Unavailable {
                    maybe_done: false,
                    ..
                })
            ),
            "{field}"
        );
    }
}

#[tokio::test]
async fn a_session_tells_its_card_once_the_setup_succeeded() {
    let expanded = |status: &str, method: Value| {
        let mut sent = session();
        sent["status"] = "complete".into();
        sent["url"] = Value::Null;
        sent["setup_intent"] = json!({
            "id": "seti_1", "object": "setup_intent", "payment_method": method, "status": status
        });
        sent
    };
    let cases = [
        (session(), SessionStatus::Open, None),
        (
            expanded("succeeded", json!("pm_1")),
            SessionStatus::Complete,
            Some("pm_1"),
        ),
        (
            expanded("succeeded", card("pm_1", 0)),
            SessionStatus::Complete,
            Some("pm_1"),
        ),
        (
            expanded("requires_action", json!("pm_1")),
            SessionStatus::Complete,
            None,
        ),
        (
            expanded("succeeded", Value::Null),
            SessionStatus::Complete,
            None,
        ),
    ];
    for (sent, status, method) in cases {
        let peer = Peer::that_says([Reply::Json(sent)]).await;
        let read = peer.stripe.session("cs_test_1").await.unwrap();
        assert_eq!(
            (read.status, read.payment_method.as_deref()),
            (status, method)
        );
        assert_eq!(read.expires_at, second(86_400));
    }
}
