//! What a development server lets one do by hand, so that every state can be seen within seconds.

use domain::budget::gate::Denial;
use domain::id::{OrgId, RequestId};
use domain::money::Usd;
use store::billing::Cause;

use super::turn::Told;
use crate::budget::holds::InName;
use crate::budget::ledger::Reported;
use crate::budget::reports::{self, Record};
use crate::{Error, Platform, Result};

/// Uses calls of the grant; `None` uses all that are left. Tells how many are left.
pub async fn use_grant(p: &Platform, org: &OrgId, calls: Option<i64>) -> Result<i64> {
    only_in_development(p)?;
    let now = p.now();
    let mut tx = p.store().begin().await?;
    let account = super::begin(&mut tx, org).await?;
    let mut facts = account.facts.clone();
    let grant = &mut facts.grant;
    let left = grant.remaining_at(now);
    let taken = calls.unwrap_or(left).clamp(0, left);
    grant.used = grant.used_at(now) + taken;
    grant.period = grant.renewal.period(now);
    let told = Told::by_itself(Cause::Usage);
    let touched = super::save(p, &mut tx, &account, &facts, &told).await?;
    tx.commit().await?;
    touched.forget(p);
    Ok(left - taken)
}

/// Uses units of a meter class as a service of the company would. Tells what they cost.
pub async fn add_usage(p: &Platform, org: &OrgId, class: &str, units: i64) -> Result<Usd> {
    only_in_development(p)?;
    let request = RequestId::new(p.now(), p.chance()).as_str().to_owned();
    let used = InName {
        org: org.clone(),
        key: None,
        class: class.to_owned(),
        units,
        request: request.clone(),
        purpose: None,
        service: "svc_development".to_owned(),
    };
    let record = Record { id: request, used };
    let mut outcomes = reports::record(p, vec![record]).await?;
    match outcomes.pop().ok_or(Error::Internal)?? {
        Reported::Recorded(_, amount) | Reported::Duplicate(_, amount) => Ok(amount),
        Reported::Conflict(_) => Err(Error::Internal),
        Reported::Refused(refused) => Err(match refused.denial {
            Denial::HardCap(_) => Error::invalid("units", &"That would pass the spend cap."),
            Denial::ApprovalRequired(_) => Error::invalid("units", &"That needs an approval."),
            _ => Error::AccountRestricted {
                state: refused.state,
            },
        }),
    }
}

fn only_in_development(p: &Platform) -> Result<()> {
    if p.settings().dev {
        Ok(())
    } else {
        Err(Error::NotFound)
    }
}
