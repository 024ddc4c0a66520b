//! Reservations: held once, drawn on by later calls, never for more, given back when their time is over.

use domain::budget::gate::Payment;
use domain::id::HoldId;
use domain::money::Usd;
use domain::time::Span;
use platform::Error;
use platform::budget::holds::{self, InName};
use platform::budget::{Admission, Spend};
use testkit::on_both;

use crate::payer::{Payer, UNIT, spend};

async fn reserve(payer: &Payer, units: i64) -> HoldId {
    let request = payer.world.request();
    let p = &payer.world.platform;
    let decided = holds::reserve(p, &payer.key, &spend(units), Span::minutes(15), &request).await;
    decided.unwrap().expect("it fits").hold.id
}

fn from(hold: &HoldId, units: i64) -> Spend<'static> {
    Spend {
        draws: Some(hold.clone()),
        ..spend(units)
    }
}

fn in_name(payer: &Payer, units: i64) -> InName {
    InName {
        org: payer.key.org.clone(),
        key: None,
        class: "entity_resolve".to_owned(),
        units,
        request: payer.world.request().as_str().to_owned(),
        purpose: None,
        service: "svc_1".to_owned(),
    }
}

on_both! {
    async fn calls_draw_on_what_was_reserved_for_them(db: &Database) {
        let payer = Payer::open(db, Some(Usd::micros(3 * UNIT))).await;
        let p = &payer.world.platform;
        let hold = reserve(&payer, 3).await;
        assert!(matches!(payer.ask(1).await, Admission::Refused(_)), "all of it is reserved");
        let Admission::Granted(one) = payer.spend(&from(&hold, 2)).await.unwrap() else { panic!("reserved") };
        assert_eq!(one.granted.payment, Payment::Reserved);
        one.settle(p).await.unwrap();
        payer.sound().await;
        let standing = payer.standing().await;
        assert_eq!((standing.spent, standing.reserved), (Usd::micros(2 * UNIT), Usd::micros(UNIT)));
        let more = payer.spend(&from(&hold, 2)).await;
        assert!(matches!(more, Err(Error::HoldExceeded { units: 1 })), "{more:?}");
        // What fails goes back to the reservation.
        let Admission::Granted(two) = payer.spend(&from(&hold, 1)).await.unwrap() else { panic!("reserved") };
        two.release(p).await.unwrap();
        let Admission::Granted(two) = payer.spend(&from(&hold, 1)).await.unwrap() else { panic!("reserved") };
        two.settle(p).await.unwrap();
        let standing = payer.standing().await;
        assert_eq!((standing.spent, standing.reserved), (Usd::micros(3 * UNIT), Usd::ZERO));
        payer.sound().await;
    }

    async fn what_is_not_drawn_is_given_back_when_its_time_is_over(db: &Database) {
        let payer = Payer::open(db, Some(Usd::micros(3 * UNIT))).await;
        let p = &payer.world.platform;
        let hold = reserve(&payer, 3).await;
        let Admission::Granted(late) = payer.spend(&from(&hold, 1)).await.unwrap() else { panic!("reserved") };
        // Its own order makes the draw on it a held one.
        assert!(matches!(payer.ask(1).await, Admission::Refused(_)));
        payer.sound().await;
        payer.world.clock.advance(Span::minutes(4));
        late.settle(p).await.unwrap();
        payer.world.clock.advance(Span::minutes(11));
        assert!(matches!(payer.spend(&from(&hold, 1)).await, Err(Error::HoldExpired)));
        platform::budget::expire(p, 10).await.unwrap();
        assert!(matches!(payer.spend(&from(&hold, 1)).await, Err(Error::HoldNotOpen)));
        let standing = payer.standing().await;
        assert_eq!((standing.spent, standing.reserved), (Usd::micros(UNIT), Usd::ZERO));
        payer.sound().await;
    }

    async fn a_draw_that_fails_after_its_reservation_ended_goes_back_to_the_budget(db: &Database) {
        let payer = Payer::open(db, Some(Usd::micros(2 * UNIT))).await;
        let p = &payer.world.platform;
        let hold = reserve(&payer, 2).await;
        payer.world.clock.advance(Span::minutes(12));
        let Admission::Granted(late) = payer.spend(&from(&hold, 1)).await.unwrap() else { panic!("reserved") };
        assert!(matches!(payer.ask(1).await, Admission::Refused(_)));
        payer.world.clock.advance(Span::minutes(3));
        platform::budget::expire(p, 10).await.unwrap();
        assert_eq!(payer.standing().await.reserved, Usd::micros(UNIT));
        late.release(p).await.unwrap();
        assert_eq!(payer.standing().await.reserved, Usd::ZERO);
        payer.sound().await;
    }

    async fn a_reservation_is_its_keys_alone_and_of_one_class(db: &Database) {
        let payer = Payer::open(db, None).await;
        let other = Payer::open(db, None).await;
        let hold = reserve(&payer, 3).await;
        assert!(matches!(other.spend(&from(&hold, 1)).await, Err(Error::NotFound)));
        let search = Spend { class: "filing_search", ..from(&hold, 1) };
        assert!(matches!(payer.spend(&search).await, Err(Error::Invalid { .. })));
    }

    async fn a_service_settles_what_it_held_for_an_organisation(db: &Database) {
        let payer = Payer::open(db, Some(Usd::micros(5 * UNIT))).await;
        let p = &payer.world.platform;
        let held = holds::open(p, &in_name(&payer, 5), Span::minutes(5), "POST /v1/usage/holds").await;
        let hold = held.unwrap().expect("it fits").hold.id;
        assert!(matches!(payer.ask(1).await, Admission::Refused(_)));
        let above = holds::settle(p, "svc_1", &hold, 6).await;
        assert!(matches!(above, Err(Error::HoldExceeded { units: 5 })));
        assert!(matches!(holds::settle(p, "svc_2", &hold, 1).await, Err(Error::NotFound)));
        assert!(matches!(payer.spend(&from(&hold, 1)).await, Err(Error::NotFound)));
        let (_, amount) = holds::settle(p, "svc_1", &hold, 2).await.unwrap();
        assert_eq!(amount, Usd::micros(2 * UNIT));
        assert!(matches!(holds::release(p, "svc_1", &hold).await, Err(Error::HoldNotOpen)));
        let standing = payer.standing().await;
        assert_eq!((standing.spent, standing.reserved), (Usd::micros(2 * UNIT), Usd::ZERO));
        let again = holds::open(p, &in_name(&payer, 3), Span::minutes(5), "").await;
        let hold = again.unwrap().expect("it fits").hold.id;
        payer.world.clock.advance(Span::minutes(5));
        assert_eq!(holds::read(p, "svc_1", &hold).await.unwrap().1, "expired");
        assert!(matches!(holds::settle(p, "svc_1", &hold, 1).await, Err(Error::HoldExpired)));
        assert!(holds::open(p, &in_name(&payer, 4), Span::minutes(5), "").await.unwrap().is_err());
        payer.sound().await;
    }
}
