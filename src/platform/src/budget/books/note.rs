//! The record of each decision: what was read, the rule that decided, what would make it pass.

use domain::budget::approval::Approval;
use domain::budget::gate::{Denial, Payment, Step, Verdict};
use domain::id::{ApprovalId, HoldId};
use domain::time::Micros;
use serde::Serialize;
use store::decisions::Decision;
use store::holds::Hold;

use super::{Books, both};
use crate::budget::ledger::{Ask, Refused};

/// A decision as it is stored. Fields are added, never renamed: older ones stay readable.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Told<'a> {
    state: domain::billing::state::BillingState,
    plan: domain::billing::plan::PlanKey,
    rate_card: &'a str,
    family: &'a str,
    list_micros: i64,
    unit_micros: i64,
    amount_micros: i64,
    subject: &'a str,
    decided: Result<Payment, Denial>,
    steps: &'a [Step],
    /// When the limits that were read were set last, and by whom.
    limits: [Option<Origin<'a>>; 2],
    grant_remaining: i64,
    purpose: Option<&'a str>,
    service: Option<&'a str>,
    /// The approval that was used, or the one that now waits for a person.
    approval: Option<&'a ApprovalId>,
    hold: Option<&'a HoldId>,
    reservation: Option<&'a HoldId>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Origin<'a> {
    scope: domain::budget::gate::Scope,
    set_at: Micros,
    set_by: Option<&'a str>,
}

/// What is told beside the price and the gates.
#[derive(Default)]
struct Beside<'a> {
    approval: Option<&'a ApprovalId>,
    hold: Option<&'a HoldId>,
    reservation: Option<&'a HoldId>,
}

impl Books {
    pub(super) fn note_refusal(&mut self, ask: &Ask, refused: &Refused) {
        let beside = Beside {
            approval: refused.approval.as_ref().map(|asked| &asked.id),
            reservation: ask.draws.as_ref(),
            ..Beside::default()
        };
        self.note(ask, Err(refused.denial), &refused.steps, &beside);
    }

    pub(super) fn note_grant(
        &mut self,
        ask: &Ask,
        verdict: &Verdict,
        hold: &Hold,
        used: Option<&Approval>,
    ) {
        let beside = Beside {
            approval: used.map(|approval| &approval.id),
            hold: Some(&hold.id),
            reservation: hold.parent.as_ref(),
        };
        self.note(ask, verdict.decided, &verdict.steps, &beside);
    }

    fn note(
        &mut self,
        ask: &Ask,
        decided: Result<Payment, Denial>,
        steps: &[Step],
        beside: &Beside<'_>,
    ) {
        use domain::budget::gate::Scope;
        let [org, key] = both(&ask.org, &ask.spender, &self.month);
        let set = |scope, place| {
            let locked = self.before.get(place)?;
            Some(Origin {
                scope,
                set_at: locked.set_at?,
                set_by: locked.set_by.as_deref(),
            })
        };
        let price = &ask.price;
        let told = Told {
            state: ask.state,
            plan: price.plan,
            rate_card: &price.rate_card,
            family: &price.family,
            list_micros: price.list.as_micros(),
            unit_micros: price.unit.as_micros(),
            amount_micros: price.amount.as_micros(),
            subject: &ask.subject,
            decided,
            steps,
            limits: [set(Scope::Organization, &org), set(Scope::Key, &key)],
            grant_remaining: self.grant_remaining(&ask.org),
            purpose: ask.purpose.as_deref(),
            service: ask.service.as_deref(),
            approval: beside.approval,
            hold: beside.hold,
            reservation: beside.reservation,
        };
        // Numbers, texts and enums without data that could fail.
        let verdict = serde_json::to_string(&told).unwrap_or_default();
        self.decisions.push(Decision {
            org: ask.org.clone(),
            request: ask.request.clone(),
            recorded_at: self.now,
            key: ask.spender.clone(),
            class: price.class.clone(),
            units: price.units,
            passed: decided.is_ok(),
            verdict,
        });
    }
}
