//! Billing in every state, the pricing page, and the operators' pages. States are not drawn: they
//! are derived from facts, as on the server.

use app::billing::{Billing, BillingView, May, OpenCheckout};
use app::operators::{
    ActsView, ComparedRow, Occurrence, OperatedOrg, OperatedView, OrgRow, Organisations,
    OrganisationsView,
};
use app::public::Pricing;
use app::ui::{Mark, ServerError};
use app::{Nav, Ribbon, RibbonAct};
use domain::billing::facts::{Facts, Restriction, RestrictionKind};
use domain::billing::plan::{Interval, PlanKey};
use domain::billing::remote::{InvoiceStatus, SubscriptionStatus};
use domain::billing::state::{BillingState, DEFAULT_GRACE, derive};
use domain::time::Span;
use leptos::prelude::*;

use crate::accounts::{confirmation, failed, fresh, held, past, payg, plan, team, usage, view};
use crate::data::{Page, nav};
use crate::facts::{NOW, ORG, REQUEST};

pub const PAGES: &[Page] = &[
    ("pricing", || pricing(Interval::Annual)),
    ("pricing-monthly", || pricing(Interval::Monthly)),
    ("billing-grant", || billing(view(fresh(38)))),
    ("billing-pending", || {
        billing(BillingView {
            open: Some(OpenCheckout {
                what: "Team, by the year".into(),
                url: "https://pay.example.com/c/cs_1".into(),
                expires: Some(NOW.plus(Span::hours(9))),
            }),
            working_keys: 1,
            invoices: Vec::new(),
            ..view(fresh(250))
        })
    }),
    ("billing-payg", || {
        billing(BillingView {
            usage: usage(PlanKey::Payg),
            ..view(payg())
        })
    }),
    ("billing-personal", || {
        let facts = plan(
            PlanKey::Personal,
            SubscriptionStatus::Active,
            Interval::Monthly,
        );
        billing(BillingView {
            usage: usage(PlanKey::Personal),
            interval: Interval::Monthly,
            working_keys: 7,
            ..view(facts)
        })
    }),
    ("billing-team", || {
        billing(BillingView {
            usage: usage(PlanKey::Team),
            past: Some(past()),
            as_of: "2026-10-30".into(),
            ..view(team())
        })
    }),
    ("billing-canceling", || {
        let mut facts = team();
        if let Some(plan) = &mut facts.plan {
            plan.subscription.cancel_at_period_end = true;
        }
        billing(view(facts))
    }),
    ("billing-contract", || {
        let facts = Facts {
            contracts: vec![held()],
            ..fresh(250)
        };
        billing(BillingView {
            usage: usage(PlanKey::Commercial),
            ..view(facts)
        })
    }),
    ("billing-failed", || {
        billing(view(failed(NOW.minus(Span::days(4)))))
    }),
    ("billing-over", || {
        billing(view(failed(NOW.minus(Span::days(20)))))
    }),
    ("billing-uncollectible", || {
        let mut facts = failed(NOW.minus(Span::days(20)));
        facts.unpaid[0].status = InvoiceStatus::Uncollectible;
        billing(view(facts))
    }),
    ("billing-restricted", || {
        let facts = Facts {
            restriction: Some(Restriction {
                kind: RestrictionKind::Manual,
                since: NOW.minus(Span::hours(5)),
                note: "Please tell us for whom these keys call; write to support@example.com with this organisation's id.".into(),
            }),
            ..team()
        };
        billing(view(facts))
    }),
    ("billing-confirming", || {
        billing(BillingView {
            confirmation: Some(confirmation(true)),
            ..view(fresh(250))
        })
    }),
    ("billing-confirmed", || {
        billing(BillingView {
            confirmation: Some(confirmation(false)),
            ..view(team())
        })
    }),
    ("billing-viewer", || {
        billing(BillingView {
            may: May::Look,
            ..view(failed(NOW.minus(Span::days(4))))
        })
    }),
    ("billing-none", || {
        billing(BillingView {
            may: May::NoPayments,
            customer: false,
            history: Vec::new(),
            ..view(fresh(0))
        })
    }),
    ("billing-error", || {
        billing(BillingView {
            chosen: Some(PlanKey::Team),
            refused: Some(ServerError {
                code: "payments_unavailable".into(),
                message: "The payment provider cannot answer right now; nothing was charged. Try again in a few seconds.".into(),
                request_id: REQUEST.into(),
            }),
            as_of: "2026-01-01".into(),
            as_of_error: Some("The organisation did not exist then.".into()),
            ..view(fresh(38))
        })
    }),
    ("ribbon-failed", || ribbon("payment_failed", false)),
    ("ribbon-restricted", || ribbon("restricted_read_only", true)),
    ("operator", || organisations(rows(), "", None)),
    ("operator-none", || {
        organisations(Vec::new(), "halden", Some(BillingState::PaymentFailed))
    }),
    ("operator-org", || {
        operated(failed(NOW.minus(Span::days(4))), false)
    }),
    ("operator-compared", || operated(team(), true)),
    ("operator-restricted", || {
        let facts = Facts {
            restriction: Some(Restriction {
                kind: RestrictionKind::Abuse,
                since: NOW.minus(Span::hours(5)),
                note: "Thousands of accounts call from one address. Tell us why.".into(),
            }),
            contracts: vec![held()],
            ..team()
        };
        operated(facts, false)
    }),
];

fn pricing(interval: Interval) -> AnyView {
    let rates = domain::billing::catalogue::RateCard::clone(platform::catalogue::builtin().at(NOW));
    view! { <Pricing rates=rates interval=interval grace_days=14 start="/sign-in" signed_in=false curl="curl -s http://127.0.0.1:8080/v1/billing/rates" /> }
        .into_any()
}

fn billing(page: BillingView) -> AnyView {
    let plan = page.rates.plan(page.standing.plan).name.clone();
    let nav = Nav { plan, ..nav() };
    view! { <Billing nav=nav page=page /> }.into_any()
}

fn ribbon(state: &str, stops: bool) -> AnyView {
    let (text, word, task) = if stops {
        (
            "Billable calls are stopped: $412.86 is open.",
            "Pay what is open",
            None,
        )
    } else {
        (
            "$412.86 could not be charged. Calls go on until 22 Nov 2026, 14:32 UTC, then they stop.",
            "Update the card",
            Some("update_card"),
        )
    };
    let nav = Nav {
        ribbon: Some(Ribbon {
            state: state.into(),
            text: text.into(),
            stops,
            act: Some(RibbonAct {
                word: word.into(),
                to: "/billing-failed".into(),
                task,
            }),
        }),
        ..nav()
    };
    let page = crate::data::keys_view(state);
    view! { <app::keys::Keys nav=nav page=page /> }.into_any()
}

fn staff() -> Nav {
    Nav {
        org: None,
        plan: String::new(),
        operator: true,
        ..nav()
    }
}

fn rows() -> Vec<OrgRow> {
    let row = |n: i64, name: &str, state, customer: Option<&str>| OrgRow {
        id: format!("org_01K2M8XWQ4T6V8Y0A2C4E6G8J{n}"),
        name: name.into(),
        created: NOW.minus(Span::days(30 * n)),
        state,
        since: NOW.minus(Span::days(4 * n)),
        customer: customer.map(Into::into),
    };
    vec![
        row(
            0,
            "Northwind Research",
            BillingState::PaymentFailed,
            Some("cus_QzNorthwind"),
        ),
        row(
            1,
            "Halden Instruments, Investor Relations",
            BillingState::TeamActive,
            Some("cus_QzHalden"),
        ),
        row(2, "Ada Lindqvist", BillingState::SandboxGrant, None),
        row(
            3,
            "Donaudampfschifffahrtsgesellschaft AG",
            BillingState::CommercialActive,
            None,
        ),
        row(
            4,
            "Fable & Sons",
            BillingState::RestrictedReadOnly,
            Some("cus_QzFable"),
        ),
        row(5, "Quiet Harbour", BillingState::PaygPendingCard, None),
    ]
}

fn organisations(rows: Vec<OrgRow>, text: &str, state: Option<BillingState>) -> AnyView {
    let older = (!rows.is_empty()).then(|| "/operator?before=org_1".to_owned());
    let page = OrganisationsView {
        now: NOW,
        rows,
        text: text.into(),
        state,
        later: false,
        older,
    };
    view! { <Organisations nav=staff() page=page /> }.into_any()
}

fn operated(facts: Facts, compare: bool) -> AnyView {
    let standing = derive(&facts, NOW, DEFAULT_GRACE);
    let row = |fact: &str, ours: &str, theirs: &str| ComparedRow {
        fact: fact.into(),
        ours: ours.into(),
        theirs: theirs.into(),
    };
    let compared = vec![
        row("Customer", "cus_QzNorthwind", "cus_QzNorthwind"),
        row(
            "Plan subscription",
            "sub_1QzNorthwindTeam active price_team_annual",
            "sub_1QzNorthwindTeam past_due price_team_annual",
        ),
        row(
            "Period ends",
            "2027-10-15T14:32:32Z",
            "2027-10-15T14:32:32Z",
        ),
        row(
            "Card",
            "pm_1QzCardOfNorthwind visa 4242",
            "pm_1QzCardOfNorthwind visa 4242",
        ),
        row("Unpaid invoices", "none", "in_1QzSEC-0007 open $412.86"),
    ];
    let seen = |hours: i64, mark, kind, what: &str, sub: &str, id: &str| Occurrence {
        at: NOW.minus(Span::hours(hours)),
        mark,
        kind,
        what: what.into(),
        sub: sub.into(),
        id: id.into(),
    };
    let page = OperatedView {
        org_id: ORG.into(),
        name: "Northwind Research".into(),
        created: NOW.minus(Span::days(93)),
        now: NOW,
        grace: DEFAULT_GRACE,
        facts,
        standing,
        since: NOW.minus(Span::days(4)),
        rates: platform::catalogue::builtin().at(NOW).clone(),
        customer: Some("cus_QzNorthwind".into()),
        keys: "5 of 25".into(),
        occurrences: vec![
            seen(
                96,
                Mark::Warn,
                "State",
                "payment_failed, because a payment is open since 8 Nov 2026, 14:32 UTC and charging the card failed.",
                "The payment provider told us. New: plan, unpaid invoices.",
                "evt_1QzInvoicePaymentFailed",
            ),
            seen(
                96,
                Mark::Off,
                "Stripe event",
                "invoice.payment_failed: processed",
                "By webhook, 1 attempt.",
                "evt_1QzInvoicePaymentFailed",
            ),
            seen(
                97,
                Mark::Warn,
                "Stripe event",
                "invoice.updated: failed",
                "By webhook, 3 attempts, payments_unavailable.",
                "evt_1QzInvoiceUpdated",
            ),
            seen(
                290,
                Mark::Ok,
                "Usage report",
                "2026-10: $173.86, sent",
                "",
                "ur_01K9ABCDEF",
            ),
            seen(
                312,
                Mark::Off,
                "Intent",
                "subscribe: done",
                "cs_live_1QzCheckout",
                "int_01K9QWERTY",
            ),
        ],
        compared: compare.then_some(Some(compared)),
        takes_payments: true,
        acts: ActsView {
            form_id: "form_9".into(),
            ..ActsView::default()
        },
        done: (!compare).then(|| "The credit is set.".into()),
        refused: None,
    };
    view! { <OperatedOrg nav=staff() page=page /> }.into_any()
}
