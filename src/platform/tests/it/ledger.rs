//! Many spenders, one cap: exact to the micro-dollar on both databases.

use std::sync::Arc;

use domain::budget::gate::{Denial, Scope};
use domain::money::Usd;
use platform::Error;
use platform::budget::Admission;
use platform::budget::ledger::Ended;
use testkit::on_both;
use tokio::sync::Barrier;

use crate::payer::{Payer, UNIT};

on_both! {
    async fn unit_spends_that_succeed_equal_the_cap(db: &Database) {
        let payer = Arc::new(Payer::open(db, Some(Usd::micros(50 * UNIT + 1_000))).await);
        let spenders: Vec<_> = (0..16)
            .map(|_| {
                let payer = Arc::clone(&payer);
                tokio::spawn(async move {
                    let mut won = 0;
                    for _ in 0..8 {
                        match payer.ask(1).await {
                            Admission::Granted(held) => {
                                held.settle(&payer.world.platform).await.unwrap();
                                won += 1;
                            }
                            Admission::Refused(refused) => {
                                assert_eq!(refused.denial, Denial::HardCap(Scope::Organization));
                            }
                            Admission::Free(_) => panic!("it costs something"),
                        }
                    }
                    won
                })
            })
            .collect();
        let mut won = 0;
        for spender in spenders {
            won += spender.await.unwrap();
        }
        assert_eq!(won, 50);
        let standing = payer.standing().await;
        assert_eq!((standing.spent, standing.reserved), (Usd::micros(50 * UNIT), Usd::ZERO));
    }

    async fn what_fails_is_given_back_once(db: &Database) {
        let payer = Payer::open(db, Some(Usd::micros(UNIT))).await;
        let p = &payer.world.platform;
        let Admission::Granted(held) = payer.ask(1).await else { panic!("it fits") };
        assert!(matches!(payer.ask(1).await, Admission::Refused(_)));
        assert_eq!(held.release(p).await.unwrap(), Ended::GivenBack);
        assert_eq!(held.release(p).await.unwrap(), Ended::NotOpen);
        assert!(matches!(held.settle(p).await, Err(Error::Unavailable)));
        let Admission::Granted(again) = payer.ask(1).await else { panic!("it fits again") };
        again.settle(p).await.unwrap();
        assert_eq!(payer.standing().await.spent, Usd::micros(UNIT));
    }

    async fn a_cap_lowered_below_what_is_spent_holds_at_once(db: &Database) {
        let payer = Payer::open(db, None).await;
        let Admission::Granted(held) = payer.ask(3).await else { panic!("there is no cap") };
        held.settle(&payer.world.platform).await.unwrap();
        payer.cap(Some(Usd::ZERO)).await;
        assert!(matches!(payer.ask(1).await, Admission::Refused(_)));
        payer.cap(Some(Usd::micros(4 * UNIT))).await;
        assert!(matches!(payer.ask(1).await, Admission::Granted(_)));
    }

    async fn the_row_itself_refuses_to_pass_its_cap(db: &Database) {
        let payer = Payer::open(db, Some(Usd::micros(UNIT))).await;
        let mut tx = payer.world.store.begin().await.unwrap();
        let place = [payer.place()];
        let locked = store::balances::lock(&mut tx, &place).await.unwrap();
        let none = locked[&place[0]].move_by(&place[0], Usd::ZERO, Usd::ZERO);
        store::balances::shift(&mut tx, &[none]).await.unwrap();
        let amount = Usd::micros(UNIT + 1);
        let refused = store::ledger::add_unchecked(&mut tx, &payer.place(), amount).await;
        assert!(refused.is_err(), "{refused:?}");
    }

    // What a spender does that reads, decides and then writes: the cap is passed. This is why the ledger
    // decides under the row's lock.
    async fn reading_first_and_writing_later_passes_a_cap(db: &Database) {
        let payer = Arc::new(Payer::open(db, None).await);
        let cap = Usd::micros(UNIT);
        // The row itself knows of no cap, or it would refuse.
        let Admission::Granted(first) = payer.ask(1).await else { panic!("there is no cap") };
        first.release(&payer.world.platform).await.unwrap();
        payer.cap(None).await;
        let both_have_read = Arc::new(Barrier::new(2));
        let spenders: Vec<_> = (0..2)
            .map(|_| {
                let (payer, both_have_read) = (Arc::clone(&payer), Arc::clone(&both_have_read));
                tokio::spawn(async move {
                    let fits = payer.standing().await.spent.as_micros() + UNIT <= cap.as_micros();
                    both_have_read.wait().await;
                    if fits {
                        let mut tx = payer.world.store.begin().await.unwrap();
                        store::ledger::add_unchecked(&mut tx, &payer.place(), Usd::micros(UNIT)).await.unwrap();
                        tx.commit().await.unwrap();
                    }
                })
            })
            .collect();
        for spender in spenders {
            spender.await.unwrap();
        }
        assert!(payer.standing().await.spent > cap);
    }

    async fn work_that_lasts_is_held_on_disk_and_charged_when_it_ends(db: &Database) {
        let payer = Payer::open(db, Some(Usd::micros(2 * UNIT))).await;
        let p = &payer.world.platform;
        let Admission::Granted(slow) = payer.ask(1).await else { panic!("it fits") };
        // Another order's answer comes after a commit: by then the first is on disk as held.
        let Admission::Granted(other) = payer.ask(1).await else { panic!("it fits") };
        other.settle(p).await.unwrap();
        let standing = payer.standing().await;
        assert_eq!((standing.spent, standing.reserved), (Usd::micros(UNIT), Usd::micros(UNIT)));
        assert!(matches!(payer.ask(1).await, Admission::Refused(_)));
        payer.sound().await;
        slow.settle(p).await.unwrap();
        let standing = payer.standing().await;
        assert_eq!((standing.spent, standing.reserved), (Usd::micros(2 * UNIT), Usd::ZERO));
        payer.sound().await;
    }

    async fn what_outlasts_its_time_is_given_back_and_not_answered(db: &Database) {
        let payer = Payer::open(db, Some(Usd::micros(UNIT))).await;
        let p = &payer.world.platform;
        let Admission::Granted(slow) = payer.ask(1).await else { panic!("it fits") };
        assert!(matches!(payer.ask(1).await, Admission::Refused(_)));
        payer.world.clock.advance(domain::time::Span::minutes(5));
        assert_eq!(platform::budget::expire(p, 10).await.unwrap(), 1);
        assert!(matches!(slow.settle(p).await, Err(Error::Unavailable)));
        assert_eq!(payer.standing().await.reserved, Usd::ZERO);
        let Admission::Granted(late) = payer.ask(1).await else { panic!("it fits again") };
        assert!(matches!(payer.ask(1).await, Admission::Refused(_)));
        payer.world.clock.advance(domain::time::Span::minutes(5));
        // Nobody swept yet; its time is over all the same.
        assert!(matches!(late.settle(p).await, Err(Error::Unavailable)));
        assert_eq!(payer.standing().await.spent, Usd::ZERO);
        payer.sound().await;
    }

    async fn a_caller_that_goes_away_blocks_nobody(db: &Database) {
        let payer = Payer::open(db, Some(Usd::micros(4 * UNIT))).await;
        let p = &payer.world.platform;
        for _ in 0..3 {
            let Admission::Granted(held) = payer.ask(1).await else { panic!("it fits") };
            drop(held);
        }
        let Admission::Granted(held) = payer.ask(4).await else { panic!("nothing is held") };
        held.settle(p).await.unwrap();
        payer.sound().await;
    }
}
