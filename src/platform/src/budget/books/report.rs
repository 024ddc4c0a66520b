//! Usage that a service reports: asked for and charged at once, each id once.

use std::collections::{BTreeMap, HashMap};

use domain::id::OrgId;
use domain::money::Usd;
use store::Tx;
use store::holds::Payment as Paid;

use super::{Books, both, rest, sum};
use crate::Result;
use crate::budget::ledger::{Report, Reported};
use crate::budget::writer::Ambient;

impl Books {
    /// Charges what is reported, in its order. The balances are locked: nobody else records the same ids
    /// meanwhile.
    pub(in crate::budget) async fn report(
        &mut self,
        tx: &mut Tx,
        ambient: &Ambient,
        reports: &[Report],
    ) -> Result<Vec<Reported>> {
        let mut known = known(tx, reports).await?;
        // Of this batch, and not yet in the database.
        for used in &self.usage {
            if let Some(external) = &used.external {
                let reported = store::usage_records::Reported {
                    external: external.clone(),
                    id: used.id.clone(),
                    key: used.key.clone(),
                    class: used.class.clone(),
                    units: used.units,
                    amount: used.amount,
                };
                known.insert((used.org.clone(), external.clone()), reported);
            }
        }
        let mut answers = Vec::with_capacity(reports.len());
        for report in reports {
            let at = (report.ask.org.clone(), report.external.clone());
            if let Some(earlier) = known.get(&at) {
                let ask = &report.ask;
                let same = earlier.key == ask.spender
                    && earlier.class == ask.price.class
                    && earlier.units == ask.price.units;
                answers.push(if same {
                    Reported::Duplicate(earlier.id.clone(), earlier.amount)
                } else {
                    Reported::Conflict(earlier.id.clone())
                });
                continue;
            }
            let answer = self.record(tx, ambient, report).await?;
            if let Reported::Recorded(id, amount) = &answer {
                let reported = store::usage_records::Reported {
                    external: report.external.clone(),
                    id: id.clone(),
                    key: report.ask.spender.clone(),
                    class: report.ask.price.class.clone(),
                    units: report.ask.price.units,
                    amount: *amount,
                };
                known.insert(at, reported);
            }
            answers.push(answer);
        }
        Ok(answers)
    }

    async fn record(
        &mut self,
        tx: &mut Tx,
        ambient: &Ambient,
        report: &Report,
    ) -> Result<Reported> {
        let granted = match self.ask(tx, ambient, &report.ask).await? {
            Ok(Ok(granted)) => granted,
            Ok(Err(refused)) => return Ok(Reported::Refused(Box::new(refused))),
            Err(error) => return Err(error),
        };
        let hold = granted.hold;
        self.open.remove(&hold.id);
        let charged = match hold.payment {
            Paid::Charge => hold.amount,
            Paid::Free | Paid::Grant => Usd::ZERO,
        };
        if hold.payment == Paid::Charge {
            for place in &both(&hold.org, &hold.key, &hold.period) {
                let balance = self.balances.entry(place.clone()).or_default();
                balance.reserved = rest(balance.reserved, charged);
                balance.spent = sum(balance.spent, charged);
            }
        }
        let id = self.charge(
            ambient,
            &hold,
            (hold.units, charged),
            Some(&report.external),
        );
        Ok(Reported::Recorded(id, charged))
    }
}

type Known = HashMap<(OrgId, String), store::usage_records::Reported>;

async fn known(tx: &mut Tx, reports: &[Report]) -> Result<Known> {
    let mut asked: BTreeMap<&OrgId, Vec<&str>> = BTreeMap::new();
    for report in reports {
        asked
            .entry(&report.ask.org)
            .or_default()
            .push(&report.external);
    }
    let mut known = Known::new();
    for (org, ids) in asked {
        let found = store::usage_records::reported(tx, org, &ids).await?;
        known.extend(
            found
                .into_iter()
                .map(|one| ((org.clone(), one.external.clone()), one)),
        );
    }
    Ok(known)
}
