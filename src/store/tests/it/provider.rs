//! What is exchanged with the payment provider: customers, invoices, intents, events.

use domain::billing::intent::{IntentStatus, Purpose};
use domain::billing::remote::InvoiceStatus;
use domain::id::IntentId;
use domain::org::Org;
use domain::time::{Micros, Span};
use store::stripe_events::{self, Outcome, Progress};
use store::{Db, Error, customers, intents, invoices};
use testkit::on_both;

use crate::support::{NOW, customer, fresh, intent, invoice, named, received, subscribe};

async fn org(db: &mut Db) -> Org {
    let org = named("Northwind");
    store::orgs::insert(db, &org).await.unwrap();
    org
}

on_both! {
    async fn a_customer_is_kept_as_last_seen(db: &Database) {
        let store = db.open().await;
        let mut tx = store.begin().await.unwrap();
        let (one, two) = (org(&mut tx).await, org(&mut tx).await);
        assert_eq!(customers::of(&mut tx, &one.id).await.unwrap(), None);
        let mut seen = customer("cus_1");
        customers::upsert(&mut tx, &one.id, &seen, NOW).await.unwrap();
        let first = customers::of(&mut tx, &one.id).await.unwrap().unwrap();
        assert_eq!((first.stripe_id.as_str(), first.livemode, first.updated_at), ("cus_1", false, NOW));
        assert_eq!((&first.email, &first.name), (&seen.email, &seen.name));

        let later = NOW.plus(Span(1));
        customers::upsert(&mut tx, &one.id, &seen, later).await.unwrap();
        assert_eq!(customers::of(&mut tx, &one.id).await.unwrap(), Some(first), "nothing changed");
        for (email, name) in [(None, Some("M\u{fc}ller")), (Some("eve@example.com"), None), (None, None)] {
            (seen.email, seen.name) = (email.map(str::to_owned), name.map(str::to_owned));
            customers::upsert(&mut tx, &one.id, &seen, later).await.unwrap();
            let found = customers::of(&mut tx, &one.id).await.unwrap().unwrap();
            assert_eq!((found.email.as_deref(), found.name.as_deref(), found.updated_at), (email, name, later));
        }
        assert_eq!(customers::org_of(&mut tx, "cus_1").await.unwrap(), Some(one.id.clone()));
        assert_eq!(customers::org_of(&mut tx, "cus_2").await.unwrap(), None);
        assert_eq!(customers::of(&mut tx, &two.id).await.unwrap(), None);
    }

    async fn a_customer_is_of_one_organisation(db: &Database) {
        let store = db.open().await;
        let mut tx = store.begin().await.unwrap();
        let (one, two) = (org(&mut tx).await, org(&mut tx).await);
        customers::upsert(&mut tx, &one.id, &customer("cus_1"), NOW).await.unwrap();
        let refused = customers::upsert(&mut tx, &two.id, &customer("cus_1"), NOW).await;
        assert!(matches!(refused, Err(Error::Conflict { .. })), "{refused:?}");
    }

    async fn an_invoice_is_kept_as_last_seen(db: &Database) {
        let store = db.open().await;
        let mut tx = store.begin().await.unwrap();
        let org = org(&mut tx).await;
        let mut all = [invoice("in_1", Micros(10)), invoice("in_3", Micros(20)), invoice("in_2", Micros(20))];
        for invoice in &all {
            invoices::upsert(&mut tx, &org.id, invoice).await.unwrap();
        }
        (all[0].status, all[0].paid_at) = (InvoiceStatus::Paid, Some(NOW));
        for _ in 0..2 {
            invoices::upsert(&mut tx, &org.id, &all[0]).await.unwrap();
        }
        let [oldest, newest, middle] = all;
        assert_eq!(invoices::list(&mut tx, &org.id, 10).await.unwrap(), [newest.clone(), middle, oldest]);
        assert_eq!(invoices::list(&mut tx, &org.id, 1).await.unwrap(), [newest]);
    }

    async fn an_invoice_never_crosses_over_to_another_organisation(db: &Database) {
        let store = db.open().await;
        let mut tx = store.begin().await.unwrap();
        let (one, two) = (org(&mut tx).await, org(&mut tx).await);
        let first = invoice("in_1", NOW);
        invoices::upsert(&mut tx, &one.id, &first).await.unwrap();
        let mut forged = first.clone();
        forged.status = InvoiceStatus::Void;
        invoices::upsert(&mut tx, &two.id, &forged).await.unwrap();
        assert_eq!(invoices::list(&mut tx, &one.id, 10).await.unwrap(), [first]);
        assert_eq!(invoices::list(&mut tx, &two.id, 10).await.unwrap(), []);
    }

    async fn of_each_kind_one_intent_is_pending(db: &Database) {
        let store = db.open().await;
        let mut tx = store.begin().await.unwrap();
        let (one, two) = (org(&mut tx).await, org(&mut tx).await);
        let first = intent(&one, subscribe());
        intents::insert(&mut tx, &first).await.unwrap();
        intents::insert(&mut tx, &intent(&two, subscribe())).await.unwrap();
        let card = intent(&one, Purpose::UsageSubscription);
        intents::insert(&mut tx, &card).await.unwrap();
        assert_eq!(intents::pending(&mut tx, &one.id).await.unwrap(), [first.clone(), card]);
        tx.commit().await.unwrap();

        for status in [IntentStatus::Open, IntentStatus::Waiting] {
            let mut tx = store.begin().await.unwrap();
            intents::advance(&mut tx, &first.id, status, (None, None), None, NOW).await.unwrap();
            let refused = intents::insert(&mut tx, &intent(&one, subscribe())).await;
            assert!(matches!(&refused, Err(Error::Conflict { constraint }) if constraint == "intents_pending"), "{refused:?}");
        }
        for status in [IntentStatus::Done, IntentStatus::Ended] {
            let mut tx = store.begin().await.unwrap();
            intents::advance(&mut tx, &first.id, status, (None, None), None, NOW).await.unwrap();
            intents::insert(&mut tx, &intent(&one, subscribe())).await.unwrap();
        }
        let mut tx = store.begin().await.unwrap();
        let refused = intents::insert(&mut tx, &first).await;
        assert!(matches!(&refused, Err(Error::Conflict { .. })), "{refused:?}");
    }

    async fn an_intent_moves_until_it_is_settled(db: &Database) {
        let store = db.open().await;
        let mut tx = store.begin().await.unwrap();
        let org = org(&mut tx).await;
        let mut known = intent(&org, subscribe());
        intents::insert(&mut tx, &known).await.unwrap();
        assert_eq!(intents::find(&mut tx, &known.id).await.unwrap(), Some(known.clone()));
        assert_eq!(intents::find(&mut tx, &IntentId::new(NOW, fresh())).await.unwrap(), None);

        let expires = NOW.plus(Span::hours(1));
        let told = (Some("cs_1"), Some("https://pay.example.com/cs_1"));
        assert!(intents::advance(&mut tx, &known.id, IntentStatus::Waiting, told, Some(expires), NOW).await.unwrap());
        known.status = IntentStatus::Waiting;
        (known.object, known.url) = (told.0.map(str::to_owned), told.1.map(str::to_owned));
        known.expires_at = Some(expires);
        assert_eq!(intents::find(&mut tx, &known.id).await.unwrap(), Some(known.clone()));

        assert!(intents::advance(&mut tx, &known.id, IntentStatus::Done, (None, None), None, NOW).await.unwrap());
        (known.status, known.url) = (IntentStatus::Done, None);
        assert_eq!(intents::find(&mut tx, &known.id).await.unwrap(), Some(known.clone()), "its object stays");
        for status in IntentStatus::ALL {
            assert!(!intents::advance(&mut tx, &known.id, status, (Some("x"), None), None, NOW).await.unwrap());
        }
        assert_eq!(intents::pending(&mut tx, &org.id).await.unwrap(), []);
        assert_eq!(intents::list(&mut tx, &org.id, 10).await.unwrap(), [known]);
    }

    async fn an_intent_that_does_not_move_is_left_over(db: &Database) {
        let store = db.open().await;
        let mut tx = store.begin().await.unwrap();
        let mut made = Vec::new();
        for at in [30, 10, 20, 5] {
            let intent = intent(&org(&mut tx).await, subscribe());
            intents::insert(&mut tx, &intent).await.unwrap();
            let status = if at == 5 { IntentStatus::Ended } else { IntentStatus::Waiting };
            intents::advance(&mut tx, &intent.id, status, (None, None), None, Micros(at)).await.unwrap();
            made.push(intent.id);
        }
        for (before, limit, expected) in [(10, 10, vec![]), (11, 10, vec![1]), (99, 10, vec![1, 2, 0]), (99, 2, vec![1, 2])] {
            let found = intents::left_over(&mut tx, Micros(before), limit).await.unwrap();
            let found: Vec<_> = found.into_iter().map(|intent| intent.id).collect();
            assert_eq!(found, expected.into_iter().map(|n: usize| made[n].clone()).collect::<Vec<_>>(), "before {before}");
        }
    }

    async fn intents_are_listed_newest_first(db: &Database) {
        let store = db.open().await;
        let mut tx = store.begin().await.unwrap();
        let org = org(&mut tx).await;
        let all = [intent(&org, subscribe()), intent(&org, Purpose::UsageSubscription)];
        for intent in &all {
            intents::insert(&mut tx, intent).await.unwrap();
        }
        let [older, newer] = all;
        assert_eq!(intents::list(&mut tx, &org.id, 10).await.unwrap(), [newer.clone(), older]);
        assert_eq!(intents::list(&mut tx, &org.id, 1).await.unwrap(), [newer]);
    }

    async fn an_event_is_new_once_and_pending_until_it_is_finished(db: &Database) {
        let store = db.open().await;
        let mut tx = store.begin().await.unwrap();
        let org = org(&mut tx).await;
        let retry = NOW.plus(Span(30));
        let event = received("evt_1", None);
        for expected in [Progress::New, Progress::Pending, Progress::Pending] {
            assert_eq!(stripe_events::claim(&mut tx, &event, NOW, retry).await.unwrap(), expected);
        }
        let due = stripe_events::due(&mut tx, retry, 10).await.unwrap();
        assert_eq!(due.len(), 1);
        assert_eq!((due[0].id.as_str(), due[0].kind.as_str(), due[0].attempts), ("evt_1", "invoice.paid", 1));
        stripe_events::finish(&mut tx, "evt_1", Outcome::Processed, Some(&org.id)).await.unwrap();
        for _ in 0..2 {
            assert_eq!(stripe_events::claim(&mut tx, &event, NOW, retry).await.unwrap(), Progress::Done);
        }
        assert!(stripe_events::due(&mut tx, NOW.plus(Span::days(999)), 10).await.unwrap().is_empty());
        let listed = stripe_events::list(&mut tx, &org.id, 10).await.unwrap();
        assert_eq!((listed[0].id.as_str(), listed[0].status.as_str()), ("evt_1", "processed"));

        // One that concerns nobody is known from then on all the same.
        let foreign = received("evt_2", None);
        stripe_events::claim(&mut tx, &foreign, NOW, retry).await.unwrap();
        stripe_events::finish(&mut tx, "evt_2", Outcome::Ignored, None).await.unwrap();
        assert_eq!(stripe_events::claim(&mut tx, &foreign, NOW, retry).await.unwrap(), Progress::Done);
    }

    async fn an_event_that_failed_is_due_again_when_it_was_said(db: &Database) {
        let store = db.open().await;
        let mut tx = store.begin().await.unwrap();
        for (id, retry) in [("evt_1", 30), ("evt_2", 10), ("evt_3", 20)] {
            stripe_events::claim(&mut tx, &received(id, None), NOW, Micros(retry)).await.unwrap();
        }
        stripe_events::fail(&mut tx, "evt_2", "timeout", Micros(40)).await.unwrap();
        let due = stripe_events::due(&mut tx, Micros(40), 10).await.unwrap();
        let told: Vec<_> = due.iter().map(|e| (e.id.as_str(), e.attempts, e.error.as_deref())).collect();
        assert_eq!(told, [("evt_3", 1, None), ("evt_1", 1, None), ("evt_2", 2, Some("timeout"))]);
        assert_eq!(stripe_events::due(&mut tx, Micros(39), 10).await.unwrap().len(), 2);
        assert_eq!(stripe_events::due(&mut tx, Micros(40), 1).await.unwrap()[0].id, "evt_3");

        stripe_events::finish(&mut tx, "evt_2", Outcome::Processed, None).await.unwrap();
        // A slower attempt's failure comes too late to count.
        stripe_events::fail(&mut tx, "evt_2", "timeout", Micros(40)).await.unwrap();
        assert_eq!(stripe_events::due(&mut tx, Micros(40), 10).await.unwrap().len(), 2);
    }

    async fn of_deliveries_at_once_exactly_one_is_new(db: &Database) {
        let store = db.open().await;
        let mut deliveries = tokio::task::JoinSet::new();
        for _ in 0..16 {
            let store = store.clone();
            deliveries.spawn(async move {
                let mut tx = store.begin().await.unwrap();
                let progress = stripe_events::claim(&mut tx, &received("evt_1", None), NOW, NOW).await.unwrap();
                tx.commit().await.unwrap();
                progress
            });
        }
        let told = deliveries.join_all().await;
        assert_eq!(told.iter().filter(|p| **p == Progress::New).count(), 1, "{told:?}");
        assert!(told.iter().all(|p| *p != Progress::Done), "{told:?}");
    }

    async fn events_are_listed_newest_first_for_their_organisation(db: &Database) {
        let store = db.open().await;
        let mut tx = store.begin().await.unwrap();
        let (one, two) = (org(&mut tx).await, org(&mut tx).await);
        for (id, org, at) in [("evt_1", &one, 10), ("evt_3", &one, 20), ("evt_2", &one, 20), ("evt_4", &two, 30)] {
            stripe_events::claim(&mut tx, &received(id, Some(&org.id)), Micros(at), NOW).await.unwrap();
        }
        let listed = stripe_events::list(&mut tx, &one.id, 10).await.unwrap();
        assert_eq!(listed.iter().map(|e| e.id.as_str()).collect::<Vec<_>>(), ["evt_3", "evt_2", "evt_1"]);
        assert_eq!(stripe_events::list(&mut tx, &one.id, 1).await.unwrap().len(), 1);
    }
}
