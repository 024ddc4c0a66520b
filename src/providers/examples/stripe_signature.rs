//! Reads JSON lines `{"header", "body_base64", "secret", "now"}` (`now` in unix seconds) and answers
//! `ok` or `no` to each: for comparing verdicts with those of another implementation.

use std::io::{BufRead, Write, stdin, stdout};

use base64::{Engine, engine::general_purpose::STANDARD};
use domain::time::Micros;
use providers::stripe::{Secret, signature};
use serde::Deserialize;

#[derive(Deserialize)]
struct Case {
    header: String,
    body_base64: String,
    secret: String,
    now: i64,
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut out = std::io::BufWriter::new(stdout().lock());
    for line in stdin().lock().lines() {
        let case: Case = serde_json::from_str(&line?)?;
        let body = STANDARD.decode(case.body_base64)?;
        let now = Micros(case.now.saturating_mul(1_000_000));
        let verdict = signature::verify(&case.header, &body, &[Secret::new(case.secret)], now);
        writeln!(out, "{}", if verdict.is_ok() { "ok" } else { "no" })?;
        // A driver may wait for each answer before it asks on.
        out.flush()?;
    }
    Ok(())
}
