//! The ledger's writer: decides what has gathered, in order, in one transaction.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use domain::billing::catalogue::Catalogue;
use domain::billing::grant::Grant;
use domain::billing::state::Billable;
use domain::budget::gate::{self, Balance, Case, Payment};
use domain::id::{HoldId, OrgId, UsageId};
use domain::money::Usd;
use domain::time::Micros;
use store::decisions::Decision;
use store::holds::{End, Hold, Payment as Paid};
use store::ledger::{self, ORG, Place, Standing};
use store::usage_months::Line;
use store::usage_records::Usage;
use store::{Store, Tx};
use tokio::sync::{mpsc, oneshot};

use super::alerts;
use super::ledger::{Ask, Ended, Ending, Granted, Order, Refused, period};
use crate::{Chance, Clock, Error, Result};

/// How many orders go into one transaction.
const BATCH: usize = 512;

/// Time, chance and prices.
#[derive(Clone)]
pub(crate) struct Ambient {
    pub clock: Arc<dyn Clock>,
    pub chance: Arc<dyn Chance>,
    pub catalogue: Arc<Catalogue>,
}

impl Ambient {
    fn bytes<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0; N];
        self.chance.fill(&mut bytes);
        bytes
    }
}

pub(crate) async fn run(store: Store, ambient: Ambient, mut orders: mpsc::Receiver<Order>) {
    let mut gathered = Vec::with_capacity(BATCH);
    while orders.recv_many(&mut gathered, BATCH).await > 0 {
        carry_out(&store, &ambient, std::mem::take(&mut gathered)).await;
    }
}

type Asked = (
    Box<Ask>,
    oneshot::Sender<Result<std::result::Result<Granted, Refused>>>,
);
type Ends = (Box<Ending>, oneshot::Sender<Result<Ended>>);

async fn carry_out(store: &Store, ambient: &Ambient, orders: Vec<Order>) {
    let (mut asks, mut ends): (Vec<Asked>, Vec<Ends>) = (Vec::new(), Vec::new());
    for order in orders {
        match order {
            Order::Ask(ask, answer) => asks.push((ask, answer)),
            Order::End(ending, answer) => ends.push((ending, answer)),
        }
    }
    match commit(store, ambient, &asks, &ends).await {
        Ok((decided, ended)) => {
            for ((_, answer), decision) in asks.into_iter().zip(decided) {
                let _ = answer.send(Ok(decision));
            }
            for ((_, answer), ended) in ends.into_iter().zip(ended) {
                let _ = answer.send(Ok(ended));
            }
        }
        Err(error) => {
            tracing::warn!(%error, "a batch of the ledger was not written; nothing of it happened");
            for (_, answer) in asks {
                let _ = answer.send(Err(Error::Unavailable));
            }
            for (_, answer) in ends {
                let _ = answer.send(Err(Error::Unavailable));
            }
        }
    }
}

type Decided = std::result::Result<Granted, Refused>;

async fn commit(
    store: &Store,
    ambient: &Ambient,
    asks: &[Asked],
    ends: &[Ends],
) -> Result<(Vec<Decided>, Vec<Ended>)> {
    let now = ambient.clock.now();
    let mut tx = store.begin().await?;
    let mut books = Books::open(&mut tx, now, asks, ends).await?;
    let mut ended = Vec::with_capacity(ends.len());
    for (ending, _) in ends {
        ended.push(books.end(&mut tx, ambient, ending).await?);
    }
    let decided = asks
        .iter()
        .map(|(ask, _)| books.decide(ambient, ask))
        .collect();
    books.close(&mut tx, ambient).await?;
    tx.commit().await?;
    Ok((decided, ended))
}

/// The balances and grants of one batch, as they stand after each order, and what is to be written.
struct Books {
    now: Micros,
    before: BTreeMap<Place, Standing>,
    balances: BTreeMap<Place, Standing>,
    grants: BTreeMap<OrgId, Grant>,
    touched: BTreeSet<OrgId>,
    holds: Vec<Hold>,
    usage: Vec<Usage>,
    decisions: Vec<Decision>,
}

impl Books {
    /// Locks every balance and grant of the batch, each kind in its order.
    async fn open(tx: &mut Tx, now: Micros, asks: &[Asked], ends: &[Ends]) -> Result<Self> {
        let mut granted = BTreeSet::new();
        let mut places = BTreeSet::new();
        for (ask, _) in asks {
            match ask.state.permits().billable {
                Billable::FromGrant => {
                    granted.insert(ask.org.clone());
                }
                Billable::Charged => places.extend(both(&ask.org, &ask.key, &period(now))),
                Billable::Stopped => {}
            }
        }
        for (ending, _) in ends {
            let hold = &ending.hold;
            match hold.payment {
                Paid::Grant => {
                    granted.insert(hold.org.clone());
                }
                Paid::Charge => places.extend(both(&hold.org, &hold.key, &hold.period)),
                Paid::Free => {}
            }
        }
        let mut grants = BTreeMap::new();
        for org in granted {
            let grant = store::grants::lock(tx, &org).await?;
            grants.insert(org, grant.ok_or(Error::NotFound)?);
        }
        let mut balances = BTreeMap::new();
        for place in places {
            let standing = ledger::lock(tx, &place).await?;
            balances.insert(place, standing);
        }
        Ok(Self {
            now,
            before: balances.clone(),
            balances,
            grants,
            touched: BTreeSet::new(),
            holds: Vec::new(),
            usage: Vec::new(),
            decisions: Vec::new(),
        })
    }

    /// Decides one request against everything decided before it.
    fn decide(&mut self, ambient: &Ambient, ask: &Ask) -> Decided {
        let month = period(self.now);
        let [org, key] = both(&ask.org, &ask.key, &month);
        let grant_remaining = self
            .grants
            .get(&ask.org)
            .map_or(0, |grant| grant.remaining_at(self.now));
        let case = Case {
            state: ask.state,
            amount: ask.price.amount,
            units: ask.price.units,
            grant_remaining,
            org: self.balance(&org),
            key: Some(self.balance(&key)),
            approved: None,
            refused_classes: &[],
            class: &ask.price.class,
        };
        let verdict = gate::decide(&case);
        self.note(ask, &verdict);
        let payment = match verdict.decided {
            Ok(payment) => payment,
            Err(denial) => {
                return Err(Refused {
                    denial,
                    price: ask.price.clone(),
                    state: ask.state,
                    steps: verdict.steps,
                    grant_remaining,
                });
            }
        };
        let hold = self.hold(ambient, ask, payment, month);
        match payment {
            Payment::Free => {}
            Payment::Grant => {
                let grant = self.grants.get_mut(&ask.org).expect("it was locked");
                grant.used = grant.used_at(self.now) + ask.price.units;
                grant.period = grant.renewal.period(self.now);
                self.touched.insert(ask.org.clone());
            }
            Payment::Charge { .. } => {
                for place in [&org, &key] {
                    let balance = self.balances.get_mut(place).expect("it was locked");
                    balance.reserved = sum(balance.reserved, ask.price.amount);
                }
            }
        }
        Ok(Granted {
            hold,
            payment,
            steps: verdict.steps,
            grant_remaining: match payment {
                Payment::Grant => grant_remaining - ask.price.units,
                _ => grant_remaining,
            },
        })
    }

    fn balance(&self, place: &Place) -> Balance {
        let standing = self.balances.get(place).copied().unwrap_or_default();
        Balance {
            limits: standing.limits,
            spent: standing.spent,
            reserved: standing.reserved,
        }
    }

    fn hold(&mut self, ambient: &Ambient, ask: &Ask, payment: Payment, period: String) -> Hold {
        let (paid, amount) = match payment {
            Payment::Free => (Paid::Free, Usd::ZERO),
            Payment::Grant => (Paid::Grant, Usd::ZERO),
            Payment::Charge { .. } => (Paid::Charge, ask.price.amount),
        };
        let hold = Hold {
            id: HoldId::new(self.now, ambient.bytes()),
            org: ask.org.clone(),
            key: ask.key.clone(),
            period,
            class: ask.price.class.clone(),
            plan: ask.plan,
            rate_card: ask.price.rate_card.clone(),
            unit: ask.price.unit,
            units: ask.price.units,
            amount,
            payment: paid,
            request: Some(ask.request.as_str().to_owned()),
            purpose: ask.purpose.clone(),
            created_at: self.now,
            expires_at: self.now.plus(ask.lasts),
        };
        self.holds.push(hold.clone());
        hold
    }

    fn note(&mut self, ask: &Ask, verdict: &gate::Verdict) {
        let told = serde_json::json!({
            "state": ask.state,
            "plan": ask.plan,
            "rateCard": ask.price.rate_card,
            "family": ask.price.family,
            "listMicros": ask.price.list,
            "unitMicros": ask.price.unit,
            "amountMicros": ask.price.amount,
            "subject": ask.subject,
            "decided": verdict.decided,
            "steps": verdict.steps,
        });
        self.decisions.push(Decision {
            org: ask.org.clone(),
            request: ask.request.as_str().to_owned(),
            recorded_at: self.now,
            key: ask.key.clone(),
            class: ask.price.class.clone(),
            units: ask.price.units,
            passed: verdict.decided.is_ok(),
            verdict: told.to_string(),
        });
    }

    /// Ends a hold, if it is still open, and moves its money once.
    async fn end(&mut self, tx: &mut Tx, ambient: &Ambient, ending: &Ending) -> Result<Ended> {
        let how = match ending.units {
            Some(_) => End::Settled,
            None => End::Released,
        };
        let (org, id) = (&ending.hold.org, &ending.hold.id);
        let Some(hold) = store::holds::end(tx, org, id, how, self.now).await? else {
            return Ok(Ended::NotOpen);
        };
        let units = ending.units.unwrap_or(0).clamp(0, hold.units);
        let charged = match hold.payment {
            Paid::Charge => hold.unit.times(units).ok_or(Error::Internal)?,
            Paid::Free | Paid::Grant => Usd::ZERO,
        };
        match hold.payment {
            Paid::Free => {}
            Paid::Grant => {
                let grant = self.grants.get_mut(&hold.org).expect("it was locked");
                // Of another period, what is given back is no longer counted anyway.
                if grant.period == grant.renewal.period(hold.created_at) {
                    grant.used = (grant.used - (hold.units - units)).max(0);
                    self.touched.insert(hold.org.clone());
                }
            }
            Paid::Charge => {
                for place in &both(&hold.org, &hold.key, &hold.period) {
                    let balance = self.balances.get_mut(place).expect("it was locked");
                    balance.reserved = rest(balance.reserved, hold.amount);
                    balance.spent = sum(balance.spent, charged);
                }
            }
        }
        if ending.units.is_none() {
            return Ok(Ended::GivenBack);
        }
        let card = ambient.catalogue.version(&hold.rate_card);
        let family = card.and_then(|card| card.family_of(&hold.class));
        self.usage.push(Usage {
            id: UsageId::new(self.now, ambient.bytes()),
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
            hold: Some(hold.id.clone()),
        });
        Ok(Ended::Charged)
    }

    /// Writes everything down.
    async fn close(self, tx: &mut Tx, ambient: &Ambient) -> Result<()> {
        for (place, after) in &self.balances {
            let before = self.before[place];
            let spent = rest(after.spent, before.spent);
            let reserved = rest(after.reserved, before.reserved);
            if !spent.is_zero() || !reserved.is_zero() {
                ledger::add(tx, place, spent, reserved).await?;
                alerts::tell(tx, ambient, place, (before, *after), self.now).await?;
            }
        }
        for org in &self.touched {
            store::grants::update(tx, org, &self.grants[org]).await?;
        }
        store::holds::insert(tx, &self.holds).await?;
        store::usage_records::insert(tx, &self.usage).await?;
        store::usage_hours::add(tx, &self.usage).await?;
        store::decisions::insert(tx, &self.decisions).await?;
        for ((org, month), line) in lines(&self.usage) {
            store::usage_months::add(tx, &org, &month, &line).await?;
        }
        Ok(())
    }
}

/// The batch's charges as the month's lines, each price once.
fn lines(usage: &[Usage]) -> Vec<((OrgId, String), Line)> {
    let mut lines: BTreeMap<(OrgId, String, String, String, String), Line> = BTreeMap::new();
    for used in usage.iter().filter(|used| used.payment == Paid::Charge) {
        let at = (
            used.org.clone(),
            used.period.clone(),
            used.plan.as_str().to_owned(),
            used.family.clone(),
            used.rate_card.clone(),
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
        .map(|((org, period, ..), line)| ((org, period), line))
        .collect()
}

/// The organisation's balance and the key's, in the order in which they are locked.
fn both(org: &OrgId, key: &domain::id::KeyId, period: &str) -> [Place; 2] {
    let place = |scope: &str| Place {
        org: org.clone(),
        scope: scope.to_owned(),
        period: period.to_owned(),
    };
    [place(ORG), place(key.as_str())]
}

/// Balances are bounded by caps of ten million dollars a month, or by the number of calls there can be.
fn sum(a: Usd, b: Usd) -> Usd {
    a.checked_add(b).unwrap_or(Usd::micros(i64::MAX))
}

fn rest(a: Usd, b: Usd) -> Usd {
    a.checked_sub(b).unwrap_or(Usd::ZERO)
}
