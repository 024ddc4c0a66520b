//! What happened at Stripe, as far as it is believed: an event says whose state to look at, and
//! nothing about that state.

use domain::time::Micros;
use serde_json::Value;

use super::form::{Form, ORG};
use super::signature::signed_text;
use super::wire::{self, List};
use super::{Error, PAGE, Stripe};

/// When to look, and at what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventHint {
    pub id: String,
    /// Stripe's `type`: `invoice.paid`.
    pub kind: String,
    pub created_at: Micros,
    pub livemode: bool,
    /// Whose it is, when it is a customer's.
    pub customer: Option<String>,
    /// What it is about.
    pub object_id: Option<String>,
    /// The organisation named in the object's metadata, where we wrote it.
    pub org: Option<String>,
}

/// Why a body is no event, whoever signed it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadEvent {
    #[error("the body is not JSON")]
    NotJson,
    #[error("the body is not an event of Stripe's")]
    NotAnEvent,
    #[error("the event has no {0}")]
    Without(&'static str),
}

/// Some events, newest first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    pub events: Vec<EventHint>,
    /// Whether there are more in the direction asked for.
    pub has_more: bool,
}

/// Where a page begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cursor<'a> {
    /// With the newest.
    Newest,
    /// Older than this event: Stripe's `starting_after`.
    OlderThan(&'a str),
    /// Newer than this event: Stripe's `ending_before`.
    NewerThan(&'a str),
}

/// Reads a webhook's body, whose signature was verified.
pub fn parse_event(body: &[u8]) -> Result<EventHint, BadEvent> {
    let event = serde_json::from_str(&signed_text(body)).map_err(|_| BadEvent::NotJson)?;
    read(&event)
}

impl Stripe {
    /// Events since `since`, of these types or of all; Stripe keeps them for thirty days.
    pub async fn events(
        &self,
        since: Micros,
        types: &[&str],
        cursor: Cursor<'_>,
    ) -> Result<Page, Error> {
        let mut form = Form::new().at("created[gte]", since).with("limit", PAGE);
        for (i, kind) in types.iter().enumerate() {
            form = form.with(format!("types[{i}]"), kind);
        }
        let form = match cursor {
            Cursor::Newest => form,
            Cursor::OlderThan(id) => form.with("starting_after", id),
            Cursor::NewerThan(id) => form.with("ending_before", id),
        };
        let page: List<Value> = self.http.get(&["events"], &form).await?;
        let events: Result<Vec<_>, _> = page.data.iter().map(read).collect();
        Ok(Page {
            events: events.map_err(|_| Error::unreadable(false, None))?,
            has_more: page.has_more,
        })
    }
}

fn read(event: &Value) -> Result<EventHint, BadEvent> {
    if event["object"] != "event" {
        return Err(BadEvent::NotAnEvent);
    }
    let created = event["created"].as_i64().map(wire::at);
    let object = &event["data"]["object"];
    let object_id = name(&object["id"]);
    let customer = if object["object"] == "customer" {
        object_id.clone()
    } else {
        let customer = &object["customer"];
        name(customer).or_else(|| name(&customer["id"]))
    };
    Ok(EventHint {
        id: name(&event["id"]).ok_or(BadEvent::Without("id"))?,
        kind: name(&event["type"]).ok_or(BadEvent::Without("type"))?,
        created_at: created
            .and_then(Result::ok)
            .ok_or(BadEvent::Without("time"))?,
        livemode: event["livemode"]
            .as_bool()
            .ok_or(BadEvent::Without("mode"))?,
        customer,
        object_id,
        org: name(&object["metadata"][ORG]),
    })
}

/// A name of Stripe's or of ours, which is short and plain; anything else is none.
fn name(value: &Value) -> Option<String> {
    let text = value.as_str()?;
    let fits = (1..=255).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic());
    fits.then(|| text.to_owned())
}
