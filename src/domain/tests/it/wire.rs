//! Facts and reasons are stored as JSON: what is read back is what was written.

use domain::billing::facts::Facts;
use domain::billing::intent;
use domain::billing::plan::{Interval, PlanKey};
use domain::billing::remote::{Purpose, Subscription, SubscriptionStatus};
use domain::billing::state::{BillingState, Reason};
use serde_json::{Value, json};

use crate::make;

fn everything() -> Facts {
    let now = make::at("2026-11-21T12:00:00.000001Z");
    let mut facts = make::facts(now);
    facts.restriction = Some(make::restriction(now));
    facts.contracts = vec![
        make::contract(now, None),
        make::contract(now, Some(now.next_month())),
    ];
    facts.plan = Some(make::plan(PlanKey::Team, SubscriptionStatus::PastDue, now));
    facts.usage = Some(Subscription {
        purpose: Purpose::Usage,
        ..make::subscription("sub_2", PlanKey::Payg, SubscriptionStatus::Active, now)
    });
    facts.payg = Some(make::payg(now));
    facts.card = Some(make::card("pm_1"));
    facts.unpaid = vec![make::failing("in_1", now), make::uncollectible("in_2", now)];
    facts
}

#[test]
fn facts_are_read_back_as_they_were_written() {
    let now = make::at("2026-11-21T12:00:00Z");
    for facts in [make::facts(now), everything()] {
        let text = serde_json::to_string(&facts).unwrap();
        assert_eq!(serde_json::from_str::<Facts>(&text).unwrap(), facts);
        let value = serde_json::to_value(&facts).unwrap();
        assert_eq!(serde_json::from_value::<Facts>(value).unwrap(), facts);
    }
    let plan = &serde_json::to_value(everything()).unwrap()["plan"];
    assert_eq!(
        (&plan["id"], &plan["succeeded"]),
        (&json!("sub_1"), &json!(true))
    );
    assert_eq!(
        plan["purpose"],
        json!({"plan": {"plan": "team", "interval": "annual"}})
    );
}

#[test]
fn every_reason_is_read_back_and_tagged_with_its_name() {
    let facts = everything();
    let now = make::at("2026-11-21T12:00:00Z");
    let reasons = [
        Reason::Restricted {
            restriction: facts.restriction.unwrap(),
        },
        Reason::SubscriptionUnpaid {
            subscription: "sub_1".to_owned(),
        },
        Reason::InvoiceUncollectible {
            invoice: facts.unpaid[1].clone(),
        },
        Reason::GraceOver {
            since: now,
            ended_at: now,
            invoice: None,
        },
        Reason::PaymentFailing {
            since: now,
            grace_ends_at: now,
            invoice: Some("in_1".to_owned()),
        },
        Reason::ContractInForce {
            contract: facts.contracts[1].clone(),
        },
        Reason::Subscribed {
            subscription: "sub_1".to_owned(),
            plan: PlanKey::Personal,
        },
        Reason::PayAsYouGo {
            card: facts.card.unwrap(),
        },
        Reason::GrantLeft {
            remaining: 17,
            total: 250,
        },
        Reason::NothingLeft { total: 250 },
    ];
    for reason in reasons {
        let value: Value = serde_json::to_value(&reason).unwrap();
        assert_eq!(value["rule"], reason.name());
        assert_eq!(
            serde_json::from_str::<Reason>(&value.to_string()).unwrap(),
            reason
        );
        assert!(BillingState::ALL.contains(&reason.state()));
    }
}

#[test]
fn an_intent_is_stored_under_its_kind() {
    let purposes = [
        intent::Purpose::Customer {
            email: None,
            name: "Example".to_owned(),
        },
        intent::Purpose::Subscribe {
            plan: PlanKey::Team,
            interval: Interval::Annual,
            success_url: "https://console.example.com/a".to_owned(),
            cancel_url: "https://console.example.com/b".to_owned(),
        },
        intent::Purpose::AttachCard {
            success_url: String::new(),
            cancel_url: String::new(),
        },
        intent::Purpose::UsageSubscription,
    ];
    for purpose in purposes {
        let value = serde_json::to_value(&purpose).unwrap();
        assert_eq!(value["kind"], purpose.kind());
        assert_eq!(
            serde_json::from_value::<intent::Purpose>(value).unwrap(),
            purpose
        );
    }
}
