//! The ways to pay: Checkout of a plan, Checkout that attaches a card, the billing portal.
//!
//! None of them changes what an organisation has; what was bought is learned from the provider.

use axum::http::Method;
use domain::billing::plan::{Interval, PlanKey};
use domain::role::Permission;
use platform::billing::checkout::{self, Checkout, Return};
use platform::billing::portal::{self, Portal, Task};
use platform::keys;
use serde::Serialize;
use serde_json::{Map, Value, json};

use crate::body::{choice, text, wrong};
use crate::call::{Answer, Call, Run, encode};
use crate::problem::{Problem, subscribable};
use crate::route::{Kind, Route};
use wire::{
    ActivatePayg, BillingCheckoutSession, BillingPortalSession, CreateCheckout, OpenPortal,
};

mod wire;

const TASKS: [(&str, Task); 3] = [
    ("payment_method_update", Task::UpdateCard),
    ("subscription_update", Task::ChangePlan),
    ("subscription_cancel", Task::Cancel),
];

pub const CHECKOUT: Route = Route {
    method: Method::POST,
    path: "/v1/billing/checkout",
    operation: "createCheckout",
    summary: "Begin a Checkout of the Personal or the Team plan",
    kind: Kind::free(Permission::ManageBilling, subscribe),
    describe: |d| {
        d.note("Send the person to the url. While a Checkout is open, asking again for the same leads back to it, and asking for something else closes it. The plan holds once the payment provider says so, whatever the return from there says.")
            .takes::<CreateCheckout>(json!({"planKey": "personal", "interval": "annual"}))
            .answers(200, "The Checkout Session.", &wire::sample_checkout("personal"))
            .refuses(&[409, 502])
    },
};

pub const ACTIVATE: Route = Route {
    method: Method::POST,
    path: "/v1/billing/payg/activate",
    operation: "activatePayg",
    summary: "Begin a Checkout that attaches a card for pay as you go",
    kind: Kind::free(Permission::ManageBilling, activate),
    describe: |d| {
        d.note("Nothing is charged for it. When pay as you go is active already, url is null and alreadyActive is true.")
            .takes::<ActivatePayg>(json!({}))
            .answers(200, "The Checkout Session.", &wire::sample_checkout("payg"))
            .refuses(&[409, 502])
    },
};

pub const PORTAL: Route = Route {
    method: Method::POST,
    path: "/v1/billing/portal",
    operation: "createPortalSession",
    summary: "Open the payment provider's billing portal",
    kind: Kind::free(Permission::ManageBilling, open),
    describe: |d| {
        d.note(
            "In the portal people change the card, change or cancel the plan, and read invoices.",
        )
        .takes::<OpenPortal>(json!({"flow": "payment_method_update"}))
        .answers(200, "The portal session.", &wire::sample_portal())
        .refuses(&[409, 502])
    },
};

fn subscribe<'a>(call: &'a Call<'a>) -> Run<'a> {
    Box::pin(async move {
        let object = call.object()?;
        let plan = plan(&object)?;
        let intervals = Interval::ALL.map(|interval| (interval.as_str(), interval));
        let interval = choice(&object, "interval", &intervals)?.unwrap_or(Interval::Annual);
        let back = back(&object)?;
        let told = |made: &Checkout| kept(&BillingCheckoutSession::of(made, call.request_id()));
        call.once(|claim| async move {
            let answer = answer(claim.as_ref(), &told);
            let (wanted, request) = ((plan, interval), &call.context.request_id);
            let (p, actor, org) = (call.platform, call.actor, call.org());
            let made = checkout::subscribe(p, actor, org, wanted, &back, request, answer).await?;
            Ok(said(told(&made)))
        })
        .await
    })
}

fn activate<'a>(call: &'a Call<'a>) -> Run<'a> {
    Box::pin(async move {
        let back = back(&call.object()?)?;
        let told = |made: &Checkout| kept(&BillingCheckoutSession::of(made, call.request_id()));
        call.once(|claim| async move {
            let answer = answer(claim.as_ref(), &told);
            let request = &call.context.request_id;
            let (p, actor, org) = (call.platform, call.actor, call.org());
            let made = checkout::activate(p, actor, org, &back, request, answer).await?;
            Ok(said(told(&made)))
        })
        .await
    })
}

fn open<'a>(call: &'a Call<'a>) -> Run<'a> {
    Box::pin(async move {
        let object = call.object()?;
        let task = choice(&object, "flow", &TASKS)?.unwrap_or(Task::Overview);
        let return_url = text(&object, "returnUrl")?;
        let told = |made: &Portal| kept(&BillingPortalSession::of(made, call.request_id()));
        call.once(|claim| async move {
            let answer = answer(claim.as_ref(), &told);
            let request = &call.context.request_id;
            let (p, actor, org) = (call.platform, call.actor, call.org());
            let made = portal::open(p, actor, org, (task, return_url), request, answer).await?;
            Ok(said(told(&made)))
        })
        .await
    })
}

type Told<'a, T> = &'a (dyn Fn(&T) -> String + Send + Sync);

fn answer<'a, T>(
    claim: Option<&'a platform::once::Claim>,
    body: Told<'a, T>,
) -> Option<keys::Answer<'a, T>> {
    let status = 200;
    claim.map(|claim| keys::Answer {
        claim,
        status,
        body,
    })
}

/// The body as it is kept for a replay. The addresses in it are for the organisation's own people,
/// and no secret is among them.
fn kept(body: &impl Serialize) -> String {
    String::from_utf8(encode(body)).expect("JSON is UTF-8")
}

fn said(body: String) -> Answer {
    Answer {
        body: body.into_bytes(),
        ..Answer::ok(&())
    }
}

fn plan(object: &Map<String, Value>) -> Result<PlanKey, Problem> {
    let accepted =
        |message: &str| wrong("planKey", message).detail("acceptedValues", subscribable());
    let Some(key) = text(object, "planKey")? else {
        return Err(accepted("planKey is personal or team."));
    };
    key.parse()
        .map_err(|_| accepted("There is no such plan: planKey is personal or team."))
}

fn back(object: &Map<String, Value>) -> Result<Return, Problem> {
    Ok(Return {
        success: text(object, "successUrl")?.map(str::to_owned),
        cancel: text(object, "cancelUrl")?.map(str::to_owned),
    })
}
