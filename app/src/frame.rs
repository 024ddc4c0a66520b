//! What stands around a console page: rail, top line, the menu of the person signed in.

use leptos::prelude::*;

use crate::islands::{FormGuard, LocalTimes, ThemeSwitch};
use crate::paths;
use crate::shell::PageTitle;

/// The person signed in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Viewer {
    pub name: String,
    pub email: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrgLink {
    pub id: String,
    pub name: String,
}

/// Where the frame stands and what it leads to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Nav {
    pub viewer: Viewer,
    /// The organisation looked at. `None` where a page belongs to the person.
    pub org: Option<OrgLink>,
    /// The plan's name, under the organisation's.
    pub plan: String,
    /// All organisations of the viewer, this one among them.
    pub orgs: Vec<OrgLink>,
    /// `3 of 25`
    pub keys: String,
    /// How much of the spend cap is spent, `59 %`; empty where there is none.
    pub budget: String,
    /// How many spends wait for a person.
    pub waiting: i64,
    /// The viewer is of the platform's own staff.
    pub operator: bool,
    pub ribbon: Option<Ribbon>,
    /// Marks an installation that runs with the embedded identity provider.
    pub dev: bool,
}

/// The billing state, when it asks for something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ribbon {
    pub state: String,
    pub text: String,
    pub stops: bool,
    /// The one thing to do next; `None` where the viewer's role does not let them.
    pub act: Option<RibbonAct>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RibbonAct {
    pub word: String,
    pub to: String,
    /// Sent in a form when the act is one of the payment provider's portal; a link otherwise.
    pub task: Option<&'static str>,
}

/// A console page: its frame, `children` in the main column.
#[component]
pub fn Console(
    nav: Nav,
    /// The page's own address, to mark it in the rail.
    #[prop(into)]
    here: String,
    #[prop(into)] title: String,
    children: Children,
) -> impl IntoView {
    let org = nav.org.clone();
    let head = match &org {
        Some(org) => format!("{title} · {}", org.name),
        None => title.clone(),
    };
    PageTitle::tell(head);
    view! {
        <div class="frame">
            <Rail nav=nav.clone() here=here />
            <div>
                <header class="topline">
                    <button class="btn plain md:hidden" type="button" popovertarget="rail">
                        "Menu"
                    </button>
                    <p class="where">
                        {org.map(|org| view! { <span class="max-md:hidden">{org.name}</span> <i class="max-md:hidden">"/"</i> })}
                        <span>{title}</span>
                    </p>
                    {nav.dev.then(|| view! { <span class="tag max-md:hidden">"Development"</span> })}
                    <button class="btn plain" type="button" popovertarget="me">
                        {nav.viewer.name.clone()}
                    </button>
                    <Me viewer=nav.viewer />
                </header>
                {nav.ribbon.map(ribbon)}
                <main class="page" id="main" tabindex="-1">
                    {children()}
                </main>
            </div>
        </div>
        <LocalTimes />
    }
    .into_any()
}

fn ribbon(
    Ribbon {
        state,
        text,
        stops,
        act,
    }: Ribbon,
) -> impl IntoView {
    let (class, mark) = if stops {
        ("ribbon stop", "st stop")
    } else {
        ("ribbon", "st warn")
    };
    view! {
        <section class=class aria-label="Billing state">
            <p>
                <code class=mark>{state}</code>
                " "
                {text}
            </p>
            {act.map(ribbon_act)}
        </section>
    }
}

fn ribbon_act(RibbonAct { word, to, task }: RibbonAct) -> AnyView {
    match task {
        Some(task) => view! {
            <form method="post" action=to>
                <input type="hidden" name="task" value=task />
                <button class="btn">{word}</button>
                <FormGuard />
            </form>
        }
        .into_any(),
        None => view! {
            <a class="btn" href=to>
                {word}
            </a>
        }
        .into_any(),
    }
}

#[component]
fn Rail(nav: Nav, here: String) -> impl IntoView {
    let link = |href: String, word: &'static str, unit: String| {
        // A key's own page stands under the list of keys, an organisation's under the operators'.
        let under = matches!(word, "API keys" | "Organisations") && here.starts_with(&href);
        let current = href == here || under;
        view! {
            <li>
                <a href=href aria-current=current.then_some("page")>
                    {word}
                    {(!unit.is_empty()).then(|| view! { <span class="unit">{unit}</span> })}
                </a>
            </li>
        }
    };
    let waiting = match nav.waiting {
        0 => String::new(),
        waiting => format!("{waiting} waiting"),
    };
    let org_links = nav.org.as_ref().map(|org| {
        view! {
            {link(paths::org(&org.id), "Overview", String::new())}
            {link(paths::keys(&org.id), "API keys", nav.keys.clone())}
            {link(paths::usage(&org.id), "Usage", String::new())}
            {link(paths::budget(&org.id), "Budget", nav.budget.clone())}
            {link(paths::approvals(&org.id), "Approvals", waiting.clone())}
            {link(paths::billing(&org.id), "Billing", String::new())}
        }
    });
    let home = nav
        .org
        .as_ref()
        .or(nav.orgs.first())
        .map_or_else(|| paths::HOME.to_owned(), |org| paths::org(&org.id));
    let operator = nav.operator.then(|| {
        view! {
            <ul aria-label="Operator">
                <li class="group" aria-hidden="true">
                    "Operator"
                </li>
                {link(paths::OPERATOR.to_owned(), "Organisations", String::new())}
            </ul>
        }
    });
    view! {
        <nav class="rail" id="rail" popover aria-label="Console">
            <a class="wordmark" href=home>
                "secapi"
            </a>
            <Switcher org=nav.org orgs=nav.orgs plan=nav.plan />
            <ul>{org_links} {link(paths::REFERENCE.to_owned(), "API reference", String::new())}</ul>
            {operator}
            <p class="unit">"All times are UTC"</p>
        </nav>
    }
    .into_any()
}

/// The organisation, opening to the others.
#[component]
fn Switcher(org: Option<OrgLink>, orgs: Vec<OrgLink>, plan: String) -> impl IntoView {
    let (name, unit) = match &org {
        Some(org) if orgs.len() > 1 => (org.name.clone(), format!("{plan}. Switch")),
        Some(org) => (org.name.clone(), plan),
        None => ("Your organisations".to_owned(), "Choose one".to_owned()),
    };
    let others = orgs
        .into_iter()
        .map(|other| {
            let current = (org.as_ref() == Some(&other)).then_some("true");
            view! {
                <li>
                    <a href=paths::org(&other.id) aria-current=current>
                        {other.name}
                    </a>
                </li>
            }
        })
        .collect_view();
    view! {
        <details class="org" open=org.is_none()>
            <summary>
                <b>{name}</b>
                <span class="unit">{unit}</span>
            </summary>
            <ul>
                {others} <li>
                    <a class="muted" href=paths::ONBOARDING>
                        "New organisation"
                    </a>
                </li>
            </ul>
        </details>
    }
    .into_any()
}

#[component]
fn Me(viewer: Viewer) -> impl IntoView {
    view! {
        <div class="menu" id="me" popover>
            <p>
                <b>{viewer.name}</b>
                {viewer.email.map(|email| view! { <span class="sub">{email}</span> })}
            </p>
            <div>
                <a href=paths::SESSIONS>"Your sessions"</a>
                <a href=paths::ONBOARDING>"New organisation"</a>
            </div>
            <div>
                <ThemeSwitch />
            </div>
            <form method="post" action=paths::LOGOUT>
                <button class="as-link">"Sign out"</button>
            </form>
        </div>
    }
    .into_any()
}
