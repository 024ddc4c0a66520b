use super::super::gate::{self, Balance, Case};
use super::super::limits::Limits;
use super::*;
use crate::billing::plan::PlanKey;
use crate::billing::state::BillingState;

/// 2026-11-21T09:14:02.120Z
const AT: Micros = Micros::from_millis(1_795_252_442_120);

fn cents(n: i64) -> Usd {
    Usd::cents(n).expect("it fits")
}

fn case(state: BillingState) -> Case<'static> {
    Case {
        state,
        amount: Usd::micros(7_200),
        units: 3,
        grant_remaining: 2,
        org: Balance::default(),
        key: Some(Balance::default()),
        approved: None,
        reserved: None,
        quota: None,
        refused_classes: &[],
        class: "entity_resolve",
    }
}

fn balance(cap: Option<i64>, approval: Option<i64>, spent: i64, reserved: i64) -> Balance {
    Balance {
        limits: Limits {
            cap: cap.map(cents),
            soft: None,
            approval: approval.map(cents),
        },
        spent: Usd::micros(spent),
        reserved: Usd::micros(reserved),
    }
}

/// As the ledger writes it down.
fn written(case: &Case<'_>) -> serde_json::Value {
    let verdict = gate::decide(case);
    serde_json::json!({
        "state": case.state,
        "plan": PlanKey::Payg,
        "rateCard": "rc_2026_11_01",
        "family": "core_reads",
        "listMicros": 6_000,
        "unitMicros": 2_400,
        "amountMicros": case.amount,
        "subject": "GET /v1/entities/resolve",
        "decided": verdict.decided,
        "steps": verdict.steps,
    })
}

fn asked(passed: bool) -> Asked<'static> {
    Asked {
        class: "entity_resolve",
        units: 3,
        passed,
        at: AT,
        grant_renews: Some((AT.next_month(), 250)),
    }
}

fn explained(case: &Case<'_>) -> Explanation {
    let stored: Stored = serde_json::from_value(written(case)).expect("it reads");
    explain(&stored, &asked(gate::decide(case).decided.is_ok()))
}

fn acts(explanation: &Explanation) -> Vec<(&'static str, String)> {
    let each = explanation.ways.iter();
    each.map(|way| (way.action.as_str(), way.act.clone()))
        .collect()
}

#[test]
fn a_cap_is_explained_with_the_cents_that_would_have_been_enough() {
    let mut full = case(BillingState::PaygActive);
    full.org = balance(Some(1_234), None, 12_330_000, 5_000);
    let told = explained(&full);
    assert_eq!(told.rule.as_str(), "organization_spend_cap");
    assert_eq!(told.code, Some("billing_budget_hard_cap_exceeded"));
    assert_eq!(
        told.sentence,
        "It would have taken November to $12.3422, and the organisation's spend cap was $12.34."
    );
    assert_eq!(told.charge, Usd::ZERO);
    let last = told.gates.last().expect("a gate stopped it");
    assert_eq!(last.figure, "$12.3422 > $12.34");
    assert_eq!(
        last.why,
        "spent $12.33, held $0.0050, this $0.0072; $0.0022 over"
    );
    assert_eq!(
        acts(&told),
        [
            (
                "raise_spend_cap",
                "Raise the organisation's spend cap from $12.34 to at least $12.35.".to_owned()
            ),
            ("fewer_units", "Ask for at most 2 units at once.".to_owned()),
            ("wait_for_holds", "Wait for the calls in flight.".to_owned()),
            (
                "wait_for_next_period",
                "Wait until 1 December 2026, 00:00 UTC.".to_owned()
            ),
        ]
    );
}

/// Whatever a way says would have been enough is enough, and a cent or a unit beyond is not.
#[test]
fn every_way_keeps_its_word() {
    for spent in [0, 9_999, 12_330_000, 12_338_000, 12_340_000, 20_000_000] {
        for reserved in [0, 1, 5_000] {
            for key in [false, true] {
                for threshold in [false, true] {
                    let limit = Some(1_234);
                    let limited = if threshold {
                        balance(None, limit, spent, reserved)
                    } else {
                        balance(limit, None, spent, reserved)
                    };
                    let mut asked = case(BillingState::PaygActive);
                    asked.org = if key { Balance::default() } else { limited };
                    asked.key = Some(if key { limited } else { Balance::default() });
                    if gate::decide(&asked).decided.is_err() {
                        kept(&asked);
                    }
                }
            }
        }
    }
}

fn kept(denied: &Case<'_>) {
    for way in explained(denied).ways {
        let with = |change: &dyn Fn(&mut Case<'_>)| {
            let mut changed = *denied;
            change(&mut changed);
            gate::decide(&changed).decided.is_ok()
        };
        let limits = |case: &mut Case<'_>, to: i64| {
            let balance = match (way.scope, case.key.as_mut()) {
                (Some(Scope::Key), Some(key)) => key,
                _ => &mut case.org,
            };
            match way.action {
                Action::RaiseSpendCap => balance.limits.cap = Some(cents(to)),
                _ => balance.limits.approval = Some(cents(to)),
            }
        };
        let emptied = |case: &mut Case<'_>, spent: bool| {
            for balance in [Some(&mut case.org), case.key.as_mut()]
                .into_iter()
                .flatten()
            {
                balance.reserved = Usd::ZERO;
                if spent {
                    balance.spent = Usd::ZERO;
                }
            }
        };
        let units = |case: &mut Case<'_>, units: i64| {
            case.units = units;
            case.amount = Usd::micros(2_400 * units);
        };
        match way.action {
            Action::RaiseSpendCap | Action::RaiseApprovalThreshold => {
                let least = way.cents.expect("a limit in cents");
                assert!(with(&|case| limits(case, least)), "{way:?}");
                assert!(!with(&|case| limits(case, least - 1)), "{way:?}");
            }
            Action::FewerUnits => {
                let most = way.units.expect("a number of units");
                assert!(with(&|case| units(case, most)), "{way:?}");
                assert!(!with(&|case| units(case, most + 1)), "{way:?}");
            }
            Action::AskForApproval => {
                assert!(with(&|case| case.approved = Some(case.amount)), "{way:?}");
            }
            Action::WaitForHolds => assert!(with(&|case| emptied(case, false)), "{way:?}"),
            Action::WaitForNextPeriod => assert!(with(&|case| emptied(case, true)), "{way:?}"),
            other => panic!("{other:?} is no way past a limit"),
        }
    }
}

#[test]
fn a_threshold_is_explained_by_who_could_have_approved() {
    let mut above = case(BillingState::TeamActive);
    above.key = Some(balance(None, Some(5), 50_000, 0));
    let told = explained(&above);
    assert_eq!(told.rule.as_str(), "key_approval_threshold");
    assert_eq!(
        told.sentence,
        "It would have taken November to $0.0572. Above this key's threshold of $0.05 a person must approve, and nobody had."
    );
    assert_eq!(told.ways[0].action, Action::AskForApproval);
    above.approved = Some(Usd::micros(7_200));
    let told = explained(&above);
    assert_eq!((told.passed, told.rule), (true, Rule::Approved));
    assert_eq!(told.charge, Usd::micros(7_200));
    assert!(told.ways.is_empty());
    above.approved = Some(Usd::micros(7_000));
    let told = explained(&above);
    assert!(
        told.sentence
            .ends_with("what was approved was $0.0070 only."),
        "{}",
        told.sentence
    );
}

#[test]
fn the_grant_and_the_states_say_what_there_is_to_do() {
    let told = explained(&case(BillingState::SandboxGrant));
    assert_eq!(told.rule, Rule::GrantTooSmall);
    let names: Vec<_> = told.ways.iter().map(|way| way.action.as_str()).collect();
    assert_eq!(names, ["attach_card", "fewer_units", "wait_for_grant"]);
    let told = explained(&case(BillingState::PaygPendingCard));
    assert_eq!(told.rule.as_str(), "billing_state_stops");
    let names: Vec<_> = told.ways.iter().map(|way| way.action.as_str()).collect();
    assert_eq!(names, ["attach_card", "wait_for_grant"]);
    let stored: Stored =
        serde_json::from_value(written(&case(BillingState::SandboxGrant))).expect("it reads");
    let asked = Asked {
        grant_renews: Some((AT.next_month(), 2)),
        ..asked(false)
    };
    let told = explain(&stored, &asked);
    let names: Vec<_> = told.ways.iter().map(|way| way.action.as_str()).collect();
    assert_eq!(
        names,
        ["attach_card", "fewer_units"],
        "waiting would not help"
    );
    let told = explained(&case(BillingState::RestrictedReadOnly));
    assert_eq!(told.ways[0].action, Action::ResolveBillingStatus);
    let mut covered = case(BillingState::SandboxGrant);
    covered.grant_remaining = 3;
    let told = explained(&covered);
    assert_eq!(
        told.sentence,
        "The free grant covered it: 3 free calls were left before it, 0 after it."
    );
    let mut refused = case(BillingState::SandboxGrant);
    refused.refused_classes = &["entity_resolve"];
    let told = explained(&refused);
    assert_eq!(told.sentence, "The payg plan does not have entity_resolve.");
    assert_eq!(told.ways[0].action, Action::UpgradePlan);
}

#[test]
fn a_quota_and_a_reservation_tell_what_was_left() {
    let mut counted = case(BillingState::TeamActive);
    counted.quota = Some(gate::Quota { limit: 10, used: 8 });
    let told = explained(&counted);
    assert_eq!(told.rule.as_str(), "monthly_quota");
    assert_eq!(
        told.sentence,
        "The payg plan includes 10 units of entity_resolve a month, and 8 were used in November."
    );
    let names: Vec<_> = told.ways.iter().map(|way| way.action.as_str()).collect();
    assert_eq!(names, ["upgrade_plan", "fewer_units", "wait_for_quota"]);
    assert_eq!(told.ways[1].units, Some(2));
    let mut drawn = case(BillingState::TeamActive);
    drawn.reserved = Some(10);
    let told = explained(&drawn);
    assert_eq!(told.rule.as_str(), "drawn_from_reservation");
    assert_eq!(told.charge, Usd::micros(7_200));
    assert!(
        told.sentence
            .contains("10 units were left before it, 7 after it")
    );
}

#[test]
fn what_passed_says_how_near_it_came() {
    let mut near = case(BillingState::PaygActive);
    near.org = balance(Some(100), None, 500_000, 0);
    near.key = Some(balance(Some(60), None, 500_000, 0));
    let told = explained(&near);
    assert_eq!(
        told.sentence,
        "It passed every gate. It took November to $0.5072 of this key's spend cap of $0.60."
    );
    let told = explained(&case(BillingState::PaygActive));
    assert!(told.sentence.ends_with("No spend cap was set."));
}

#[test]
fn decisions_of_other_programs_still_read() {
    let read = |json: serde_json::Value, passed| {
        let stored: Stored = serde_json::from_value(json).expect("it reads");
        explain(&stored, &asked(passed))
    };
    let told = read(serde_json::json!({}), false);
    assert_eq!((told.passed, told.rule), (false, Rule::Unknown));
    assert_eq!(told.sentence, "It was stopped.");
    let told = read(
        serde_json::json!({
            "state": "some_state_of_tomorrow",
            "plan": 7,
            "decided": {"Err": "seats_used_up"},
            "steps": [
                {"gate": "plan", "passed": true},
                {"gate": "seats_taken", "used": 10, "passed": false},
                17,
            ],
            "limits": [{"scope": "organization"}, null, 7],
        }),
        false,
    );
    assert_eq!(told.rule, Rule::Unknown);
    let titles: Vec<_> = told.gates.iter().map(|gate| gate.title.as_str()).collect();
    assert_eq!(titles, ["Plan", "Seats taken"]);
    assert!(!told.gates[1].passed);
}

#[test]
fn a_gate_names_who_set_its_limit() {
    let mut full = case(BillingState::PaygActive);
    full.org = balance(Some(0), None, 0, 0);
    let mut json = written(&full);
    json["limits"] =
        serde_json::json!([{"scope": "organization", "setAt": AT, "setBy": "user_1"}, null]);
    let stored: Stored = serde_json::from_value(json).expect("it reads");
    let told = explain(&stored, &asked(false));
    let last = told.gates.last().expect("a gate stopped it");
    assert_eq!(
        (last.set_at, last.set_by.as_deref()),
        (Some(AT), Some("user_1"))
    );
    assert_eq!(told.gates[2].set_at, None, "the key has no limit");
}
