//! `GET /v1/diagnostics/requests/{requestId}`: what is known of a request, and why it passed or was stopped.

use axum::http::Method;
use domain::id::RequestId;
use domain::role::Permission;
use platform::diagnostics;

use crate::call::{Answer, Call, Run};
use crate::route::{Kind, Route};

mod decision;
mod wire;

pub const REQUEST: Route = Route {
    method: Method::GET,
    path: "/v1/diagnostics/requests/{id}",
    operation: "getRequestDiagnostics",
    summary: "What is known of a request, and why it passed or was stopped",
    kind: Kind::free(Permission::ViewBilling, read),
    describe: |d| {
        d.note("The id is that of the Request-Id header. The decision names every gate in the order in which it was asked, with the numbers it read, and says what would have made the call pass. A record may come a moment after its answer; decisions are kept for 90 days unless the operator chose otherwise.")
            .answers(200, "Everything that is known under the id.", &wire::sample())
            .refuses(&[404])
    },
};

fn read<'a>(call: &'a Call<'a>) -> Run<'a> {
    Box::pin(async move {
        let id = call.id.as_deref().and_then(RequestId::from_caller);
        let id = id.ok_or(platform::Error::NotFound)?;
        let (p, actor) = (call.platform, call.actor);
        let found = diagnostics::request(p, actor, call.org(), &id).await?;
        Ok(Answer::ok(&wire::RequestDiagnostics::of(
            &found,
            call.org(),
            p.now(),
        )))
    })
}
