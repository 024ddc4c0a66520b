//! Sending a person to pay: Checkout for a plan, and Checkout in setup mode for pay as you go.
//!
//! The return from there grants nothing. What was bought is learned by looking.

use domain::billing::facts::Facts;
use domain::billing::intent::{Intent, IntentStatus, Purpose};
use domain::billing::plan::{Interval, PlanKey};
use domain::billing::remote::{Session, SessionStatus, SubscriptionStatus};
use domain::billing::state::BillingState;
use domain::event::EventType;
use domain::id::{OrgId, RequestId};
use domain::org::Org;
use domain::role::Permission;
use domain::time::{Micros, Span};
use providers::stripe::{NewCheckout, NewSetup, Stripe};
use store::billing::Cause;
use url::Url;

use super::{customer, look, prepare};
use crate::keys::Answer;
use crate::{Actor, Error, Platform, Result, access, events};

/// How long a person may take; Stripe allows 30 minutes to 24 hours.
const OPEN_FOR: Span = Span::hours(23);

/// Where the person continues.
#[derive(Debug, Clone)]
pub struct Checkout {
    /// The Checkout Session's id; empty when there was nothing to do.
    pub id: Option<String>,
    pub org: OrgId,
    pub plan: PlanKey,
    pub url: Option<String>,
    pub livemode: bool,
    /// Pay as you go was active with a card on file.
    pub already_active: bool,
}

/// Where the person comes back to; `None` is the billing page.
#[derive(Debug, Clone, Default)]
pub struct Return {
    pub success: Option<String>,
    pub cancel: Option<String>,
}

/// Checkout of a plan.
pub async fn subscribe(
    p: &Platform,
    actor: &Actor,
    org: &OrgId,
    (plan, interval): (PlanKey, Interval),
    back: &Return,
    request: &RequestId,
    answer: Option<Answer<'_, Checkout>>,
) -> Result<Checkout> {
    if !plan.subscribes() {
        return Err(Error::PlanNotSelfServe { plan });
    }
    let (success_url, cancel_url) = addresses(p, org, back)?;
    let purpose = Purpose::Subscribe {
        plan,
        interval,
        success_url,
        cancel_url,
    };
    start(p, actor, org, plan, purpose, request, answer).await
}

/// Checkout in setup mode: a card for pay as you go.
pub async fn activate(
    p: &Platform,
    actor: &Actor,
    org: &OrgId,
    back: &Return,
    request: &RequestId,
    answer: Option<Answer<'_, Checkout>>,
) -> Result<Checkout> {
    let (success_url, cancel_url) = addresses(p, org, back)?;
    let purpose = Purpose::AttachCard {
        success_url,
        cancel_url,
    };
    start(p, actor, org, PlanKey::Payg, purpose, request, answer).await
}

async fn start(
    p: &Platform,
    actor: &Actor,
    org: &OrgId,
    plan: PlanKey,
    purpose: Purpose,
    request: &RequestId,
    answer: Option<Answer<'_, Checkout>>,
) -> Result<Checkout> {
    let mut db = p.store().read().await?;
    access::authorise(&mut db, actor, org, Permission::ManageBilling).await?;
    let found = store::orgs::find(&mut db, org)
        .await?
        .ok_or(Error::NotFound)?;
    let billing = super::load(p, &mut db, org).await?;
    drop(db);
    let livemode = p.payments()?.stripe.livemode();
    if plan == PlanKey::Payg && billing.standing.state == BillingState::PaygActive {
        let active = Checkout {
            id: None,
            org: org.clone(),
            plan,
            url: None,
            livemode,
            already_active: true,
        };
        if let Some(answer) = answer {
            let mut tx = p.store().begin().await?;
            answer.store(&mut tx, &active).await?;
            tx.commit().await?;
        }
        return Ok(active);
    }
    if billing.facts.restriction.is_some() {
        // Whoever is held back by an operator would pay for what they cannot use.
        let state = billing.standing.state;
        return Err(Error::AccountRestricted { state });
    }
    refuse_second(&billing.facts, p.now())?;
    let email = match actor {
        Actor::Person(person) => person.user.email.as_deref(),
        Actor::Key(_) => None,
    };
    let customer = customer::ensure(p, &found, email).await?;
    let (intent, session) = session(p, &found, &customer, purpose).await?;
    let checkout = Checkout {
        id: Some(session.id.clone()),
        org: org.clone(),
        plan,
        url: session.url.clone(),
        livemode,
        already_active: false,
    };
    keep(p, actor, &intent, &session, &checkout, request, answer).await?;
    Ok(checkout)
}

/// Who has a subscription changes it in the portal; a second one would charge twice.
fn refuse_second(facts: &Facts, now: Micros) -> Result<()> {
    let live = facts.plan.as_ref().map(|p| p.subscription.status);
    if live.is_some_and(SubscriptionStatus::is_live) || facts.contract_at(now).is_some() {
        return Err(Error::SubscriptionExists);
    }
    Ok(())
}

/// The open Checkout for this purpose, or a new one. An open one for something else is closed first.
async fn session(
    p: &Platform,
    org: &Org,
    customer: &str,
    purpose: Purpose,
) -> Result<(Intent, Session)> {
    let stripe = &p.payments()?.stripe;
    // An earlier Checkout may have to make room first, and another tab may do the same meanwhile.
    for _ in 0..3 {
        let check = |facts: &Facts| refuse_second(facts, p.now());
        let intent = customer::open(p, &org.id, &purpose, check)
            .await?
            .ok_or(Error::Internal)?;
        let fits = intent.purpose == purpose;
        if let (IntentStatus::Waiting, Some(id)) = (intent.status, &intent.object) {
            let current = stripe.session(id).await?;
            match current.status {
                SessionStatus::Open if fits => {
                    return Ok((intent, current));
                }
                SessionStatus::Open => {
                    close(stripe, &intent, id).await?;
                    end(p, &intent).await?;
                }
                SessionStatus::Expired => end(p, &intent).await?,
                SessionStatus::Complete => {
                    // Paid a moment ago: learn of it before anything else is sold.
                    look::look(p, &org.id, Cause::Reconciled).await?;
                }
            }
        } else {
            // Never answered: asking again under its own key gives what was made then, if it was.
            let made = ask(p, org, customer, &intent).await?;
            if fits {
                return Ok((intent, made));
            }
            close(stripe, &intent, &made.id).await?;
            end(p, &intent).await?;
        }
    }
    Err(Error::PaymentsUnavailable { retry_after: None })
}

async fn ask(p: &Platform, org: &Org, customer: &str, intent: &Intent) -> Result<Session> {
    let stripe = &p.payments()?.stripe;
    let key = intent.idempotency_key();
    // From the intent's own time, so that asking again asks for the same.
    let expires_at = intent.created_at.plus(OPEN_FOR);
    match &intent.purpose {
        Purpose::Subscribe {
            plan,
            interval,
            success_url,
            cancel_url,
        } => {
            let prepared = prepare::prepared(p).await?;
            let price = prepared
                .price(*plan, *interval)
                .ok_or(Error::PlanNotSelfServe { plan: *plan })?;
            let new = NewCheckout {
                customer,
                price,
                org: &org.id,
                intent: &intent.id,
                plan: *plan,
                interval: *interval,
                success_url,
                cancel_url,
                expires_at: Some(expires_at),
            };
            Ok(stripe.checkout_subscription(&key, &new).await?)
        }
        Purpose::AttachCard {
            success_url,
            cancel_url,
        } => {
            let new = NewSetup {
                customer,
                org: &org.id,
                intent: &intent.id,
                success_url,
                cancel_url,
                expires_at: Some(expires_at),
            };
            Ok(stripe.checkout_setup(&key, &new).await?)
        }
        _ => Err(Error::Internal),
    }
}

async fn close(stripe: &Stripe, intent: &Intent, session: &str) -> Result<()> {
    let key = format!("{}-expire", intent.idempotency_key());
    stripe.expire_session(&key, session).await?;
    Ok(())
}

async fn end(p: &Platform, intent: &Intent) -> Result<()> {
    let mut tx = p.store().begin().await?;
    let ended = IntentStatus::Ended;
    store::intents::advance(&mut tx, &intent.id, ended, (None, None), None, p.now()).await?;
    Ok(tx.commit().await?)
}

async fn keep(
    p: &Platform,
    actor: &Actor,
    intent: &Intent,
    session: &Session,
    checkout: &Checkout,
    request: &RequestId,
    answer: Option<Answer<'_, Checkout>>,
) -> Result<()> {
    let mut tx = p.store().begin().await?;
    store::orgs::lock(&mut tx, &intent.org).await?;
    let before = store::intents::find(&mut tx, &intent.id).await?;
    let object = (Some(session.id.as_str()), session.url.as_deref());
    let expires_at = Some(session.expires_at);
    let waiting = IntentStatus::Waiting;
    if !store::intents::advance(&mut tx, &intent.id, waiting, object, expires_at, p.now()).await? {
        return Err(Error::CheckoutSuperseded);
    }
    if before.is_some_and(|intent| intent.status == IntentStatus::Open) {
        let data =
            serde_json::json!({"plan": checkout.plan, "intent": intent.id, "session": session.id});
        events::tell(
            p,
            &mut tx,
            EventType::BillingCheckoutCreated,
            actor.recorded(),
            (&intent.org, intent.id.as_str()),
            Some(request),
            &data.to_string(),
        )
        .await?;
    }
    if let Some(answer) = answer {
        answer.store(&mut tx, checkout).await?;
    }
    Ok(tx.commit().await?)
}

fn addresses(p: &Platform, org: &OrgId, back: &Return) -> Result<(String, String)> {
    let page = format!("/orgs/{org}/billing");
    let success = match &back.success {
        Some(given) => allowed(p, "successUrl", given)?,
        None => format!("{}?confirming=1", at(p, &page)),
    };
    let cancel = match &back.cancel {
        Some(given) => allowed(p, "cancelUrl", given)?,
        None => at(p, &page),
    };
    Ok((success, cancel))
}

fn at(p: &Platform, path: &str) -> String {
    let base = p.settings().public_url.as_str().trim_end_matches('/');
    format!("{base}{path}")
}

/// An address people may be sent back to: of the console's own origin. Stripe's placeholder
/// `{CHECKOUT_SESSION_ID}` may stand in it.
pub(crate) fn allowed(p: &Platform, field: &'static str, given: &str) -> Result<String> {
    let refused = Error::RedirectUrlNotAllowed { field };
    if given.len() > 2048 {
        return Err(refused);
    }
    match Url::parse(given) {
        Ok(url)
            if url.origin() == p.settings().public_url.origin()
                && url.username().is_empty()
                && url.password().is_none() =>
        {
            Ok(given.to_owned())
        }
        _ => Err(refused),
    }
}
