//! Why the state is what it is: the rule that decided, with the facts it looked at.

use domain::billing::facts;
use domain::billing::remote;
use domain::billing::state::Reason;
use serde::Serialize;
use utoipa::ToSchema;

use crate::me::Instant;

/// The first rule that fits decides; the other fields are what that rule looked at.
#[derive(Serialize, ToSchema, Default)]
#[serde(rename_all = "camelCase")]
pub struct StateReason<'a> {
    /// `restricted`, `subscription_unpaid`, `invoice_uncollectible`, `grace_over`, `payment_failing`,
    /// `contract_in_force`, `subscribed`, `pay_as_you_go`, `grant_left` or `nothing_left`.
    #[schema(example = "grant_left")]
    rule: &'static str,
    /// With `restricted`: the platform's staff hold the organisation back.
    #[schema(nullable = false)]
    #[serde(skip_serializing_if = "Option::is_none")]
    restriction: Option<Restriction<'a>>,
    /// With `subscribed`, and with `subscription_unpaid`: given up after the last attempt to collect.
    #[schema(nullable = false, example = "sub_1QExample")]
    #[serde(skip_serializing_if = "Option::is_none")]
    subscription_id: Option<&'a str>,
    /// With `subscribed`.
    #[schema(nullable = false, example = "personal")]
    #[serde(skip_serializing_if = "Option::is_none")]
    plan_key: Option<&'static str>,
    /// With `invoice_uncollectible`: given up.
    #[schema(nullable = false)]
    #[serde(skip_serializing_if = "Option::is_none")]
    invoice: Option<UnpaidInvoice<'a>>,
    /// With `payment_failing` and `grace_over`: the invoice that is owed, if it is one.
    #[schema(nullable = false, example = "in_1QExample")]
    #[serde(skip_serializing_if = "Option::is_none")]
    invoice_id: Option<&'a str>,
    /// With `payment_failing` and `grace_over`: since when money is owed.
    #[schema(value_type = Option<String>, format = DateTime, nullable = false)]
    #[serde(skip_serializing_if = "Option::is_none")]
    since: Option<Instant>,
    /// With `payment_failing`: until when that is borne.
    #[schema(value_type = Option<String>, format = DateTime, nullable = false)]
    #[serde(skip_serializing_if = "Option::is_none")]
    grace_ends_at: Option<Instant>,
    /// With `grace_over`: until when it was borne.
    #[schema(value_type = Option<String>, format = DateTime, nullable = false)]
    #[serde(skip_serializing_if = "Option::is_none")]
    ended_at: Option<Instant>,
    /// With `contract_in_force`.
    #[schema(nullable = false)]
    #[serde(skip_serializing_if = "Option::is_none")]
    contract: Option<Contract<'a>>,
    /// With `pay_as_you_go`: what is charged.
    #[schema(nullable = false)]
    #[serde(skip_serializing_if = "Option::is_none")]
    card: Option<Card<'a>>,
    /// With `grant_left`: calls.
    #[schema(nullable = false, example = 240)]
    #[serde(skip_serializing_if = "Option::is_none")]
    remaining: Option<i64>,
    /// With `grant_left` and `nothing_left`: calls.
    #[schema(nullable = false, example = 250)]
    #[serde(skip_serializing_if = "Option::is_none")]
    total: Option<i64>,
}

/// What the platform's staff decided.
#[derive(Serialize, ToSchema)]
#[schema(as = BillingRestriction)]
pub struct Restriction<'a> {
    /// `abuse`, `legal` or `manual`.
    #[schema(example = "manual")]
    kind: &'static str,
    #[schema(value_type = String, format = DateTime)]
    since: Instant,
    #[schema(example = "Please write to billing@example.com.")]
    note: &'a str,
}

/// An invoice that was asked for in vain.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct UnpaidInvoice<'a> {
    #[schema(example = "in_1QExample")]
    id: &'a str,
    #[schema(required, example = "NW-0001")]
    number: Option<&'a str>,
    #[schema(example = "uncollectible")]
    status: &'static str,
    #[schema(example = 5500)]
    amount_due_cents: i64,
    #[schema(example = 5500)]
    amount_remaining_cents: i64,
    #[schema(value_type = String, format = DateTime)]
    created_at: Instant,
}

/// A commercial contract.
#[derive(Serialize, ToSchema)]
#[schema(as = BillingContract)]
#[serde(rename_all = "camelCase")]
pub struct Contract<'a> {
    id: &'a str,
    #[schema(value_type = String, format = DateTime)]
    starts_at: Instant,
    #[schema(value_type = Option<String>, format = DateTime, required)]
    ends_at: Option<Instant>,
}

/// The card that is charged, as far as it is shown.
#[derive(Serialize, ToSchema)]
#[schema(as = BillingCard)]
#[serde(rename_all = "camelCase")]
pub struct Card<'a> {
    #[schema(example = "visa")]
    brand: &'a str,
    #[schema(example = "4242")]
    last4: &'a str,
    #[schema(example = 4)]
    exp_month: i64,
    #[schema(example = 2030)]
    exp_year: i64,
}

impl<'a> From<&'a Reason> for StateReason<'a> {
    fn from(reason: &'a Reason) -> Self {
        let rule = Self {
            rule: reason.name(),
            ..Self::default()
        };
        match reason {
            Reason::Restricted { restriction } => Self {
                restriction: Some(restriction.into()),
                ..rule
            },
            Reason::SubscriptionUnpaid { subscription } => Self {
                subscription_id: Some(subscription),
                ..rule
            },
            Reason::InvoiceUncollectible { invoice } => Self {
                invoice: Some(invoice.into()),
                ..rule
            },
            Reason::GraceOver {
                since,
                ended_at,
                invoice,
            } => Self {
                since: Some(Instant(*since)),
                ended_at: Some(Instant(*ended_at)),
                invoice_id: invoice.as_deref(),
                ..rule
            },
            Reason::PaymentFailing {
                since,
                grace_ends_at,
                invoice,
            } => Self {
                since: Some(Instant(*since)),
                grace_ends_at: Some(Instant(*grace_ends_at)),
                invoice_id: invoice.as_deref(),
                ..rule
            },
            Reason::ContractInForce { contract } => Self {
                contract: Some(contract.into()),
                ..rule
            },
            Reason::Subscribed { subscription, plan } => Self {
                subscription_id: Some(subscription),
                plan_key: Some(plan.as_str()),
                ..rule
            },
            Reason::PayAsYouGo { card } => Self {
                card: Some(card.into()),
                ..rule
            },
            Reason::GrantLeft { remaining, total } => Self {
                remaining: Some(*remaining),
                total: Some(*total),
                ..rule
            },
            Reason::NothingLeft { total } => Self {
                total: Some(*total),
                ..rule
            },
        }
    }
}

impl<'a> From<&'a facts::Restriction> for Restriction<'a> {
    fn from(restriction: &'a facts::Restriction) -> Self {
        Self {
            kind: restriction.kind.as_str(),
            since: Instant(restriction.since),
            note: &restriction.note,
        }
    }
}

impl<'a> From<&'a remote::Invoice> for UnpaidInvoice<'a> {
    fn from(invoice: &'a remote::Invoice) -> Self {
        Self {
            id: &invoice.id,
            number: invoice.number.as_deref(),
            status: invoice.status.as_str(),
            amount_due_cents: invoice.due.as_cents(),
            amount_remaining_cents: invoice.remaining.as_cents(),
            created_at: Instant(invoice.created_at),
        }
    }
}

impl<'a> From<&'a facts::Contract> for Contract<'a> {
    fn from(contract: &'a facts::Contract) -> Self {
        Self {
            id: contract.id.as_str(),
            starts_at: Instant(contract.starts_at),
            ends_at: contract.ends_at.map(Instant),
        }
    }
}

impl<'a> From<&'a remote::Card> for Card<'a> {
    fn from(card: &'a remote::Card) -> Self {
        Self {
            brand: &card.brand,
            last4: &card.last4,
            exp_month: card.exp_month,
            exp_year: card.exp_year,
        }
    }
}
