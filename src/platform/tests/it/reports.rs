//! Usage that services report: gated, charged once an id, and none spoiling another.

use domain::budget::gate::Denial;
use domain::id::{KeyId, OrgId};
use domain::money::Usd;
use platform::Error;
use platform::budget::holds::InName;
use platform::budget::ledger::Reported;
use platform::budget::reports::{Outcome, Record, record};
use testkit::on_both;

use crate::payer::{Payer, UNIT};

fn one(payer: &Payer, id: &str, units: i64) -> Record {
    Record {
        id: id.to_owned(),
        used: InName {
            org: payer.key.org.clone(),
            key: Some(payer.key.key.clone()),
            class: "entity_resolve".to_owned(),
            units,
            request: payer.world.request().as_str().to_owned(),
            purpose: None,
            service: "svc_1".to_owned(),
        },
    }
}

async fn report(payer: &Payer, records: Vec<Record>) -> Vec<Outcome> {
    record(&payer.world.platform, records).await.unwrap()
}

on_both! {
    async fn each_id_is_charged_once_whoever_repeats_it(db: &Database) {
        let payer = std::sync::Arc::new(Payer::open(db, None).await);
        let senders: Vec<_> = (0..6)
            .map(|_| {
                let payer = std::sync::Arc::clone(&payer);
                tokio::spawn(async move {
                    let records = (0..50).map(|n| one(&payer, &format!("job-{n}"), 1)).collect();
                    let outcomes = report(&payer, records).await;
                    outcomes.into_iter().filter(|o| matches!(o, Ok(Reported::Recorded(..)))).count()
                })
            })
            .collect();
        let mut recorded = 0;
        for sender in senders {
            recorded += sender.await.unwrap();
        }
        assert_eq!(recorded, 50);
        assert_eq!(payer.standing().await.spent, Usd::micros(50 * UNIT));
        let other = report(&payer, vec![one(&payer, "job-1", 2)]).await;
        assert!(matches!(other[..], [Ok(Reported::Conflict(_))]), "{other:?}");
        let twice = report(&payer, vec![one(&payer, "new", 1), one(&payer, "new", 1)]).await;
        assert!(matches!(twice[..], [Ok(Reported::Recorded(..)), Ok(Reported::Duplicate(..))]));
        payer.sound().await;
    }

    async fn a_cap_stops_the_records_it_has_no_room_for_and_no_others(db: &Database) {
        let payer = Payer::open(db, Some(Usd::micros(3 * UNIT))).await;
        let records = vec![one(&payer, "a", 2), one(&payer, "b", 2), one(&payer, "c", 1)];
        let outcomes = report(&payer, records).await;
        assert!(matches!(outcomes[0], Ok(Reported::Recorded(..))));
        match &outcomes[1] {
            Ok(Reported::Refused(refused)) => assert!(matches!(refused.denial, Denial::HardCap(_))),
            other => panic!("{other:?}"),
        }
        assert!(matches!(outcomes[2], Ok(Reported::Recorded(..))));
        // What was refused was not recorded: with room it is.
        payer.cap(None).await;
        let again = report(&payer, vec![one(&payer, "b", 2)]).await;
        assert!(matches!(again[..], [Ok(Reported::Recorded(..))]));
        payer.sound().await;
    }

    async fn a_record_of_nobody_or_nothing_spoils_no_other(db: &Database) {
        let payer = Payer::open(db, None).await;
        let mut nobody = one(&payer, "a", 1);
        nobody.used.org = OrgId::from_stored("org_none".to_owned());
        let mut no_key = one(&payer, "b", 1);
        no_key.used.key = Some(KeyId::from_stored("key_none".to_owned()));
        let mut no_class = one(&payer, "c", 1);
        "nonsense".clone_into(&mut no_class.used.class);
        let records = vec![nobody, no_key, no_class, one(&payer, "d", 0), one(&payer, "e", 1)];
        let outcomes = report(&payer, records).await;
        assert!(matches!(outcomes[0], Err(Error::NotFound)));
        assert!(matches!(outcomes[1], Err(Error::NotFound)));
        assert!(matches!(outcomes[2], Err(Error::UnknownMeterClass)));
        assert!(matches!(outcomes[3], Err(Error::Invalid { .. })));
        assert!(matches!(outcomes[4], Ok(Reported::Recorded(..))));
        assert_eq!(payer.standing().await.spent, Usd::micros(UNIT));
        payer.sound().await;
    }

    async fn a_quota_is_reached_and_never_passed(db: &Database) {
        let payer = Payer::open(db, None).await;
        let query = |id: &str, units| {
            let mut record = one(&payer, id, units);
            "intelligence_query".clone_into(&mut record.used.class);
            record
        };
        // The commercial plan includes 10,000 a month.
        let records = vec![query("a", 9_999), query("b", 2), query("c", 1), query("d", 1)];
        let outcomes = report(&payer, records).await;
        let stopped = |outcome: &Outcome| match outcome {
            Ok(Reported::Refused(refused)) => Some(refused.denial),
            _ => None,
        };
        let stopped: Vec<_> = outcomes.iter().map(stopped).collect();
        assert_eq!(stopped, [None, Some(Denial::Quota), None, Some(Denial::Quota)]);
        payer.sound().await;
    }
}
