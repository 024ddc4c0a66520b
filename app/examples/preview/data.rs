//! One busy organisation at one moment, 12 November 2026, 14:32 UTC, and one new one.

use app::keys::{
    AlreadyShown, CreateForm, KeyBudget, KeyPage, KeyRow, KeyView, Keys, KeysView, ManageView,
    Reveal, RevealView, Revealed,
};
use app::orgs::{Onboarding, OnboardingForm, Overview, OverviewView, Progress};
use app::public::{ErrorPage, ErrorView, HEADERS, Landing, ProviderDown, SignIn, SignedOut};
use app::reference::{Reference, exchange};
use app::sessions::{SessionRow, Sessions, SessionsView};
use app::ui::{GaugeView, Mark, RequestRow, ServerError};
use app::{Nav, OrgLink, Ribbon, RibbonAct, Viewer};
use domain::budget::forecast::{Seen, forecast};
use domain::budget::limits::Limits;
use domain::money::Usd;
use domain::time::Span;
use leptos::prelude::*;

use crate::facts::{BASE, MASK, NOW, ORG, REQUEST, SECRET, days, keys, openapi, requests};

pub type Page = (&'static str, fn() -> AnyView);

pub const PAGES: &[Page] = &[
    ("landing", || {
        view! { <Landing base_url="https://api.secapi.example" start="/auth/login" signed_in=false free=String::from("250 free calls a month") exchange=exchange(&openapi(), "/v1/me", &HEADERS) /> }.into_any()
    }),
    ("sign-in", || {
        view! { <SignIn provider="the development provider" host="127.0.0.1:8080" dev=true login="/auth/login?return_to=%2Forgs" /> }.into_any()
    }),
    ("signed-out", || view! { <SignedOut /> }.into_any()),
    ("provider-down", || {
        view! { <ProviderDown host="login.northwind.example" code="provider_unavailable" request_id=REQUEST retry="/auth/login" /> }.into_any()
    }),
    ("not-found", || {
        view! { <ErrorPage error=ErrorView::not_found(REQUEST.into()) /> }.into_any()
    }),
    ("forbidden", || {
        view! { <ErrorPage error=ErrorView::forbidden(REQUEST.into(), "/keys".into()) /> }
            .into_any()
    }),
    ("expired-form", || {
        view! { <ErrorPage error=ErrorView::expired_form(REQUEST.into(), "/keys".into()) /> }
            .into_any()
    }),
    ("internal", || {
        view! { <ErrorPage error=ErrorView::internal(REQUEST.into()) /> }.into_any()
    }),
    ("onboarding", || {
        onboarding(OnboardingForm {
            first: true,
            free_calls: "250 free calls a month".into(),
            ..OnboardingForm::default()
        })
    }),
    ("onboarding-error", || {
        onboarding(OnboardingForm {
            name: "Northwind Research ".repeat(8),
            name_error: Some("A name has at most 120 characters; this one has 151.".into()),
            free_calls: "250 free calls a month".into(),
            ..OnboardingForm::default()
        })
    }),
    ("first-key", || {
        view! { <Reveal nav=None page=reveal("first key", Revealed::First(Box::new(progress(None)))) /> }
            .into_any()
    }),
    ("new-key", || {
        view! { <Reveal nav=Some(nav()) page=reveal("nightly-export", Revealed::Created) /> }
            .into_any()
    }),
    ("rotated", || {
        let revealed = Revealed::Rotated(Some(NOW.plus(Span::hours(24))));
        view! { <Reveal nav=Some(nav()) page=reveal("production-ingest", revealed) /> }.into_any()
    }),
    ("already-shown", || {
        view! { <AlreadyShown nav=Some(nav()) org_id=ORG key_href="/key" label="nightly-export" mask=MASK /> }.into_any()
    }),
    ("overview", || overview(&keys(), requests(12), None)),
    ("overview-new", || {
        overview(&keys()[..1], Vec::new(), Some(progress(None)))
    }),
    ("keys", || {
        keys_page(keys(), 25, CreateForm::new("form_1".into()), None)
    }),
    ("keys-error", || {
        let form = CreateForm {
            label: "nightly\u{7}export".into(),
            label_error: Some(
                "A label cannot hold line breaks or other control characters.".into(),
            ),
            scopes: vec![],
            scopes_error: Some("Choose at least one scope.".into()),
            refused: Some(ServerError {
                code: "api_key_limit_reached".into(),
                message: "All 25 keys of the plan are in use.".into(),
                request_id: REQUEST.into(),
            }),
            ..CreateForm::new("form_1".into())
        };
        keys_page(keys(), 25, form, None)
    }),
    ("keys-none", || {
        keys_page(
            Vec::new(),
            1,
            CreateForm::new("form_1".into()),
            Some("The key first key is revoked.".into()),
        )
    }),
    ("keys-full", || {
        keys_page(
            keys()[..1].to_vec(),
            1,
            CreateForm::new("form_1".into()),
            None,
        )
    }),
    ("key", || key_page(&keys()[0], requests(8), 59_041)),
    ("key-unused", || key_page(&keys()[4], Vec::new(), 0)),
    ("sessions", sessions),
    ("reference", || {
        let document = openapi();
        view! { <Reference nav=Some(nav()) document=document base_url=BASE /> }.into_any()
    }),
];

fn onboarding(form: OnboardingForm) -> AnyView {
    view! { <Onboarding form=form /> }.into_any()
}

pub fn nav() -> Nav {
    let org = |id: &str, name: &str| OrgLink {
        id: id.into(),
        name: name.into(),
    };
    Nav {
        viewer: Viewer {
            name: "Ada Lindqvist".into(),
            email: Some("ada@example.com".into()),
        },
        org: Some(org(ORG, "Northwind Research")),
        plan: "Team".into(),
        orgs: vec![
            org(ORG, "Northwind Research"),
            org("org_2", "Halden Instruments, Investor Relations"),
        ],
        keys: "5 of 25".into(),
        budget: "59 %".into(),
        waiting: 2,
        ribbon: None,
        operator: false,
        dev: true,
    }
}

fn progress(first: Option<RequestRow>) -> Progress {
    Progress {
        org_id: ORG.into(),
        org_name: "Northwind Research".into(),
        created_at: NOW.minus(Span::seconds(40)),
        scopes: "read:sec".into(),
        billing_state: "sandbox_grant".into(),
        grant_calls: 250,
        grant_remaining: 250,
        grant_renews: Some(NOW.next_month()),
        attached: None,
        may_attach: true,
        first,
    }
}

fn reveal(label: &str, revealed: Revealed) -> RevealView {
    RevealView {
        org_id: ORG.into(),
        org_name: "Northwind Research".into(),
        label: label.into(),
        secret: SECRET.into(),
        mask: MASK.into(),
        now: NOW,
        base_url: BASE.into(),
        revealed,
    }
}

fn overview(rows: &[KeyRow], requests: Vec<RequestRow>, progress: Option<Progress>) -> AnyView {
    let busy = progress.is_none();
    let page = OverviewView {
        org_id: ORG.into(),
        now: NOW,
        base_url: BASE.into(),
        billing_state: if busy {
            "payg_pending_card"
        } else {
            "sandbox_grant"
        }
        .into(),
        meaning: if busy {
            "This month's free calls are used up; they come back on the first of next month."
        } else {
            "The free grant covers your calls. No card is needed."
        }
        .into(),
        calls: if busy { 60_366 } else { 0 },
        failed: if busy { 641 } else { 0 },
        granted: true,
        grant_calls: 250,
        grant_remaining: if busy { 0 } else { 250 },
        grant_renews: Some(NOW.next_month()),
        last_call: busy.then(|| NOW.minus(Span::seconds(41))),
        days: days(busy),
        keys: rows.to_vec(),
        requests,
        gauge: busy.then(gauge),
        progress,
    };
    let ribbon = busy.then(|| Ribbon {
        state: "payg_pending_card".into(),
        text: "The 250 free calls of November are used up. Billable calls are answered 402 until 1 Dec 2026, 00:00 UTC; GET /v1/me and the like go on.".into(),
        stops: true,
        act: Some(RibbonAct {
            word: "Attach a card".into(),
            to: "/billing-pending".into(),
            task: None,
        }),
    });
    view! { <Overview nav=Nav { ribbon, ..nav() } page=page /> }.into_any()
}

fn keys_data(
    working: Vec<KeyRow>,
    included: i64,
    create: CreateForm,
    done: Option<String>,
) -> KeysView {
    let gone = KeyRow {
        label: "trial-sheet".into(),
        mask: "secapi_live_b1Xo…90Aa".into(),
        mark: Mark::Off,
        state: "Revoked".into(),
        hint: "11 Nov, by Ada Lindqvist.".into(),
        gone: true,
        ..keys()[0].clone()
    };
    KeysView {
        org_id: ORG.into(),
        now: NOW,
        base_url: BASE.into(),
        working,
        gone: vec![gone],
        included,
        billing_state: "sandbox_grant".into(),
        plan: "Team".into(),
        held: None,
        create: Some(create),
        done,
    }
}

fn keys_page(
    working: Vec<KeyRow>,
    included: i64,
    create: CreateForm,
    done: Option<String>,
) -> AnyView {
    let page = keys_data(working, included, create, done);
    view! { <Keys nav=nav() page=page /> }.into_any()
}

/// The keys in a billing state that lets nobody make more.
pub fn keys_view(state: &str) -> KeysView {
    KeysView {
        billing_state: state.into(),
        held: Some("While a payment is open or billing is restricted no new key can be made; the ones there can be revoked.".into()),
        ..keys_data(keys(), 25, CreateForm::new("form_1".into()), None)
    }
}

fn key_page(row: &KeyRow, requests: Vec<RequestRow>, recent_calls: i64) -> AnyView {
    let page = KeyView {
        org_id: ORG.into(),
        key_id: "key_01K2M8XWQ4T6V8Y0A2C4E6G8J0".into(),
        now: NOW,
        base_url: BASE.into(),
        row: row.clone(),
        old_secret_until: None,
        requests,
        budget: KeyBudget {
            gauge: gauge(),
            set: None,
            editor: None,
        },
        manage: Some(ManageView {
            form_id: "form_2".into(),
            refused: None,
            recent_calls,
        }),
        done: None,
    };
    view! { <KeyPage nav=nav() page=page /> }.into_any()
}

/// A month under way, past its soft cap.
pub fn gauge() -> GaugeView {
    let dollars = |amount: i64| Some(Usd::micros(amount * 1_000_000));
    let spent = Usd::micros(296_920_000);
    GaugeView {
        now: NOW,
        limits: Limits {
            cap: dollars(800),
            soft: dollars(250),
            approval: dollars(600),
        },
        spent,
        reserved: Usd::micros(18_750_000),
        forecast: forecast(Seen {
            now: NOW,
            month: spent,
            week: spent,
            since: NOW.minus(Span::days(90)),
        }),
        proposed: None,
    }
}

fn sessions() -> AnyView {
    let row = |id: &str, agent: &str, address: &str, age: Span| SessionRow {
        id: id.into(),
        this: id == "1",
        agent: agent.into(),
        address: address.into(),
        created: NOW.minus(age).minus(Span::days(3)),
        last_seen: NOW.minus(age),
        ends: NOW.plus(Span::days(11)),
    };
    let page = SessionsView {
        now: NOW,
        rows: vec![
            row("1", "Firefox on Linux", "192.0.2.17", Span::ZERO),
            row("2", "Safari on iPhone", "198.51.100.4", Span::hours(6)),
            row(
                "3",
                "Chrome on Windows",
                "2001:db8:85a3::8a2e:370:7334",
                Span::days(2),
            ),
        ],
        done: None,
    };
    view! { <Sessions nav=nav() page=page /> }.into_any()
}
