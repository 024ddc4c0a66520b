//! The operators' pages: what they show and do to those who are, and that nobody else can tell an
//! organisation from none.

use axum::Router;
use domain::role::Role;
use testkit::{OPERATOR, SignedIn, World};

use crate::support::{hidden, send, site};

struct Desk {
    world: World,
    site: Router,
    /// `/operator/orgs/...` of an organisation that is not theirs.
    page: String,
    org: domain::id::OrgId,
    operator: SignedIn,
}

async fn desk() -> Desk {
    let world = World::sqlite().await;
    let owner = world.person("owner").await;
    let org = world.org(&owner, "Larch & Co").await.org.id;
    let operator = world.person(OPERATOR.split('@').next().unwrap()).await;
    Desk {
        site: site(&world),
        page: format!("/operator/orgs/{org}"),
        org,
        operator,
        world,
    }
}

impl Desk {
    async fn state(&self) -> String {
        let mut db = self.world.store.read().await.unwrap();
        let account = store::billing::load(&mut db, &self.org).await.unwrap();
        drop(db);
        account.unwrap().state.to_string()
    }
}

#[tokio::test]
async fn an_operator_sees_organisations_they_do_not_belong_to() {
    let desk = desk().await;
    let list = send(&desk.site, "GET", "/operator", Some(&desk.operator), None).await;
    assert_eq!(list.status, 200);
    assert!(list.body.contains("Larch &amp; Co"), "{}", list.body);
    let page = send(&desk.site, "GET", &desk.page, Some(&desk.operator), None).await;
    assert_eq!(page.status, 200);
    // The organisation's own pages are its own.
    let own = format!("/orgs/{}", desk.org);
    let own = send(&desk.site, "GET", &own, Some(&desk.operator), None).await;
    assert_eq!(own.status, 404);
    let absent = "/operator/orgs/org_01K9ZP3V5W8Q2R4T6Y7X9B1D3F";
    let absent = send(&desk.site, "GET", absent, Some(&desk.operator), None).await;
    assert_eq!(absent.status, 404);
}

#[tokio::test]
async fn each_act_is_done_once_however_often_its_form_arrives() {
    let desk = desk().await;
    let page = send(&desk.site, "GET", &desk.page, Some(&desk.operator), None).await;
    let form_id = hidden(&page.body, "form_id");
    let form = format!("form_id={form_id}&act=restrict&kind=abuse&note=Write+to+us.");
    let site = &desk.site;
    let operator = Some(&desk.operator);
    for _ in 0..2 {
        let done = send(site, "POST", &desk.page, operator, Some(&form)).await;
        assert_eq!(done.status, 303, "{}", done.body);
        assert!(
            done.location().ends_with("?done=restrict"),
            "{}",
            done.location()
        );
    }
    assert_eq!(desk.state().await, "restricted_read_only");
    let lift = "form_id=lift&act=clear_restriction";
    send(site, "POST", &desk.page, operator, Some(lift)).await;
    assert_eq!(desk.state().await, "sandbox_grant");
    // The first form again, from a tab that was left open: it was carried out long ago.
    send(site, "POST", &desk.page, operator, Some(&form)).await;
    assert_eq!(desk.state().await, "sandbox_grant");
}

#[tokio::test]
async fn a_form_that_cannot_be_read_is_shown_again_as_it_was_typed() {
    let desk = desk().await;
    for (form, kept) in [
        ("act=restrict&note=Kept+words&kind=none", "Kept words"),
        ("act=set_credit&calls=many", "many"),
        ("act=record_contract&starts_at=yesterday", "yesterday"),
        (
            "act=record_contract&starts_at=2026-12-02&ends_at=2026-11-01",
            "2026-11-01",
        ),
    ] {
        let form = format!("form_id=f&{form}");
        let answer = send(
            &desk.site,
            "POST",
            &desk.page,
            Some(&desk.operator),
            Some(&form),
        )
        .await;
        assert_eq!(answer.status, 422, "{form}");
        assert!(answer.body.contains(kept), "{form}");
        assert_eq!(desk.state().await, "sandbox_grant");
    }
}

#[tokio::test]
async fn the_owner_of_an_organisation_cannot_act_as_its_operator() {
    let desk = desk().await;
    let admin = desk.world.member(&desk.org, Role::Admin, "admin").await;
    for act in [
        "set_credit&calls=1000",
        "record_contract&starts_at=2026-01-01",
        "clear_restriction",
        "repair",
        "no_act",
    ] {
        let form = format!("form_id=f&act={act}");
        let answer = send(&desk.site, "POST", &desk.page, Some(&admin), Some(&form)).await;
        assert_eq!(answer.status, 404, "{act}");
        assert_eq!(desk.state().await, "sandbox_grant");
    }
}

/// With an unverified address anybody could call themselves an operator.
#[tokio::test]
async fn an_operators_address_counts_only_when_it_is_verified() {
    let desk = desk().await;
    let mut unverified = desk.operator.person.clone();
    unverified.user.email_verified = false;
    let listed = platform::billing::operators::is_operator(&desk.world.platform, &unverified);
    assert!(!listed.await.unwrap());
}
