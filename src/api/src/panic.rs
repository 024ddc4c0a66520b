//! A panic ends one request, not the process and not the connection.

use std::future::poll_fn;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;

/// Runs `work`; a panic inside comes back as its message.
///
/// What the panicking request held (a transaction, a connection) is dropped with it, and nothing
/// else is shared by `&mut`, so carrying on is sound.
pub async fn caught<T>(work: impl Future<Output = T>) -> Result<T, String> {
    let mut work = pin!(work);
    poll_fn(
        |cx| match catch_unwind(AssertUnwindSafe(|| work.as_mut().poll(cx))) {
            Ok(poll) => poll.map(Ok),
            Err(payload) => std::task::Poll::Ready(Err(message(payload.as_ref()))),
        },
    )
    .await
}

fn message(payload: &(dyn std::any::Any + Send)) -> String {
    let fixed = payload
        .downcast_ref::<&str>()
        .map(|text| (*text).to_owned());
    fixed
        .or_else(|| payload.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "panic".to_owned())
}
