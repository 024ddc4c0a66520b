//! `Idempotency-Key`: the same request twice does its work once and answers the same twice.

use axum::http::StatusCode;
use platform::once::{self, Begun, Claim};
use platform::{Error, Platform, RequestContext};

use crate::call::{Answer, Call, Run, ServiceCall};
use crate::problem::Problem;

impl Call<'_> {
    /// Carries `work` out, once however often it is asked for under the same key.
    ///
    /// `work` stores its own answer with its effect. A refusal is stored here, because asking again
    /// will not change it; after a failure of ours the claim is given back, so that a retry starts
    /// afresh. What was refused before this point (a body that does not read) is not stored at all.
    pub async fn once<F>(&self, work: impl FnOnce(Option<Claim>) -> F) -> Result<Answer, Problem>
    where
        F: Future<Output = Result<Answer, Error>>,
    {
        let Some(key) = self.idempotency_key else {
            return Ok(work(None).await?);
        };
        let request = once::Request {
            scope: self.org().as_str(),
            route: format!("{} {}", self.route.method, self.path),
            key,
            fingerprint: domain::secret::fingerprint(&self.body),
        };
        let claim = match once::begin(self.platform, request).await? {
            Begun::Replay { status, answer } => return replay(status, answer),
            Begun::Fresh(claim) => claim,
        };
        match work(Some(claim.clone())).await {
            Ok(answer) => Ok(answer),
            Err(error) => {
                // Another process took the claim over meanwhile; it is no longer ours to settle.
                let taken_over = matches!(error, Error::IdempotencyInFlight);
                let problem = Problem::from(error);
                if !taken_over {
                    refuse(self.platform, self.context, &claim, &problem).await;
                }
                Err(problem)
            }
        }
    }
}

impl ServiceCall<'_> {
    /// The same for a service: its keys are its own, whichever organisation it works for. The ledger
    /// makes its effect durable before this stores the answer: should the process end in between, a
    /// retry does the work again, which a hold outlives by running out and a settlement by being one.
    pub async fn once(&self, work: Run<'_>) -> Result<Answer, Problem> {
        let Some(key) = self.idempotency_key else {
            return work.await;
        };
        let request = once::Request {
            scope: self.service.id.as_str(),
            route: format!("{} {}", self.route.method, self.path),
            key,
            fingerprint: domain::secret::fingerprint(&self.body),
        };
        let claim = match once::begin(self.platform, request).await? {
            Begun::Replay { status, answer } => return replay(status, answer),
            Begun::Fresh(claim) => claim,
        };
        match work.await {
            Ok(answer) => {
                let body = String::from_utf8_lossy(&answer.body);
                let status = i64::from(answer.status.as_u16());
                let kept = claim.keep(self.platform, status, &body).await;
                noted(kept, self.context);
                Ok(answer)
            }
            Err(problem) => {
                refuse(self.platform, self.context, &claim, &problem).await;
                Err(problem)
            }
        }
    }
}

/// Stores a refusal that will not change by asking again. A limit may be raised and a failure of ours
/// passes: after those a retry starts afresh.
async fn refuse(platform: &Platform, context: &RequestContext, claim: &Claim, problem: &Problem) {
    let passes = problem.status.is_server_error()
        || problem.status == StatusCode::PAYMENT_REQUIRED
        || problem.status == StatusCode::TOO_MANY_REQUESTS;
    let settled = if passes {
        claim.release(platform).await
    } else {
        let body = String::from_utf8(problem.body(platform, context)).unwrap_or_default();
        let status = i64::from(problem.status.as_u16());
        claim.keep(platform, status, &body).await
    };
    noted(settled, context);
}

fn noted(settled: Result<(), Error>, context: &RequestContext) {
    if let Err(error) = settled {
        tracing::warn!(%error, request_id = %context.request_id, "an idempotency claim was not settled; it runs out");
    }
}

fn replay(status: i64, answer: String) -> Result<Answer, Problem> {
    let status = u16::try_from(status)
        .ok()
        .and_then(|code| StatusCode::from_u16(code).ok());
    let status = status.ok_or_else(Problem::internal)?;
    Ok(Answer {
        status,
        body: answer.into_bytes(),
        replayed: true,
        headers: Vec::new(),
    })
}
