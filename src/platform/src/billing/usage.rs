//! A month's usage: its lines, its close, and its way to the provider for invoicing.

use domain::event::{Actor, EventType};
use domain::id::{OrgId, UsageReportId};
use domain::money::Usd;
use domain::time::{Micros, Span};
use providers::stripe::catalogue::METER_EVENT;
use store::usage_months::{Line, Report};

use super::webhook::later;
use crate::{Error, Platform, Result, events};

/// After a month ends, calls that began in it may still be settling.
const SETTLING: Span = Span::minutes(10);

/// What a month comes to in cents: each line is rounded once, half to even.
pub fn cents(lines: &[Line]) -> i64 {
    lines.iter().map(|line| line.amount.as_cents()).sum()
}

/// Closes the month before this one for every organisation that used something in it.
pub(crate) async fn close_month(p: &Platform, limit: i64) -> Result<usize> {
    let now = p.now();
    let settled = now.minus(SETTLING);
    let period = previous(settled);
    let mut db = p.store().read().await?;
    let orgs = store::usage_months::unreported(&mut db, &period, limit).await?;
    drop(db);
    for org in &orgs {
        close(p, org, &period).await?;
    }
    Ok(orgs.len())
}

/// The UTC month before the one of `at`.
fn previous(at: Micros) -> String {
    let month = at.month();
    let first = Micros::parse_rfc3339(&format!("{month}-01T00:00:00Z")).unwrap_or(at);
    first.minus(Span::hours(1)).month()
}

async fn close(p: &Platform, org: &OrgId, period: &str) -> Result<()> {
    let now = p.now();
    let mut tx = p.store().begin().await?;
    let account = super::begin(&mut tx, org).await?;
    let lines = store::usage_months::lines(&mut tx, org, period).await?;
    let cents = cents(&lines);
    // A contract is invoiced by people, and what costs nothing is not invoiced.
    let send = cents > 0 && account.facts.contract_at(now).is_none();
    let id = UsageReportId::new(now, p.chance());
    let send_at = send.then_some(now);
    if store::usage_months::close(&mut tx, &id, (org, period), cents, send_at, now).await? {
        let data = serde_json::json!({"period": period, "amountCents": cents, "invoiced": send});
        events::tell(
            p,
            &mut tx,
            EventType::BillingUsageReported,
            Actor::Platform,
            (org, id.as_str()),
            None,
            &data.to_string(),
        )
        .await?;
    }
    Ok(tx.commit().await?)
}

/// Sends what is in the outbox. What cannot be sent stays there.
pub(crate) async fn send(p: &Platform, limit: i64) -> Result<usize> {
    let mut db = p.store().read().await?;
    let due = store::usage_months::reports_due(&mut db, p.now(), limit).await?;
    drop(db);
    for report in &due {
        let sent = send_one(p, report).await;
        let mut tx = p.store().begin().await?;
        match sent {
            Ok(()) => store::usage_months::report_sent(&mut tx, &report.id, p.now()).await?,
            Err(error) => {
                let next_at = later(p.now(), report.attempts + 1);
                let code = error.code();
                store::usage_months::report_failed(&mut tx, &report.id, code, next_at).await?;
            }
        }
        tx.commit().await?;
    }
    Ok(due.len())
}

async fn send_one(p: &Platform, report: &Report) -> Result<()> {
    let payments = p.payments()?;
    let mut db = p.store().read().await?;
    let customer = store::customers::of(&mut db, &report.org)
        .await?
        .ok_or(Error::BillingCustomerMissing)?;
    drop(db);
    super::customer::ensure_usage_subscription(p, &report.org, &customer.stripe_id).await?;
    let amount = Usd::cents(report.amount_cents).ok_or(Error::Internal)?;
    // Stamped with the close, not with the month: the subscription that invoices it may have begun
    // after the month's first calls. And with the same instant at every attempt.
    let (id, at) = (report.id.as_str(), report.created_at);
    payments
        .stripe
        .meter_event(METER_EVENT, id, &customer.stripe_id, amount, at)
        .await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_month_before_is_found_over_the_years_edge() {
        for (at, before) in [
            ("2027-01-01T00:00:00Z", "2026-12"),
            ("2026-03-31T23:59:59Z", "2026-02"),
            ("2024-03-01T00:00:00Z", "2024-02"),
        ] {
            let at = Micros::parse_rfc3339(at).expect("an instant");
            assert_eq!(previous(at), before);
        }
    }
}
