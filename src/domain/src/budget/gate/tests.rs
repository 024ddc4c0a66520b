use super::*;

fn cents(n: i64) -> Usd {
    Usd::cents(n).expect("it fits")
}

fn balance(cap: Option<i64>, approval: Option<i64>, spent: i64, reserved: i64) -> Balance {
    Balance {
        limits: Limits {
            cap: cap.map(cents),
            soft: Some(cents(1)),
            approval: approval.map(cents),
        },
        spent: cents(spent),
        reserved: cents(reserved),
    }
}

fn case(state: BillingState, org: Balance) -> Case<'static> {
    Case {
        state,
        amount: cents(1),
        units: 1,
        grant_remaining: 3,
        org,
        key: None,
        approved: None,
        reserved: None,
        quota: None,
        refused_classes: &[],
        class: "entity_resolve",
    }
}

#[test]
fn a_quota_may_be_reached_and_stops_before_anything_is_paid() {
    let asked = |used, units, state| {
        let mut asked = case(state, balance(None, None, 0, 0));
        asked.units = units;
        asked.grant_remaining = 99;
        asked.quota = Some(Quota { limit: 10, used });
        decide(&asked).decided
    };
    let free = asked(9, 1, BillingState::SandboxGrant);
    assert_eq!(free, Ok(Payment::Grant));
    for (used, units) in [(10, 1), (9, 2), (i64::MAX, 1), (0, 11)] {
        for state in [BillingState::SandboxGrant, BillingState::TeamActive] {
            assert_eq!(asked(used, units, state), Err(Denial::Quota), "{used}");
        }
    }
}

#[test]
fn what_was_reserved_passes_the_budget_but_no_stopped_account() {
    let full = balance(Some(10), Some(5), 10, 0);
    let mut asked = case(BillingState::PaygActive, full);
    asked.reserved = Some(3);
    assert_eq!(decide(&asked).decided, Ok(Payment::Reserved));
    asked.state = BillingState::RestrictedReadOnly;
    assert_eq!(decide(&asked).decided, Err(Denial::BillingRequired));
}

#[test]
fn a_cap_may_be_reached_and_never_passed() {
    use BillingState::PaygActive;
    let charge = Ok(Payment::Charge {
        uses_approval: false,
    });
    let cases = [
        (balance(None, None, 1_000_000, 0), charge),
        (balance(Some(10), None, 9, 0), charge),
        (balance(Some(10), None, 8, 1), charge),
        (
            balance(Some(10), None, 9, 1),
            Err(Denial::HardCap(Scope::Organization)),
        ),
        (
            balance(Some(10), None, 11, 0),
            Err(Denial::HardCap(Scope::Organization)),
        ),
        (
            balance(Some(0), None, 0, 0),
            Err(Denial::HardCap(Scope::Organization)),
        ),
        (balance(Some(10), Some(5), 4, 0), charge),
        (
            balance(Some(10), Some(5), 5, 0),
            Err(Denial::ApprovalRequired(Scope::Organization)),
        ),
        // The cap is asked before the threshold.
        (
            balance(Some(5), Some(5), 5, 0),
            Err(Denial::HardCap(Scope::Organization)),
        ),
    ];
    for (org, expected) in cases {
        assert_eq!(decide(&case(PaygActive, org)).decided, expected, "{org:?}");
    }
}

#[test]
fn an_approval_opens_the_threshold_for_its_amount_and_never_the_cap() {
    let org = balance(Some(10), Some(5), 5, 0);
    let ask = |approved, org| {
        let mut case = case(BillingState::TeamActive, org);
        case.approved = Some(cents(approved));
        decide(&case).decided
    };
    assert_eq!(
        ask(1, org),
        Ok(Payment::Charge {
            uses_approval: true
        })
    );
    assert_eq!(
        ask(0, org),
        Err(Denial::ApprovalRequired(Scope::Organization))
    );
    let full = balance(Some(10), Some(5), 10, 0);
    assert_eq!(ask(100, full), Err(Denial::HardCap(Scope::Organization)));
    // Not needed, not used.
    let free = balance(Some(10), Some(9), 5, 0);
    assert_eq!(
        ask(1, free),
        Ok(Payment::Charge {
            uses_approval: false
        })
    );
}

#[test]
fn a_keys_own_limits_hold_beside_the_organisations() {
    let mut both = case(BillingState::PaygActive, balance(Some(100), None, 0, 0));
    both.key = Some(balance(Some(3), None, 3, 0));
    assert_eq!(decide(&both).decided, Err(Denial::HardCap(Scope::Key)));
    both.key = Some(balance(None, None, 3, 0));
    both.org = balance(Some(3), None, 3, 0);
    assert_eq!(
        decide(&both).decided,
        Err(Denial::HardCap(Scope::Organization))
    );
}

#[test]
fn the_grant_covers_whole_requests_and_no_budget_stands_before_it() {
    let mut granted = case(BillingState::SandboxGrant, balance(Some(0), Some(0), 0, 0));
    assert_eq!(decide(&granted).decided, Ok(Payment::Grant));
    granted.units = 4;
    assert_eq!(decide(&granted).decided, Err(Denial::BillingRequired));
    granted.units = 3;
    assert_eq!(decide(&granted).decided, Ok(Payment::Grant));
}

#[test]
fn states_that_stop_billable_calls_stop_them_and_free_ones_pass_always() {
    for state in BillingState::ALL {
        let mut asked = case(state, balance(None, None, 0, 0));
        let stopped = state.permits().billable == Billable::Stopped;
        assert_eq!(
            decide(&asked).decided == Err(Denial::BillingRequired),
            stopped,
            "{state}"
        );
        asked.amount = Usd::ZERO;
        assert_eq!(decide(&asked).decided, Ok(Payment::Free), "{state}");
    }
}

#[test]
fn sums_beyond_all_numbers_are_denied_not_wrapped() {
    let mut huge = case(BillingState::PaygActive, balance(Some(10), None, 0, 0));
    huge.org.spent = Usd::micros(i64::MAX);
    huge.org.reserved = Usd::micros(i64::MAX);
    assert_eq!(
        decide(&huge).decided,
        Err(Denial::HardCap(Scope::Organization))
    );
}

#[test]
fn the_last_step_is_the_one_that_decided() {
    let verdict = decide(&case(
        BillingState::PaygActive,
        balance(Some(10), Some(5), 5, 0),
    ));
    let gates: Vec<bool> = verdict
        .steps
        .iter()
        .map(|step| match step {
            Step::Plan { passed }
            | Step::Quota { passed, .. }
            | Step::Reserved { passed, .. }
            | Step::State { passed, .. }
            | Step::SpendCap { passed, .. }
            | Step::Approval { passed, .. } => *passed,
            Step::Grant { covers, .. } => *covers,
        })
        .collect();
    assert_eq!(gates, [true, true, true, false]);
}
