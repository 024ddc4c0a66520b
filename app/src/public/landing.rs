use leptos::prelude::*;

use crate::ui::Code;
use crate::{Public, paths};

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
) -> impl IntoView {
    view! {
        <Public title="SEC filings as records you can check" sign_in=!signed_in>
            <div class="two py-16 max-md:py-10">
                <div class="flow">
                    <h1 class="headline">"SEC filings as records you can check, under a cap you set."</h1>
                    <p class="prose">
                        "Every answer says what it read, what it cost and how it can be found again. 250 calls a month are free, without a card."
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
                                    "Already have one? " <a href=paths::SIGN_IN>"Sign in"</a> "."
                                </p>
                            }
                        })}
                </div>
                <Exchange base_url=base_url />
            </div>
        </Public>
    }
}

/// `GET /v1/me` and what it answers, headers first: they are the product's manners.
#[component]
fn Exchange(base_url: String) -> impl IntoView {
    let request = format!("curl -i {base_url}/v1/me \\\n  -H \"x-api-key: $SECAPI_API_KEY\"");
    let headers = [
        ("request-id", "req_01KAGWRJD8T6V88KQ2M4Z7X9BA"),
        (
            "traceparent",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
        ),
        ("secapi-meter-class", "platform"),
        ("secapi-plan-key", "sandbox_grant"),
        ("secapi-billing-state", "sandbox_grant"),
        ("secapi-free-grant-remaining", "250"),
        ("secapi-estimated-cost", "$0.0000"),
    ]
    .map(|(name, value)| view! { <i>{name} ": "</i> {value} "\n" });
    let line = |indent: &'static str, name: &'static str, value: &'static str| {
        view! { {indent} <i>{format!("\"{name}\": ")}</i> <em>{value}</em> ",\n" }
    };
    view! {
        <div class="flow">
            <Code label="A request" text=request />
            <pre tabindex="0" role="region" aria-label="Its answer">
                <code>
                    "HTTP/1.1 200 OK\n" {headers} "\n{\n" {line("  ", "object", "\"principal\"")} "  "
                    <i>"\"principal\": "</i> "{\n" {line("    ", "authMode", "\"api_key\"")}
                    {line("    ", "scopes", "[\"read:sec\"]")} {line("    ", "livemode", "true")} "    "
                    <i>"\"billingState\": "</i> <em>"\"sandbox_grant\""</em> "\n  },\n  " <i>"\"organization\": "</i>
                    "{ " <i>"\"name\": "</i> <em>"\"Northwind Research\""</em> " }\n}"
                </code>
            </pre>
            <p class="small muted">"Costs nothing, like every request that fails."</p>
        </div>
    }
}
