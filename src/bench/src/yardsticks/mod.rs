//! The yardsticks, by what they measure. Each starts its own servers and answers with rows.

mod billing;
mod calls;
mod keys;
mod lifecycle;
mod pages;
mod spending;
mod webhooks;
mod weight;

use anyhow::Context as _;

use crate::clock::tick;
use crate::report::Row;
use crate::run::Bench;

/// Every yardstick that can be measured so far, or those in `only`.
pub async fn measure(bench: &Bench, only: &[String]) -> anyhow::Result<Vec<Row>> {
    let mut rows = Vec::new();
    macro_rules! measure {
        ($($name:literal: $run:expr;)*) => {$(
            if only.is_empty() || only.iter().any(|wanted| wanted.eq_ignore_ascii_case($name)) {
                let begun = tick();
                let measured = $run.await.with_context(|| format!("measuring {}", $name))?;
                eprintln!("bench: {} in {:.0} s", $name, begun.elapsed().as_secs_f64());
                rows.extend(measured);
            }
        )*};
    }
    // What wants an untouched database goes first.
    measure! {
        "Y23": std::future::ready(lifecycle::size(bench));
        "Y21": lifecycle::cold_start(bench);
        "Y16": pages::one_client(bench);
        "Y14": pages::render(bench);
        "Y17": weight::first_load(bench);
        "Y20": weight::asset(bench);
        "Y3": keys::cold_and_revoked(bench);
        "Y1": calls::authenticated(bench);
        "Y2": calls::open_loop(bench);
        "Y22": lifecycle::memory(bench);
        "Y4": spending::quote(bench);
        "Y6": spending::durable_gate(bench);
        "Y7": spending::billable(bench);
        "Y8": spending::hot_on_postgres(bench);
        "Y9": spending::reported(bench);
        "Y25": spending::limited(bench);
        "Y29": spending::processes(bench);
        "B1": billing::account(bench);
        "B2": webhooks::throughput(bench);
    }
    // By number; those of our own after the published ones.
    rows.sort_by_key(|row| {
        let number = row.yardstick.trim_start_matches(['Y', 'B']);
        (
            row.yardstick.starts_with('B'),
            number.parse::<u32>().unwrap_or(0),
        )
    });
    Ok(rows)
}
