//! Approvals at the gate: filed by the stopped call, used up by the one they were given for.

use domain::budget::approval::NotUsable;
use domain::budget::gate::{Denial, Scope};
use domain::budget::limits::Limits;
use domain::id::ApprovalId;
use domain::money::Usd;
use domain::time::Span;
use platform::Error;
use platform::budget::{Admission, Refused, Spend};
use testkit::{Database, on_both};

use crate::payer::{Payer, UNIT, spend};

async fn over_the_threshold(db: &Database) -> Payer {
    let payer = Payer::open(db, None).await;
    payer
        .limits(Limits {
            cap: Some(Usd::micros(10 * UNIT)),
            soft: None,
            approval: Some(Usd::ZERO),
        })
        .await;
    payer
}

async fn stopped(payer: &Payer, spend: &Spend<'_>) -> Box<Refused> {
    match payer.spend(spend).await.unwrap() {
        Admission::Refused(refused) => refused,
        other => panic!("{other:?}"),
    }
}

async fn decide(payer: &Payer, id: &ApprovalId, approve: bool) {
    let mut tx = payer.world.store.begin().await.unwrap();
    let found = store::approvals::find(&mut tx, &payer.key.org, id)
        .await
        .unwrap();
    let by = payer.owner.person.user.id.clone();
    let decided = found
        .unwrap()
        .decided(approve, by, payer.world.now())
        .unwrap();
    assert!(store::approvals::decide(&mut tx, &decided).await.unwrap());
    tx.commit().await.unwrap();
}

fn with(id: &ApprovalId, units: i64) -> Spend<'static> {
    Spend {
        approval: Some(id.clone()),
        ..spend(units)
    }
}

async fn not_usable(payer: &Payer, spend: &Spend<'_>) -> NotUsable {
    match payer.spend(spend).await {
        Err(Error::ApprovalNotUsable(why)) => why,
        other => panic!("{other:?}"),
    }
}

on_both! {
    async fn an_approval_is_asked_for_once_and_opens_the_gate_once(db: &Database) {
        let payer = over_the_threshold(db).await;
        let refused = stopped(&payer, &spend(1)).await;
        assert_eq!(refused.denial, Denial::ApprovalRequired(Scope::Organization));
        let asked = refused.approval.unwrap();
        let again = stopped(&payer, &spend(1)).await.approval.unwrap();
        assert_eq!(again, asked, "the same question is not asked twice");
        let other = stopped(&payer, &spend(2)).await.approval.unwrap();
        assert_ne!(other.id, asked.id);
        assert_eq!(not_usable(&payer, &with(&asked.id, 1)).await, NotUsable::Pending);
        decide(&payer, &asked.id, true).await;
        assert_eq!(not_usable(&payer, &with(&asked.id, 2)).await, NotUsable::TooSmall);
        let Admission::Granted(held) = payer.spend(&with(&asked.id, 1)).await.unwrap() else {
            panic!("it was approved")
        };
        held.settle(&payer.world.platform).await.unwrap();
        assert_eq!(not_usable(&payer, &with(&asked.id, 1)).await, NotUsable::Used);
        assert_eq!(payer.standing().await.spent, Usd::micros(UNIT));
        payer.sound().await;
    }

    async fn of_two_that_use_an_approval_at_once_one_passes(db: &Database) {
        let payer = std::sync::Arc::new(over_the_threshold(db).await);
        let asked = stopped(&payer, &spend(1)).await.approval.unwrap();
        decide(&payer, &asked.id, true).await;
        let uses: Vec<_> = (0..8)
            .map(|_| {
                let (payer, spend) = (std::sync::Arc::clone(&payer), with(&asked.id, 1));
                tokio::spawn(async move {
                    match payer.spend(&spend).await {
                        Ok(Admission::Granted(held)) => {
                            held.settle(&payer.world.platform).await.unwrap();
                            1
                        }
                        Err(Error::ApprovalNotUsable(NotUsable::Used)) => 0,
                        other => panic!("{other:?}"),
                    }
                })
            })
            .collect();
        let mut won = 0;
        for one in uses {
            won += one.await.unwrap();
        }
        assert_eq!(won, 1);
        payer.sound().await;
    }

    async fn what_is_denied_or_too_late_or_somebody_elses_opens_nothing(db: &Database) {
        let payer = over_the_threshold(db).await;
        let denied = stopped(&payer, &spend(1)).await.approval.unwrap();
        decide(&payer, &denied.id, false).await;
        assert_eq!(not_usable(&payer, &with(&denied.id, 1)).await, NotUsable::Denied);
        let late = stopped(&payer, &spend(1)).await.approval.unwrap();
        assert_ne!(late.id, denied.id, "a denial is final; asking again is another question");
        decide(&payer, &late.id, true).await;
        payer.world.clock.advance(Span::minutes(15));
        assert_eq!(not_usable(&payer, &with(&late.id, 1)).await, NotUsable::Expired);
        let unknown = ApprovalId::from_stored("appr_00000000000000000000000000".to_owned());
        assert!(matches!(payer.spend(&with(&unknown, 1)).await, Err(Error::NotFound)));
        let mut foreign = stopped(&payer, &spend(1)).await.approval.unwrap();
        decide(&payer, &foreign.id, true).await;
        let other = over_the_threshold(db).await;
        assert!(matches!(other.spend(&with(&foreign.id, 1)).await, Err(Error::NotFound)));
        foreign.id = late.id;
        assert_eq!(payer.standing().await.spent, Usd::ZERO);
    }

    async fn an_approval_never_opens_the_cap(db: &Database) {
        let payer = over_the_threshold(db).await;
        let asked = stopped(&payer, &spend(10)).await.approval.unwrap();
        decide(&payer, &asked.id, true).await;
        payer.limits(Limits { cap: Some(Usd::micros(9 * UNIT)), soft: None, approval: Some(Usd::ZERO) }).await;
        let refused = stopped(&payer, &with(&asked.id, 10)).await;
        assert_eq!(refused.denial, Denial::HardCap(Scope::Organization));
        // It was not used up by the attempt.
        payer.limits(Limits { cap: None, soft: None, approval: Some(Usd::ZERO) }).await;
        let passed = payer.spend(&with(&asked.id, 10)).await.unwrap();
        assert!(matches!(passed, Admission::Granted(_)));
    }
}
