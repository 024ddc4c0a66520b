//! Calls that cost something: admitted before the work, charged after it.

use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use domain::billing::state::BillingState;
use domain::budget::approval::MAX_PURPOSE;
use domain::budget::gate::{Denial, Payment, Scope, Step};
use domain::budget::price::Price;
use domain::budget::quota;
use domain::id::OrgId;
use domain::money::Usd;
use platform::Platform;
use platform::budget::{Admission, Held, Refused, Spend, admit};

use crate::body::wrong;
use crate::call::{Answer, Call, Handler};
use crate::problem::{INVALID, Problem};

const ESTIMATED_COST: HeaderName = HeaderName::from_static("secapi-estimated-cost");
const GRANT_REMAINING: HeaderName = HeaderName::from_static("secapi-free-grant-remaining");
const BUDGET_USED: HeaderName = HeaderName::from_static("secapi-budget-used");
const APPROVAL: &str = "secapi-approval-id";
const HOLD: &str = "secapi-hold-id";
const PURPOSE: &str = "secapi-purpose";

/// How long a month's quota is not to be asked for again, in seconds: a day, as published.
const QUOTA_WAIT: u32 = 86_400;

/// Runs a handler of a class that is billed. Only an answer of success is charged, and it is sent when
/// the charge is on disk; what fails gives back what was held for it.
pub async fn run(call: &Call<'_>, class: &str, handler: Handler) -> Result<Answer, Problem> {
    let subject = format!("{} {}", call.route.method, call.route.path);
    let spend = Spend {
        class,
        units: 1,
        subject: &subject,
        ..spend(call.headers)?
    };
    let held = match admit(call.platform, call.key, &spend, &call.context.request_id).await? {
        Admission::Free(_) => return handler(call).await,
        Admission::Refused(refused) => return Err(refusal(call, &refused)),
        Admission::Granted(held) => held,
    };
    match handler(call).await {
        Ok(mut answer) => {
            held.settle(call.platform).await?;
            told(&mut answer, &held);
            Ok(answer)
        }
        Err(problem) => {
            if let Err(error) = held.release(call.platform).await {
                // It runs out by itself within minutes.
                tracing::warn!(%error, request_id = call.request_id(), "what was held could not be given back yet");
            }
            Err(problem)
        }
    }
}

/// What the headers say about how a call is paid for.
pub fn spend(headers: &HeaderMap) -> Result<Spend<'static>, Problem> {
    let text = |name| headers.get(name).map(|value: &HeaderValue| value.to_str());
    let purpose = match text(PURPOSE) {
        None => None,
        Some(Ok(purpose)) if purpose.chars().count() <= MAX_PURPOSE => {
            let purpose = purpose.trim();
            (!purpose.is_empty()).then(|| purpose.to_owned())
        }
        Some(_) => {
            return Err(wrong(
                PURPOSE,
                format!("{PURPOSE} is at most {MAX_PURPOSE} printable ASCII characters."),
            ));
        }
    };
    Ok(Spend {
        purpose,
        approval: named(text(APPROVAL))?,
        draws: named(text(HOLD))?,
        ..Spend::default()
    })
}

/// An id of ours; one that cannot be ours is as good as one that is not there.
fn named<T: std::str::FromStr, E>(text: Option<Result<&str, E>>) -> Result<Option<T>, Problem> {
    let Some(text) = text else { return Ok(None) };
    let id = text.ok().and_then(|text| text.trim().parse().ok());
    id.map(Some).ok_or_else(|| platform::Error::NotFound.into())
}

fn told(answer: &mut Answer, held: &Held) {
    let cost = format!("${}", held.cost().four_decimals());
    if let Ok(value) = HeaderValue::try_from(cost) {
        answer.headers.push((ESTIMATED_COST, value));
    }
    let granted = &held.granted;
    if matches!(granted.payment, Payment::Grant) {
        let left = HeaderValue::from(granted.grant_remaining);
        answer.headers.push((GRANT_REMAINING, left));
    }
    // Whole percent of the spend cap, this call included.
    if let Some(cap) = granted.cap.filter(|cap| !cap.is_zero()) {
        let percent = i128::from(granted.committed.as_micros()) * 100 / i128::from(cap.as_micros());
        let percent = HeaderValue::from(i64::try_from(percent).unwrap_or(i64::MAX));
        answer.headers.push((BUDGET_USED, percent));
    }
}

/// The answer to a call that was stopped, with where to go on from there.
pub fn refusal(call: &Call<'_>, refused: &Refused) -> Problem {
    stopped(call.platform, call.org(), call.request_id(), refused)
}

/// The same for what is asked in an organisation's name.
pub fn stopped(platform: &Platform, org: &OrgId, request: &str, refused: &Refused) -> Problem {
    let settings = platform.settings();
    let page = |path: String| {
        settings
            .public_url
            .join(&path)
            .map_or(path, |url| url.to_string())
    };
    let problem = denied(
        refused.denial,
        &refused.price,
        &refused.steps,
        refused.state,
    );
    let explained = page(format!("/orgs/{org}/requests/{request}"));
    let problem = problem.detail("explanationUrl", explained);
    let Some(approval) = &refused.approval else {
        return problem;
    };
    problem
        .detail("approvalId", approval.id.as_str())
        .detail("approvalStatus", "pending")
        .detail("approvalExpiresAt", approval.expires_at.rfc3339())
        .detail("approveUrl", page(format!("/orgs/{org}/approvals")))
}

/// The 402 of a gate.
pub fn denied(denial: Denial, price: &Price, steps: &[Step], state: BillingState) -> Problem {
    let message = match denial {
        Denial::NotOnPlan => format!(
            "{} is not available on the {} plan.",
            price.class, price.plan
        ),
        Denial::Quota => format!(
            "The AI queries of the {} plan are used up for this month.",
            price.plan
        ),
        Denial::BillingRequired => {
            "The free calls are used up and there is nothing to charge.".to_owned()
        }
        Denial::HardCap(Scope::Organization) => {
            "This request would exceed the configured billing hard cap.".to_owned()
        }
        Denial::HardCap(Scope::Key) => {
            "This request would exceed the hard cap of this API key.".to_owned()
        }
        Denial::ApprovalRequired(_) => "This request needs approval.".to_owned(),
    };
    let hint = match denial {
        Denial::NotOnPlan => "Move to a plan that has it.",
        Denial::Quota => "Wait for the next UTC month, or move to a plan that includes more.",
        Denial::BillingRequired => "Attach a card or choose a plan on the billing page.",
        Denial::HardCap(_) => {
            "Stop. Somebody with billing:manage can raise the cap, or it starts anew next UTC month."
        }
        Denial::ApprovalRequired(_) => {
            "Ask for the approval in details.approveUrl, then send the same request with secapi-approval-id."
        }
    };
    let status = match denial {
        Denial::Quota => StatusCode::TOO_MANY_REQUESTS,
        _ => StatusCode::PAYMENT_REQUIRED,
    };
    let mut problem = Problem::new(status, INVALID, denial.code(), message)
        .hint(hint)
        .detail("action", denial.action())
        .detail("retryable", false)
        .detail("meterClass", price.class.as_str())
        .detail("planKey", price.plan.as_str())
        .detail("publicPlanKey", price.plan.as_str())
        .detail("billingState", state.as_str())
        .detail("requestCostCents", price.amount.as_cents());
    for step in steps {
        problem = match step {
            Step::Quota {
                limit,
                used,
                passed: false,
                ..
            } => problem
                .retry_after(QUOTA_WAIT)
                .detail("retryable", false)
                .detail("quotaFamily", quota::AI_QUERIES)
                .detail("aiQueryQuotaLimit", *limit)
                .detail("aiQueryQuotaUsed", *used)
                .detail("aiQueryQuotaRemaining", (limit - used).max(0)),
            Step::Grant { remaining, .. } => problem.detail("freeGrantRemaining", *remaining),
            Step::SpendCap {
                cap,
                spent,
                passed: false,
                ..
            } => problem
                .detail("accruedUsageCents", spent.as_cents())
                .detail("spendCapCents", cap.map(Usd::as_cents)),
            Step::Approval {
                threshold,
                spent,
                passed: false,
                ..
            } => problem
                .detail("accruedUsageCents", spent.as_cents())
                .detail("approvalThresholdCents", threshold.map(Usd::as_cents)),
            _ => problem,
        };
    }
    if matches!(denial, Denial::BillingRequired)
        && !steps.iter().any(|s| matches!(s, Step::Grant { .. }))
    {
        problem = problem.detail("freeGrantRemaining", 0);
    }
    problem
}
