//! Going on to the payment provider, and coming back: by role, and without anything granted by it.

use std::sync::Arc;

use axum::http::StatusCode;
use domain::role::Role;
use domain::time::Span;
use testkit::{Database, World};

use crate::support::{send, site};

async fn paying() -> World {
    World::paying(Arc::new(Database::sqlite().await)).await
}

#[tokio::test]
async fn only_who_manages_billing_is_sent_on_to_pay() {
    let world = paying().await;
    let owner = world.person("owner").await;
    let org = world.org(&owner, "Own").await.org.id;
    let site = site(&world);
    let checkout = format!("/orgs/{org}/billing/checkout");
    for role in Role::ALL {
        let member = world.member(&org, role, &format!("the-{role}")).await;
        for form in ["planKey=payg", "planKey=team&interval=monthly"] {
            let answer = send(&site, "POST", &checkout, Some(&member), Some(form)).await;
            if matches!(role, Role::Owner | Role::Admin | Role::Billing) {
                assert_eq!(answer.status, StatusCode::SEE_OTHER, "{role}: {form}");
                let hosted = format!("{}/checkout/", world.till().origin());
                assert!(
                    answer.location().starts_with(&hosted),
                    "{}",
                    answer.location()
                );
            } else {
                assert_eq!(answer.status, StatusCode::FORBIDDEN, "{role}: {form}");
            }
        }
    }
}

#[tokio::test]
async fn plans_that_are_agreed_with_a_person_are_not_sold_here() {
    let world = paying().await;
    let owner = world.person("owner").await;
    let org = world.org(&owner, "Own").await.org.id;
    let site = site(&world);
    let checkout = format!("/orgs/{org}/billing/checkout");
    for plan in ["commercial", "sandbox_grant", "gold", ""] {
        let form = format!("planKey={plan}&interval=monthly");
        let answer = send(&site, "POST", &checkout, Some(&owner), Some(&form)).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{plan}");
    }
}

#[tokio::test]
async fn the_portal_opens_once_there_is_a_customer() {
    let world = paying().await;
    let owner = world.person("owner").await;
    let org = world.org(&owner, "Own").await.org.id;
    let site = site(&world);
    let portal = format!("/orgs/{org}/billing/portal");
    let early = send(&site, "POST", &portal, Some(&owner), Some("")).await;
    assert_eq!(early.status, StatusCode::CONFLICT);
    let checkout = format!("/orgs/{org}/billing/checkout");
    let begun = send(&site, "POST", &checkout, Some(&owner), Some("planKey=payg")).await;
    world.till().pay(begun.location(), "4242").await;
    for task in ["", "task=update_card", "task=no_task"] {
        let opened = send(&site, "POST", &portal, Some(&owner), Some(task)).await;
        let hosted = format!("{}/portal/", world.till().origin());
        assert!(opened.location().starts_with(&hosted), "{task}");
    }
}

/// Whoever comes back, or only says so, is shown what the provider says, and it is asked then.
#[tokio::test]
async fn coming_back_grants_what_was_paid_and_nothing_else() {
    let world = paying().await;
    let owner = world.person("owner").await;
    let org = world.org(&owner, "Own").await.org.id;
    let site = site(&world);
    let page = format!("/orgs/{org}/billing");
    let begun = send(
        &site,
        "POST",
        &format!("{page}/checkout"),
        Some(&owner),
        Some("planKey=personal&interval=annual"),
    )
    .await;
    let back = format!("{page}?confirming=1");
    let unpaid = send(&site, "GET", &back, Some(&owner), None).await;
    assert!(
        unpaid
            .body
            .contains("Confirming with the payment provider.")
    );
    world.till().pay(begun.location(), "4242").await;
    // The provider is not asked twice within a moment.
    world.clock.advance(Span::seconds(3));
    let paid = send(&site, "GET", &back, Some(&owner), None).await;
    assert!(
        paid.body.contains("Personal, by the year"),
        "the frame and the page tell of the same state"
    );
    assert!(!paid.body.contains("Confirming with the payment provider."));
}
