//! The service as a server on loopback, with what runs beside it: the calendar, the delivery of
//! events, and the state file.

use std::{io, pin::pin, time::Duration};

use axum::{body::Body, extract::Request, http::Response};
use hyper::{server::conn::http1, service::service_fn};
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    server::graceful::GracefulShutdown,
};
use tokio::{net::TcpListener, task::JoinSet};
use tower::ServiceExt;

use super::{Payments, api::HangUp, delivery, store};

/// How long connections may take to end when the server is told to stop.
const GRACE: Duration = Duration::from_secs(2);

/// Serves `payments` on `listener` until `stop` completes, then writes the state file.
///
/// # Errors
/// When the listener is not on a loopback address, or the state file cannot be written.
pub async fn serve(
    listener: TcpListener,
    payments: Payments,
    stop: impl Future<Output = ()> + Send + 'static,
) -> io::Result<()> {
    let address = listener.local_addr()?;
    if !address.ip().is_loopback() {
        return Err(io::Error::new(
            io::ErrorKind::AddrNotAvailable,
            format!("the payment sandbox only listens on loopback, not on {address}"),
        ));
    }
    // Dropping the set ends them all.
    let mut beside = JoinSet::new();
    beside.spawn(delivery::run(payments.clone()));
    beside.spawn(store::run(payments.clone()));
    beside.spawn(tick(payments.clone()));
    let connections = GracefulShutdown::new();
    let router = payments.router();
    let mut stop = pin!(stop);
    loop {
        let stream = tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => stream,
                Err(error) => {
                    tracing::debug!(%error, "a connection could not be accepted");
                    tokio::time::sleep(Duration::from_millis(50)).await;
                    continue;
                }
            },
            () = &mut stop => break,
        };
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%error, "TCP_NODELAY could not be set");
        }
        let router = router.clone();
        let service = service_fn(move |request: hyper::Request<hyper::body::Incoming>| {
            let answer = router.clone().oneshot(request.map(Body::new) as Request);
            async move { hang_up(answer.await.unwrap_or_else(|never| match never {})) }
        });
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .serve_connection(TokioIo::new(stream), service);
        let connection = connections.watch(connection);
        tokio::spawn(async move {
            if let Err(error) = connection.await {
                tracing::debug!(%error, "a connection ended early");
            }
        });
    }
    drop(listener);
    if tokio::time::timeout(GRACE, connections.shutdown())
        .await
        .is_err()
    {
        tracing::debug!("connections were still open when the payment sandbox stopped");
    }
    drop(beside);
    payments.close().await
}

/// An error instead of an answer makes the server close the connection without a word.
fn hang_up(answer: Response<Body>) -> Result<Response<Body>, io::Error> {
    match answer.extensions().get::<HangUp>() {
        Some(HangUp) => Err(io::ErrorKind::ConnectionReset.into()),
        None => Ok(answer),
    }
}

async fn tick(payments: Payments) {
    let mut seconds = tokio::time::interval(Duration::from_secs(1));
    loop {
        seconds.tick().await;
        payments.tick();
    }
}
