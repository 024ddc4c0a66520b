//! The payment sandbox in a process of its own: what it takes to answer is neither the server's CPU nor
//! the client's.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use sandbox::payments::{Config, Payments, serve};
use tokio::net::TcpListener;

use crate::{clock, data};

pub const SECRET_KEY: &str = "sk_test_of_a_benchmark";
/// What events are signed with.
pub const WEBHOOK_SECRET: &str = "whsec_of_a_benchmark";

/// Serves until the process is killed. It sends no events by itself: the benchmark does.
#[tokio::main]
pub async fn main() -> anyhow::Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let base_url = format!("http://{}", listener.local_addr()?);
    let next = AtomicU64::new(0);
    let payments = Payments::new(Config {
        secret_key: SECRET_KEY.to_owned(),
        webhook_secret: WEBHOOK_SECRET.to_owned(),
        clock: Arc::new(|| clock::now().0),
        random: Arc::new(move |bytes| {
            data::fill_bytes(next.fetch_add(1, Ordering::Relaxed), bytes);
        }),
        base_url: base_url.clone(),
        state_file: None,
        retry: Vec::new(),
    })?;
    println!("payments are open at {base_url}");
    Ok(serve(listener, payments, std::future::pending()).await?)
}
