//! Where states begin and end, to the microsecond.

use domain::billing::facts::Facts;
use domain::billing::plan::PlanKey as P;
use domain::billing::remote::SubscriptionStatus as Status;
use domain::billing::state::{BillingState as S, DEFAULT_GRACE, derive};
use domain::time::{Micros, Span};

use crate::make;

fn now() -> Micros {
    make::at("2026-11-21T12:00:00Z")
}

fn owing() -> Facts {
    let mut facts = make::facts(now());
    facts.unpaid.push(make::failing("in_1", now()));
    facts
}

fn state(facts: &Facts, at: Micros) -> S {
    derive(facts, at, DEFAULT_GRACE).state
}

fn just_before(at: Micros) -> Micros {
    at.minus(Span(1))
}

#[test]
fn the_grace_ends_to_the_microsecond() {
    let end = now().plus(DEFAULT_GRACE);
    let mut since_period = make::facts(now());
    since_period.plan = Some(make::plan(P::Team, Status::PastDue, now()));
    for facts in [owing(), since_period] {
        assert_eq!(state(&facts, now()), S::PaymentFailed);
        assert_eq!(state(&facts, just_before(end)), S::PaymentFailed);
        assert_eq!(state(&facts, end), S::RestrictedReadOnly);
        assert_eq!(derive(&facts, now(), DEFAULT_GRACE).turns_at, Some(end));
        assert_eq!(
            derive(&facts, now(), Span::ZERO).state,
            S::RestrictedReadOnly
        );
    }
}

#[test]
fn the_grace_counts_from_the_oldest_invoice_and_through_a_leap_day() {
    let oldest = make::at("2028-02-20T08:00:00.000001Z");
    let mut facts = make::facts(oldest);
    facts.unpaid = vec![
        make::failing("in_1", oldest),
        make::failing("in_2", make::at("2028-02-25T08:00:00Z")),
    ];
    let end = make::at("2028-03-05T08:00:00.000001Z");
    assert_eq!(state(&facts, just_before(end)), S::PaymentFailed);
    assert_eq!(state(&facts, end), S::RestrictedReadOnly);
}

#[test]
fn a_contract_holds_from_its_first_instant_up_to_its_last_without_it() {
    let (starts, ends) = (
        make::at("2027-01-01T00:00:00Z"),
        make::at("2028-02-29T00:00:00Z"),
    );
    let mut facts = make::facts(now());
    facts.contracts.push(make::contract(starts, Some(ends)));
    assert_eq!(state(&facts, just_before(starts)), S::SandboxGrant);
    assert_eq!(state(&facts, starts), S::CommercialActive);
    assert_eq!(state(&facts, just_before(ends)), S::CommercialActive);
    assert_eq!(state(&facts, ends), S::SandboxGrant);
    // A second one that begins where the first ends leaves no gap, and one without length never holds.
    facts.contracts.push(make::contract(ends, None));
    assert_eq!(state(&facts, ends), S::CommercialActive);
    facts.contracts = vec![make::contract(starts, Some(starts))];
    assert_eq!(state(&facts, starts), S::SandboxGrant);
}

#[test]
fn a_used_up_grant_comes_back_with_the_utc_month() {
    let edges = [
        ("2026-11-21T12:00:00Z", "2026-12-01T00:00:00Z"),
        ("2026-12-31T23:59:59.999999Z", "2027-01-01T00:00:00Z"),
        ("2028-02-29T23:00:00Z", "2028-03-01T00:00:00Z"),
        ("2027-02-28T23:00:00Z", "2027-03-01T00:00:00Z"),
    ];
    for (used, edge) in edges {
        let (used, edge) = (make::at(used), make::at(edge));
        let mut facts = make::facts(used);
        facts.grant.used = 250;
        assert_eq!(
            state(&facts, just_before(edge)),
            S::PaygPendingCard,
            "{edge}"
        );
        assert_eq!(state(&facts, edge), S::SandboxGrant, "{edge}");
        assert_eq!(derive(&facts, used, DEFAULT_GRACE).turns_at, Some(edge));
    }
}
