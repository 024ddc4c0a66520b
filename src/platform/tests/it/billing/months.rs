//! Months: the grant that renews, usage that is closed and invoiced, and states of the past.

use domain::billing::plan::{Interval, PlanKey};
use domain::billing::state::BillingState;
use domain::money::Usd;
use domain::time::{Micros, Span};
use platform::billing::{account, dev, operators, round};
use store::Kind;

use super::support::Shop;

async fn renewal(kind: Kind) {
    let shop = Shop::open(kind).await;
    let p = &shop.world.platform;
    shop.world.clock.advance(Span::minutes(1));
    dev::use_grant(p, &shop.org, None).await.unwrap();
    assert_eq!(shop.state().await, BillingState::PaygPendingCard);
    let december = shop.world.now().next_month();
    shop.world.clock.set(december.minus(Span(1)));
    assert_eq!(shop.state().await, BillingState::PaygPendingCard);
    shop.world.clock.set(december);
    assert_eq!(shop.state().await, BillingState::SandboxGrant);
    // Noticed late, and yet told as it was.
    shop.world.clock.advance(Span::minutes(7));
    round::turn(p).await.unwrap();
    let account = account::account(p, &shop.owner, &shop.org, None)
        .await
        .unwrap();
    assert_eq!(account.since, december);
    let past = |at| account::account(p, &shop.owner, &shop.org, Some(at));
    let state = |account: account::Account| account.standing.state;
    assert_eq!(
        state(past(december.minus(Span(1))).await.unwrap()),
        BillingState::PaygPendingCard
    );
    assert_eq!(
        state(past(december).await.unwrap()),
        BillingState::SandboxGrant
    );
    let created = testkit::ManualClock::START;
    assert_eq!(
        state(past(created).await.unwrap()),
        BillingState::SandboxGrant
    );
    assert!(past(created.minus(Span(1))).await.is_err());
    assert!(past(shop.world.now().plus(Span(1))).await.is_err());
}

/// The invoice is what the ledger says, to the cent.
async fn invoice(kind: Kind) {
    let shop = Shop::open(kind).await;
    let p = &shop.world.platform;
    let checkout = shop
        .subscribe(PlanKey::Personal, Interval::Annual)
        .await
        .unwrap();
    shop.world.till().pay(&checkout.url.unwrap(), "4242").await;
    shop.look().await;
    // The usage subscription was made by that look, and is learned by the next.
    shop.look().await;
    // 1,001 x $0.0042 and 7 x $0.175: $4.2042 and $1.225, which is 420 and 122 cents (half to even).
    let core = dev::add_usage(p, &shop.org, "entity_resolve", 1001)
        .await
        .unwrap();
    let questions = dev::add_usage(p, &shop.org, "intelligence_query", 7)
        .await
        .unwrap();
    assert_eq!(
        (core, questions),
        (Usd::micros(4_204_200), Usd::micros(1_225_000))
    );
    let december = shop.world.now().next_month();
    shop.world.clock.set(december.plus(Span::minutes(11)));
    round::turn(p).await.unwrap();
    round::catch_up(p).await.unwrap();
    round::turn(p).await.unwrap();
    let dossier = operators::dossier(p, &operators::Operator::CommandLine, &shop.org)
        .await
        .unwrap();
    assert_eq!(dossier.reports.len(), 1);
    assert_eq!(dossier.reports[0].amount_cents, 542);
    assert!(
        dossier.reports[0].sent_at.is_some(),
        "{:?}",
        dossier.reports[0]
    );
    shop.pass(Span::days(32)).await;
    shop.look().await;
    let invoices = account::invoices(p, &shop.owner, &shop.org).await.unwrap();
    let usage: Vec<Usd> = invoices
        .iter()
        .map(|invoice| invoice.due)
        .filter(|due| !due.is_zero() && *due < Usd::micros(100_000_000))
        .collect();
    assert_eq!(usage, [Usd::cents(542).unwrap()]);
}

#[tokio::test]
async fn the_grant_renews_with_the_utc_month_on_sqlite() {
    renewal(Kind::Sqlite).await;
}

#[tokio::test]
async fn the_grant_renews_with_the_utc_month_on_postgres() {
    renewal(Kind::Postgres).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_closed_month_is_invoiced_to_the_cent_on_sqlite() {
    invoice(Kind::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_closed_month_is_invoiced_to_the_cent_on_postgres() {
    invoice(Kind::Postgres).await;
}

#[tokio::test]
async fn history_has_every_change_with_its_cause() {
    let shop = Shop::open(Kind::Sqlite).await;
    let p = &shop.world.platform;
    dev::use_grant(p, &shop.org, None).await.unwrap();
    let checkout = shop.activate().await.unwrap();
    shop.world.till().pay(&checkout.url.unwrap(), "4242").await;
    shop.look().await;
    let changes = account::history(p, &shop.owner, &shop.org).await.unwrap();
    let told: Vec<(&str, &str)> = changes
        .iter()
        .map(|change| (change.cause.as_str(), change.state.as_str()))
        .collect();
    assert_eq!(
        told,
        [
            ("reconciled", "payg_active"),
            ("usage", "payg_pending_card"),
            ("created", "sandbox_grant"),
        ]
    );
    assert!(
        changes
            .iter()
            .all(|change| change.recorded_at <= Micros(i64::MAX))
    );
}

/// A card in force cannot change its prices; its words can, and a card that left the file is kept.
#[tokio::test]
async fn rate_cards_that_were_in_force_are_kept_as_they_were() {
    use domain::billing::catalogue::Catalogue;
    use platform::catalogue::{Unusable, builtin, with_kept};

    let shop = Shop::open(Kind::Sqlite).await;
    let (store, now) = (&shop.world.store, shop.world.now());
    let first = (*builtin().cards()[0]).clone();
    with_kept(store, &builtin(), now).await.unwrap();
    let mut worded = first.clone();
    worded.plans[1].name = "Metered".to_owned();
    let file = Catalogue::new(vec![worded]).unwrap();
    let kept = with_kept(store, &file, now).await.unwrap();
    assert_eq!(kept.cards()[0].plans[1].name, "Metered");
    let mut dearer = first.clone();
    dearer.families[1].unit = Usd::micros(7_000);
    let file = Catalogue::new(vec![dearer.clone()]).unwrap();
    let refused = with_kept(store, &file, now).await;
    assert!(matches!(refused, Err(Unusable::Changed(version)) if version == first.version));
    dearer.version = "rc_2027_01_01".to_owned();
    dearer.effective_from = now.next_month();
    let file = Catalogue::new(vec![dearer]).unwrap();
    let both = with_kept(store, &file, now).await.unwrap();
    assert_eq!(both.at(now).version, first.version);
    assert_eq!(both.at(now.next_month()).version, "rc_2027_01_01");
}
