//! What explains a request later, and the approvals beside it.

use domain::billing::plan::PlanKey;
use domain::budget::approval::{Approval, LASTS, Status};
use domain::event::EventType;
use domain::id::{ApprovalId, HoldId, KeyId, RequestId, UsageId};
use domain::money::Usd;
use domain::org::Org;
use domain::time::{Micros, Span};
use store::decisions::Decision;
use store::holds::{End, Hold, Payment};
use store::usage_records::Usage;
use store::{approvals, decisions, events, holds, requests, usage_records};
use testkit::on_both;

use crate::support::{NOW, event, fresh, record, tenant, user};

fn request(number: i64) -> RequestId {
    RequestId::from_stored(format!("req_{number}"))
}

fn decision(org: &Org, key: &KeyId, request: &str, at: Micros) -> Decision {
    Decision {
        org: org.id.clone(),
        request: request.to_owned(),
        recorded_at: at,
        key: key.clone(),
        class: "entity_resolve".to_owned(),
        units: 2,
        passed: false,
        verdict: r#"{"steps":[]}"#.to_owned(),
    }
}

fn approval(org: &Org, key: &KeyId, number: i64, at: Micros) -> Approval {
    Approval {
        id: ApprovalId::new(at, fresh()),
        org: org.id.clone(),
        key: key.clone(),
        class: "entity_resolve".to_owned(),
        units: 2,
        amount: Usd::micros(4_800),
        purpose: Some("backfill".to_owned()),
        request: request(number).to_string(),
        status: Status::Pending,
        created_at: at,
        expires_at: at.plus(LASTS),
        decided_at: None,
        decided_by: None,
        used_at: None,
    }
}

fn hold(org: &Org, key: &KeyId) -> Hold {
    Hold {
        id: HoldId::new(NOW, fresh()),
        org: org.id.clone(),
        key: key.clone(),
        period: NOW.month(),
        class: "entity_resolve".to_owned(),
        plan: PlanKey::Payg,
        rate_card: "rc_1".to_owned(),
        unit: Usd::micros(2_400),
        units: 2,
        asked: 2,
        amount: Usd::micros(4_800),
        payment: Payment::Charge,
        request: Some("req_1".to_owned()),
        purpose: None,
        parent: None,
        service: None,
        created_at: NOW,
        expires_at: NOW.plus(Span::minutes(5)),
    }
}

fn usage(of: &Hold, at: Micros) -> Usage {
    Usage {
        id: UsageId::new(at, fresh()),
        org: of.org.clone(),
        key: of.key.clone(),
        recorded_at: at,
        period: of.period.clone(),
        request: of.request.clone(),
        class: of.class.clone(),
        family: "core_reads".to_owned(),
        plan: of.plan,
        rate_card: of.rate_card.clone(),
        units: of.units,
        unit: of.unit,
        amount: of.amount,
        payment: of.payment,
        hold: Some(of.id.clone()),
        external: None,
        service: None,
        purpose: None,
    }
}

on_both! {
    async fn a_decision_is_found_by_its_request_within_its_organisation(db: &Database) {
        let store = db.open().await;
        let (_, org, key, _) = tenant(&store).await;
        let (_, other, ..) = tenant(&store).await;
        let mut tx = store.begin().await.unwrap();
        decisions::insert(&mut tx, &[decision(&org, &key, "req_1", NOW)]).await.unwrap();
        // A caller's id that comes again: the first decision stands.
        decisions::insert(&mut tx, &[decision(&org, &key, "req_1", NOW.plus(Span(1)))]).await.unwrap();
        let found = decisions::find(&mut tx, &org.id, "req_1").await.unwrap().unwrap();
        assert_eq!((found.recorded_at, found.key, found.units, found.passed), (NOW, key, 2, false));
        assert_eq!(found.verdict, r#"{"steps":[]}"#);
        for (org, request) in [(&org, "req_2"), (&other, "req_1")] {
            assert!(decisions::find(&mut tx, &org.id, request).await.unwrap().is_none());
        }
    }

    async fn decisions_are_forgotten_oldest_first_and_so_many_at_a_time(db: &Database) {
        let store = db.open().await;
        let (_, org, key, _) = tenant(&store).await;
        let mut tx = store.begin().await.unwrap();
        let batch: Vec<_> = (0..10_050).map(|n| decision(&org, &key, &format!("req_{n}"), NOW.plus(Span(n)))).collect();
        decisions::insert(&mut tx, &batch).await.unwrap();
        let before = NOW.plus(Span(10_040));
        assert_eq!(decisions::delete_before(&mut tx, before).await.unwrap(), 10_000);
        assert!(decisions::find(&mut tx, &org.id, "req_9999").await.unwrap().is_none());
        assert!(decisions::find(&mut tx, &org.id, "req_10000").await.unwrap().is_some());
        assert_eq!(decisions::delete_before(&mut tx, before).await.unwrap(), 40);
        assert_eq!(decisions::delete_before(&mut tx, before).await.unwrap(), 0);
        assert!(decisions::find(&mut tx, &org.id, "req_10040").await.unwrap().is_some());
    }

    async fn requests_and_events_are_found_by_request_id(db: &Database) {
        let store = db.open().await;
        let (_, org, key, _) = tenant(&store).await;
        let (_, other, foreign, _) = tenant(&store).await;
        let own = RequestId::from_stored("nightly".to_owned());
        let at = |n: i64| NOW.plus(Span(n));
        let of = |org: &Org, key: &KeyId, n| store::requests::Record { id: own.clone(), ..record(org, key, at(n), n, 200) };
        let mut tx = store.begin().await.unwrap();
        requests::insert(&mut tx, &[of(&org, &key, 1), of(&org, &key, 2), of(&other, &foreign, 3), record(&org, &key, at(4), 4, 200)]).await.unwrap();
        let found = requests::by_id(&mut tx, &org.id, &own, 10).await.unwrap();
        assert_eq!(found.iter().map(|r| r.seq).collect::<Vec<_>>(), [2, 1]);
        assert_eq!(requests::by_id(&mut tx, &org.id, &own, 1).await.unwrap().len(), 1);
        for (org, request) in [(&org, Some(&own)), (&org, None), (&other, Some(&own))] {
            let event = domain::event::Event { request: request.cloned(), ..event(org, EventType::BillingApprovalRequested, "appr_1") };
            events::insert(&mut tx, &event).await.unwrap();
        }
        let found = events::of_request(&mut tx, &org.id, &own, 10).await.unwrap();
        assert_eq!(found.len(), 1);
        assert_eq!((found[0].kind.as_str(), found[0].subject.as_str()), ("billing.approval.requested", "appr_1"));
        assert_eq!(found[0].request.as_ref(), Some(&own));
    }

    async fn a_hold_is_found_with_its_end_and_its_charge(db: &Database) {
        let store = db.open().await;
        let (_, org, key, _) = tenant(&store).await;
        let (_, other, ..) = tenant(&store).await;
        let mut tx = store.begin().await.unwrap();
        let (held, beside) = (hold(&org, &key), hold(&org, &key));
        holds::insert(&mut tx, &[held.clone(), beside.clone()]).await.unwrap();
        let open = holds::kept(&mut tx, &org.id, &held.id).await.unwrap().unwrap();
        assert_eq!((open.status.as_str(), open.ended_at, open.hold.amount), ("open", None, held.amount));
        assert!(holds::kept(&mut tx, &other.id, &held.id).await.unwrap().is_none());
        let end = NOW.plus(Span::seconds(1));
        for hold in [&held, &beside] {
            holds::end(&mut tx, &org.id, &hold.id, End::Settled, end).await.unwrap().unwrap();
        }
        usage_records::insert(&mut tx, &[usage(&held, end), usage(&beside, end)]).await.unwrap();
        let ended = holds::kept(&mut tx, &org.id, &held.id).await.unwrap().unwrap();
        assert_eq!((ended.status.as_str(), ended.ended_at), ("settled", Some(end)));
        let charged = usage_records::of_hold(&mut tx, &org.id, &held.id, end).await.unwrap();
        assert_eq!(charged.len(), 1);
        assert_eq!((charged[0].hold.as_ref(), charged[0].amount, charged[0].plan), (Some(&held.id), held.amount, PlanKey::Payg));
        assert!(usage_records::of_hold(&mut tx, &other.id, &held.id, end).await.unwrap().is_empty());
    }

    async fn what_waits_comes_by_its_end_and_each_key_sees_its_own(db: &Database) {
        let store = db.open().await;
        let (_, org, key, _) = tenant(&store).await;
        let (_, other, foreign, _) = tenant(&store).await;
        let second = KeyId::new(NOW, fresh());
        let mut tx = store.begin().await.unwrap();
        let person = user(&mut tx).await;
        let at = |n: i64| NOW.plus(Span::seconds(n));
        let all = [approval(&org, &key, 1, at(2)), approval(&org, &second, 2, at(1)), approval(&org, &key, 3, at(-900)), approval(&other, &foreign, 4, at(0))];
        for approval in &all {
            assert!(approvals::insert(&mut tx, approval).await.unwrap());
            assert!(!approvals::insert(&mut tx, approval).await.unwrap());
        }
        let ids = |found: Vec<Approval>| found.into_iter().map(|a| a.request).collect::<Vec<_>>();
        assert_eq!(ids(approvals::open(&mut tx, &org.id, NOW, 10).await.unwrap()), ["req_2", "req_1"]);
        assert_eq!(ids(approvals::open(&mut tx, &org.id, NOW, 1).await.unwrap()), ["req_2"]);
        assert_eq!(approvals::count_waiting(&mut tx, &org.id, NOW).await.unwrap(), 2);
        assert_eq!(ids(approvals::waiting(&mut tx, &org.id, &key, NOW, 10).await.unwrap()), ["req_1"]);
        assert_eq!(ids(approvals::list_of_key(&mut tx, &org.id, &key, None, 10).await.unwrap()), ["req_1", "req_3"]);
        assert_eq!(ids(approvals::list_of_key(&mut tx, &org.id, &key, Some(&all[0].id), 10).await.unwrap()), ["req_3"]);
        assert_eq!(ids(approvals::list(&mut tx, &org.id, None, 10).await.unwrap()), ["req_1", "req_2", "req_3"]);
        assert_eq!(approvals::of_request(&mut tx, &org.id, "req_1").await.unwrap().unwrap(), all[0]);
        assert!(approvals::of_request(&mut tx, &other.id, "req_1").await.unwrap().is_none());
        assert!(approvals::find(&mut tx, &other.id, &all[0].id).await.unwrap().is_none());

        let approved = all[0].clone().decided(true, person.id.clone(), at(5)).unwrap();
        let denied = all[0].clone().decided(false, person.id.clone(), at(5)).unwrap();
        assert!(approvals::decide(&mut tx, &approved).await.unwrap());
        assert!(!approvals::decide(&mut tx, &denied).await.unwrap(), "the first decision stands");
        assert_eq!(approvals::find(&mut tx, &org.id, &approved.id).await.unwrap().unwrap(), approved);
        assert_eq!(approvals::count_waiting(&mut tx, &org.id, NOW).await.unwrap(), 1);
        assert!(approvals::use_up(&mut tx, &org.id, &approved.id, at(6)).await.unwrap());
        assert!(!approvals::use_up(&mut tx, &org.id, &approved.id, at(6)).await.unwrap(), "once");
    }
}
