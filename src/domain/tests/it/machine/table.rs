//! The documented edges. A state that is not named for an input cannot meet it.

use domain::billing::state::BillingState;

use super::Edge;
use super::organisation::Input;

use BillingState::{
    CommercialActive as Contract, PaygActive as Payg, PaygPendingCard as Pending,
    PaymentFailed as Failed, PersonalActive as Personal, RestrictedReadOnly as Restricted,
    SandboxGrant as Sandbox, TeamActive as Team,
};

enum To {
    /// Wherever it was.
    Same,
    These(&'static [BillingState]),
}

struct Row(Input, &'static [BillingState], To);

const FREE: &[BillingState] = &[Sandbox, Pending];
const OPEN: &[BillingState] = &[Sandbox, Pending, Payg];
const PLANS: &[BillingState] = &[Personal, Team];
const OWING: &[BillingState] = &[Failed, Restricted];
const NOT_OWING: &[BillingState] = &[Sandbox, Pending, Payg, Personal, Team, Contract];
const ALL: &[BillingState] = &BillingState::ALL;

/// What stands above a plan, pay as you go and the grant.
const ABOVE: &[BillingState] = &[Contract, Failed, Restricted];
const NO_PLAN: &[BillingState] = &[Sandbox, Pending, Payg, Contract, Failed, Restricted];

const TABLE: &[Row] = &[
    // Our own people.
    Row(Input::Restricted, ALL, To::These(&[Restricted])),
    Row(Input::Unrestricted, &[Restricted], To::These(ALL)),
    Row(
        Input::ContractBegins,
        &[Sandbox, Pending, Payg, Personal, Team],
        To::These(&[Contract]),
    ),
    // Who owes settles first, contract or not: rules 1 and 2 stand above 3.
    Row(Input::ContractBegins, OWING, To::Same),
    Row(
        Input::ContractEnds,
        &[Contract],
        To::These(&[Sandbox, Pending, Payg, Personal, Team]),
    ),
    Row(Input::ContractEnds, OWING, To::Same),
    // For a later day.
    Row(
        Input::ContractRecorded,
        &[Sandbox, Pending, Payg, Personal, Team, Failed, Restricted],
        To::Same,
    ),
    Row(Input::Credited, &[Pending], To::These(&[Sandbox])),
    Row(
        Input::Credited,
        &[Sandbox, Payg, Personal, Team, Contract, Failed, Restricted],
        To::Same,
    ),
    // The grant.
    Row(Input::GrantUsed, &[Sandbox], To::These(&[Sandbox, Pending])),
    Row(
        Input::GrantUsed,
        &[Payg, Personal, Team, Contract, Failed, Restricted],
        To::Same,
    ),
    Row(Input::MonthTurned, &[Pending], To::These(&[Sandbox])),
    Row(
        Input::MonthTurned,
        &[Sandbox, Payg, Personal, Team, Contract, Failed, Restricted],
        To::Same,
    ),
    // The card.
    Row(Input::SetupCompleted, FREE, To::These(&[Payg])),
    Row(
        Input::SetupCompleted,
        &[Personal, Team, Contract, Failed, Restricted],
        To::Same,
    ),
    Row(Input::CardReplaced, ALL, To::Same),
    Row(Input::CardDetached, &[Payg], To::These(FREE)),
    // A card that paid for a plan may be there without pay as you go.
    Row(
        Input::CardDetached,
        &[
            Sandbox, Pending, Personal, Team, Contract, Failed, Restricted,
        ],
        To::Same,
    ),
    // The plan's subscription.
    Row(Input::CheckoutBegun, NO_PLAN, To::Same),
    Row(Input::CheckoutExpired, NO_PLAN, To::Same),
    Row(Input::Subscribed, OPEN, To::These(PLANS)),
    // "Any non-contract" of the documentation; who owes for something else still owes.
    Row(Input::Subscribed, ABOVE, To::Same),
    Row(Input::Switched, &[Personal], To::These(&[Team])),
    Row(Input::Switched, &[Team], To::These(&[Personal])),
    Row(Input::Switched, ABOVE, To::Same),
    // Not documented by itself: a paused subscription is neither active nor trialing, so rule 4 does
    // not fit while it lasts.
    Row(Input::Paused, PLANS, To::These(OPEN)),
    Row(Input::Paused, ABOVE, To::Same),
    Row(Input::Resumed, OPEN, To::These(PLANS)),
    Row(Input::Resumed, ABOVE, To::Same),
    Row(Input::SubscriptionDeleted, PLANS, To::These(OPEN)),
    Row(
        Input::SubscriptionDeleted,
        &[Sandbox, Pending, Payg, Contract, Failed],
        To::Same,
    ),
    // Its open invoice remains: given up with the subscription, it is a failing one again.
    Row(Input::SubscriptionDeleted, &[Restricted], To::These(OWING)),
    // Payments.
    Row(Input::PlanInvoiceFailed, PLANS, To::These(&[Failed])),
    // Rule 2 stands above 3.
    Row(Input::PlanInvoiceFailed, &[Contract], To::These(&[Failed])),
    Row(Input::PlanInvoiceFailed, OWING, To::Same),
    // The month's usage is invoiced after it ended: by then anything may have come of pay as you go.
    Row(Input::UsageInvoiceFailed, NOT_OWING, To::These(&[Failed])),
    Row(Input::UsageInvoiceFailed, OWING, To::Same),
    // "Previous paid state", "derived state": whatever else the facts say, or still failing.
    Row(
        Input::InvoiceSettled,
        &[Failed],
        To::These(&[Sandbox, Pending, Payg, Personal, Team, Contract, Failed]),
    ),
    Row(Input::InvoiceSettled, &[Restricted], To::These(ALL)),
    Row(Input::GivenUp, &[Failed], To::These(&[Restricted])),
    Row(Input::GivenUp, &[Restricted], To::Same),
    Row(
        Input::MarkedUncollectible,
        &[Failed],
        To::These(&[Restricted]),
    ),
    Row(Input::MarkedUncollectible, &[Restricted], To::Same),
    Row(Input::GraceEnded, &[Failed], To::These(&[Restricted])),
    Row(Input::GraceEnded, &[Restricted], To::Same),
    // Not documented: with the customer go subscriptions, cards and invoices; our own decisions stay.
    Row(
        Input::CustomerDeleted,
        &[Sandbox, Pending, Contract],
        To::Same,
    ),
    Row(
        Input::CustomerDeleted,
        &[Payg, Personal, Team],
        To::These(FREE),
    ),
    Row(
        Input::CustomerDeleted,
        &[Failed],
        To::These(&[Sandbox, Pending, Contract]),
    ),
    Row(
        Input::CustomerDeleted,
        &[Restricted],
        To::These(&[Sandbox, Pending, Contract, Restricted]),
    ),
    // No edge of anything was crossed.
    Row(Input::TimePassed, ALL, To::Same),
];

pub fn documents(from: BillingState, input: Input, to: BillingState) -> bool {
    let mut rows = TABLE.iter();
    rows.any(|Row(on, froms, tos)| {
        *on == input
            && froms.contains(&from)
            && match tos {
                To::Same => to == from,
                To::These(these) => these.contains(&to),
            }
    })
}

pub fn edges() -> Vec<Edge> {
    let mut all = Vec::new();
    for Row(input, froms, tos) in TABLE {
        for from in *froms {
            match tos {
                To::Same => all.push((*from, *input, *from)),
                To::These(these) => all.extend(these.iter().map(|to| (*from, *input, *to))),
            }
        }
    }
    all
}
