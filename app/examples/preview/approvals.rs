//! The approvals inbox and an explanation.

use app::approvals::{ApprovalsPage, ApprovalsView, PastView, WaitingView};
use app::explanation::{ExplanationPage, ExplanationView, FactView, StoryLine, WayView};
use app::ui::{GateLine, Mark, ReceiptView};
use domain::money::Usd;
use domain::time::Span;
use leptos::prelude::*;

use crate::data::{Page, nav};
use crate::facts::{BASE, NOW, ORG};

pub const PAGES: &[Page] = &[
    ("approvals", || inbox(vec![waiting(1), waiting(2)], true)),
    ("approvals-none", || inbox(Vec::new(), true)),
    ("approvals-viewer", || inbox(vec![waiting(1)], false)),
    ("explanation-threshold", explanation),
];

fn inbox(waiting: Vec<WaitingView>, may: bool) -> AnyView {
    let past = |outcome, mark, about: &str| PastView {
        asker: "production-ingest".into(),
        asker_href: "/key".into(),
        purpose: Some("nightly refresh".into()),
        class: "filing_search".into(),
        units: 40,
        amount: Usd::micros(240_000),
        mark,
        outcome,
        about: about.into(),
        asked_at: NOW.minus(Span::hours(5)),
        explained: "/explanation-threshold".into(),
    };
    let page = ApprovalsView {
        org_id: ORG.into(),
        now: NOW,
        base_url: BASE.into(),
        waiting,
        more: 0,
        may,
        history: vec![
            past("Used", Mark::Ok, "12 Nov 2026, 09:31 UTC"),
            past("Denied", Mark::Stop, "12 Nov 2026, 09:12 UTC"),
            past("Expired", Mark::Off, "Nobody decided in time"),
        ],
        later: false,
        older: None,
        done: None,
        refused: None,
    };
    view! { <ApprovalsPage nav=nav() page=page /> }.into_any()
}

fn waiting(number: i64) -> WaitingView {
    WaitingView {
        id: format!("appr_{number}"),
        form_id: format!("form_{number}"),
        asker: "filings-agent".into(),
        asker_href: "/key".into(),
        amount: Usd::micros(125_000),
        purpose: (number == 1).then(|| "quarterly backfill".into()),
        asked_at: NOW.minus(Span::minutes(3)),
        until: NOW.plus(Span::minutes(12)),
        leaves: vec![("Leaves under the spend cap", "$49.95".into())],
        too_much: false,
        receipt: receipt(),
        explained: "/explanation-threshold".into(),
    }
}

fn receipt() -> ReceiptView {
    let line = |label: &str, figure: &str| (label.to_owned(), figure.to_owned());
    let gate = |passed, name: &str, figure: &str, why: &str| GateLine {
        passed,
        name: name.into(),
        figure: figure.into(),
        why: why.into(),
    };
    ReceiptView {
        title: "POST /v1/intelligence/query".into(),
        mark: Mark::Stop,
        word: "402, denied".into(),
        verdict: "It would have taken November to $150.05. Above the organisation's threshold of $150.00 a person must approve, and nobody had.".into(),
        lines: vec![
            line("Meter class", "intelligence_query"),
            line("Units", "1"),
            line("List price", "$0.2500"),
            line("Team, 50 % off", "− $0.1250"),
            line("This request", "$0.1250"),
        ],
        sum: line("Charged", "$0.00"),
        gates: vec![
            gate(true, "Plan", "team", "intelligence_query is included."),
            gate(true, "Billing state", "team_active", "Calls are charged."),
            gate(
                true,
                "Spend cap",
                "$150.05 of $200.00",
                "Spent $131.1750, held $18.75, this $0.1250. Set 2 Nov 2026, 10:12 UTC by Chiara.",
            ),
            gate(
                false,
                "Approval threshold",
                "$150.05 > $150.00",
                "Spent $131.1750, held $18.75, this $0.1250; $0.05 over, nobody had approved it. Set 2 Nov 2026, 10:12 UTC by Chiara.",
            ),
        ],
        request_id: "req_01KAGWRJD8T6V88KQ2M4Z7X901".into(),
        foot: "Rate card rc_2026_11_01. What is denied is free.".into(),
    }
}

fn explanation() -> AnyView {
    let way = |act: &str, about: &str, waits| WayView {
        act: act.into(),
        about: about.into(),
        link: None,
        waits,
    };
    let page = ExplanationView {
        org_id: ORG.into(),
        base_url: BASE.into(),
        request_id: "req_01KAGWRJD8T6V88KQ2M4Z7X901".into(),
        at: Some(NOW.minus(Span::minutes(3))),
        title: "Why this request was denied",
        receipt: Some(receipt()),
        undecided: String::new(),
        ways: vec![
            WayView {
                link: Some(("Decide", "/approvals".into())),
                ..way(
                    "Have it approved.",
                    "A person approves $0.1250 once, for the key that asked; the key that asked cannot.",
                    false,
                )
            },
            way(
                "Raise the organisation's approval threshold from $150.00 to at least $150.05.",
                "Owners, admins and the billing role can, and keys with billing:manage.",
                false,
            ),
            way(
                "Wait until 1 December 2026, 00:00 UTC.",
                "A new month begins then, with nothing spent.",
                true,
            ),
        ],
        facts: vec![
            (
                "Key",
                FactView::Link {
                    word: "filings-agent".into(),
                    to: "/key".into(),
                },
            ),
            ("Purpose", FactView::Text("quarterly backfill".into())),
            (
                "Rule",
                FactView::Machine("organization_approval_threshold".into()),
            ),
        ],
        story: vec![
            StoryLine {
                at: NOW.minus(Span::minutes(3)),
                mark: Mark::Warn,
                what: "POST /v1/intelligence/query".into(),
                sub: "Answered 402 after 0.8 ms".into(),
            },
            StoryLine {
                at: NOW.minus(Span::minutes(3)),
                mark: Mark::Wait,
                what: "A person was asked to approve $0.1250.".into(),
                sub: "appr_1".into(),
            },
        ],
        several: None,
    };
    view! { <ExplanationPage nav=nav() page=page /> }.into_any()
}
