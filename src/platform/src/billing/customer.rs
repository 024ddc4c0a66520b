//! What every paying organisation has at the provider: one customer, and one subscription for usage.

use domain::billing::facts::Facts;
use domain::billing::intent::{Intent, IntentStatus, Purpose};
use domain::id::{IntentId, OrgId};
use domain::org::Org;
use domain::time::Span;
use store::Tx;
use store::billing::Account;

use crate::{Error, Platform, Result};

/// After this long without an answer, asking under the same key is given up: Stripe repeats a failure of
/// its own under its key for a day. What may have come of it is a Checkout or a customer that nobody
/// was told of; a subscription would have been seen by the look that comes before.
const STUCK: Span = Span::minutes(10);

/// The organisation's customer, made now if there is none. However many ask at once, and however often
/// an answer is lost, the intent's key makes it one.
pub(crate) async fn ensure(p: &Platform, org: &Org, email: Option<&str>) -> Result<String> {
    let mut db = p.store().read().await?;
    if let Some(known) = store::customers::of(&mut db, &org.id).await? {
        return Ok(known.stripe_id);
    }
    drop(db);
    let purpose = Purpose::Customer {
        email: email.map(str::to_owned),
        name: org.name.as_str().to_owned(),
    };
    let Some(intent) = open(p, &org.id, &purpose, |_| Ok(())).await? else {
        // Made a moment ago by somebody else.
        let mut db = p.store().read().await?;
        let known = store::customers::of(&mut db, &org.id).await?;
        return known.map(|known| known.stripe_id).ok_or(Error::Internal);
    };
    let Purpose::Customer { email, name } = &intent.purpose else {
        return Err(Error::Internal);
    };
    let stripe = &p.payments()?.stripe;
    let key = intent.idempotency_key();
    let made = stripe
        .create_customer(&key, &org.id, email.as_deref(), name)
        .await?;
    let now = p.now();
    let mut tx = p.store().begin().await?;
    store::customers::upsert(&mut tx, &org.id, &made, now).await?;
    let object = (Some(made.id.as_str()), None);
    store::intents::advance(&mut tx, &intent.id, IntentStatus::Done, object, None, now).await?;
    tx.commit().await?;
    Ok(made.id)
}

/// Writes an intent down, or finds the pending one of its kind. `check` sees the facts as they stand
/// while nobody else can change them; `None` when what is meant is there already.
pub(crate) async fn open(
    p: &Platform,
    org: &OrgId,
    purpose: &Purpose,
    check: impl FnOnce(&Facts) -> Result<()>,
) -> Result<Option<Intent>> {
    let now = p.now();
    let intent = Intent {
        id: IntentId::new(now, p.chance()),
        org: org.clone(),
        purpose: purpose.clone(),
        status: IntentStatus::Open,
        object: None,
        url: None,
        created_at: now,
        expires_at: None,
    };
    let mut tx = p.store().begin().await?;
    let account = super::begin(&mut tx, org).await?;
    check(&account.facts)?;
    let pending = store::intents::pending(&mut tx, org).await?;
    let same_kind = |other: &Intent| other.purpose.kind() == purpose.kind();
    if let Some(earlier) = pending.into_iter().find(same_kind) {
        let stuck = earlier.status == IntentStatus::Open && earlier.created_at.plus(STUCK) < now;
        if !stuck {
            return Ok(Some(earlier));
        }
        let ended = IntentStatus::Ended;
        store::intents::advance(&mut tx, &earlier.id, ended, (None, None), None, now).await?;
    }
    if is_there(&mut tx, &account, purpose).await? {
        return Ok(None);
    }
    store::intents::insert(&mut tx, &intent).await?;
    tx.commit().await?;
    Ok(Some(intent))
}

/// Whether an earlier intent brought it about, even if no look has seen it yet.
async fn is_there(tx: &mut Tx, account: &Account, purpose: &Purpose) -> Result<bool> {
    match purpose {
        Purpose::Customer { .. } => Ok(store::customers::of(tx, &account.org).await?.is_some()),
        Purpose::UsageSubscription => {
            let made = store::intents::last_done(tx, &account.org, purpose.kind()).await?;
            let known = account.facts.usage.as_ref();
            let ended = known.filter(|s| !s.status.is_live()).map(|s| s.id.as_str());
            Ok(made.is_some_and(|intent| intent.object.as_deref() != ended))
        }
        Purpose::Subscribe { .. } | Purpose::AttachCard { .. } => Ok(false),
    }
}

/// Makes the subscription that usage is invoiced on, once there is a card and something to invoice.
pub(crate) async fn ensure_usage_subscription(
    p: &Platform,
    org: &OrgId,
    customer: &str,
) -> Result<()> {
    let mut db = p.store().read().await?;
    let account = store::billing::load(&mut db, org)
        .await?
        .ok_or(Error::NotFound)?;
    drop(db);
    let facts = &account.facts;
    let live = facts.usage.as_ref().is_some_and(|s| s.status.is_live());
    let paying = facts.payg.is_some()
        || facts
            .plan
            .as_ref()
            .is_some_and(|plan| plan.subscription.status.is_live());
    if live || !paying || facts.card.is_none() {
        return Ok(());
    }
    let payments = p.payments()?;
    let price = super::prepare::prepared(p).await?.usage_price.clone();
    let purpose = Purpose::UsageSubscription;
    let Some(intent) = open(p, org, &purpose, |_| Ok(())).await? else {
        return Ok(());
    };
    let made = payments
        .stripe
        .usage_subscription(
            &intent.idempotency_key(),
            &providers::stripe::NewUsageSubscription {
                customer,
                price: &price,
                org,
                intent: &intent.id,
                anchor: intent.created_at.next_month(),
            },
        )
        .await?;
    let now = p.now();
    let mut tx = p.store().begin().await?;
    let object = (Some(made.id.as_str()), None);
    store::intents::advance(&mut tx, &intent.id, IntentStatus::Done, object, None, now).await?;
    tx.commit().await?;
    Ok(())
}
