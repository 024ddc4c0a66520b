//! The platform's staff: who they are, what they may, and that it is told.

use domain::billing::facts::RestrictionKind;
use domain::billing::state::BillingState;
use domain::time::Span;
use platform::billing::operators::{self, Act, Operator};
use platform::{Error, keys};
use store::Kind;

use super::support::Shop;

#[tokio::test]
async fn a_contract_holds_from_its_start_to_its_end() {
    let shop = Shop::open(Kind::Sqlite).await;
    let p = &shop.world.platform;
    let now = shop.world.now();
    let operator = Operator::CommandLine;
    let act = Act::RecordContract {
        starts_at: now.plus(Span::days(1)),
        ends_at: None,
    };
    operators::act(p, &operator, &shop.org, &act, None)
        .await
        .unwrap();
    assert_eq!(shop.state().await, BillingState::SandboxGrant);
    shop.world.clock.advance(Span::days(1));
    assert_eq!(shop.state().await, BillingState::CommercialActive);
    let dossier = operators::dossier(p, &operator, &shop.org).await.unwrap();
    let contract = dossier.account.facts.contracts[0].id.clone();
    shop.world.clock.advance(Span::days(1));
    let at = shop.world.now();
    let state = operators::act(
        p,
        &operator,
        &shop.org,
        &Act::EndContract { contract, at },
        None,
    )
    .await;
    assert_eq!(state.unwrap(), BillingState::SandboxGrant);
}

#[tokio::test]
async fn a_restriction_stops_new_keys_until_it_is_lifted() {
    let shop = Shop::open(Kind::Sqlite).await;
    let w = &shop.world;
    let operator = Operator::CommandLine;
    let act = Act::Restrict {
        kind: RestrictionKind::Abuse,
        note: "Scraping through many accounts.".to_owned(),
    };
    let state = operators::act(&w.platform, &operator, &shop.org, &act, None)
        .await
        .unwrap();
    assert_eq!(state, BillingState::RestrictedReadOnly);
    let refused = w.key(&shop.owner, &shop.org, "another").await;
    assert!(matches!(refused, Err(Error::AccountRestricted { .. })));
    // What is there can still be ended.
    let page = keys::list(&w.platform, &shop.owner, &shop.org, None, 10)
        .await
        .unwrap();
    let key = &page.keys[0].id;
    keys::revoke_key(&w.platform, &shop.owner, &shop.org, key, &w.request())
        .await
        .unwrap();
    operators::act(
        &w.platform,
        &operator,
        &shop.org,
        &Act::ClearRestriction,
        None,
    )
    .await
    .unwrap();
    w.key(&shop.owner, &shop.org, "another").await.unwrap();
}

#[tokio::test]
async fn an_organisation_is_not_there_for_who_is_no_staff() {
    let shop = Shop::open(Kind::Sqlite).await;
    let w = &shop.world;
    let olga = Operator::Person(w.person("olga").await.person);
    let ada = Operator::Person(w.person("eve").await.person);
    let act = Act::SetCredit { calls: 1000 };
    let refused = operators::act(&w.platform, &ada, &shop.org, &act, None).await;
    assert!(matches!(refused, Err(Error::NotFound)));
    assert!(matches!(
        operators::dossier(&w.platform, &ada, &shop.org).await,
        Err(Error::NotFound)
    ));
    assert!(
        operators::orgs(&w.platform, &ada, "", None, None)
            .await
            .is_err()
    );
    assert!(
        operators::compared(&w.platform, &ada, &shop.org)
            .await
            .is_err()
    );
    assert!(
        operators::repair(&w.platform, &ada, &shop.org)
            .await
            .is_err()
    );
    operators::act(&w.platform, &olga, &shop.org, &act, None)
        .await
        .unwrap();
    let dossier = operators::dossier(&w.platform, &olga, &shop.org)
        .await
        .unwrap();
    assert_eq!(dossier.account.facts.grant.total(), 1250);
    let found = operators::orgs(&w.platform, &olga, "northw", None, None)
        .await
        .unwrap();
    assert_eq!(found.len(), 1);
    assert!(
        operators::orgs(&w.platform, &olga, "%", None, None)
            .await
            .unwrap()
            .is_empty()
    );
}

/// A verified address is what makes staff; the same address, unverified, is anybody's.
#[tokio::test]
async fn an_unverified_address_makes_nobody_staff() {
    let shop = Shop::open(Kind::Sqlite).await;
    let mut olga = shop.world.person("olga").await.person;
    assert!(
        operators::is_operator(&shop.world.platform, &olga)
            .await
            .unwrap()
    );
    olga.user.email_verified = false;
    assert!(
        !operators::is_operator(&shop.world.platform, &olga)
            .await
            .unwrap()
    );
}
