//! The event log, `/v1/events`: what changed, with the object as it then was.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::{
    failure::Failure,
    form::Form,
    wire,
    world::{Act, Asked, World},
};

/// Older ones are forgotten beyond this many.
const KEPT: usize = 20_000;

#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Event {
    pub id: String,
    pub created: i64,
    pub kind: String,
    object: Value,
    previous: Option<Value>,
    request: Option<String>,
    idempotency_key: Option<String>,
}

pub(super) fn wire(world: &World, id: &str) -> Option<Value> {
    let event = world.events.get(id)?;
    let mut data = json!({ "object": event.object });
    if let Some(previous) = &event.previous {
        data["previous_attributes"] = previous.clone();
    }
    Some(json!({
        "id": event.id,
        "object": "event",
        "api_version": wire::API_VERSION,
        "created": event.created,
        "data": data,
        "livemode": false,
        "pending_webhooks": u8::from(world.outbox.contains(id)),
        "request": { "id": event.request, "idempotency_key": event.idempotency_key },
        "type": event.kind,
    }))
}

pub(super) fn emit(act: &mut Act<'_>, kind: &str, object: Value) {
    emit_with(act, kind, object, None);
}

pub(super) fn emit_with(act: &mut Act<'_>, kind: &str, object: Value, previous: Option<Value>) {
    let id = act.id("evt_");
    let Asked {
        request,
        idempotency_key,
    } = act.asked.clone();
    let event = Event {
        id: id.clone(),
        created: act.now,
        kind: kind.to_owned(),
        object,
        previous,
        request,
        idempotency_key,
    };
    act.world.events.insert(id.clone(), event);
    act.world.outbox.insert(id);
    while act.world.events.len() > KEPT {
        if let Some((id, _)) = act.world.events.pop_first() {
            act.world.outbox.remove(&id);
        }
    }
}

/// Tells of an update, with what was there before; nothing when nothing differs.
pub(super) fn changed(act: &mut Act<'_>, kind: &str, before: &Value, after: Value) {
    if let Some(previous) = difference(before, &after) {
        emit_with(act, kind, after, Some(previous));
    }
}

/// The old values of what is no longer the same.
fn difference(before: &Value, after: &Value) -> Option<Value> {
    if before == after {
        return None;
    }
    let (Value::Object(old), Value::Object(new)) = (before, after) else {
        return Some(before.clone());
    };
    let mut previous = Map::new();
    for name in old.keys().chain(new.keys()) {
        let null = Value::Null;
        let (old, new) = (
            old.get(name).unwrap_or(&null),
            new.get(name).unwrap_or(&null),
        );
        if let Some(value) = difference(old, new) {
            previous.insert(name.clone(), value);
        }
    }
    Some(Value::Object(previous))
}

pub(super) fn get(act: &Act<'_>, id: &str) -> Result<Value, Failure> {
    wire(act.world, id).ok_or_else(|| Failure::missing("event", id))
}

pub(super) fn list(act: &Act<'_>, form: &Form) -> Result<Value, Failure> {
    form.only(&[
        "created",
        "delivery_success",
        "limit",
        "starting_after",
        "ending_before",
        "type",
        "types",
    ])?;
    let mut kinds = form.list("types");
    kinds.extend(form.text("type"));
    let delivered = form.flag("delivery_success")?;
    let wanted = |kind: &str| {
        kinds.is_empty()
            || kinds.iter().any(|wanted| {
                let family = wanted.strip_suffix('*');
                *wanted == kind || family.is_some_and(|family| kind.starts_with(family))
            })
    };
    let rows = act
        .world
        .events
        .iter()
        .filter(|(id, it)| {
            let done = !act.world.outbox.contains(*id);
            wanted(&it.kind) && delivered.is_none_or(|delivered| delivered == done)
        })
        .map(|(id, it)| (id, it.created));
    wire::page(form, "/v1/events", rows, |id| {
        wire(act.world, id).unwrap_or_default()
    })
}
