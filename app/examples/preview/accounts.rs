//! What an organisation's account can look like: facts in every state, and the page's view of them.

use app::billing::{BillingView, ChangeRow, Confirmation, May, Past, UsageLine, because};
use domain::billing::facts::{Contract, Facts, Payg, PlanSubscription};
use domain::billing::grant::{Grant, Renewal};
use domain::billing::plan::{Interval, PlanKey};
use domain::billing::remote::{
    Card, Invoice, InvoiceStatus, Purpose, Subscription, SubscriptionStatus,
};
use domain::billing::state::{BillingState, DEFAULT_GRACE, derive};
use domain::id::ContractId;
use domain::money::Usd;
use domain::time::{Micros, Span};

use crate::facts::{BASE, NOW, ORG};

pub fn fresh(used: i64) -> Facts {
    let mut grant = Grant::fresh(250, Renewal::Monthly, NOW);
    grant.used = used;
    Facts::new(grant)
}

pub fn card() -> Card {
    Card {
        id: "pm_1QzCardOfNorthwind".into(),
        brand: "visa".into(),
        last4: "4242".into(),
        exp_month: 8,
        exp_year: 2028,
    }
}

pub fn payg() -> Facts {
    Facts {
        payg: Some(Payg {
            enabled_at: NOW.minus(Span::days(41)),
        }),
        card: Some(card()),
        ..fresh(250)
    }
}

pub fn plan(plan: PlanKey, status: SubscriptionStatus, interval: Interval) -> Facts {
    let subscription = Subscription {
        id: "sub_1QzNorthwindTeam".into(),
        purpose: Purpose::Plan { plan, interval },
        status,
        product: Some("prod_team".into()),
        price: Some("price_team_annual".into()),
        item: Some("si_1".into()),
        created_at: NOW.minus(Span::days(93)),
        period_start: Some(NOW.minus(Span::days(28))),
        period_end: Some(NOW.plus(Span::days(if interval == Interval::Annual {
            337
        } else {
            2
        }))),
        cancel_at_period_end: false,
    };
    Facts {
        plan: Some(PlanSubscription {
            subscription,
            succeeded: true,
        }),
        ..payg()
    }
}

pub fn team() -> Facts {
    plan(PlanKey::Team, SubscriptionStatus::Active, Interval::Annual)
}

pub fn held() -> Contract {
    Contract {
        id: ContractId::new(NOW.minus(Span::days(60)), [7; 10]),
        starts_at: NOW.minus(Span::days(60)),
        ends_at: Some(NOW.plus(Span::days(305))),
    }
}

pub fn failed(since: Micros) -> Facts {
    let open = Invoice {
        status: InvoiceStatus::Open,
        remaining: Usd::micros(412_860_000),
        attempts: 2,
        next_attempt_at: Some(NOW.plus(Span::days(3))),
        paid_at: None,
        ..invoice("SEC-0007", since, 412_860_000)
    };
    Facts {
        unpaid: vec![open],
        ..plan(
            PlanKey::Team,
            SubscriptionStatus::PastDue,
            Interval::Monthly,
        )
    }
}

pub fn invoice(number: &str, at: Micros, micros: i64) -> Invoice {
    Invoice {
        id: format!("in_1Qz{number}"),
        subscription: Some("sub_1QzNorthwindTeam".into()),
        number: Some(number.into()),
        status: InvoiceStatus::Paid,
        due: Usd::micros(micros),
        remaining: Usd::ZERO,
        attempts: 1,
        next_attempt_at: None,
        created_at: at,
        finalized_at: Some(at),
        paid_at: Some(at),
        hosted_url: Some("https://pay.example.com/i/1".into()),
    }
}

pub fn usage(plan: PlanKey) -> Vec<UsageLine> {
    let rates = platform::catalogue::builtin().at(NOW).clone();
    [
        ("core_reads", 48_211),
        ("section_extract", 9_104),
        ("events_structured", 2_960),
        ("intelligence", 91),
    ]
    .into_iter()
    .map(|(family, units)| {
        let found = rates.families.iter().find(|f| f.key == family);
        let unit = rates.unit_price(plan, found.expect("the family is on the card"));
        UsageLine {
            plan: plan.to_string(),
            family: family.into(),
            units,
            unit,
            amount: unit.times(units).expect("a small amount"),
        }
    })
    .collect()
}

pub fn confirmation(waiting: bool) -> Confirmation {
    Confirmation {
        waiting,
        poll: false,
        again: waiting.then(|| "/billing-confirming?confirming=2".into()),
        mark: "0011".into(),
        unanswered: None,
    }
}

pub fn past() -> Past {
    Past {
        at: NOW.minus(Span::days(13)),
        state: BillingState::PaygPendingCard,
        because: "all 250 free calls are used and there is nothing else to pay from".into(),
        plan: "Sandbox".into(),
        since: NOW.minus(Span::days(20)),
    }
}

pub fn view(facts: Facts) -> BillingView {
    let standing = derive(&facts, NOW, DEFAULT_GRACE);
    let rates = platform::catalogue::builtin().at(NOW).clone();
    let subscribed = facts.plan.is_some();
    let mut invoices = facts.unpaid.clone();
    if subscribed {
        invoices.extend((1..4).map(|month| {
            let at = NOW.minus(Span::days(30 * month));
            invoice(
                &format!("SEC-000{}", 7 - month),
                at,
                388_120_000 - month * 18_360_000,
            )
        }));
    }
    let history = history(&facts, &standing.reason);
    BillingView {
        org_id: ORG.into(),
        now: NOW,
        base_url: BASE.into(),
        grace: DEFAULT_GRACE,
        customer: facts.card.is_some(),
        facts,
        standing,
        since: NOW.minus(Span::days(4)),
        rates,
        may: May::Act,
        working_keys: 5,
        usage: Vec::new(),
        invoices,
        history,
        interval: Interval::Annual,
        chosen: None,
        open: None,
        confirmation: None,
        refused: None,
        as_of: String::new(),
        as_of_error: None,
        past: None,
    }
}

pub fn history(facts: &Facts, reason: &domain::billing::state::Reason) -> Vec<ChangeRow> {
    let rates = platform::catalogue::builtin().at(NOW).clone();
    let row =
        |days, state, because: &str, learned: &str, caused: &str, id: Option<&str>| ChangeRow {
            at: NOW.minus(Span::days(days)),
            state,
            same: false,
            because: because.into(),
            learned: learned.into(),
            caused: caused.into(),
            reference: id.map(Into::into),
        };
    let told = "The payment provider told us";
    let mut rows = vec![row(
        4,
        derive(facts, NOW, DEFAULT_GRACE).state,
        &because(reason, &rates),
        "plan, unpaid invoices",
        told,
        Some("evt_1QzInvoicePaymentFailed"),
    )];
    rows.push(ChangeRow {
        same: true,
        ..row(
            12,
            BillingState::TeamActive,
            "the Team plan is subscribed to",
            "card",
            told,
            Some("evt_1QzPaymentMethodAttached"),
        )
    });
    rows.push(row(
        13,
        BillingState::TeamActive,
        "the Team plan is subscribed to",
        "plan, card",
        "Something begun here was completed",
        Some("int_01K9QWERTY"),
    ));
    rows.push(row(
        20,
        BillingState::PaygPendingCard,
        "all 250 free calls are used and there is nothing else to pay from",
        "free calls",
        "A call was made",
        None,
    ));
    rows.push(row(
        93,
        BillingState::SandboxGrant,
        "250 of 250 free calls are left",
        "",
        "The organisation was made",
        None,
    ));
    rows
}
