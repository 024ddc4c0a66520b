//! `/v1/billing/approvals`: what a key asked people to approve, for that key to look at. Deciding is done by
//! people in the console and has no route.

use axum::http::Method;
use domain::budget::approval::{Approval, LASTS};
use domain::id::ApprovalId;
use domain::role::Permission;
use domain::time::Micros;
use platform::budget::approvals;
use serde::Serialize;
use utoipa::ToSchema;

use super::money::Dollars;
use crate::call::{Answer, Call, Run};
use crate::me::Instant;
use crate::openapi;
use crate::route::{Kind, Route};

pub const LIST: Route = Route {
    method: Method::GET,
    path: "/v1/billing/approvals",
    operation: "listApprovals",
    summary: "What the presented key asked people to approve, newest first",
    kind: Kind::free(Permission::ViewBilling, list),
    describe: |d| {
        d.pages()
            .answers(200, "One page of approvals.", &sample_list())
    },
};

pub const READ: Route = Route {
    method: Method::GET,
    path: "/v1/billing/approvals/{id}",
    operation: "getApproval",
    summary: "One approval, to be polled by the key that asked",
    kind: Kind::free(Permission::ViewBilling, read),
    describe: |d| {
        d.note("A call above the approval threshold is answered 402 with an approvalId. A person decides in the console; the key that asked cannot, whatever its scopes. Once it is approved, send the same call again with the header secapi-approval-id, within 15 minutes; it passes once.")
            .answers(200, "The approval. Another key's answers as an absent one.", &sample())
            .refuses(&[404])
    },
};

/// A spend above the approval threshold.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct BillingApproval<'a> {
    #[schema(example = "billing_approval")]
    object: &'static str,
    #[schema(example = "appr_01K9ZP3V5W8Q2R4T6Y7X9B1D3F")]
    id: &'a str,
    #[schema(example = true)]
    livemode: bool,
    #[schema(example = "org_01K9ZP3V5W8Q2R4T6Y7X9B1D3F")]
    org_id: &'a str,
    /// The key that asked, and the only one that may use it.
    #[schema(example = "key_01K9ZP3V5W8Q2R4T6Y7X9B1D3F")]
    api_key_id: &'a str,
    /// `pending`, `approved`, `denied`, `used` or `expired`.
    #[schema(example = "pending")]
    status: &'static str,
    #[schema(example = "entity_resolve")]
    meter_class: &'a str,
    #[schema(example = 100)]
    units: i64,
    /// The most it is good for.
    #[schema(value_type = f64, example = 0.6)]
    amount_usd: Dollars,
    /// Rounded half to even.
    #[schema(example = 60)]
    amount_cents: i64,
    /// What the caller said it is for; the call that uses it must say the same.
    #[schema(required, example = "quarterly backfill")]
    purpose: Option<&'a str>,
    /// The call that was stopped.
    #[schema(example = "req_01K9ZP3V5W8Q2R4T6Y7X9B1D3F")]
    denied_request_id: &'a str,
    #[schema(value_type = String, format = DateTime)]
    created_at: Instant,
    /// Until when it can be decided; once approved, until when it can be used.
    #[schema(value_type = String, format = DateTime)]
    expires_at: Instant,
    #[schema(value_type = Option<String>, format = DateTime, required, example = json!(null))]
    decided_at: Option<Instant>,
    /// The person who decided.
    #[schema(required, example = json!(null))]
    decided_by: Option<&'a str>,
    #[schema(value_type = Option<String>, format = DateTime, required, example = json!(null))]
    used_at: Option<Instant>,
    #[schema(nullable = false, example = "req_01K9ZP3V5W8Q2R4T6Y7X9B1D3F")]
    #[serde(skip_serializing_if = "Option::is_none")]
    request_id: Option<&'a str>,
}

/// One page of approvals.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct BillingApprovalList<'a> {
    #[schema(example = "list")]
    object: &'static str,
    data: Vec<BillingApproval<'a>>,
    #[schema(example = false)]
    has_more: bool,
    /// Send it as `cursor` to get the next page.
    #[schema(required, example = json!(null))]
    next_cursor: Option<&'a str>,
    #[schema(example = "req_01K9ZP3V5W8Q2R4T6Y7X9B1D3F")]
    request_id: &'a str,
}

impl<'a> BillingApproval<'a> {
    pub fn of(approval: &'a Approval, livemode: bool, now: Micros) -> Self {
        Self {
            object: "billing_approval",
            id: approval.id.as_str(),
            livemode,
            org_id: approval.org.as_str(),
            api_key_id: approval.key.as_str(),
            status: approval.stage(now).as_str(),
            meter_class: &approval.class,
            units: approval.units,
            amount_usd: Dollars(approval.amount),
            amount_cents: approval.amount.as_cents(),
            purpose: approval.purpose.as_deref(),
            denied_request_id: &approval.request,
            created_at: Instant(approval.created_at),
            expires_at: Instant(approval.expires_at),
            decided_at: approval.decided_at.map(Instant),
            decided_by: approval.decided_by.as_ref().map(domain::id::UserId::as_str),
            used_at: approval.used_at.map(Instant),
            request_id: None,
        }
    }
}

pub(crate) fn sample() -> BillingApproval<'static> {
    BillingApproval {
        object: "billing_approval",
        id: "appr_01K9ZP3V5W8Q2R4T6Y7X9B1D3F",
        livemode: true,
        org_id: openapi::ORG,
        api_key_id: openapi::KEY,
        status: "pending",
        meter_class: "entity_resolve",
        units: 100,
        amount_usd: Dollars(domain::money::Usd::micros(600_000)),
        amount_cents: 60,
        purpose: Some("quarterly backfill"),
        denied_request_id: openapi::REQUEST,
        created_at: Instant(openapi::AT),
        expires_at: Instant(openapi::AT.plus(LASTS)),
        decided_at: None,
        decided_by: None,
        used_at: None,
        request_id: Some(openapi::REQUEST),
    }
}

fn sample_list() -> BillingApprovalList<'static> {
    BillingApprovalList {
        object: "list",
        data: vec![BillingApproval {
            request_id: None,
            ..sample()
        }],
        has_more: false,
        next_cursor: None,
        request_id: openapi::REQUEST,
    }
}

fn list<'a>(call: &'a Call<'a>) -> Run<'a> {
    Box::pin(async move {
        let (limit, before) = (call.query.limit()?, call.query.cursor::<ApprovalId>()?);
        let (p, actor) = (call.platform, call.actor);
        let page = approvals::list(p, actor, call.org(), before.as_ref(), limit).await?;
        let (now, livemode) = (p.now(), call.key.livemode);
        let each = page.approvals.iter();
        Ok(Answer::ok(&BillingApprovalList {
            object: "list",
            data: each
                .map(|approval| BillingApproval::of(approval, livemode, now))
                .collect(),
            has_more: page.next.is_some(),
            next_cursor: page.next.as_ref().map(ApprovalId::as_str),
            request_id: call.request_id(),
        }))
    })
}

fn read<'a>(call: &'a Call<'a>) -> Run<'a> {
    Box::pin(async move {
        let id = call.parse_id()?;
        let p = call.platform;
        let approval = approvals::find(p, call.actor, call.org(), &id).await?;
        Ok(Answer::ok(&BillingApproval {
            request_id: Some(call.request_id()),
            ..BillingApproval::of(&approval, call.key.livemode, p.now())
        }))
    })
}
