//! Rounds of ours and the peer's in turn, so that a noisy machine is noisy to both.

use crate::load::{Load, Outcome, Until};
use crate::process::Server;

/// One measured stretch of one server.
#[derive(Debug, Clone, Copy)]
pub struct Round {
    /// CPU microseconds per completed request.
    pub cpu: f64,
    pub per_second: f64,
    /// Microseconds.
    pub p50: f64,
    pub p99: f64,
    pub completed: usize,
    pub errors: u64,
}

/// Loads the server, waits for what it does behind its answers, and counts.
pub async fn round(server: &Server, load: &Load, until: Until) -> anyhow::Result<Round> {
    let before = server.settle().await;
    let outcome = load.closed(until).await?;
    let cpu = server.settle().await.saturating_sub(before);
    Ok(Round::of(&outcome, cpu.as_secs_f64()))
}

impl Round {
    fn of(outcome: &Outcome, cpu_seconds: f64) -> Self {
        Self {
            cpu: cpu_seconds * 1e6 / outcome.completed(),
            per_second: outcome.per_second(),
            p50: outcome.quantile(0.5),
            p99: outcome.quantile(0.99),
            completed: outcome.latencies.len(),
            errors: outcome.errors,
        }
    }
}

/// Rounds in pairs: (ours, the peer's).
pub struct Pairs(pub Vec<(Round, Round)>);

/// The same load on both servers, in turn; who begins alternates too.
pub async fn alternate(
    rounds: usize,
    until: Until,
    ours: (&Server, &Load),
    peer: (&Server, &Load),
) -> anyhow::Result<Pairs> {
    let mut pairs = Vec::new();
    for n in 0..rounds {
        let pair = if n % 2 == 0 {
            let first = round(ours.0, ours.1, until).await?;
            (first, round(peer.0, peer.1, until).await?)
        } else {
            let first = round(peer.0, peer.1, until).await?;
            (round(ours.0, ours.1, until).await?, first)
        };
        pairs.push(pair);
    }
    Ok(Pairs(pairs))
}

/// A figure of ours, the peer's, and the ratio: medians over the rounds.
#[derive(Debug, Clone, Copy)]
pub struct Compared {
    pub ours: f64,
    pub peer: f64,
    pub ratio: f64,
}

impl Pairs {
    pub fn compare(&self, figure: fn(&Round) -> f64) -> Compared {
        let of = |f: &dyn Fn(&(Round, Round)) -> f64| median(self.0.iter().map(f).collect());
        Compared {
            ours: of(&|(ours, _)| figure(ours)),
            peer: of(&|(_, peer)| figure(peer)),
            ratio: of(&|(ours, peer)| figure(ours) / figure(peer)),
        }
    }

    pub fn errors(&self) -> u64 {
        self.0
            .iter()
            .map(|(ours, peer)| ours.errors + peer.errors)
            .sum()
    }
}

pub fn median(mut values: Vec<f64>) -> f64 {
    values.sort_unstable_by(f64::total_cmp);
    let middle = values.len() / 2;
    match values.len() {
        0 => f64::NAN,
        n if n % 2 == 1 => values[middle],
        _ => f64::midpoint(values[middle - 1], values[middle]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_the_middle_or_between_the_two_middles() {
        for (values, middle) in [
            (vec![3.0], 3.0),
            (vec![9.0, 1.0, 2.0], 2.0),
            (vec![4.0, 1.0, 2.0, 9.0], 3.0),
        ] {
            assert!((median(values) - middle).abs() < f64::EPSILON);
        }
        assert!(median(Vec::new()).is_nan());
    }
}
