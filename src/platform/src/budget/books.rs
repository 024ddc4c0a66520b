//! The books of one transaction: balances, grants and quotas as they stand after each order, and what is
//! to be written when they close.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use domain::billing::grant::Grant;
use domain::billing::state::Billable;
use domain::budget::approval::Approval;
use domain::budget::gate::{self, Balance, Case, Denial, Payment, Quota, Step};
use domain::budget::quota;
use domain::id::{HoldId, KeyId, OrgId};
use domain::money::Usd;
use domain::time::Micros;
use store::Tx;
use store::balances::Locked;
use store::decisions::Decision;
use store::holds::{Hold, Payment as Paid};
use store::ledger::{ORG, Place, Standing};
use store::usage_records::Usage;

use super::approving;
use super::ledger::{Ask, Decided, Granted, Order, Refused, Work, period};
use super::writer::Ambient;
use crate::{Error, Result};

mod close;
mod end;
mod note;
mod report;

pub(super) struct Books {
    now: Micros,
    month: String,
    before: BTreeMap<Place, Locked>,
    balances: BTreeMap<Place, Standing>,
    grants: BTreeMap<OrgId, Grant>,
    /// Grants that changed.
    touched: BTreeSet<OrgId>,
    /// Let through in this transaction, and not ended yet.
    open: HashMap<HoldId, Hold>,
    /// How many of those the transaction waits for.
    at_work: usize,
    usage: Vec<Usage>,
    decisions: Vec<Decision>,
}

impl Books {
    /// Locks every balance and grant that the orders will touch, each kind in its order.
    pub(super) async fn open(tx: &mut Tx, now: Micros, orders: &[Order]) -> Result<Self> {
        let month = period(now);
        let (granted, places) = touched_by(orders, &month);
        let mut grants = BTreeMap::new();
        for org in granted {
            let grant = store::grants::lock(tx, &org).await?;
            grants.extend(grant.map(|grant| (org, grant)));
        }
        let places: Vec<Place> = places.into_iter().collect();
        let before = store::balances::lock(tx, &places).await?;
        let balances = before
            .iter()
            .map(|(place, locked)| (place.clone(), locked.standing))
            .collect();
        Ok(Self {
            now,
            month,
            before,
            balances,
            grants,
            touched: BTreeSet::new(),
            open: HashMap::new(),
            at_work: 0,
            usage: Vec::new(),
            decisions: Vec::new(),
        })
    }

    /// Whether something let through in this transaction has not ended yet.
    pub(super) fn at_work(&self) -> bool {
        self.at_work > 0
    }

    /// Whether the hold is of this transaction.
    pub(super) fn let_through(&self, hold: &HoldId) -> bool {
        self.open.contains_key(hold)
    }

    /// Nobody is there any more to do the work: its time is over before it began.
    pub(super) fn abandon(&mut self, hold: &HoldId) {
        if let Some(hold) = self.open.get_mut(hold) {
            hold.expires_at = self.now;
            self.at_work -= 1;
        }
    }

    /// Decides one request against everything decided before it. The inner error is the request's own.
    pub(super) async fn ask(
        &mut self,
        tx: &mut Tx,
        ambient: &Ambient,
        ask: &Ask,
    ) -> Result<Result<Decided>> {
        let parent = match &ask.draws {
            None => None,
            Some(id) => match self.reservation(tx, ask, id).await? {
                Ok(parent) => Some(parent),
                Err(refusal) => return Ok(Err(refusal)),
            },
        };
        let approval = match &ask.approval {
            None => None,
            Some(id) => match approving::usable(tx, ask, id, self.now).await? {
                Ok(approval) => Some(approval),
                Err(refusal) => return Ok(Err(refusal)),
            },
        };
        let counted = self.count(tx, ask, parent.is_some()).await?;
        let verdict = gate::decide(&self.case(ask, parent.as_ref(), approval.as_ref(), counted));
        let grant_remaining = self.grant_remaining(&ask.org);
        let payment = match verdict.decided {
            Ok(payment) => payment,
            Err(denial) => {
                if let Some((name, _)) = counted {
                    let back = (name, self.month.as_str());
                    store::quota_counts::add(tx, &ask.org, back, -ask.price.units).await?;
                }
                let mut refused = Refused {
                    denial,
                    price: ask.price.clone(),
                    state: ask.state,
                    steps: verdict.steps,
                    grant_remaining,
                    approval: None,
                };
                if matches!(denial, Denial::ApprovalRequired(_)) {
                    refused.approval = approving::file(tx, ambient, ask, self.now).await?;
                }
                self.note_refusal(ask, &refused);
                return Ok(Ok(Err(refused)));
            }
        };
        let used = match (&approval, payment) {
            (
                Some(approval),
                Payment::Charge {
                    uses_approval: true,
                },
            ) => {
                if !store::approvals::use_up(tx, &ask.org, &approval.id, self.now).await? {
                    return Ok(Err(Error::ApprovalNotUsable(
                        domain::budget::approval::NotUsable::Used,
                    )));
                }
                Some(approval)
            }
            _ => None,
        };
        let hold = self.hold(ambient, ask, payment, parent.as_ref());
        if let Some(parent) = &parent {
            let drawn = (hold.units, hold.amount);
            let left = store::holds::draw(tx, (&ask.org, &parent.id), drawn, self.now).await?;
            left.ok_or(Error::Internal)?;
        }
        if ask.explained {
            self.note_grant(ask, &verdict, &hold, used);
        }
        Ok(Ok(Ok(self.reserve(ask, payment, verdict.steps, hold))))
    }

    fn case<'a>(
        &self,
        ask: &'a Ask,
        parent: Option<&Hold>,
        approval: Option<&Approval>,
        counted: Option<(&'static str, i64)>,
    ) -> Case<'a> {
        let [org, key] = both(&ask.org, &ask.spender, &self.month);
        Case {
            state: ask.state,
            amount: ask.price.amount,
            units: ask.price.units,
            grant_remaining: self.grant_remaining(&ask.org),
            org: self.balance(&org),
            key: Some(self.balance(&key)),
            approved: approval.map(|approval| approval.amount),
            reserved: parent.map(|parent| parent.units),
            quota: counted.and_then(|(_, used)| {
                let limit = ask.quota?;
                Some(Quota { limit, used })
            }),
            refused_classes: &[],
            class: &ask.price.class,
        }
    }

    /// The reservation that a request names, if it is there for it.
    async fn reservation(&mut self, tx: &mut Tx, ask: &Ask, id: &HoldId) -> Result<Result<Hold>> {
        let Some((hold, status)) = store::holds::find(tx, &ask.org, id).await? else {
            return Ok(Err(Error::NotFound));
        };
        // What a service holds is for its own work.
        if hold.key != ask.spender || hold.service.is_some() {
            return Ok(Err(Error::NotFound));
        }
        Ok(if status != "open" {
            Err(Error::HoldNotOpen)
        } else if hold.expires_at <= self.now {
            Err(Error::HoldExpired)
        } else if hold.class != ask.price.class {
            Err(Error::invalid(
                "secapi-hold-id",
                &format!("This hold is for {}.", hold.class),
            ))
        } else if hold.units < ask.price.units {
            Err(Error::HoldExceeded { units: hold.units })
        } else {
            Ok(hold)
        })
    }

    /// Counts the units of a class that has a quota, and tells how many there were before; taken back
    /// when denied. What is drawn was counted when it was reserved.
    async fn count(
        &mut self,
        tx: &mut Tx,
        ask: &Ask,
        drawn: bool,
    ) -> Result<Option<(&'static str, i64)>> {
        let Some(name) = quota::of_class(&ask.price.class).filter(|_| !drawn) else {
            return Ok(None);
        };
        let units = ask.price.units;
        let used = store::quota_counts::add(tx, &ask.org, (name, &self.month), units).await?;
        Ok(Some((name, used - units)))
    }

    fn hold(&self, ambient: &Ambient, ask: &Ask, payment: Payment, parent: Option<&Hold>) -> Hold {
        let units = ask.price.units;
        let (paid, amount) = match payment {
            Payment::Free => (Paid::Free, Usd::ZERO),
            Payment::Grant => (Paid::Grant, Usd::ZERO),
            Payment::Charge { .. } => (Paid::Charge, ask.price.amount),
            Payment::Reserved => parent.map_or((Paid::Free, Usd::ZERO), |parent| {
                let amount = match parent.payment {
                    Paid::Charge => parent.unit.times(units).unwrap_or(parent.amount),
                    Paid::Free | Paid::Grant => Usd::ZERO,
                };
                (parent.payment, amount)
            }),
        };
        Hold {
            id: HoldId::new(self.now, ambient.bytes()),
            org: ask.org.clone(),
            key: ask.spender.clone(),
            // What was reserved is charged as it was reserved: in its month, at its price.
            period: parent.map_or(&self.month, |parent| &parent.period).clone(),
            class: ask.price.class.clone(),
            plan: parent.map_or(ask.price.plan, |parent| parent.plan),
            rate_card: parent
                .map_or(&ask.price.rate_card, |parent| &parent.rate_card)
                .clone(),
            unit: parent.map_or(ask.price.unit, |parent| parent.unit),
            units,
            asked: units,
            amount,
            payment: paid,
            request: Some(ask.request.clone()),
            purpose: ask.purpose.clone(),
            parent: parent.map(|parent| parent.id.clone()),
            service: ask.service.clone(),
            created_at: self.now,
            expires_at: self.now.plus(ask.lasts),
        }
    }

    /// Takes what is held out of the grant or the balances.
    fn reserve(&mut self, ask: &Ask, payment: Payment, steps: Vec<Step>, hold: Hold) -> Granted {
        let [org, key] = both(&ask.org, &ask.spender, &self.month);
        match payment {
            // What is reserved already is counted already.
            Payment::Free | Payment::Reserved => {}
            Payment::Grant => {
                if let Some(grant) = self.grants.get_mut(&ask.org) {
                    grant.take(hold.units, self.now);
                    self.touched.insert(ask.org.clone());
                }
            }
            Payment::Charge { .. } => {
                for place in [&org, &key] {
                    let balance = self.balances.entry(place.clone()).or_default();
                    balance.reserved = sum(balance.reserved, hold.amount);
                }
            }
        }
        if ask.work == Work::Here {
            self.at_work += 1;
        }
        self.open.insert(hold.id.clone(), hold.clone());
        let balance = self.balance(&org);
        Granted {
            hold,
            payment,
            steps,
            grant_remaining: self.grant_remaining(&ask.org),
            committed: balance.committed(),
            cap: balance.limits.cap,
        }
    }

    fn grant_remaining(&self, org: &OrgId) -> i64 {
        self.grants
            .get(org)
            .map_or(0, |grant| grant.remaining_at(self.now))
    }

    fn balance(&self, place: &Place) -> Balance {
        let standing = self.balances.get(place).copied().unwrap_or_default();
        Balance {
            limits: standing.limits,
            spent: standing.spent,
            reserved: standing.reserved,
        }
    }
}

/// The organisations whose grants, and the balances, that orders may move.
fn touched_by(orders: &[Order], month: &str) -> (BTreeSet<OrgId>, BTreeSet<Place>) {
    let (mut granted, mut places) = (BTreeSet::new(), BTreeSet::new());
    let mut asked = |ask: &Ask| match ask.state.permits().billable {
        Billable::FromGrant => {
            granted.insert(ask.org.clone());
        }
        Billable::Charged => places.extend(both(&ask.org, &ask.spender, month)),
        Billable::Stopped => {}
    };
    for order in orders {
        match order {
            Order::Ask(ask, _) => asked(ask),
            Order::Report(reports, _) => reports.iter().for_each(|report| asked(&report.ask)),
            Order::End(..) => {}
        }
    }
    for order in orders {
        let Order::End(ending, _) = order else {
            continue;
        };
        let hold = &ending.hold;
        match hold.payment {
            Paid::Grant => {
                granted.insert(hold.org.clone());
            }
            Paid::Charge => places.extend(both(&hold.org, &hold.key, &hold.period)),
            Paid::Free => {}
        }
    }
    (granted, places)
}

/// The organisation's balance and the key's, in the order in which they are locked.
fn both(org: &OrgId, key: &KeyId, period: &str) -> [Place; 2] {
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
