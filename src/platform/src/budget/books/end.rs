//! Ends of holds: charged or given back, once.

use domain::budget::quota;
use domain::id::UsageId;
use domain::money::Usd;
use store::Tx;
use store::holds::{End, Hold, Payment as Paid};
use store::usage_records::Usage;

use super::{Books, both, rest, sum};
use crate::budget::ledger::{Ended, Ending, How};
use crate::budget::writer::Ambient;
use crate::{Error, Result};

impl Books {
    /// Ends a hold, if it is still open, and moves its money once.
    pub(in crate::budget) async fn end(
        &mut self,
        tx: &mut Tx,
        ambient: &Ambient,
        ending: &Ending,
    ) -> Result<Ended> {
        let how = match ending.how {
            How::Settle(_) if ending.hold.expires_at <= self.now => How::Expire,
            how => how,
        };
        let Some(hold) = self.closed(tx, ending, how).await? else {
            return Ok(Ended::NotOpen);
        };
        let units = match how {
            How::Settle(units) => units.clamp(0, hold.units),
            How::Release | How::Expire => 0,
        };
        let charged = match hold.payment {
            Paid::Charge => hold.unit.times(units).ok_or(Error::Internal)?,
            Paid::Free | Paid::Grant => Usd::ZERO,
        };
        let back = self.give_back(tx, &hold, units).await?;
        if hold.payment == Paid::Charge {
            for place in &both(&hold.org, &hold.key, &hold.period) {
                let balance = self.balances.entry(place.clone()).or_default();
                balance.reserved = rest(balance.reserved, sum(charged, back));
                balance.spent = sum(balance.spent, charged);
            }
        }
        Ok(match how {
            How::Settle(_) => {
                let id = self.charge(ambient, &hold, (units, charged), None);
                Ended::Charged(id, charged)
            }
            How::Release => Ended::GivenBack,
            How::Expire => Ended::Expired,
        })
    }

    /// Takes the hold out of what is open: of this transaction, or of the database.
    async fn closed(&mut self, tx: &mut Tx, ending: &Ending, how: How) -> Result<Option<Hold>> {
        let (org, id) = (&ending.hold.org, &ending.hold.id);
        if let Some(hold) = self.open.remove(id) {
            self.at_work = self.at_work.saturating_sub(1);
            self.ensure(tx, &hold).await?;
            return Ok(Some(hold));
        }
        let end = match how {
            How::Settle(_) => End::Settled,
            How::Release => End::Released,
            How::Expire => End::Expired,
        };
        let hold = store::holds::end(tx, org, id, end, self.now).await?;
        if let Some(hold) = &hold {
            self.ensure(tx, hold).await?;
        }
        Ok(hold)
    }

    /// Gives back what is not charged: to the reservation it was drawn from while that is open, otherwise
    /// to the grant, the quota and the balances. Tells what goes back to the balances.
    async fn give_back(&mut self, tx: &mut Tx, hold: &Hold, charged: i64) -> Result<Usd> {
        let units = hold.units - charged;
        let money = match hold.payment {
            Paid::Charge => hold.unit.times(units).ok_or(Error::Internal)?,
            Paid::Free | Paid::Grant => Usd::ZERO,
        };
        if units == 0 {
            return Ok(Usd::ZERO);
        }
        if let Some(parent) = &hold.parent {
            let less = (-units, Usd::micros(-money.as_micros()));
            let back = store::holds::draw(tx, (&hold.org, parent), less, self.now).await?;
            if back.is_some() {
                return Ok(Usd::ZERO);
            }
        }
        if let Some(name) = quota::of_class(&hold.class) {
            store::quota_counts::add(tx, &hold.org, (name, &hold.period), -units).await?;
        }
        if hold.payment == Paid::Grant
            && let Some(grant) = self.grants.get_mut(&hold.org)
            && grant.give_back(units, hold.created_at)
        {
            self.touched.insert(hold.org.clone());
        }
        Ok(money)
    }

    /// Makes sure that the books hold what a hold will move: one that was drawn may be of an earlier month,
    /// or of another way to pay, than what was locked at first.
    async fn ensure(&mut self, tx: &mut Tx, hold: &Hold) -> Result<()> {
        match hold.payment {
            Paid::Free => {}
            Paid::Grant => {
                if !self.grants.contains_key(&hold.org)
                    && let Some(grant) = store::grants::lock(tx, &hold.org).await?
                {
                    self.grants.insert(hold.org.clone(), grant);
                }
            }
            Paid::Charge => {
                let places = both(&hold.org, &hold.key, &hold.period);
                if places.iter().any(|place| !self.before.contains_key(place)) {
                    for (place, locked) in store::balances::lock(tx, &places).await? {
                        if self.before.contains_key(&place) {
                            continue;
                        }
                        self.balances.insert(place.clone(), locked.standing);
                        self.before.insert(place, locked);
                    }
                }
            }
        }
        Ok(())
    }

    /// Writes a charge into the books; `external` is the id under which a service reported it.
    pub(super) fn charge(
        &mut self,
        ambient: &Ambient,
        hold: &Hold,
        (units, charged): (i64, Usd),
        external: Option<&str>,
    ) -> UsageId {
        let id = UsageId::new(self.now, ambient.bytes());
        let card = ambient.catalogue.version(&hold.rate_card);
        let family = card.and_then(|card| card.family_of(&hold.class));
        self.usage.push(Usage {
            id: id.clone(),
            org: hold.org.clone(),
            key: hold.key.clone(),
            recorded_at: self.now,
            period: hold.period.clone(),
            request: hold.request.clone(),
            class: hold.class.clone(),
            family: family.map_or_else(|| hold.class.clone(), |family| family.key.clone()),
            plan: hold.plan,
            rate_card: hold.rate_card.clone(),
            units,
            unit: hold.unit,
            amount: charged,
            payment: hold.payment,
            hold: external.is_none().then(|| hold.id.clone()),
            external: external.map(str::to_owned),
            service: hold.service.clone(),
            purpose: hold.purpose.clone(),
        });
        id
    }
}
