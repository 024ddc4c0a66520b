//! `/v1/billing/meters` and `/v1/billing/meter_events`: usage, counted per customer.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{
    events,
    failure::Failure,
    form::{Form, Metadata},
    wire,
    world::{Act, World},
};

const DAY: i64 = 86_400;

#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Meter {
    pub id: String,
    created: i64,
    event_name: String,
    display_name: String,
    formula: String,
    customer_key: String,
    value_key: String,
}

#[derive(Clone, Serialize, Deserialize)]
pub(super) struct MeterEvent {
    identifier: String,
    created: i64,
    event_name: String,
    customer: String,
    value: i64,
    timestamp: i64,
    payload: Metadata,
}

fn wire_meter(meter: &Meter) -> Value {
    json!({
        "id": meter.id,
        "object": "billing.meter",
        "created": meter.created,
        "customer_mapping": { "event_payload_key": meter.customer_key, "type": "by_id" },
        "default_aggregation": { "formula": meter.formula },
        "display_name": meter.display_name,
        "event_name": meter.event_name,
        "event_time_window": null,
        "livemode": false,
        "status": "active",
        "status_transitions": { "deactivated_at": null },
        "updated": meter.created,
        "value_settings": { "event_payload_key": meter.value_key },
    })
}

fn find<'a>(world: &'a World, id: &str) -> Result<&'a Meter, Failure> {
    world
        .meters
        .get(id)
        .ok_or_else(|| Failure::missing("meter", id))
}

pub(super) fn get(act: &Act<'_>, id: &str) -> Result<Value, Failure> {
    find(act.world, id).map(wire_meter)
}

pub(super) fn list(act: &Act<'_>, form: &Form) -> Result<Value, Failure> {
    form.only(&["status", "limit", "starting_after", "ending_before"])?;
    let active = form.choice("status", &["active", "inactive"])? != Some("inactive");
    let meters = act.world.meters.iter().filter(|_| active);
    let rows = meters.map(|(id, it)| (id, it.created));
    wire::page(form, "/v1/billing/meters", rows, |id| {
        get(act, id).unwrap_or_default()
    })
}

pub(super) fn create(act: &mut Act<'_>, form: &Form) -> Result<Value, Failure> {
    form.only(&[
        "customer_mapping",
        "default_aggregation",
        "display_name",
        "event_name",
        "event_time_window",
        "value_settings",
    ])?;
    let event_name = form.required("event_name")?.to_owned();
    let display_name = form.required("display_name")?.to_owned();
    form.required("default_aggregation[formula]")?;
    let formula = form.choice("default_aggregation[formula]", &["sum", "count", "last"])?;
    if act
        .world
        .meters
        .values()
        .any(|it| it.event_name == event_name)
    {
        let message = format!("An active meter already exists with event name {event_name}.");
        return Err(Failure::invalid(
            "resource_already_exists",
            "event_name",
            message,
        ));
    }
    let key = |name: &str, default: &str| {
        let name = format!("{name}[event_payload_key]");
        form.owned(&name).unwrap_or_else(|| default.to_owned())
    };
    let meter = Meter {
        id: act.id("mtr_test_"),
        created: act.now,
        event_name,
        display_name,
        formula: formula.unwrap_or("sum").to_owned(),
        customer_key: key("customer_mapping", "stripe_customer_id"),
        value_key: key("value_settings", "value"),
    };
    let object = wire_meter(&meter);
    act.world.meters.insert(meter.id.clone(), meter);
    events::emit(act, "billing.meter.created", object.clone());
    Ok(object)
}

/// Counts usage once: an identifier seen before is refused, which tells a client that retries
/// that its first attempt had arrived.
pub(super) fn report(act: &mut Act<'_>, form: &Form) -> Result<Value, Failure> {
    form.only(&["event_name", "identifier", "payload", "timestamp"])?;
    let event_name = form.required("event_name")?.to_owned();
    let meter = act
        .world
        .meters
        .values()
        .find(|it| it.event_name == event_name);
    let Some(meter) = meter else {
        let message = format!("No active meter found for event name {event_name}.");
        return Err(Failure::invalid("no_meter", "event_name", message));
    };
    let payload = form.pairs("payload");
    let field = |key: &String| {
        payload
            .get(key)
            .filter(|value| !value.is_empty())
            .ok_or_else(|| {
                let param = format!("payload[{key}]");
                Failure::invalid("parameter_missing", &param, format!("Missing {param}."))
            })
    };
    let customer = field(&meter.customer_key)?.clone();
    let value = match meter.formula.as_str() {
        "count" => 1,
        _ => field(&meter.value_key)?.parse().map_err(|_| {
            let param = format!("payload[{}]", meter.value_key);
            let message = "The value must be a whole number in a string.";
            Failure::invalid("meter_event_invalid_value", &param, message)
        })?,
    };
    let known = act
        .world
        .customers
        .get(&customer)
        .is_some_and(|it| !it.deleted);
    if !known {
        return Err(Failure::unknown("customer", &customer, "payload"));
    }
    let timestamp = form.integer("timestamp")?.unwrap_or(act.now);
    let too = if timestamp < act.now - 35 * DAY {
        Some((
            "timestamp_too_far_in_past",
            "within the past 35 calendar days",
        ))
    } else if timestamp > act.now + 300 {
        Some(("timestamp_in_future", "at most 5 minutes in the future"))
    } else {
        None
    };
    if let Some((code, what)) = too {
        return Err(Failure::invalid(
            code,
            "timestamp",
            format!("The timestamp must be {what}."),
        ));
    }
    let identifier = match form.text("identifier") {
        Some(identifier) => identifier.to_owned(),
        None => act.id("mtrev_"),
    };
    if identifier.len() > 100 {
        let message = "An identifier has at most 100 characters.";
        return Err(Failure::invalid("parameter_invalid", "identifier", message));
    }
    if act.world.meter_events.contains_key(&identifier) {
        let message = format!("An event already exists with identifier {identifier}.");
        return Err(Failure::invalid(
            "duplicate_meter_event",
            "identifier",
            message,
        ));
    }
    let event = MeterEvent {
        identifier: identifier.clone(),
        created: act.now,
        event_name,
        customer,
        value,
        timestamp,
        payload,
    };
    let object = json!({
        "object": "billing.meter_event",
        "created": event.created,
        "event_name": event.event_name,
        "identifier": event.identifier,
        "livemode": false,
        "payload": event.payload,
        "timestamp": event.timestamp,
    });
    act.world.meter_events.insert(identifier, event);
    Ok(object)
}

/// What a customer used from `start` until just before `end`.
pub(super) fn usage(world: &World, meter: &str, customer: &str, start: i64, end: i64) -> i64 {
    let Some(meter) = world.meters.get(meter) else {
        return 0;
    };
    let counted = world.meter_events.values().filter(|it| {
        it.event_name == meter.event_name
            && it.customer == customer
            && (start..end).contains(&it.timestamp)
    });
    match meter.formula.as_str() {
        "last" => counted
            .max_by_key(|it| it.timestamp)
            .map_or(0, |it| it.value),
        _ => counted.fold(0, |sum, it| sum.saturating_add(it.value)),
    }
}

/// One summary of the asked-for time; by the day or the hour when asked for those.
pub(super) fn summaries(act: &Act<'_>, form: &Form, id: &str) -> Result<Value, Failure> {
    form.only(&[
        "customer",
        "end_time",
        "limit",
        "start_time",
        "starting_after",
        "ending_before",
        "value_grouping_window",
    ])?;
    let meter = find(act.world, id)?;
    let customer = form.required("customer")?;
    form.required("start_time")?;
    form.required("end_time")?;
    let start = form.integer("start_time")?.unwrap_or_default();
    let end = form.integer("end_time")?.unwrap_or_default();
    let window = match form.choice("value_grouping_window", &["day", "hour"])? {
        Some("day") => DAY,
        Some(_) => 3_600,
        None => end - start,
    };
    if start >= end || start % 60 != 0 || end % 60 != 0 {
        let message = "start_time must lie before end_time, both on whole minutes.";
        return Err(Failure::invalid("parameter_invalid", "start_time", message));
    }
    let has_usage = |from: i64, until: i64| {
        act.world.meter_events.values().any(|it| {
            it.event_name == meter.event_name
                && it.customer == customer
                && (from..until).contains(&it.timestamp)
        })
    };
    let mut data = Vec::new();
    let mut until = end;
    while until > start && data.len() < 100 {
        let from = (until - window).max(start);
        if has_usage(from, until) {
            data.push(json!({
                "id": format!("mtrusg_test_{from}"),
                "object": "billing.meter_event_summary",
                "aggregated_value": usage(act.world, id, customer, from, until),
                "end_time": until,
                "livemode": false,
                "meter": id,
                "start_time": from,
            }));
        }
        until = from;
    }
    Ok(wire::all(
        &format!("/v1/billing/meters/{id}/event_summaries"),
        data,
    ))
}
