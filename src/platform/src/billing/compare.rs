//! Our facts beside the provider's, row by row.

use domain::billing::facts::Facts;
use domain::billing::remote::{Invoice, Subscription};
use domain::id::OrgId;
use domain::time::Micros;

use crate::{Platform, Result};

/// One fact as both sides have it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    pub fact: &'static str,
    pub ours: String,
    pub theirs: String,
}

impl Row {
    pub fn differs(&self) -> bool {
        self.ours != self.theirs
    }
}

/// Both sides, fetched now. `None` when there is no customer to compare.
pub(crate) async fn compare(p: &Platform, org: &OrgId) -> Result<Option<Vec<Row>>> {
    let mut db = p.store().read().await?;
    let billing = super::load(p, &mut db, org).await?;
    let customer = store::customers::of(&mut db, org).await?;
    drop(db);
    let Some(customer) = customer else {
        return Ok(None);
    };
    let snapshot = match p.payments()?.stripe.snapshot(&customer.stripe_id).await {
        Ok(snapshot) => snapshot,
        Err(providers::stripe::Error::Missing { .. }) => {
            return Ok(Some(vec![Row {
                fact: "Customer",
                ours: customer.stripe_id,
                theirs: "deleted".to_owned(),
            }]));
        }
        Err(error) => return Err(error.into()),
    };
    let theirs = billing.facts.learn(&snapshot);
    let mut rows = vec![Row {
        fact: "Customer",
        ours: customer.stripe_id,
        theirs: snapshot.customer.id,
    }];
    rows.extend(facts(&billing.facts, &theirs));
    Ok(Some(rows))
}

fn facts(ours: &Facts, theirs: &Facts) -> Vec<Row> {
    let row = |fact, tell: &dyn Fn(&Facts) -> String| Row {
        fact,
        ours: tell(ours),
        theirs: tell(theirs),
    };
    vec![
        row("Plan subscription", &|f| {
            subscription(f.plan.as_ref().map(|plan| &plan.subscription))
        }),
        row("Period ends", &|f| {
            let end = f
                .plan
                .as_ref()
                .and_then(|plan| plan.subscription.period_end);
            end.map_or_else(none, Micros::rfc3339)
        }),
        row("Cancels at period end", &|f| match &f.plan {
            Some(plan) => plan.subscription.cancel_at_period_end.to_string(),
            None => none(),
        }),
        row("Usage subscription", &|f| subscription(f.usage.as_ref())),
        row("Card", &|f| match &f.card {
            Some(card) => format!("{} {} {}", card.id, card.brand, card.last4),
            None => none(),
        }),
        row("Unpaid invoices", &|f| {
            let all: Vec<String> = f.unpaid.iter().map(invoice).collect();
            if all.is_empty() {
                none()
            } else {
                all.join(", ")
            }
        }),
    ]
}

fn subscription(subscription: Option<&Subscription>) -> String {
    match subscription {
        Some(s) => format!(
            "{} {} {}",
            s.id,
            s.status.as_str(),
            s.price.as_deref().unwrap_or("no price")
        ),
        None => none(),
    }
}

fn invoice(invoice: &Invoice) -> String {
    format!(
        "{} {} {}",
        invoice.id,
        invoice.status.as_str(),
        invoice.remaining
    )
}

fn none() -> String {
    "none".to_owned()
}
