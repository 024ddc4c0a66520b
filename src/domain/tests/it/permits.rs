//! What each state permits: the published table.

use domain::billing::state::{Billable, BillingState as S, BudgetChange, Permits};

#[test]
fn every_state_permits_what_the_table_says() {
    use Billable::{Charged, FromGrant, Stopped};
    use BudgetChange::{Any, LowerOnly, Not};
    // Billable calls, new keys, budget, a new Checkout of a plan, whether a card is asked for. Who has a
    // plan changes it in the portal.
    let table = [
        (S::SandboxGrant, FromGrant, true, Any, true, false),
        (S::PaygPendingCard, Stopped, true, Any, true, true),
        (S::PaygActive, Charged, true, Any, true, false),
        (S::PersonalActive, Charged, true, Any, false, false),
        (S::TeamActive, Charged, true, Any, false, false),
        (S::CommercialActive, Charged, true, Any, false, false),
        (S::PaymentFailed, Charged, false, LowerOnly, true, true),
        (S::RestrictedReadOnly, Stopped, false, Not, true, true),
    ];
    assert_eq!(table.map(|row| row.0), S::ALL);
    for (state, billable, create_keys, budget, checkout, card_required) in table {
        let permitted = Permits {
            billable,
            create_keys,
            budget,
            checkout,
            card_required,
        };
        assert_eq!(state.permits(), permitted, "{state}");
    }
}

#[test]
fn names_are_the_published_ones_and_are_read_back() {
    let published = [
        "sandbox_grant",
        "payg_pending_card",
        "payg_active",
        "personal_active",
        "team_active",
        "commercial_active",
        "payment_failed",
        "restricted_read_only",
    ];
    for (state, name) in S::ALL.into_iter().zip(published) {
        assert_eq!(state.to_string(), name);
        assert_eq!(S::parse(name), Some(state));
        assert_eq!(
            serde_json::to_string(&state).unwrap(),
            format!("\"{name}\"")
        );
    }
    assert_eq!(S::parse("paid"), None);
}
