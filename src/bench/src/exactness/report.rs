//! What came of a run, in plain words.

use std::fmt;
use std::time::Duration;

use store::Kind;

use super::check::{Ledger, Verdict};
use super::{Blow, Plan};

/// What came of a run.
#[derive(Debug)]
pub struct Report {
    pub plan: Plan,
    pub ledger: Ledger,
    pub verdict: Verdict,
    /// What `secapid verify` found.
    pub verify: Vec<String>,
    pub sent: usize,
    pub acknowledged: usize,
    pub unknown: usize,
    pub looks: u64,
    pub took: Duration,
    pub spending: Duration,
}

impl Report {
    pub fn is_well(&self) -> bool {
        self.verdict.is_well() && self.verify.is_empty()
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (plan, ledger, verdict) = (&self.plan, &self.ledger, &self.verdict);
        let database = match plan.kind {
            Kind::Sqlite => "SQLite",
            Kind::Postgres => "PostgreSQL",
        };
        let blows = match plan.blow {
            Blow::Kill => "times killed with -9",
            Blow::Cut => "times all connections cut",
            Blow::Full => "times a full disk",
        };
        writeln!(
            f,
            "{database}, {} process(es), {} clients, {} {blows}, seed {}: {:.1} s, of which {:.1} s spending",
            plan.processes,
            plan.clients,
            plan.blows,
            plan.seed,
            self.took.as_secs_f64(),
            self.spending.as_secs_f64()
        )?;
        let dollars = |micros: i64| format!("${}.{:06}", micros / 1_000_000, micros % 1_000_000);
        let lines = [
            ("calls sent", self.sent.to_string()),
            ("acknowledged", self.acknowledged.to_string()),
            ("unknown, their answer was lost", self.unknown.to_string()),
            (
                "  of these in the ledger",
                verdict.charged_unknown.to_string(),
            ),
            ("in the ledger", ledger.charges.len().to_string()),
            ("the ledger comes to", dollars(ledger.spent)),
            ("cap", dollars(ledger.cap)),
            (
                "highest spent + reserved ever seen",
                format!("{} in {} looks", dollars(ledger.highest), self.looks),
            ),
            ("lost", verdict.lost.len().to_string()),
            ("doubled", verdict.doubled.len().to_string()),
            ("asked for by nobody", verdict.strangers.len().to_string()),
        ];
        for (what, value) in lines {
            writeln!(f, "  {what:<36} {value}")?;
        }
        for broken in &verdict.broken {
            writeln!(f, "  BROKEN: {broken}")?;
        }
        for ids in [&verdict.lost, &verdict.doubled, &verdict.strangers] {
            for id in ids.iter().take(5) {
                writeln!(f, "  BROKEN: {id}")?;
            }
        }
        match self.verify.as_slice() {
            [] => writeln!(f, "  {:<36} every promise holds", "secapid verify")?,
            found => {
                for line in found {
                    writeln!(f, "  BROKEN: secapid verify: {line}")?;
                }
            }
        }
        let said = if self.is_well() { "exact" } else { "NOT EXACT" };
        write!(f, "  {said}")
    }
}
