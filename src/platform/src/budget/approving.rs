//! The writer's part of an approval: filed when the threshold stops a request, used up by the one it was
//! given for.

use domain::budget::approval::{Approval, LASTS, NotUsable, Status, Use};
use domain::event::{Actor, Event, EventType};
use domain::id::{ApprovalId, EventId, RequestId};
use domain::time::Micros;
use store::Tx;

use super::ledger::{Ask, Asked};
use super::writer::Ambient;
use crate::{Error, Result};

/// How many requests of one key may wait for a person at once.
const WAITING: i64 = 20;

/// The approval that a request names, if it is good for this very request.
pub(super) async fn usable(
    tx: &mut Tx,
    ask: &Ask,
    id: &ApprovalId,
    now: Micros,
) -> Result<Result<Approval>> {
    let Some(approval) = store::approvals::find(tx, &ask.org, id).await? else {
        return Ok(Err(Error::NotFound));
    };
    let wanted = Use {
        org: &ask.org,
        key: &ask.spender,
        class: &ask.price.class,
        amount: ask.price.amount,
        purpose: ask.purpose.as_deref(),
    };
    Ok(match approval.usable(&wanted, now) {
        Ok(_) => Ok(approval),
        Err(NotUsable::Unknown) => Err(Error::NotFound),
        Err(reason) => Err(Error::ApprovalNotUsable(reason)),
    })
}

/// Files a request for approval, or finds the same one that waits already. None where too many wait: a
/// person is asked a few questions, not a thousand.
pub(super) async fn file(
    tx: &mut Tx,
    ambient: &Ambient,
    ask: &Ask,
    now: Micros,
) -> Result<Option<Asked>> {
    let waiting = store::approvals::waiting(tx, &ask.org, &ask.spender, now, WAITING).await?;
    let same = waiting.iter().find(|one| {
        one.class == ask.price.class && one.amount == ask.price.amount && one.purpose == ask.purpose
    });
    if let Some(same) = same {
        return Ok(Some(Asked {
            id: same.id.clone(),
            expires_at: same.expires_at,
        }));
    }
    if i64::try_from(waiting.len()).is_ok_and(|waiting| waiting >= WAITING) {
        return Ok(None);
    }
    let approval = Approval {
        id: ApprovalId::new(now, ambient.bytes()),
        org: ask.org.clone(),
        key: ask.spender.clone(),
        class: ask.price.class.clone(),
        units: ask.price.units,
        amount: ask.price.amount,
        purpose: ask.purpose.clone(),
        request: ask.request.clone(),
        status: Status::Pending,
        created_at: now,
        expires_at: now.plus(LASTS),
        decided_at: None,
        decided_by: None,
        used_at: None,
    };
    if !store::approvals::insert(tx, &approval).await? {
        // The caller sent the same request id for something else.
        return Ok(None);
    }
    tell(tx, ambient, ask, &approval).await?;
    Ok(Some(Asked {
        id: approval.id,
        expires_at: approval.expires_at,
    }))
}

async fn tell(tx: &mut Tx, ambient: &Ambient, ask: &Ask, approval: &Approval) -> Result<()> {
    let data = serde_json::json!({
        "approvalId": approval.id,
        "apiKeyId": approval.key,
        "meterClass": approval.class,
        "units": approval.units,
        "amountUsd": approval.amount.exact(),
        "purpose": approval.purpose,
        "expiresAt": approval.expires_at.rfc3339(),
    });
    let event = Event {
        id: EventId::new(approval.created_at, ambient.bytes()),
        org: ask.org.clone(),
        kind: EventType::BillingApprovalRequested,
        recorded_at: approval.created_at,
        request: RequestId::from_caller(&approval.request),
        actor: if ask.service.is_some() {
            Actor::Platform
        } else {
            Actor::Key(ask.spender.clone())
        },
        subject: approval.id.as_str().to_owned(),
        data: data.to_string(),
    };
    Ok(store::events::insert(tx, &event).await?)
}
