//! Which rule decides when several fit, and which plan and settlement go with it.

use domain::billing::facts::{Facts, PlanSubscription};
use domain::billing::plan::PlanKey as P;
use domain::billing::remote::SubscriptionStatus as Status;
use domain::billing::state::{BillingState, DEFAULT_GRACE, derive};
use domain::time::Micros;

use crate::make;

fn now() -> Micros {
    make::at("2026-11-21T12:00:00Z")
}

/// Lets one thing be so.
fn let_be(what: &str, facts: &mut Facts) {
    let now = now();
    let plan = |key, status| Some(make::plan(key, status, now));
    match what {
        "restricted" => facts.restriction = Some(make::restriction(now)),
        "uncollectible" => facts.unpaid.push(make::uncollectible("in_u", now)),
        "long_owed" => facts
            .unpaid
            .push(make::failing("in_l", now.minus(DEFAULT_GRACE))),
        "owed" => facts.unpaid.push(make::failing("in_o", now)),
        "contract" => facts.contracts.push(make::contract(now, None)),
        "payg" => facts.payg = Some(make::payg(now)),
        "card" => facts.card = Some(make::card("pm_1")),
        "used_up" => facts.grant.used = facts.grant.total(),
        "team" => facts.plan = plan(P::Team, Status::Active),
        "personal" => facts.plan = plan(P::Personal, Status::Active),
        "team_trial" => facts.plan = plan(P::Team, Status::Trialing),
        "personal_trial" => facts.plan = plan(P::Personal, Status::Trialing),
        "past_due" => facts.plan = plan(P::Team, Status::PastDue),
        "unpaid" => facts.plan = plan(P::Personal, Status::Unpaid),
        "paused" => facts.plan = plan(P::Personal, Status::Paused),
        "canceled" => facts.plan = plan(P::Personal, Status::Canceled),
        "expired" => facts.plan = plan(P::Personal, Status::IncompleteExpired),
        "stuck" => facts.plan = plan(P::Personal, Status::Incomplete),
        // Its first invoice was never paid.
        "incomplete" => {
            facts.plan = plan(P::Personal, Status::Incomplete).map(|plan| PlanSubscription {
                succeeded: false,
                ..plan
            });
        }
        // Nobody subscribes to what is had by contract.
        "odd" => facts.plan = plan(P::Commercial, Status::Active),
        unknown => panic!("{unknown} is nothing"),
    }
}

fn made(all: &[&str]) -> Facts {
    let mut facts = make::facts(now());
    for what in all {
        let_be(what, &mut facts);
    }
    facts
}

/// Rows of what is so, the rule that decides, and the state, plan and settlement that follow.
fn check(table: &str) {
    for row in table.lines().filter(|row| row.contains('|')) {
        let cells: Vec<&str> = row.split('|').map(str::trim).collect();
        let so: Vec<&str> = cells[0].split_whitespace().collect();
        let standing = derive(&made(&so), now(), DEFAULT_GRACE);
        let derived = [
            standing.reason.name(),
            standing.state.as_str(),
            standing.plan.as_str(),
            standing.settlement.as_str(),
        ];
        assert_eq!(derived, cells[1..], "{row}");
        assert_eq!(standing.reason.state(), standing.state, "{row}");
    }
}

#[test]
fn every_rule_alone_decides() {
    check(
        "
                       | grant_left            | sandbox_grant        | sandbox_grant | none
        used_up        | nothing_left          | payg_pending_card    | sandbox_grant | none
        payg card      | pay_as_you_go         | payg_active          | payg          | active
        payg           | grant_left            | sandbox_grant        | sandbox_grant | none
        card           | grant_left            | sandbox_grant        | sandbox_grant | none
        personal       | subscribed            | personal_active      | personal      | active
        team           | subscribed            | team_active          | team          | active
        personal_trial | subscribed            | personal_active      | personal      | trialing
        team_trial     | subscribed            | team_active          | team          | trialing
        contract       | contract_in_force     | commercial_active    | commercial    | active
        owed           | payment_failing       | payment_failed       | sandbox_grant | past_due
        past_due       | payment_failing       | payment_failed       | team          | past_due
        stuck          | payment_failing       | payment_failed       | personal      | past_due
        long_owed      | grace_over            | restricted_read_only | sandbox_grant | past_due
        unpaid         | subscription_unpaid   | restricted_read_only | personal      | unpaid
        uncollectible  | invoice_uncollectible | restricted_read_only | sandbox_grant | unpaid
        restricted     | restricted            | restricted_read_only | sandbox_grant | none
        ",
    );
}

#[test]
fn of_two_neighbours_the_upper_decides() {
    check(
        "
        restricted uncollectible | restricted            | restricted_read_only | sandbox_grant | unpaid
        uncollectible unpaid     | invoice_uncollectible | restricted_read_only | personal      | unpaid
        unpaid long_owed         | subscription_unpaid   | restricted_read_only | personal      | unpaid
        long_owed owed           | grace_over            | restricted_read_only | sandbox_grant | past_due
        long_owed contract       | grace_over            | restricted_read_only | commercial    | past_due
        owed contract            | payment_failing       | payment_failed       | commercial    | past_due
        owed team                | payment_failing       | payment_failed       | team          | past_due
        owed payg card           | payment_failing       | payment_failed       | payg          | past_due
        owed payg                | payment_failing       | payment_failed       | payg          | past_due
        contract team            | contract_in_force     | commercial_active    | commercial    | active
        contract personal        | contract_in_force     | commercial_active    | commercial    | active
        contract personal_trial  | contract_in_force     | commercial_active    | commercial    | active
        contract canceled        | contract_in_force     | commercial_active    | commercial    | active
        contract payg card       | contract_in_force     | commercial_active    | commercial    | active
        team payg card           | subscribed            | team_active          | team          | active
        personal payg card       | subscribed            | personal_active      | personal      | active
        personal_trial payg card | subscribed            | personal_active      | personal      | trialing
        payg card used_up        | pay_as_you_go         | payg_active          | payg          | active
        ",
    );
}

#[test]
fn a_subscription_that_gives_nothing_decides_nothing() {
    check(
        "
        incomplete         | grant_left      | sandbox_grant     | sandbox_grant | none
        expired            | grant_left      | sandbox_grant     | sandbox_grant | none
        paused             | grant_left      | sandbox_grant     | sandbox_grant | none
        canceled           | grant_left      | sandbox_grant     | sandbox_grant | canceled
        canceled used_up   | nothing_left    | payg_pending_card | sandbox_grant | canceled
        canceled payg card | pay_as_you_go   | payg_active       | payg          | active
        canceled owed      | payment_failing | payment_failed    | sandbox_grant | past_due
        paused payg owed   | payment_failing | payment_failed    | payg          | past_due
        odd                | grant_left      | sandbox_grant     | sandbox_grant | active
        odd owed           | payment_failing | payment_failed    | sandbox_grant | past_due
        ",
    );
}

#[test]
fn who_is_restricted_keeps_plan_and_settlement() {
    check(
        "
        restricted contract  | restricted | restricted_read_only | commercial    | active
        restricted team      | restricted | restricted_read_only | team          | active
        restricted past_due  | restricted | restricted_read_only | team          | past_due
        restricted paused    | restricted | restricted_read_only | sandbox_grant | none
        restricted payg card | restricted | restricted_read_only | payg          | active
        restricted canceled  | restricted | restricted_read_only | sandbox_grant | canceled
        ",
    );
}

#[test]
fn of_any_that_fit_together_the_first_decides() {
    use BillingState as S;
    let ladder: [(&[&str], S); 8] = [
        (&["restricted"], S::RestrictedReadOnly),
        (&["uncollectible"], S::RestrictedReadOnly),
        (&["long_owed"], S::RestrictedReadOnly),
        (&["owed"], S::PaymentFailed),
        (&["contract"], S::CommercialActive),
        (&["team"], S::TeamActive),
        (&["payg", "card"], S::PaygActive),
        (&["used_up"], S::PaygPendingCard),
    ];
    for chosen in 0..1_u32 << ladder.len() {
        let steps = ladder.iter().enumerate();
        let fitting = steps.filter(|(i, _)| chosen >> i & 1 == 1);
        let fitting: Vec<_> = fitting.map(|(_, step)| step).collect();
        let all: Vec<&str> = fitting.iter().flat_map(|(all, _)| *all).copied().collect();
        let expected = fitting.first().map_or(S::SandboxGrant, |(_, state)| *state);
        let standing = derive(&made(&all), now(), DEFAULT_GRACE);
        assert_eq!(standing.state, expected, "{all:?}");
    }
}
