//! Organisations that have left a card at the payment provider, and an event of theirs to send copies of.

use anyhow::{Context as _, ensure};
use serde_json::{Value, json};

use super::deliver;
use crate::client::{Connection, Request, get, post};
use crate::data;
use crate::payments::SECRET_KEY;
use crate::process::Server;

/// What the copies of an event have different.
const ID: &str = "(id)";
const CUSTOMER: &str = "(customer)";

/// An event of a kind that leads to a look, as the provider wrote it.
pub struct Template(String);

impl Template {
    pub fn event(&self, id: &str, customer: &str) -> String {
        self.0.replace(ID, id).replace(CUSTOMER, customer)
    }

    pub fn of(mut event: Value) -> Self {
        event["id"] = json!(ID);
        event["data"]["object"]["customer"] = json!(CUSTOMER);
        Self(event.to_string())
    }
}

/// Has each of the first organisations activate pay as you go, and waits until that is known; answers
/// with the customers' ids.
pub async fn customers(
    server: &Server,
    payments: &Server,
    how_many: u64,
) -> anyhow::Result<(Template, Vec<String>)> {
    let mut ours = Connection::open(server.address).await?;
    let mut theirs = Connection::open(payments.address).await?;
    let mut ids = Vec::new();
    for org in 0..how_many {
        let begun = ask(&mut ours, activate(org)).await?;
        let page = begun["url"].as_str().context("there is nowhere to pay")?;
        save_card(&mut theirs, payments, page).await?;
        let account = ask(&mut ours, get("/v1/billing", &[("x-api-key", &key(org))])).await?;
        let id = account["customer"]["stripeCustomerId"].as_str();
        ids.push(id.context("there is no customer")?.to_owned());
    }
    // The first look finds the card and has usage invoiced on a subscription; the second finds that.
    let finished = event(&mut theirs, "checkout.session.completed").await?;
    for id in &ids {
        ensure!(
            deliver(&mut ours, finished.event(&format!("evt_card_{id}"), id)).await?["status"]
                == "processed",
            "an event of {id} led to nothing"
        );
    }
    let template = event(&mut theirs, "customer.subscription.created").await?;
    for (org, id) in (0..).zip(&ids) {
        deliver(&mut ours, template.event(&format!("evt_usage_{id}"), id)).await?;
        let account = ask(&mut ours, get("/v1/billing", &[("x-api-key", &key(org))])).await?;
        let state = &account["billingState"];
        ensure!(
            state == "payg_active",
            "an organisation with a card is {state}"
        );
    }
    Ok((template, ids))
}

/// The first key of an organisation may do everything.
fn key(org: u64) -> String {
    data::secret(org * data::KEYS_EACH).expose().to_owned()
}

fn activate(org: u64) -> Request {
    let key = key(org);
    let headers = [
        ("x-api-key", key.as_str()),
        ("content-type", "application/json"),
    ];
    post("/v1/billing/payg/activate", &headers, "{}")
}

/// What a person does on the page of the Checkout.
async fn save_card(provider: &mut Connection, payments: &Server, page: &str) -> anyhow::Result<()> {
    let origin = format!("http://{}", payments.address);
    let path = page
        .strip_prefix(&origin)
        .context("the page is somebody else's")?;
    let headers = [
        ("origin", origin.as_str()),
        ("content-type", "application/x-www-form-urlencoded"),
    ];
    let reply = provider.ask(post(path, &headers, "card=4242")).await?;
    ensure!(
        reply.status == 303,
        "the Checkout answered {}",
        reply.status
    );
    Ok(())
}

/// The newest event of a kind.
async fn event(provider: &mut Connection, kind: &str) -> anyhow::Result<Template> {
    let bearer = format!("Bearer {SECRET_KEY}");
    let path = format!("/v1/events?limit=1&type={kind}");
    let list = ask(provider, get(&path, &[("authorization", &bearer)])).await?;
    let event = list["data"].get(0).cloned();
    Ok(Template::of(
        event.with_context(|| format!("no {kind} has happened"))?,
    ))
}

async fn ask(connection: &mut Connection, request: Request) -> anyhow::Result<Value> {
    let path = request.uri().to_string();
    let reply = connection.ask(request).await?;
    let said = String::from_utf8_lossy(&reply.body);
    ensure!(
        reply.status == 200,
        "{path} answered {}: {said}",
        reply.status
    );
    Ok(serde_json::from_slice(&reply.body)?)
}
