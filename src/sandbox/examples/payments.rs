//! The payment sandbox alone: prints its address and key, and serves until interrupted. An
//! argument names the endpoint for webhooks.

use std::{
    io,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use sandbox::payments::{Config, Payments, serve};
use tokio::net::TcpListener;

#[tokio::main]
async fn main() -> io::Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let base_url = format!("http://{}", listener.local_addr()?);
    let start = micros();
    let seed = AtomicU64::new(u64::try_from(start).unwrap_or_default());
    let payments = Payments::new(Config {
        secret_key: "sk_test_sandbox".to_owned(),
        webhook_secret: "whsec_sandbox".to_owned(),
        clock: Arc::new(micros),
        // Good enough for a toy on loopback: the splitmix64 sequence.
        random: Arc::new(move |bytes| {
            for byte in bytes {
                let mut word = seed.fetch_add(0x9E37_79B9_7F4A_7C15, Ordering::Relaxed);
                word = (word ^ (word >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
                word = (word ^ (word >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
                *byte = (word ^ (word >> 31)).to_le_bytes()[0];
            }
        }),
        base_url: base_url.clone(),
        state_file: None,
        retry: [1, 5, 30, 120].map(Duration::from_secs).to_vec(),
    })?;
    if let Some(url) = std::env::args().nth(1) {
        payments.set_webhook_url(&url);
    }
    println!("{base_url} sk_test_sandbox whsec_sandbox");
    serve(listener, payments, async {
        tokio::signal::ctrl_c().await.ok();
    })
    .await
}

#[expect(
    clippy::disallowed_methods,
    reason = "an example is its own composition root"
)]
fn micros() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0, |it| i64::try_from(it.as_micros()).unwrap_or(i64::MAX))
}
