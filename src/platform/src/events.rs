//! Telling what happened, in the transaction in which it happens.

use domain::event::{Actor, Event, EventType};
use domain::id::{EventId, OrgId, RequestId};
use store::Tx;

use crate::{Platform, Result};

/// Adds a canonical event about `subject`: its organisation and its id.
pub(crate) async fn tell(
    p: &Platform,
    tx: &mut Tx,
    kind: EventType,
    actor: Actor,
    (org, subject): (&OrgId, &str),
    request: Option<&RequestId>,
    data: &str,
) -> Result<()> {
    let now = p.now();
    let event = Event {
        id: EventId::new(now, p.chance()),
        org: org.clone(),
        kind,
        recorded_at: now,
        request: request.cloned(),
        actor,
        subject: subject.to_owned(),
        data: data.to_owned(),
    };
    Ok(store::events::insert(tx, &event).await?)
}
