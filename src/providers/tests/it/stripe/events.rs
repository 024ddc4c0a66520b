//! What is believed of an event: whose it is, and nothing more.

use domain::time::Micros;
use proptest::prelude::*;
use providers::stripe::event::Cursor;
use providers::stripe::{BadEvent, Error, parse_event};
use serde_json::{Value, json};

use super::objects::list;
use super::peer::Peer;

fn event(kind: &str, object: &Value) -> Value {
    json!({
        "id": "evt_1", "object": "event", "api_version": "2026-07-29.dahlia",
        "created": 1_790_000_000, "data": { "object": object, "previous_attributes": {} },
        "livemode": false, "pending_webhooks": 1,
        "request": { "id": null, "idempotency_key": null }, "type": kind
    })
}

#[test]
fn an_event_says_whose_it_is_however_that_is_written() {
    let org = json!({ "secapi-org": "org_1" });
    // Object, its customer, its id, its organisation.
    let cases = [
        (
            json!({ "object": "customer", "id": "cus_1", "metadata": org }),
            Some("cus_1"),
            Some("cus_1"),
            Some("org_1"),
        ),
        (
            json!({ "object": "invoice", "id": "in_1", "customer": "cus_1" }),
            Some("cus_1"),
            Some("in_1"),
            None,
        ),
        (
            json!({ "object": "checkout.session", "id": "cs_1", "customer": { "id": "cus_1", "object": "customer" }, "metadata": org }),
            Some("cus_1"),
            Some("cs_1"),
            Some("org_1"),
        ),
        (
            json!({ "object": "payment_method", "id": "pm_1", "customer": null }),
            None,
            Some("pm_1"),
            None,
        ),
        (json!({ "object": "balance" }), None, None, None),
        (
            json!({ "object": "price", "id": "a b", "metadata": { "secapi-org": 7 } }),
            None,
            None,
            None,
        ),
    ];
    for (object, customer, id, org) in cases {
        let body = event("invoice.paid", &object).to_string();
        let hint = parse_event(body.as_bytes()).unwrap();
        assert_eq!(
            (hint.id.as_str(), hint.kind.as_str()),
            ("evt_1", "invoice.paid")
        );
        assert_eq!(hint.created_at, Micros(1_790_000_000_000_000));
        assert!(!hint.livemode);
        assert_eq!(hint.customer.as_deref(), customer, "{object}");
        assert_eq!(hint.object_id.as_deref(), id, "{object}");
        assert_eq!(hint.org.as_deref(), org, "{object}");
    }
}

#[test]
fn what_is_no_event_is_named() {
    let without = |field: &str| {
        let mut event = event("invoice.paid", &json!({}));
        event.as_object_mut().unwrap().remove(field);
        event.to_string()
    };
    let deep = "[".repeat(100_000);
    let cases = [
        (String::new(), BadEvent::NotJson),
        ("{".to_owned(), BadEvent::NotJson),
        (deep, BadEvent::NotJson),
        ("[]".to_owned(), BadEvent::NotAnEvent),
        ("null".to_owned(), BadEvent::NotAnEvent),
        (
            json!({ "object": "v2.core.event", "id": "evt_1" }).to_string(),
            BadEvent::NotAnEvent,
        ),
        (without("object"), BadEvent::NotAnEvent),
        (without("id"), BadEvent::Without("id")),
        (without("type"), BadEvent::Without("type")),
        (without("created"), BadEvent::Without("time")),
        (without("livemode"), BadEvent::Without("mode")),
    ];
    for (body, expected) in cases {
        assert_eq!(parse_event(body.as_bytes()), Err(expected));
    }
}

#[tokio::test]
async fn events_are_listed_by_time_and_type_and_paged_both_ways() {
    let found = [event(
        "invoice.paid",
        &json!({ "object": "invoice", "id": "in_1", "customer": "cus_1" }),
    )];
    for (cursor, tail) in [
        (Cursor::Newest, ""),
        (Cursor::OlderThan("evt_9"), "\nstarting_after=evt_9"),
        (Cursor::NewerThan("evt_9"), "\nending_before=evt_9"),
    ] {
        let peer = Peer::that_says([list(&found, true)]).await;
        let since = Micros(1_789_999_000_500_000);
        let kinds = ["invoice.paid", "invoice.voided"];
        let page = peer.stripe.events(since, &kinds, cursor).await.unwrap();
        assert!(page.has_more);
        assert_eq!(page.events[0].customer.as_deref(), Some("cus_1"));
        let head =
            "created[gte]=1789999000\nlimit=100\ntypes[0]=invoice.paid\ntypes[1]=invoice.voided";
        assert_eq!(peer.only().asked(), format!("{head}{tail}"));
    }
    let peer = Peer::that_says([list(&[json!({ "object": "event" })], false)]).await;
    let read = peer.stripe.events(Micros(0), &[], Cursor::Newest).await;
    assert!(matches!(read, Err(Error::Unavailable { .. })));
}

proptest! {
    #[test]
    fn no_body_whatever_makes_reading_panic(body in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _ = parse_event(&body);
    }

    #[test]
    fn a_damaged_event_is_read_or_refused(at in 0_usize..300, byte in any::<u8>()) {
        let mut body = event("invoice.paid", &json!({ "object": "invoice", "customer": "cus_1" })).to_string().into_bytes();
        let at = at % body.len();
        body[at] = byte;
        let _ = parse_event(&body);
    }
}
