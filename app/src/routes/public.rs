//! Pages for anyone, and the way into the console.

use axum::http::StatusCode;
use axum::response::Response;
use domain::billing::plan::Interval;
use domain::id::RequestId;
use domain::path::LocalPath;
use leptos::prelude::*;
use platform::login::LoginError;
use serde::Deserialize;

use super::visit::{Visit, in_query, redirect};
use super::{Asked, asked, nav};
use crate::paths;
use crate::public::{self, Landing, Pricing, ProviderDown, SignIn, SignedOut};
use crate::reference::{self, Reference};
use crate::ui::{ServerError, free_calls};

/// The landing page; for someone signed in, the console.
pub async fn home(visit: Visit) -> Response {
    if visit.person.is_some() {
        return redirect(paths::CONSOLE);
    }
    let base_url = visit.base_url();
    let start = paths::sign_in_then(paths::CONSOLE);
    let exchange = reference::exchange(
        &visit.site.document,
        "/v1/entities/resolve",
        &public::HEADERS,
    );
    let free = free_calls(visit.p().rate_card());
    visit.ok(|| {
        view! { <Landing base_url=base_url start=start signed_in=false exchange=exchange free=free /> }
            .into_any()
    })
}

#[derive(Deserialize, Default)]
pub struct PricingQuery {
    interval: Option<String>,
}

/// Plans and prices, for anyone.
pub async fn pricing(visit: Visit, query: Asked<PricingQuery>) -> Response {
    let p = visit.p();
    let interval = asked(query)
        .interval
        .and_then(|text| text.parse().ok())
        .unwrap_or(Interval::Annual);
    let signed_in = visit.person.is_some();
    let start = if signed_in {
        paths::CONSOLE.to_owned()
    } else {
        paths::sign_in_then(paths::CONSOLE)
    };
    let rates = p.rate_card().clone();
    let grace_days = p.settings().grace.whole_seconds() / 86_400;
    let curl = format!("curl -s {}{}", visit.base_url(), paths::RATES);
    visit.ok(|| {
        view! { <Pricing rates=rates interval=interval grace_days=grace_days start=start signed_in=signed_in curl=curl /> }
            .into_any()
    })
}

/// The organisation looked at last, or the first, or the form that makes one.
pub async fn console(visit: Visit) -> Result<Response, Response> {
    let person = visit.signed_in()?;
    let all = visit.or_failed(platform::orgs::memberships(visit.p(), &person).await)?;
    let last = visit.last_org();
    let org = all
        .iter()
        .find(|member| Some(&member.org.id) == last.as_ref())
        .or(all.first());
    Ok(redirect(&org.map_or_else(
        || paths::ONBOARDING.to_owned(),
        |member| paths::org(member.org.id.as_str()),
    )))
}

#[derive(Deserialize, Default)]
pub struct SignInQuery {
    return_to: Option<String>,
    problem: Option<String>,
    request: Option<String>,
}

pub async fn sign_in(visit: Visit, query: Asked<SignInQuery>) -> Response {
    let SignInQuery {
        return_to,
        problem,
        request,
    } = asked(query);
    let return_to = return_to.as_deref().and_then(LocalPath::parse);
    let target = return_to
        .as_ref()
        .map_or(paths::CONSOLE, LocalPath::as_str)
        .to_owned();
    let problem = problem.as_deref().and_then(LoginError::from_code);
    if visit.person.is_some() && problem.is_none() {
        return redirect(&target);
    }
    let login = format!("{}?return_to={}", paths::LOGIN, in_query(&target));
    let (settings, host) = (visit.p().settings(), visit.p().provider_host());
    let request_id = request
        .as_deref()
        .and_then(RequestId::from_caller)
        .map_or_else(|| visit.request_id(), |id| id.to_string());
    if problem == Some(LoginError::ProviderDown) {
        let code = LoginError::ProviderDown.code();
        return visit.page(StatusCode::SERVICE_UNAVAILABLE, || {
            view! { <ProviderDown host=host code=code request_id=request_id retry=login /> }
                .into_any()
        });
    }
    let problem = problem.map(|problem| ServerError {
        code: problem.code().to_owned(),
        message: format!("{problem} {}", problem.hint()),
        request_id,
    });
    let (provider, dev) = (
        settings.provider_name.clone(),
        settings.issuer_alias.is_some(),
    );
    visit.ok(|| {
        view! { <SignIn provider=provider host=host dev=dev login=login problem=problem /> }
            .into_any()
    })
}

pub async fn signed_out(visit: Visit) -> Response {
    let provider = platform::login::provider_sign_out(visit.p()).await;
    let host = visit.p().provider_host();
    visit.ok(|| view! { <SignedOut provider=provider host=host /> }.into_any())
}

/// In the console's frame for someone signed in, on its own for anyone else.
pub async fn reference(visit: Visit) -> Result<Response, Response> {
    let nav = match &visit.person {
        None => None,
        Some(person) => match visit.last_org() {
            // An organisation that is no longer theirs is no reason to hide the reference.
            Some(org) => match nav::standing(&visit, &org).await {
                Ok(standing) => Some(standing.nav),
                Err(_) => Some(nav::own(&visit, person).await?),
            },
            None => Some(nav::own(&visit, person).await?),
        },
    };
    let (document, base_url) = ((*visit.site.document).clone(), visit.base_url());
    Ok(visit.ok(|| view! { <Reference nav=nav document=document base_url=base_url /> }.into_any()))
}

pub async fn not_found(visit: Visit) -> Response {
    visit.failed(&platform::Error::NotFound)
}
