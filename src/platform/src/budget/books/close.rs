//! What is written when the books close.

use std::collections::BTreeMap;

use domain::id::OrgId;
use domain::money::Usd;
use store::Tx;
use store::balances::Move;
use store::holds::{Hold, Payment as Paid};
use store::usage_months::Line;
use store::usage_records::Usage;

use super::{Books, sum};
use crate::Result;
use crate::budget::alerts;
use crate::budget::writer::Ambient;

impl Books {
    /// Writes everything down.
    pub(in crate::budget) async fn close(self, tx: &mut Tx, ambient: &Ambient) -> Result<()> {
        let mut moves: Vec<Move<'_>> = Vec::with_capacity(self.balances.len());
        for (place, after) in &self.balances {
            let locked = &self.before[place];
            let by = |after: Usd, before: Usd| Usd::micros(after.as_micros() - before.as_micros());
            let spent = by(after.spent, locked.standing.spent);
            let reserved = by(after.reserved, locked.standing.reserved);
            if !spent.is_zero() || !reserved.is_zero() {
                moves.push(locked.move_by(place, spent, reserved));
            }
        }
        store::balances::shift(tx, &moves).await?;
        for moved in &moves {
            let (before, after) = (
                self.before[moved.place].standing,
                self.balances[moved.place],
            );
            alerts::tell(tx, ambient, moved.place, (before, after), self.now).await?;
        }
        for org in &self.touched {
            store::grants::update(tx, org, &self.grants[org]).await?;
        }
        // What is still at work is held from now on by what is on disk.
        let held: Vec<Hold> = self.open.into_values().collect();
        store::holds::insert(tx, &held).await?;
        store::usage_records::insert(tx, &self.usage).await?;
        store::usage_hours::add(tx, &self.usage).await?;
        store::decisions::insert(tx, &self.decisions).await?;
        let lines = lines(&self.usage);
        let lines: Vec<(&OrgId, &str, &Line)> = lines
            .iter()
            .map(|((org, period), line)| (org, period.as_str(), line))
            .collect();
        Ok(store::usage_months::add_all(tx, &lines).await?)
    }
}

/// The batch's charges as the month's lines, each price once.
fn lines(usage: &[Usage]) -> Vec<((OrgId, String), Line)> {
    let mut lines: BTreeMap<(&OrgId, &str, &str, &str, &str), Line> = BTreeMap::new();
    for used in usage.iter().filter(|used| used.payment == Paid::Charge) {
        let at = (
            &used.org,
            used.period.as_str(),
            used.plan.as_str(),
            used.family.as_str(),
            used.rate_card.as_str(),
        );
        let line = lines.entry(at).or_insert_with(|| Line {
            plan: used.plan.as_str().to_owned(),
            family: used.family.clone(),
            rate_card: used.rate_card.clone(),
            unit: used.unit,
            units: 0,
            requests: 0,
            amount: Usd::ZERO,
            last_at: used.recorded_at,
        });
        line.units += used.units;
        line.requests += 1;
        line.amount = sum(line.amount, used.amount);
    }
    lines
        .into_iter()
        .map(|((org, period, ..), line)| ((org.clone(), period.to_owned()), line))
        .collect()
}
