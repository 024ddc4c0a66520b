//! `Idempotency-Key`: the same request twice does its work once and answers the same twice.

use axum::http::StatusCode;
use platform::Error;
use platform::once::{self, Begun, Claim};

use crate::call::{Answer, Call};
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
            Err(error) => Err(self.settle(&claim, error).await),
        }
    }

    /// Another process may have taken the claim over meanwhile; then it is no longer ours to settle.
    async fn settle(&self, claim: &Claim, error: Error) -> Problem {
        let taken_over = matches!(error, Error::IdempotencyInFlight);
        let problem = Problem::from(error);
        let settled = if taken_over {
            Ok(())
        } else if problem.status.is_server_error() {
            claim.release(self.platform).await
        } else {
            let body = problem.body(self.platform, self.context);
            let body = String::from_utf8(body).unwrap_or_default();
            claim
                .keep(self.platform, i64::from(problem.status.as_u16()), &body)
                .await
        };
        if let Err(error) = settled {
            tracing::warn!(%error, request_id = self.request_id(), "an idempotency claim was not settled; it runs out");
        }
        problem
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
