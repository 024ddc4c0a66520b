//! `POST /v1/billing/webhooks/stripe`: what the payment provider sends. Its signature is its only
//! credential; what cannot be dealt with now is answered with a failure, and the provider sends it
//! again.

use axum::http::Method;
use platform::billing::webhook::{self, Delivered};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::ToSchema;

use crate::call::{Answer, PublicCall, Run};
use crate::openapi;
use crate::route::{Kind, Route};

/// The most a delivery may weigh. An event holds one object; the largest are tens of kilobytes.
pub const MAX_BYTES: usize = 512 * 1024;

const SIGNATURE: &str = "stripe-signature";

pub const WEBHOOK: Route = Route {
    method: Method::POST,
    path: "/v1/billing/webhooks/stripe",
    operation: "receiveStripeWebhook",
    summary: "Take an event from Stripe",
    kind: Kind::Public {
        takes: MAX_BYTES,
        run: receive,
    },
    describe: |d| {
        d.note("For Stripe alone: no key, but a signature over the body's bytes. An event grants nothing by itself; it leads to the provider being asked. Each event is dealt with once, however often and in whatever order it is delivered.")
            .reads("Stripe-Signature", "The time of sending and the signatures.", "t=1795252442,v1=5257a869e7ecebeda32affa62cdca3fa51cad7e77a0e56ff536d0ce8e108d8bd")
            .takes::<StripeEvent>(json!({"id": "evt_1QExample", "object": "event", "type": "invoice.paid", "created": 1_795_252_442, "livemode": true, "data": {"object": {"id": "in_1QExample", "object": "invoice", "customer": "cus_Example"}}}))
            .answers(200, "What became of the event.", &SAMPLE)
            .refuses(&[408, 413, 502, 503])
    },
};

/// What became of an event.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct BillingWebhookResult<'a> {
    #[schema(example = "billing_webhook_result")]
    object: &'static str,
    #[schema(example = "evt_1QExample")]
    event_id: &'a str,
    /// It was dealt with before.
    #[schema(example = false)]
    duplicate: bool,
    /// `processed`, `ignored` (nothing follows from it here) or `duplicate`.
    #[schema(example = "processed")]
    status: &'static str,
    #[schema(example = "req_01K9ZP3V5W8Q2R4T6Y7X9B1D3F")]
    request_id: &'a str,
}

/// A Stripe event.
#[derive(Deserialize, ToSchema)]
#[expect(
    dead_code,
    reason = "describes the body for the OpenAPI document; its bytes are verified before they are read"
)]
pub struct StripeEvent {
    #[schema(example = "evt_1QExample")]
    id: String,
    #[schema(example = "event")]
    object: String,
    #[schema(example = "invoice.paid")]
    r#type: String,
    created: i64,
    livemode: bool,
    /// `object` is what the event is about.
    #[schema(value_type = Object)]
    data: Value,
}

const SAMPLE: BillingWebhookResult<'static> = BillingWebhookResult {
    object: "billing_webhook_result",
    event_id: "evt_1QExample",
    duplicate: false,
    status: "processed",
    request_id: openapi::REQUEST,
};

fn receive<'a>(call: &'a PublicCall<'a>) -> Run<'a> {
    Box::pin(async move {
        let signature = call.headers.get(SIGNATURE).and_then(|v| v.to_str().ok());
        let delivered = webhook::receive(call.platform, signature, &call.body).await?;
        Ok(Answer::ok(&BillingWebhookResult::of(
            &delivered,
            call.request_id(),
        )))
    })
}

impl<'a> BillingWebhookResult<'a> {
    fn of(delivered: &'a Delivered, request_id: &'a str) -> Self {
        Self {
            object: "billing_webhook_result",
            event_id: &delivered.event,
            duplicate: delivered.duplicate,
            status: if delivered.duplicate {
                "duplicate"
            } else {
                delivered.outcome.as_str()
            },
            request_id,
        }
    }
}
