//! Approvals: polled by the key that asked, decided by one person, once.

use domain::budget::approval::{Approval, LASTS, NotDecidable, Stage, Status};
use domain::budget::limits::Limits;
use domain::id::{ApprovalId, KeyId, OrgId};
use domain::key::{Label, Scope};
use domain::money::Usd;
use domain::role::Role;
use domain::time::Span;
use platform::budget::approvals;
use platform::keys::{self, NewKey};
use platform::{Actor, Error, auth};
use store::ledger::{ORG, Place};
use testkit::{Database, SignedIn, World, on_both};

use crate::payer::Payer;

struct Asked {
    world: World,
    ada: SignedIn,
    org: OrgId,
    /// The key that asks.
    asker: platform::KeyPrincipal,
}

impl Asked {
    async fn open(db: &Database) -> Self {
        let Payer { world, owner, key } = Payer::open(db, None).await;
        Self {
            world,
            ada: owner,
            org: key.org.clone(),
            asker: key,
        }
    }

    /// Files what the ledger files when a call is stopped above a threshold.
    async fn file(&self, key: &KeyId) -> Approval {
        self.world
            .stopped(&self.org, key, (1, Usd::micros(2_400)))
            .await
    }

    async fn decide(
        &self,
        actor: &Actor,
        id: &ApprovalId,
        approve: bool,
    ) -> platform::Result<Approval> {
        let request = self.world.request();
        approvals::decide(
            &self.world.platform,
            actor,
            &self.org,
            id,
            approve,
            &request,
        )
        .await
    }

    async fn found(&self, id: &ApprovalId) -> Approval {
        approvals::find(&self.world.platform, &self.ada.actor(), &self.org, id)
            .await
            .unwrap()
    }

    /// A key of the organisation that may do everything a key may.
    async fn mighty(&self) -> platform::KeyPrincipal {
        let new = NewKey {
            label: Label::parse("mighty").unwrap(),
            scopes: Some(Scope::ALL.into_iter().collect()),
            livemode: true,
            expires_at: None,
        };
        let (owner, request) = (self.ada.actor(), self.world.request());
        let p = &self.world.platform;
        let made = keys::create_key(p, &owner, &self.org, new, &request, None)
            .await
            .unwrap();
        auth::authenticate(p, Some(made.secret.expose()))
            .await
            .unwrap()
    }
}

on_both! {
    async fn of_two_who_decide_at_once_one_wins_and_the_other_is_told(db: &Database) {
        let asked = Asked::open(db).await;
        let ben = asked.world.member(&asked.org, Role::Billing, "ben").await;
        for _ in 0..8 {
            let approval = asked.file(&asked.asker.key).await;
            let (ada, ben) = (asked.ada.actor(), ben.actor());
            let (yes, no) = tokio::join!(
                asked.decide(&ada, &approval.id, true),
                asked.decide(&ben, &approval.id, false),
            );
            let won = yes.is_ok();
            assert_ne!(won, no.is_ok(), "{yes:?} {no:?}");
            let lost = if won { no.unwrap_err() } else { yes.unwrap_err() };
            assert!(matches!(lost, Error::ApprovalNotDecidable(NotDecidable::Decided)), "{lost:?}");
            let stands = asked.found(&approval.id).await;
            assert_eq!(stands.status, if won { Status::Approved } else { Status::Denied });
        }
    }

    async fn what_is_denied_stays_denied_and_what_is_approved_lasts_a_quarter_of_an_hour(db: &Database) {
        let asked = Asked::open(db).await;
        let ada = asked.ada.actor();
        let (no, yes) = (asked.file(&asked.asker.key).await, asked.file(&asked.asker.key).await);
        asked.world.clock.advance(Span::minutes(10));
        let denied = asked.decide(&ada, &no.id, false).await.unwrap();
        assert_eq!(denied.decided_by.as_ref(), Some(&asked.ada.person.user.id));
        for again in [true, false] {
            let refused = asked.decide(&ada, &no.id, again).await;
            assert!(matches!(refused, Err(Error::ApprovalNotDecidable(NotDecidable::Decided))), "{refused:?}");
        }
        assert_eq!(asked.found(&no.id).await, denied);
        let approved = asked.decide(&ada, &yes.id, true).await.unwrap();
        assert_eq!(approved.expires_at, asked.world.now().plus(LASTS));
        asked.world.clock.advance(LASTS);
        assert_eq!(asked.found(&yes.id).await.stage(asked.world.now()), Stage::Expired);
        assert_eq!(asked.found(&no.id).await.stage(asked.world.now()), Stage::Denied);
    }

    async fn nobody_decides_about_what_has_expired(db: &Database) {
        let asked = Asked::open(db).await;
        let approval = asked.file(&asked.asker.key).await;
        let p = &asked.world.platform;
        assert_eq!(approvals::count_waiting(p, &asked.ada.actor(), &asked.org).await.unwrap(), 1);
        asked.world.clock.advance(LASTS);
        assert_eq!(approvals::count_waiting(p, &asked.ada.actor(), &asked.org).await.unwrap(), 0);
        let late = asked.decide(&asked.ada.actor(), &approval.id, true).await;
        assert!(matches!(late, Err(Error::ApprovalNotDecidable(NotDecidable::Expired))), "{late:?}");
        assert_eq!(asked.found(&approval.id).await, approval, "nothing was written");
    }

    async fn no_key_decides_whatever_its_scopes_and_only_some_people_do(db: &Database) {
        let asked = Asked::open(db).await;
        let mighty = asked.mighty().await;
        let approval = asked.file(&asked.asker.key).await;
        for key in [&asked.asker, &mighty] {
            let refused = asked.decide(&Actor::Key(key.clone()), &approval.id, true).await.unwrap_err();
            assert_eq!(refused.code(), "human_session_required");
        }
        for (role, name) in [(Role::Viewer, "vera"), (Role::Developer, "dan")] {
            let person = asked.world.member(&asked.org, role, name).await;
            let refused = asked.decide(&person.actor(), &approval.id, true).await;
            assert!(matches!(refused, Err(Error::Forbidden { .. })), "{role}: {refused:?}");
            let p = &asked.world.platform;
            assert_eq!(approvals::waiting(p, &person.actor(), &asked.org, 10).await.unwrap().len(), 1, "but sees it");
        }
        let eve = asked.world.person("eve").await;
        let foreign = asked.world.org(&eve, "Rivals").await;
        let p = &asked.world.platform;
        let request = asked.world.request();
        for org in [&asked.org, &foreign.org.id] {
            let refused = approvals::decide(p, &eve.actor(), org, &approval.id, true, &request).await;
            assert!(matches!(refused, Err(Error::NotFound)), "{refused:?}");
        }
        assert_eq!(asked.found(&approval.id).await, approval);
    }

    async fn a_key_sees_its_own_and_a_person_sees_all(db: &Database) {
        let asked = Asked::open(db).await;
        let mighty = asked.mighty().await;
        let p = &asked.world.platform;
        let mut own = Vec::new();
        for _ in 0..3 {
            own.push(asked.file(&asked.asker.key).await.id);
            asked.world.clock.advance(Span::seconds(1));
        }
        let other = asked.file(&mighty.key).await;
        own.reverse();
        let key = Actor::Key(asked.asker.clone());
        let listed = |page: approvals::Page| page.approvals.into_iter().map(|a| a.id).collect::<Vec<_>>();
        assert_eq!(listed(approvals::list(p, &key, &asked.org, None, 10).await.unwrap()), own);
        let page = approvals::list(p, &key, &asked.org, None, 2).await.unwrap();
        assert_eq!(page.next.as_ref(), Some(&own[1]));
        let rest = approvals::list(p, &key, &asked.org, page.next.as_ref(), 2).await.unwrap();
        assert_eq!((rest.next.clone(), listed(rest)), (None, vec![own[2].clone()]));
        let all = approvals::list(p, &asked.ada.actor(), &asked.org, None, 10).await.unwrap();
        assert_eq!(all.approvals.len(), 4);
        let hidden = approvals::find(p, &key, &asked.org, &other.id).await;
        assert!(matches!(hidden, Err(Error::NotFound)), "{hidden:?}");
        assert_eq!(approvals::find(p, &key, &asked.org, &own[0]).await.unwrap().id, own[0]);
    }

    async fn what_a_spend_would_leave_is_told_under_each_cap(db: &Database) {
        let asked = Asked::open(db).await;
        let approval = asked.file(&asked.asker.key).await;
        let (p, ada) = (&asked.world.platform, asked.ada.actor());
        let free = approvals::leaves(p, &ada, &approval).await.unwrap();
        assert_eq!((free.organization, free.key, free.fits()), (None, None, true));
        for (scope, cap, left) in [(ORG, 10_000, 7_600), (asked.asker.key.as_str(), 0, -2_400)] {
            let place = Place { org: asked.org.clone(), scope: scope.to_owned(), period: asked.world.now().month() };
            let limits = Limits { cap: Some(Usd::micros(cap)), ..Limits::default() };
            let mut tx = asked.world.store.begin().await.unwrap();
            store::ledger::set_limits(&mut tx, &place, limits, (asked.world.now(), None)).await.unwrap();
            tx.commit().await.unwrap();
            let leaves = approvals::leaves(p, &ada, &approval).await.unwrap();
            let told = if scope == ORG { leaves.organization } else { leaves.key };
            assert_eq!((told, leaves.fits()), (Some(Usd::micros(left)), left >= 0));
        }
    }

    async fn a_decision_is_told_once(db: &Database) {
        let asked = Asked::open(db).await;
        let approval = asked.file(&asked.asker.key).await;
        let (p, request) = (&asked.world.platform, asked.world.request());
        for _ in 0..2 {
            let _ = approvals::decide(p, &asked.ada.actor(), &asked.org, &approval.id, true, &request).await;
        }
        let mut db = asked.world.store.read().await.unwrap();
        let told = store::events::of_request(&mut db, &asked.org, &request, 10).await.unwrap();
        assert_eq!(told.len(), 1);
        assert_eq!((told[0].kind.as_str(), told[0].subject.as_str()), ("billing.approval.decided", approval.id.as_str()));
        assert_eq!(told[0].actor.as_deref(), Some(asked.ada.person.user.id.as_str()));
        let data: serde_json::Value = serde_json::from_str(&told[0].data).unwrap();
        assert_eq!((&data["status"], &data["requestId"]), (&"approved".into(), &approval.request.into()));
    }
}
