//! The shapes of Checkout and portal sessions.

use platform::billing::checkout::Checkout;
use platform::billing::portal::Portal;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::openapi;

/// Where a person continues to pay.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct BillingCheckoutSession<'a> {
    #[schema(example = "billing_checkout_session")]
    object: &'static str,
    /// Of the provider's Checkout Session; `null` when none was needed.
    #[schema(required, example = "cs_test_Example")]
    id: Option<&'a str>,
    #[schema(example = "org_01K9ZP3V5W8Q2R4T6Y7X9B1D3F")]
    org_id: &'a str,
    #[schema(example = "personal")]
    plan_key: &'static str,
    /// Where to send the person.
    #[schema(
        required,
        example = "https://checkout.example.com/c/pay/cs_test_Example"
    )]
    url: Option<&'a str>,
    #[schema(example = false)]
    livemode: bool,
    /// Pay as you go is active with a card on file: there is nothing to do.
    #[schema(example = false)]
    already_active: bool,
    #[schema(example = "req_01K9ZP3V5W8Q2R4T6Y7X9B1D3F")]
    request_id: &'a str,
}

/// Where a person manages what is paid.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct BillingPortalSession<'a> {
    #[schema(example = "billing_portal_session")]
    object: &'static str,
    #[schema(example = "bps_1QExample")]
    id: &'a str,
    #[schema(example = "org_01K9ZP3V5W8Q2R4T6Y7X9B1D3F")]
    org_id: &'a str,
    /// Where to send the person.
    #[schema(example = "https://billing.example.com/p/session/bps_1QExample")]
    url: &'a str,
    #[schema(example = false)]
    livemode: bool,
    #[schema(example = "req_01K9ZP3V5W8Q2R4T6Y7X9B1D3F")]
    request_id: &'a str,
}

impl<'a> BillingCheckoutSession<'a> {
    pub fn of(made: &'a Checkout, request_id: &'a str) -> Self {
        Self {
            object: "billing_checkout_session",
            id: made.id.as_deref(),
            org_id: made.org.as_str(),
            plan_key: made.plan.as_str(),
            url: made.url.as_deref(),
            livemode: made.livemode,
            already_active: made.already_active,
            request_id,
        }
    }
}

impl<'a> BillingPortalSession<'a> {
    pub fn of(made: &'a Portal, request_id: &'a str) -> Self {
        Self {
            object: "billing_portal_session",
            id: &made.id,
            org_id: made.org.as_str(),
            url: &made.url,
            livemode: made.livemode,
            request_id,
        }
    }
}

/// What to subscribe to. Addresses are of the console's own origin.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[expect(
    dead_code,
    reason = "describes the body for the OpenAPI document; fields are read one by one for exact messages"
)]
pub struct CreateCheckout {
    /// `personal` or `team`.
    #[schema(example = "personal")]
    plan_key: String,
    /// `annual` or `monthly`; `annual` when left out.
    #[schema(example = "annual")]
    interval: Option<String>,
    /// Where the person comes back to; `{CHECKOUT_SESSION_ID}` in it is replaced. The billing page
    /// when left out.
    #[schema(example = "https://console.example.com/orgs?paid=1")]
    success_url: Option<String>,
    /// Where the person comes back to who does not go through with it.
    #[schema(example = "https://console.example.com/orgs")]
    cancel_url: Option<String>,
}

/// How to attach a card. Addresses are of the console's own origin.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[expect(
    dead_code,
    reason = "describes the body for the OpenAPI document; fields are read one by one for exact messages"
)]
pub struct ActivatePayg {
    #[schema(example = "https://console.example.com/orgs?paid=1")]
    success_url: Option<String>,
    #[schema(example = "https://console.example.com/orgs")]
    cancel_url: Option<String>,
}

/// Where in the portal to begin, and where to come back to.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[expect(
    dead_code,
    reason = "describes the body for the OpenAPI document; fields are read one by one for exact messages"
)]
pub struct OpenPortal {
    /// An address of the console's own origin; the billing page when left out.
    #[schema(example = "https://console.example.com/orgs")]
    return_url: Option<String>,
    /// `payment_method_update`, `subscription_update` or `subscription_cancel`; the portal's first
    /// page when left out.
    #[schema(example = "payment_method_update")]
    flow: Option<String>,
}

pub(super) fn sample_checkout(plan_key: &'static str) -> BillingCheckoutSession<'static> {
    BillingCheckoutSession {
        object: "billing_checkout_session",
        id: Some("cs_test_Example"),
        org_id: openapi::ORG,
        plan_key,
        url: Some("https://checkout.example.com/c/pay/cs_test_Example"),
        livemode: false,
        already_active: false,
        request_id: openapi::REQUEST,
    }
}

pub(super) fn sample_portal() -> BillingPortalSession<'static> {
    BillingPortalSession {
        object: "billing_portal_session",
        id: "bps_1QExample",
        org_id: openapi::ORG,
        url: "https://billing.example.com/p/session/bps_1QExample",
        livemode: false,
        request_id: openapi::REQUEST,
    }
}
