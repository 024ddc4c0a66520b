//! The edge of a month, and a clock that goes back: what was held is charged to the month it was held in,
//! and a cap begins anew with the month, not with the clock's mood.

use domain::money::Usd;
use domain::time::{Micros, Span};
use platform::budget::{Admission, Held, holds};
use testkit::{ManualClock, on_both};

use crate::payer::{Payer, UNIT, spend};

/// The last millisecond of November.
fn edge() -> Micros {
    let days_left = Span::days(9);
    let at = ManualClock::START.plus(days_left);
    let midnight = Micros::from_millis(at.0 / 1_000 / 86_400_000 * 86_400_000).plus(Span::days(1));
    midnight.minus(Span(1_000))
}

async fn granted(payer: &Payer) -> Box<Held> {
    match payer.ask(1).await {
        Admission::Granted(held) => held,
        other => panic!("it fits: {other:?}"),
    }
}

async fn spent(payer: &Payer, month: &str) -> (i64, i64) {
    let standing = payer.standing_in(month).await;
    (
        standing.spent.as_micros() / UNIT,
        standing.reserved.as_micros() / UNIT,
    )
}

#[test]
fn the_edge_is_the_last_moment_of_the_month() {
    assert_eq!(edge().month(), "2026-11");
    assert_eq!(edge().plus(Span(1_000)).month(), "2026-12");
}

on_both! {
    async fn work_begun_in_one_month_and_ended_in_the_next_counts_in_the_first(db: &Database) {
        let payer = Payer::open(db, Some(Usd::micros(2 * UNIT))).await;
        let p = &payer.world.platform;
        payer.world.clock.set(edge());
        let (charged, given_back) = (granted(&payer).await, granted(&payer).await);
        let request = payer.world.request();
        let none_left = holds::reserve(p, &payer.key, &spend(1), Span::minutes(15), &request).await.unwrap();
        assert!(none_left.is_err(), "both units are held");
        payer.world.clock.advance(Span::seconds(1));
        charged.settle(p).await.unwrap();
        given_back.release(p).await.unwrap();
        assert_eq!((spent(&payer, "2026-11").await, spent(&payer, "2026-12").await), ((1, 0), (0, 0)));
        payer.sound().await;
        // The cap of the new month is whole.
        for _ in 0..2 {
            granted(&payer).await.settle(p).await.unwrap();
        }
        assert!(matches!(payer.ask(1).await, Admission::Refused(_)));
        assert_eq!((spent(&payer, "2026-11").await, spent(&payer, "2026-12").await), ((1, 0), (2, 0)));
        payer.sound().await;
    }

    async fn a_reservation_of_one_month_pays_in_the_next_and_counts_in_the_first(db: &Database) {
        let payer = Payer::open(db, Some(Usd::micros(2 * UNIT))).await;
        let p = &payer.world.platform;
        payer.world.clock.set(edge());
        let request = payer.world.request();
        let hold = holds::reserve(p, &payer.key, &spend(2), Span::minutes(15), &request).await.unwrap().unwrap().hold;
        payer.world.clock.advance(Span::seconds(1));
        let draws = platform::budget::Spend { draws: Some(hold.id), ..spend(1) };
        let Admission::Granted(held) = payer.spend(&draws).await.unwrap() else { panic!("it is reserved") };
        held.settle(p).await.unwrap();
        assert_eq!((spent(&payer, "2026-11").await, spent(&payer, "2026-12").await), ((1, 1), (0, 0)));
        // The rest is given back to the month it was taken from.
        payer.world.clock.advance(Span::minutes(16));
        assert_eq!(platform::budget::expire(p, 10).await.unwrap(), 1);
        assert_eq!((spent(&payer, "2026-11").await, spent(&payer, "2026-12").await), ((1, 0), (0, 0)));
        payer.sound().await;
    }

    async fn work_that_outlived_its_hold_over_midnight_is_not_charged(db: &Database) {
        let payer = Payer::open(db, Some(Usd::micros(2 * UNIT))).await;
        let p = &payer.world.platform;
        payer.world.clock.set(edge());
        let held = granted(&payer).await;
        // The answer to another comes after a commit: by then the first is on disk as held.
        granted(&payer).await.settle(p).await.unwrap();
        payer.world.clock.advance(Span::minutes(6));
        assert!(held.settle(p).await.is_err());
        assert_eq!((spent(&payer, "2026-11").await, spent(&payer, "2026-12").await), ((1, 0), (0, 0)));
        payer.sound().await;
    }

    async fn a_clock_that_goes_back_opens_no_cap_and_charges_nothing_twice(db: &Database) {
        let payer = Payer::open(db, Some(Usd::micros(2 * UNIT))).await;
        let p = &payer.world.platform;
        payer.world.clock.set(edge());
        granted(&payer).await.settle(p).await.unwrap();
        granted(&payer).await.settle(p).await.unwrap();
        payer.world.clock.advance(Span::seconds(1));
        let held = granted(&payer).await;
        // Back into the month whose cap is reached: it still is.
        payer.world.clock.set(edge());
        assert!(matches!(payer.ask(1).await, Admission::Refused(_)));
        // What was held in the later month is charged there, and the ids that are made now are new ones.
        held.settle(p).await.unwrap();
        assert!(held.settle(p).await.is_err(), "once");
        assert_eq!((spent(&payer, "2026-11").await, spent(&payer, "2026-12").await), ((2, 0), (1, 0)));
        payer.world.clock.advance(Span::seconds(1));
        granted(&payer).await.settle(p).await.unwrap();
        assert!(matches!(payer.ask(1).await, Admission::Refused(_)));
        payer.sound().await;
    }

    async fn a_step_back_within_the_month_gives_no_hold_back_early(db: &Database) {
        let payer = Payer::open(db, Some(Usd::micros(UNIT))).await;
        let p = &payer.world.platform;
        let held = granted(&payer).await;
        payer.world.clock.set(ManualClock::START.minus(Span::hours(1)));
        assert_eq!(platform::budget::expire(p, 10).await.unwrap(), 0);
        assert!(matches!(payer.ask(1).await, Admission::Refused(_)));
        held.settle(p).await.unwrap();
        assert!(matches!(payer.ask(1).await, Admission::Refused(_)));
        payer.sound().await;
    }
}
