//! Sending a person to the provider's billing portal.

use domain::id::{OrgId, RequestId};
use domain::role::Permission;
use providers::stripe::PortalFlow;

use super::{checkout, prepare};
use crate::keys::Answer;
use crate::{Actor, Error, Platform, Result, access};

#[derive(Debug, Clone)]
pub struct Portal {
    pub id: String,
    pub org: OrgId,
    pub url: String,
    pub livemode: bool,
}

/// Where in the portal the person begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Task {
    Overview,
    UpdateCard,
    ChangePlan,
    Cancel,
}

/// Opens a portal session. It changes nothing by itself, so no intent is written down for it.
pub async fn open(
    p: &Platform,
    actor: &Actor,
    org: &OrgId,
    (task, return_url): (Task, Option<&str>),
    request: &RequestId,
    answer: Option<Answer<'_, Portal>>,
) -> Result<Portal> {
    let mut db = p.store().read().await?;
    access::authorise(&mut db, actor, org, Permission::ManageBilling).await?;
    let back = if let Some(given) = return_url {
        checkout::allowed(p, "returnUrl", given)?
    } else {
        let base = p.settings().public_url.as_str().trim_end_matches('/');
        format!("{base}/orgs/{org}/billing?confirming=1")
    };
    let stripe = &p.payments()?.stripe;
    let customer = store::customers::of(&mut db, org)
        .await?
        .ok_or(Error::BillingCustomerMissing)?;
    let facts = super::load(p, &mut db, org).await?.facts;
    drop(db);
    let live = facts
        .plan
        .as_ref()
        .map(|plan| &plan.subscription)
        .filter(|s| s.status.is_live());
    let flow = match (task, live) {
        (Task::UpdateCard, _) => Some(PortalFlow::PaymentMethodUpdate),
        (Task::ChangePlan, Some(s)) => Some(PortalFlow::SubscriptionUpdate {
            subscription: &s.id,
        }),
        (Task::Cancel, Some(s)) => Some(PortalFlow::SubscriptionCancel {
            subscription: &s.id,
        }),
        _ => None,
    };
    let configuration = prepare::prepared(p).await?.portal.clone();
    let key = format!("secapi-portal-{org}-{request}");
    let opened = stripe
        .portal(
            &key,
            &customer.stripe_id,
            &back,
            configuration.as_deref(),
            flow,
        )
        .await?;
    let portal = Portal {
        id: opened.id,
        org: org.clone(),
        url: opened.url,
        livemode: stripe.livemode(),
    };
    if let Some(answer) = answer {
        let mut tx = p.store().begin().await?;
        answer.store(&mut tx, &portal).await?;
        tx.commit().await?;
    }
    Ok(portal)
}
