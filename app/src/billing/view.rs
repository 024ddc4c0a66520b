use domain::billing::catalogue::RateCard;
use domain::billing::facts::Facts;
use domain::billing::plan::{Interval, PlanKey};
use domain::billing::remote::{Invoice, Purpose, Subscription};
use domain::billing::state::{BillingState, Standing};
use domain::money::Usd;
use domain::time::{Micros, Span};

use crate::ui::ServerError;

/// Everything the page shows.
#[derive(Clone, Debug)]
pub struct BillingView {
    pub org_id: String,
    pub now: Micros,
    pub base_url: String,
    /// How long a failed payment is borne.
    pub grace: Span,
    pub facts: Facts,
    pub standing: Standing,
    pub since: Micros,
    pub rates: std::sync::Arc<RateCard>,
    pub may: May,
    /// The payment provider knows the organisation, so its portal can be opened.
    pub customer: bool,
    pub working_keys: i64,
    pub usage: Vec<UsageLine>,
    /// Newest first.
    pub invoices: Vec<Invoice>,
    /// Newest first.
    pub history: Vec<ChangeRow>,
    /// How the prices of plans are shown, and which plan is chosen in the form.
    pub interval: Interval,
    pub chosen: Option<PlanKey>,
    /// A Checkout that was begun and not finished.
    pub open: Option<OpenCheckout>,
    pub confirmation: Option<Confirmation>,
    pub refused: Option<ServerError>,
    /// The day asked about, as typed, and what is wrong with it.
    pub as_of: String,
    pub as_of_error: Option<String>,
    pub past: Option<Past>,
}

/// What the viewer can do here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum May {
    Act,
    /// Their role only looks.
    Look,
    /// No payment provider is configured: there is nothing to do for anybody.
    NoPayments,
}

/// A month's calls of one family at one price.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UsageLine {
    pub plan: String,
    /// The family's key on the rate card.
    pub family: String,
    pub units: i64,
    pub unit: Usd,
    pub amount: Usd,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChangeRow {
    pub at: Micros,
    pub state: BillingState,
    /// The same state as before: something else was learned.
    pub same: bool,
    pub because: String,
    /// What became known: `card, unpaid invoices`.
    pub learned: String,
    /// Who or what told us, and by which id.
    pub caused: String,
    pub reference: Option<String>,
}

/// A Checkout to go on with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenCheckout {
    pub what: String,
    pub url: String,
    pub expires: Option<Micros>,
}

/// After the return from the payment provider.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Confirmation {
    /// A Checkout of ours is still open as far as we know.
    pub waiting: bool,
    /// A browser with script asks whether there is something new.
    pub poll: bool,
    /// Where a browser without script asks again; `None` after the last time.
    pub again: Option<String>,
    /// Changes with whatever the page shows.
    pub mark: String,
    /// The provider could not be asked.
    pub unanswered: Option<ServerError>,
}

/// How it was at the end of a day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Past {
    pub at: Micros,
    pub state: BillingState,
    pub because: String,
    pub plan: String,
    pub since: Micros,
}

impl BillingView {
    /// The plan's subscription while it can still be changed.
    pub fn live(&self) -> Option<&Subscription> {
        self.facts
            .plan
            .as_ref()
            .map(|plan| &plan.subscription)
            .filter(|subscription| subscription.status.is_live())
    }

    pub fn interval_of(subscription: &Subscription) -> Interval {
        match subscription.purpose {
            Purpose::Plan { interval, .. } => interval,
            Purpose::Usage => Interval::Monthly,
        }
    }

    /// What this month's calls come to, each line rounded once.
    pub fn used(&self) -> Usd {
        let cents = self.usage.iter().map(|line| line.amount.as_cents()).sum();
        Usd::cents(cents).unwrap_or(Usd::ZERO)
    }

    /// What they would come to on another plan.
    pub fn used_on(&self, plan: PlanKey) -> Option<Usd> {
        let mut cents = 0;
        for line in &self.usage {
            let family = self.rates.families.iter().find(|f| f.key == line.family)?;
            let amount = self.rates.unit_price(plan, family).times(line.units)?;
            cents += amount.as_cents();
        }
        Usd::cents(cents)
    }

    /// Whether acts of the portal lead anywhere.
    pub fn portal(&self) -> bool {
        self.may == May::Act && self.customer
    }
}
