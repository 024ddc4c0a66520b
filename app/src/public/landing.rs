use leptos::prelude::*;

use crate::keys::snippets;
use crate::reference::Exchange;
use crate::ui::{Code, Json};
use crate::{Public, paths};

/// Headers of the answer shown, in this order.
pub const HEADERS: [&str; 7] = [
    "request-id",
    "traceparent",
    "secapi-meter-class",
    "secapi-estimated-cost",
    "secapi-plan-key",
    "secapi-billing-state",
    "secapi-free-grant-remaining",
];

/// What it is in one sentence, a real request and its answer, one button.
#[component]
pub fn Landing(
    /// Where `/v1` answers, without a slash at the end.
    #[prop(into)]
    base_url: String,
    /// Where the button leads: the console for someone already signed in.
    #[prop(into)]
    start: String,
    signed_in: bool,
    /// What `GET /v1/entities/resolve` answers, from the API's own description.
    exchange: Exchange,
    /// `250 free calls a month`
    free: String,
) -> impl IntoView {
    view! {
        <Public title="API keys that account for every call" sign_in=!signed_in>
            <div class="two py-16 max-md:py-10">
                <div class="flow">
                    <h1 class="headline">"API keys that account for every call."</h1>
                    <p class="prose">
                        {format!(
                            "Each answer carries its request id, its price and what is left of {free}. A key can be rotated without a gap, and one that is revoked fails on its next request.",
                        )}
                    </p>
                    <p class="acts">
                        <a class="btn go big" href=start.clone()>
                            {if signed_in { "Go to the console" } else { "Get a free API key" }}
                        </a>
                    </p>
                    {(!signed_in)
                        .then(|| {
                            view! {
                                <p class="muted">
                                    "No card. " <a href=paths::PRICING>"What calls cost after that"</a> ". Already have a key? "
                                    <a href=paths::SIGN_IN>"Sign in"</a> "."
                                </p>
                            }
                        })}
                </div>
                <Exchanged base_url=base_url exchange=exchange />
            </div>
        </Public>
    }
}

/// The first real request and what it answers, headers first: they are the product's manners.
#[component]
fn Exchanged(base_url: String, exchange: Exchange) -> impl IntoView {
    let request = snippets::curl(&base_url);
    let headers = exchange
        .headers
        .into_iter()
        .map(|(name, value)| view! { <i>{name} ": "</i> {value} "\n" })
        .collect_view();
    let head = view! { "HTTP/1.1 200 OK\n" {headers} "\n" }.into_any();
    view! {
        <div class="flow">
            <Code label="A request" text=request />
            <Json label="Its answer" lines=exchange.body head=head />
            <p class="small muted">"One of the free calls. A request that fails costs nothing."</p>
        </div>
    }
}
