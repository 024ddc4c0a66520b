//! Calls that cost something: admitted before the work, charged after it.

use axum::http::{HeaderName, HeaderValue, StatusCode};
use domain::budget::gate::{Denial, Scope, Step};
use domain::budget::price::Price;
use domain::money::Usd;
use platform::KeyPrincipal;
use platform::budget::{Admission, Held, Spend, admit};

use crate::call::{Answer, Call, Handler};
use crate::problem::{INVALID, Problem};

const ESTIMATED_COST: HeaderName = HeaderName::from_static("secapi-estimated-cost");
const GRANT_REMAINING: HeaderName = HeaderName::from_static("secapi-free-grant-remaining");

/// Runs a handler of a class that is billed. Only an answer of success is charged, and it is sent when
/// the charge is on disk; what fails gives back what was held for it.
pub async fn run(call: &Call<'_>, class: &str, handler: Handler) -> Result<Answer, Problem> {
    let subject = format!("{} {}", call.route.method, call.route.path);
    let spend = Spend {
        class,
        units: 1,
        subject: &subject,
    };
    let held = match admit(call.platform, call.key, &spend, &call.context.request_id).await? {
        Admission::Free(_) => return handler(call).await,
        Admission::Refused(refused) => {
            return Err(denied(
                refused.denial,
                &refused.price,
                &refused.steps,
                call.key,
            ));
        }
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

fn told(answer: &mut Answer, held: &Held) {
    let cost = format!("${}", held.cost().four_decimals());
    if let Ok(value) = HeaderValue::try_from(cost) {
        answer.headers.push((ESTIMATED_COST, value));
    }
    let left = HeaderValue::from(held.granted.grant_remaining);
    if matches!(held.granted.payment, domain::budget::gate::Payment::Grant) {
        answer.headers.push((GRANT_REMAINING, left));
    }
}

/// The 402 of a gate.
pub fn denied(denial: Denial, price: &Price, steps: &[Step], key: &KeyPrincipal) -> Problem {
    let message = match denial {
        Denial::NotOnPlan => format!(
            "{} is not available on the {} plan.",
            price.class, price.plan
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
        Denial::BillingRequired => "Attach a card or choose a plan on the billing page.",
        Denial::HardCap(_) => {
            "Stop. Somebody with billing:manage can raise the cap, or it starts anew next UTC month."
        }
        Denial::ApprovalRequired(_) => {
            "Stop and ask: somebody with billing:manage can raise the threshold."
        }
    };
    let mut problem = Problem::new(
        StatusCode::PAYMENT_REQUIRED,
        INVALID,
        denial.code(),
        message,
    )
    .hint(hint)
    .detail("action", denial.action())
    .detail("retryable", false)
    .detail("meterClass", price.class.as_str())
    .detail("planKey", price.plan.as_str())
    .detail("publicPlanKey", price.plan.as_str())
    .detail("billingState", key.standing.state.as_str())
    .detail("requestCostCents", price.amount.as_cents());
    for step in steps {
        problem = match step {
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
