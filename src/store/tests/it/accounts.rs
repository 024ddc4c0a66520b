//! Billing accounts: what is known, what it amounted to, and how it came about.

use std::collections::BTreeSet;

use domain::billing::facts::{Contract, Facts, Payg};
use domain::billing::grant::Renewal;
use domain::billing::state::BillingState;
use domain::event::Actor;
use domain::id::{ContractId, OrgId};
use domain::time::{Micros, Span};
use store::billing::{self, Cause};
use store::{Error, Store};
use testkit::on_both;

use crate::support::{NOW, account, facts, fresh, invoice, named, standing, tenant, user};

/// Facts with something in every place that the store must keep apart.
fn many() -> Facts {
    let contract = Contract {
        id: ContractId::new(NOW, fresh()),
        starts_at: NOW.plus(Span::days(1)),
        ends_at: Some(NOW.plus(Span::days(2))),
    };
    let mut many = facts();
    many.contracts = vec![
        contract.clone(),
        Contract {
            ends_at: None,
            ..contract
        },
    ];
    many.payg = Some(Payg { enabled_at: NOW });
    many.unpaid = vec![invoice("in_<\u{1f980}>", NOW)];
    many
}

async fn accounts(store: &Store, count: usize) -> Vec<OrgId> {
    let mut tx = store.begin().await.unwrap();
    let mut made = Vec::new();
    for _ in 0..count {
        let org = named("Northwind");
        store::orgs::insert(&mut tx, &org).await.unwrap();
        account(&mut tx, &org, &facts()).await;
        made.push(org.id);
    }
    tx.commit().await.unwrap();
    made
}

on_both! {
    async fn an_account_round_trips(db: &Database) {
        let store = db.open().await;
        let mut tx = store.begin().await.unwrap();
        let org = named("Northwind");
        store::orgs::insert(&mut tx, &org).await.unwrap();
        assert!(billing::load(&mut tx, &org.id).await.unwrap().is_none());
        let facts = many();
        account(&mut tx, &org, &facts).await;
        let found = billing::load(&mut tx, &org.id).await.unwrap().unwrap();
        assert_eq!((&found.org, &found.facts), (&org.id, &facts));
        assert_eq!((found.state, found.rule.as_str()), (BillingState::PaymentFailed, "payment_failing"));
        assert_eq!((found.since, found.changes_at), (NOW, standing(&facts).turns_at));
        assert_eq!((found.applied, found.checked_at), (0, None));
        let twice = billing::insert(&mut tx, &org.id, &facts, &standing(&facts), NOW).await;
        assert!(matches!(twice, Err(Error::Conflict { .. })), "{twice:?}");
    }

    async fn an_account_is_saved_for_its_own_organisation_alone(db: &Database) {
        let store = db.open().await;
        let made = accounts(&store, 2).await;
        let facts = many();
        let later = NOW.plus(Span(5));
        let mut tx = store.begin().await.unwrap();
        billing::save(&mut tx, &made[0], &facts, &standing(&facts), later).await.unwrap();
        let found = billing::load(&mut tx, &made[0]).await.unwrap().unwrap();
        assert_eq!((found.facts, found.state, found.since), (facts, BillingState::PaymentFailed, later));
        let other = billing::load(&mut tx, &made[1]).await.unwrap().unwrap();
        assert_eq!((other.facts, other.state, other.since), (self::facts(), BillingState::SandboxGrant, NOW));
    }

    async fn the_grant_counts_as_it_stands_not_as_it_was_saved(db: &Database) {
        let store = db.open().await;
        let (_, org, _, hash) = tenant(&store).await;
        let mut tx = store.begin().await.unwrap();
        let mut grant = facts().grant;
        (grant.calls, grant.credit, grant.used) = (250, 1_000, 1_250);
        (grant.renewal, grant.period) = (Renewal::Never, "once".to_owned());
        store::grants::update(&mut tx, &org.id, &grant).await.unwrap();
        let account = billing::load(&mut tx, &org.id).await.unwrap().unwrap();
        assert_eq!(account.facts.grant, grant);
        let credential = store::keys::credential(&mut tx, &hash).await.unwrap().unwrap();
        assert_eq!(credential.facts(), account.facts);
    }

    async fn a_grant_is_of_calls_that_can_be_counted(db: &Database) {
        let store = db.open().await;
        let (_, org, ..) = tenant(&store).await;
        for (calls, credit, used) in [(-1, 0, 0), (0, -1, 0), (0, 0, -1)] {
            let mut tx = store.begin().await.unwrap();
            let mut grant = facts().grant;
            (grant.calls, grant.credit, grant.used) = (calls, credit, used);
            let refused = store::grants::update(&mut tx, &org.id, &grant).await;
            assert!(matches!(refused, Err(Error::Failed(_))), "{refused:?}");
        }
    }

    async fn the_past_is_answered_for_by_the_last_change_before_it(db: &Database) {
        let store = db.open().await;
        let org = &accounts(&store, 2).await[0];
        let mut tx = store.begin().await.unwrap();
        let ada = user(&mut tx).await;
        let mut known = facts();
        let (at, later) = (NOW.plus(Span(10)), NOW.plus(Span(20)));
        // Two at one instant: the second of them counts.
        for (credit, at, cause) in [(1, at, Cause::Event("evt_1")), (2, at, Cause::Time), (3, later, Cause::Operator("credit"))] {
            known.grant.credit = credit;
            let actor = if credit == 3 { Actor::Person(ada.id.clone()) } else { Actor::Platform };
            billing::record(&mut tx, org, cause, &actor, (&known, &standing(&known)), at).await.unwrap();
        }
        for (at, seq, credit) in [(-1, None, 0), (0, Some(1), 0), (9, Some(1), 0), (10, Some(3), 2), (19, Some(3), 2), (20, Some(4), 3), (99, Some(4), 3)] {
            let found = billing::history_at(&mut tx, org, NOW.plus(Span(at))).await.unwrap();
            assert_eq!(found.as_ref().map(|change| change.seq), seq, "at {at}");
            assert!(found.is_none_or(|change| change.facts.grant.credit == credit), "at {at}");
        }
        let all = billing::history(&mut tx, org, None, 100).await.unwrap();
        let told: Vec<_> = all.iter().map(|c| (c.seq, c.cause.as_str(), c.cause_ref.as_deref(), c.recorded_at)).collect();
        assert_eq!(told, [
            (4, "operator", Some("credit"), later),
            (3, "time", None, at),
            (2, "stripe_event", Some("evt_1"), at),
            (1, "created", None, NOW),
        ]);
        assert_eq!((all[0].actor.as_deref(), all[1].actor.as_deref()), (Some(ada.id.as_str()), None));
        assert_eq!((all[0].state, all[0].rule.as_str()), (BillingState::SandboxGrant, "grant_left"));
        let page = billing::history(&mut tx, org, Some(4), 2).await.unwrap();
        assert_eq!(page.iter().map(|c| c.seq).collect::<Vec<_>>(), [3, 2]);
    }

    async fn an_older_look_never_overwrites_a_newer_one(db: &Database) {
        let store = db.open().await;
        let org = &accounts(&store, 1).await[0];
        let mut tx = store.begin().await.unwrap();
        let first = billing::take_ticket(&mut tx, org).await.unwrap().unwrap();
        let second = billing::take_ticket(&mut tx, org).await.unwrap().unwrap();
        assert!(first < second);
        let later = NOW.plus(Span(9));
        assert!(billing::apply_ticket(&mut tx, org, second, later).await.unwrap());
        assert!(!billing::apply_ticket(&mut tx, org, first, NOW.plus(Span(10))).await.unwrap());
        assert!(!billing::apply_ticket(&mut tx, org, second, NOW.plus(Span(10))).await.unwrap());
        let found = billing::load(&mut tx, org).await.unwrap().unwrap();
        assert_eq!((found.applied, found.checked_at), (second, Some(later)));
        assert_eq!(billing::take_ticket(&mut tx, &OrgId::new(NOW, fresh())).await.unwrap(), None);
        let never_taken = billing::apply_ticket(&mut tx, org, second + 1, later).await;
        assert!(matches!(never_taken, Err(Error::Failed(_))), "{never_taken:?}");
    }

    async fn looks_that_begin_at_once_have_tickets_of_their_own(db: &Database) {
        let store = db.open().await;
        let org = accounts(&store, 1).await.remove(0);
        let mut looks = tokio::task::JoinSet::new();
        for _ in 0..16 {
            let (store, org) = (store.clone(), org.clone());
            looks.spawn(async move {
                let mut tx = store.begin().await.unwrap();
                let ticket = billing::take_ticket(&mut tx, &org).await.unwrap().unwrap();
                tx.commit().await.unwrap();
                ticket
            });
        }
        let taken: BTreeSet<_> = looks.join_all().await.into_iter().collect();
        assert_eq!(taken, (1..=16).collect());
    }

    async fn what_may_have_turned_is_due_longest_ago_first(db: &Database) {
        let store = db.open().await;
        let made = accounts(&store, 4).await;
        let mut tx = store.begin().await.unwrap();
        for (org, turns) in made.iter().zip([Some(30), Some(10), None, Some(20)]) {
            let mut standing = standing(&facts());
            standing.turns_at = turns.map(Micros);
            billing::save(&mut tx, org, &facts(), &standing, NOW).await.unwrap();
        }
        for (now, limit, expected) in [(9, 10, vec![]), (10, 10, vec![1]), (30, 10, vec![1, 3, 0]), (30, 2, vec![1, 3])] {
            let due = billing::due(&mut tx, Micros(now), limit).await.unwrap();
            assert_eq!(due, expected.into_iter().map(|n: usize| made[n].clone()).collect::<Vec<_>>(), "at {now}");
        }
    }

    async fn what_was_compared_with_the_provider_longest_ago_is_next(db: &Database) {
        let store = db.open().await;
        let made = accounts(&store, 4).await;
        let mut tx = store.begin().await.unwrap();
        // The last was never compared: it has no customer to compare with.
        for (org, at) in made.iter().zip([30, 10, 20]) {
            let ticket = billing::take_ticket(&mut tx, org).await.unwrap().unwrap();
            billing::apply_ticket(&mut tx, org, ticket, Micros(at)).await.unwrap();
        }
        for (before, limit, expected) in [(10, 10, vec![]), (11, 10, vec![1]), (99, 10, vec![1, 2, 0]), (99, 1, vec![1])] {
            let found = billing::unchecked(&mut tx, Micros(before), limit).await.unwrap();
            assert_eq!(found, expected.into_iter().map(|n: usize| made[n].clone()).collect::<Vec<_>>(), "before {before}");
        }
    }

    async fn a_state_from_a_newer_program_permits_nothing(db: &Database) {
        let store = db.open().await;
        let org = &accounts(&store, 1).await[0];
        let mut tx = store.begin().await.unwrap();
        crate::verify::vandalise(&mut tx, "UPDATE billing_accounts SET state = 'lifetime_active'").await;
        let found = billing::load(&mut tx, org).await.unwrap().unwrap();
        assert_eq!(found.state, BillingState::RestrictedReadOnly);
    }

    async fn facts_that_cannot_be_read_are_an_error_and_no_default(db: &Database) {
        let store = db.open().await;
        let (_, org, _, hash) = tenant(&store).await;
        let mut tx = store.begin().await.unwrap();
        crate::verify::vandalise(&mut tx, "UPDATE billing_accounts SET facts = '{}'").await;
        let refused = billing::load(&mut tx, &org.id).await;
        assert!(matches!(refused, Err(Error::Failed(_))), "{refused:?}");
        let refused = store::keys::credential(&mut tx, &hash).await;
        assert!(matches!(refused, Err(Error::Failed(_))), "{refused:?}");
    }
}
