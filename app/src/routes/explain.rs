//! The page that explains a request.

use axum::extract::Path;
use axum::response::Response;
use domain::budget::approval::Stage;
use domain::budget::explain::{Action, Way};
use domain::budget::gate::Scope;
use domain::id::{OrgId, RequestId};
use domain::money::Usd;
use domain::time::Micros;
use leptos::prelude::*;
use platform::diagnostics::{self, Diagnostics};
use platform::{Error, requests::Record};

use super::nav;
use super::receipts::{self, Charged};
use super::visit::Visit;
use crate::explanation::{ExplanationPage, ExplanationView, FactView, StoryLine, WayView};
use crate::paths;
use crate::ui::{Mark, counted};

pub async fn page(
    visit: Visit,
    Path((org, request)): Path<(String, String)>,
) -> Result<Response, Response> {
    let org: OrgId = visit.id(&org)?;
    let standing = nav::standing(&visit, &org).await?;
    let request = RequestId::from_caller(&request).ok_or_else(|| visit.failed(&Error::NotFound))?;
    let p = visit.p();
    let known = diagnostics::request(p, &standing.actor, &org, &request).await;
    let known = visit.or_failed(known)?;
    let page = told(&visit, &org, &known);
    let nav = standing.nav;
    let response = visit.ok(|| view! { <ExplanationPage nav=nav page=page /> }.into_any());
    Ok(visit.remember(&org, response))
}

fn told(visit: &Visit, org: &OrgId, known: &Diagnostics) -> ExplanationView {
    let record = known.record();
    let decision = known.decision.as_ref();
    let id = known.request_id.as_str();
    let receipt = decision.map(|decision| {
        let status = record.map(|record| record.status);
        receipts::receipt(
            visit.p(),
            decision,
            &known.names,
            (id, status),
            &charged(known),
        )
    });
    let ways = decision.map_or_else(Vec::new, |decision| {
        let ways = decision.explanation.ways.iter();
        ways.map(|way| way_view(visit, org, known, way)).collect()
    });
    let denied = decision.is_some_and(|decision| !decision.explanation.passed);
    ExplanationView {
        org_id: org.to_string(),
        base_url: visit.base_url(),
        request_id: id.to_owned(),
        at: record
            .map(|record| record.recorded_at)
            .or(decision.map(|decision| decision.recorded_at)),
        title: match (decision, denied) {
            (None, _) => "What is known of this request",
            (_, true) => "Why this request was denied",
            (_, false) => "Why this request passed",
        },
        undecided: undecided(record),
        receipt,
        ways,
        facts: facts(org, known),
        story: story(known),
        several: (known.records.len() > 1).then_some(known.records.len()),
    }
}

fn charged(known: &Diagnostics) -> Charged {
    let open = known.hold.as_ref().filter(|kept| kept.ended_at.is_none());
    if open.is_some_and(|kept| !kept.hold.amount.is_zero()) {
        return Charged::Held;
    }
    let sum = known.usage.iter().map(|used| used.amount);
    Charged::Exactly(sum.fold(Usd::ZERO, |all, one| {
        all.checked_add(one).unwrap_or(Usd::micros(i64::MAX))
    }))
}

/// Why no decision can be shown.
fn undecided(record: Option<&Record>) -> String {
    match record {
        Some(record) if record.meter_class == "platform" => {
            "This route costs nothing, so no gate was asked.".to_owned()
        }
        Some(record) if record.status >= 400 => format!(
            "It was answered {} before any gate was asked.",
            record.status
        ),
        Some(_) => "What was decided about it is not kept any more.".to_owned(),
        None => "Only what it caused is known.".to_owned(),
    }
}

fn way_view(visit: &Visit, org: &OrgId, known: &Diagnostics, way: &Way) -> WayView {
    let waiting = known
        .approval
        .as_ref()
        .is_some_and(|approval| approval.stage(visit.now()) == Stage::Pending);
    let billing = paths::billing(org.as_str());
    let link = match way.action {
        Action::AskForApproval if waiting => Some(("Decide", paths::approvals(org.as_str()))),
        Action::RaiseSpendCap | Action::RaiseApprovalThreshold => {
            Some(("Budget", budget_page(org, known, way.scope)))
        }
        Action::AttachCard | Action::UpgradePlan => Some(("Plans", format!("{billing}#plans"))),
        Action::ResolveBillingStatus => Some(("Billing", billing)),
        _ => None,
    };
    WayView {
        act: way.act.clone(),
        about: way.about.clone(),
        link,
        waits: way.until.is_some() || way.action == Action::WaitForHolds,
    }
}

/// Where the limit is set.
fn budget_page(org: &OrgId, known: &Diagnostics, scope: Option<Scope>) -> String {
    match (scope, &known.decision) {
        (Some(Scope::Key), Some(decision)) => {
            paths::key_budget(org.as_str(), decision.key.as_str())
        }
        _ => paths::budget(org.as_str()),
    }
}

fn facts(org: &OrgId, known: &Diagnostics) -> Vec<(&'static str, FactView)> {
    let mut facts = Vec::new();
    let key = known
        .record()
        .map(|record| &record.key)
        .or(known.decision.as_ref().map(|decision| &decision.key));
    if let Some(key) = key {
        let link = FactView::Link {
            word: known
                .names
                .of(key.as_str())
                .unwrap_or(key.as_str())
                .to_owned(),
            to: paths::key(org.as_str(), key.as_str()),
        };
        facts.push(("Key", link));
    }
    if let Some(decision) = &known.decision {
        let stored = &decision.stored;
        let machine = |text: &str| FactView::Machine(text.to_owned());
        if let Some(purpose) = &stored.purpose {
            facts.push(("Purpose", FactView::Text(purpose.clone())));
        }
        facts.push(("Rule", machine(decision.explanation.rule.as_str())));
        if let Some(code) = decision.explanation.code {
            facts.push(("Code", machine(code)));
        }
        if let Some(plan) = stored.plan {
            facts.push(("Plan", machine(plan.as_str())));
        }
        if let Some(state) = stored.state {
            facts.push(("Billing state", machine(state.as_str())));
        }
        if let Some(card) = &stored.rate_card {
            facts.push(("Rate card", machine(card)));
        }
        if let Some(reservation) = &stored.reservation {
            facts.push(("Reservation", machine(reservation)));
        }
    } else if let Some(record) = known.record() {
        facts.push(("Route", FactView::Machine(record.route.to_string())));
        facts.push(("Answer", FactView::Text(record.status.to_string())));
    }
    facts
}

/// Everything that has an instant, in order.
fn story(known: &Diagnostics) -> Vec<StoryLine> {
    let mut story: Vec<StoryLine> = known.records.iter().map(answered).collect();
    if let Some(decision) = &known.decision {
        story.push(StoryLine {
            at: decision.recorded_at,
            mark: if decision.explanation.passed {
                Mark::Ok
            } else {
                Mark::Stop
            },
            what: if decision.explanation.passed {
                "It passed the gates.".to_owned()
            } else {
                "A gate stopped it.".to_owned()
            },
            sub: format!("Rule {}", decision.explanation.rule.as_str()),
        });
    }
    if let Some(kept) = &known.hold {
        story.push(line(
            kept.hold.created_at,
            Mark::Wait,
            format!("{} held for the work.", kept.hold.amount.told()),
            kept.hold.id.as_str(),
        ));
    }
    story.extend(known.usage.iter().map(|used| StoryLine {
        at: used.recorded_at,
        mark: Mark::Ok,
        what: match used.payment.as_str() {
            "grant" => format!(
                "{} taken from the free grant.",
                counted(used.units, "call", "calls")
            ),
            _ => format!("{} charged.", used.amount.told()),
        },
        sub: used.id.to_string(),
    }));
    let ended = known
        .hold
        .as_ref()
        .and_then(|kept| Some((kept, kept.ended_at?)));
    if let Some((kept, at)) = ended {
        story.push(line(
            at,
            Mark::Ok,
            match kept.status.as_str() {
                "settled" => "The work ended.".to_owned(),
                "expired" => "The work took too long; what was held was given back.".to_owned(),
                _ => "What was held was given back.".to_owned(),
            },
            kept.hold.id.as_str(),
        ));
    }
    story.extend(approved(known));
    // An approval's own events say again what stands there already.
    let told = known
        .events
        .iter()
        .filter(|event| !(known.approval.is_some() && event.kind == "billing.approval.requested"));
    story.extend(told.map(|event| {
        let by = event.actor.as_deref();
        let by = by.map_or("the platform", |by| known.names.or_id(by));
        line(
            event.recorded_at,
            Mark::Off,
            format!("Event {}, by {by}.", event.kind),
            event.id.as_str(),
        )
    }));
    // What has no order of its own stays as it was pushed: asked, decided, charged.
    story.sort_by_key(|line| line.at);
    story
}

fn answered(record: &Record) -> StoryLine {
    line(
        record.recorded_at,
        Mark::of_status(u16::try_from(record.status).unwrap_or(0)),
        format!("{} {}", record.method, record.path),
        &format!(
            "Answered {} after {}.{} ms",
            record.status,
            record.latency_us / 1000,
            record.latency_us % 1000 / 100
        ),
    )
}

fn approved(known: &Diagnostics) -> Vec<StoryLine> {
    let Some(approval) = &known.approval else {
        return Vec::new();
    };
    let id = approval.id.as_str();
    let mut story = vec![line(
        approval.created_at,
        Mark::Wait,
        format!("A person was asked to approve {}.", approval.amount.told()),
        id,
    )];
    if let Some(at) = approval.decided_at {
        let by = approval.decided_by.as_ref().map(domain::id::UserId::as_str);
        let by = by.map_or("somebody", |by| known.names.or_id(by));
        let denied = approval.status == domain::budget::approval::Status::Denied;
        let (mark, what) = if denied {
            (Mark::Stop, format!("{by} denied it."))
        } else {
            (Mark::Ok, format!("{by} approved it."))
        };
        story.push(line(at, mark, what, id));
    }
    if let Some(at) = approval.used_at {
        story.push(line(
            at,
            Mark::Ok,
            "The approval was used up.".to_owned(),
            id,
        ));
    }
    story
}

fn line(at: Micros, mark: Mark, what: String, sub: &str) -> StoryLine {
    StoryLine {
        at,
        mark,
        what,
        sub: sub.to_owned(),
    }
}
