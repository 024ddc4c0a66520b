//! `/v1/billing_portal`: a page where customers change card and plan, cancel, and pay what is open.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{
    changes,
    checkout::{Authentication, Outcome, address},
    collection, customers, events,
    failure::Failure,
    form::{Form, Metadata},
    payment_methods::{self, Asks, Decline, TestCard},
    prices::Price,
    subscriptions::{self, Subscription},
    wire::{self, BASE},
    world::{Act, World},
};

#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Portal {
    pub id: String,
    created: i64,
    pub customer: String,
    configuration: String,
    pub return_url: Option<String>,
    pub flow: Option<Flow>,
}

/// One thing to do, instead of the whole page.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Flow {
    pub kind: String,
    pub subscription: Option<String>,
    /// Item and price, to be confirmed.
    pub switch: Option<(String, String)>,
    /// Where to go when it is done, when not to the portal.
    pub redirect: Option<String>,
}

#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Configuration {
    id: String,
    created: i64,
    headline: Option<String>,
    return_url: Option<String>,
    metadata: Metadata,
    is_default: bool,
}

fn wire_configuration(it: &Configuration) -> Value {
    json!({
        "id": it.id,
        "object": "billing_portal.configuration",
        "active": true,
        "application": null,
        "business_profile": {
            "headline": it.headline, "privacy_policy_url": null, "terms_of_service_url": null,
        },
        "created": it.created,
        "default_return_url": it.return_url,
        "features": {
            "customer_update": { "allowed_updates": [], "enabled": false },
            "invoice_history": { "enabled": true },
            "payment_method_update": { "enabled": true, "payment_method_configuration": null },
            "subscription_cancel": {
                "cancellation_reason": { "enabled": false, "options": [] },
                "enabled": true, "mode": "at_period_end", "proration_behavior": "none",
            },
            "subscription_update": {
                "billing_cycle_anchor": "unchanged", "default_allowed_updates": ["price"],
                "enabled": true, "products": null, "proration_behavior": "always_invoice",
                "schedule_at_period_end": { "conditions": [] },
                "trial_update_behavior": "end_trial",
            },
        },
        "is_default": it.is_default,
        "livemode": false,
        "login_page": { "enabled": false, "url": null },
        "metadata": it.metadata,
        "name": null,
        "updated": it.created,
    })
}

fn wire_portal(it: &Portal) -> Value {
    let flow = it.flow.as_ref().map(|flow| {
        let redirect = flow
            .redirect
            .as_ref()
            .map(|url| json!({ "return_url": url }));
        let of = |kind: &str| flow.subscription.as_ref().filter(|_| flow.kind == kind);
        let confirm = flow.switch.as_ref().map(|(item, price)| {
            json!({
                "discounts": null, "items": [{ "id": item, "price": price, "quantity": 1 }],
                "subscription": flow.subscription,
            })
        });
        json!({
            "after_completion": {
                "hosted_confirmation": null,
                "redirect": redirect,
                "type": if redirect.is_some() { "redirect" } else { "portal_homepage" },
            },
            "subscription_cancel": of("subscription_cancel")
                .map(|id| json!({ "retention": null, "subscription": id })),
            "subscription_update": of("subscription_update")
                .map(|id| json!({ "subscription": id })),
            "subscription_update_confirm": confirm,
            "type": flow.kind,
        })
    });
    json!({
        "id": it.id,
        "object": "billing_portal.session",
        "configuration": it.configuration,
        "created": it.created,
        "customer": it.customer,
        "customer_account": null,
        "flow": flow,
        "livemode": false,
        "locale": null,
        "on_behalf_of": null,
        "return_url": it.return_url,
        "url": format!("{BASE}/portal/{}", it.id),
    })
}

pub(super) fn create(act: &mut Act<'_>, form: &Form) -> Result<Value, Failure> {
    form.only(&[
        "configuration",
        "customer",
        "customer_account",
        "flow_data",
        "locale",
        "on_behalf_of",
        "return_url",
    ])?;
    let customer = form.required("customer")?.to_owned();
    customers::known(act.world, &customer)?;
    let return_url = address(form, "return_url")?;
    let flow = read_flow(act.world, form, &customer)?;
    let configuration = match form.text("configuration") {
        Some(id) if act.world.configurations.contains_key(id) => id.to_owned(),
        Some(id) => return Err(Failure::unknown("configuration", id, "configuration")),
        None => default_configuration(act),
    };
    let portal = Portal {
        id: act.id("bps_"),
        created: act.now,
        customer,
        return_url,
        flow,
        configuration,
    };
    let object = wire_portal(&portal);
    act.world.portals.insert(portal.id.clone(), portal);
    events::emit(act, "billing_portal.session.created", object.clone());
    Ok(object)
}

fn read_flow(world: &World, form: &Form, customer: &str) -> Result<Option<Flow>, Failure> {
    let kinds = [
        "payment_method_update",
        "subscription_cancel",
        "subscription_update",
        "subscription_update_confirm",
    ];
    let Some(kind) = form.choice("flow_data[type]", &kinds)? else {
        return Ok(None);
    };
    let below = format!("flow_data[{kind}]");
    let mut subscription = None;
    if kind != "payment_method_update" {
        let param = format!("{below}[subscription]");
        let id = form.required(&param)?;
        let known = world
            .subscriptions
            .get(id)
            .filter(|it| it.customer == customer);
        known.ok_or_else(|| Failure::unknown("subscription", id, &param))?;
        subscription = Some(id.to_owned());
    }
    let mut switch = None;
    if kind == "subscription_update_confirm" {
        let item = form.required(&format!("{below}[items][0][id]"))?;
        let price = form.required(&format!("{below}[items][0][price]"))?;
        if !world.prices.contains_key(price) {
            return Err(Failure::unknown("price", price, "flow_data"));
        }
        switch = Some((item.to_owned(), price.to_owned()));
    }
    let redirect = match form.text("flow_data[after_completion][type]") {
        Some("redirect") => address(form, "flow_data[after_completion][redirect][return_url]")?,
        _ => None,
    };
    Ok(Some(Flow {
        kind: kind.to_owned(),
        subscription,
        switch,
        redirect,
    }))
}

fn default_configuration(act: &mut Act<'_>) -> String {
    if let Some(known) = act.world.configurations.values().find(|it| it.is_default) {
        return known.id.clone();
    }
    add_configuration(act, None, None, Metadata::new(), true)
}

fn add_configuration(
    act: &mut Act<'_>,
    headline: Option<String>,
    return_url: Option<String>,
    metadata: Metadata,
    is_default: bool,
) -> String {
    let configuration = Configuration {
        id: act.id("bpc_"),
        created: act.now,
        headline,
        return_url,
        metadata,
        is_default,
    };
    let id = configuration.id.clone();
    let object = wire_configuration(&configuration);
    act.world.configurations.insert(id.clone(), configuration);
    events::emit(act, "billing_portal.configuration.created", object);
    id
}

pub(super) fn create_configuration(act: &mut Act<'_>, form: &Form) -> Result<Value, Failure> {
    form.only(&[
        "business_profile",
        "default_return_url",
        "features",
        "login_page",
        "metadata",
        "name",
    ])?;
    let return_url = address(form, "default_return_url")?;
    let headline = form.owned("business_profile[headline]");
    let id = add_configuration(act, headline, return_url, form.pairs("metadata"), false);
    get_configuration(act, &id)
}

pub(super) fn get_configuration(act: &Act<'_>, id: &str) -> Result<Value, Failure> {
    let configuration = act.world.configurations.get(id).map(wire_configuration);
    configuration.ok_or_else(|| Failure::missing("configuration", id))
}

pub(super) fn list_configurations(act: &Act<'_>, form: &Form) -> Result<Value, Failure> {
    form.only(&[
        "active",
        "is_default",
        "limit",
        "starting_after",
        "ending_before",
    ])?;
    let is_default = form.flag("is_default")?;
    let rows = act.world.configurations.iter();
    let rows = rows.filter(|(_, it)| is_default.is_none_or(|wanted| wanted == it.is_default));
    let rows = rows.map(|(id, it)| (id, it.created));
    wire::page(form, "/v1/billing_portal/configurations", rows, |id| {
        get_configuration(act, id).unwrap_or_default()
    })
}

/// The subscription the portal is about: the customer's newest that runs.
pub(super) fn subscription_of<'a>(world: &'a World, customer: &str) -> Option<&'a Subscription> {
    let mut newest = world.subscriptions.values().rev();
    newest.find(|it| it.customer == customer && it.is_running() && plan_of(world, it).is_some())
}

/// The item that is a plan: the first that is not metered.
pub(super) fn plan_of<'a>(world: &'a World, it: &Subscription) -> Option<(String, &'a Price)> {
    it.items.iter().find_map(|item| {
        let price = world.prices.get(&item.price)?;
        (!price.is_metered()).then(|| (item.id.clone(), price))
    })
}

/// What can be switched to: active plans with a lookup key, cheapest first.
pub(super) fn plans(world: &World) -> Vec<&Price> {
    let offered = |it: &&Price| {
        it.active && it.lookup_key.is_some() && it.recurring.is_some() && !it.is_metered()
    };
    let mut plans: Vec<&Price> = world.prices.values().filter(offered).collect();
    plans.sort_by_key(|it| it.amount(1));
    plans
}

/// Saves a card and makes it the one that is charged; tries open invoices with it at once.
pub(super) fn update_card(
    act: &mut Act<'_>,
    customer: &str,
    card: &'static TestCard,
    authentication: Authentication,
) -> Outcome {
    if card.asks != Asks::Never {
        match authentication {
            Authentication::NotAsked => return Outcome::Ask,
            Authentication::Failed => {
                let code = "setup_intent_authentication_failure";
                return refuse_card(act, customer, Decline::unauthenticated(code));
            }
            Authentication::Passed => {}
        }
    }
    if let Err(decline) = payment_methods::check_setup(card) {
        return refuse_card(act, customer, decline);
    }
    let intent = super::setup_intents::open(act, Some(customer.to_owned()), Metadata::new());
    let method = super::setup_intents::succeed(act, &intent, card, customer);
    customers::prefer_card(act, customer, Some(&method));
    // A subscription's own card would otherwise go before the customer's.
    subscriptions::use_card(act, customer, &method);
    collection::try_open_invoices(act, customer, true);
    Outcome::Done("card".to_owned())
}

fn refuse_card(act: &mut Act<'_>, customer: &str, decline: Decline) -> Outcome {
    let intent = super::setup_intents::open(act, Some(customer.to_owned()), Metadata::new());
    super::setup_intents::fail(act, &intent, decline.clone());
    Outcome::Declined(decline)
}

/// Moves the customer's plan to another price and charges the difference now.
pub(super) fn switch_plan(act: &mut Act<'_>, customer: &str, price: &str) -> Result<(), Decline> {
    let Some(it) = subscription_of(act.world, customer).cloned() else {
        return Ok(());
    };
    let Some((item, now)) = plan_of(act.world, &it).map(|(item, now)| (item, now.id.clone()))
    else {
        return Ok(());
    };
    if now == price || !plans(act.world).iter().any(|it| it.id == price) {
        return Ok(());
    }
    let change = changes::switch(&it, &item, price);
    let before = act.world.clone();
    let outcome = subscriptions::switch(act, &it.id, change);
    if outcome.is_err() {
        // Like Stripe's own portal: a plan that cannot be paid is not changed to.
        *act.world = before;
    }
    outcome
}
