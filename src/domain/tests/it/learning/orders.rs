//! All 40,320 orders of eight events.

use super::receiver::{Receiver, Trusting, nothing_known, seen};
use super::world::{History, STEPS, Step};

const ORDERS: usize = 40_320;

/// Ends with a plan that was changed.
const CHANGED: [Step; STEPS] = [
    Step::CustomerCreated,
    Step::CardAttached,
    Step::Subscribed,
    Step::FirstPaid,
    Step::CardReplaced,
    Step::RenewalFailed,
    Step::RenewalPaid,
    Step::Switched,
];

/// Ends with nothing but an unpaid invoice.
const LEFT: [Step; STEPS] = [
    Step::CustomerCreated,
    Step::CardAttached,
    Step::Subscribed,
    Step::FirstPaid,
    Step::Switched,
    Step::RenewalFailed,
    Step::CardDetached,
    Step::Canceled,
];

/// Delivers the events, counted from one, in every order. Orders that begin alike share the way, so
/// every beginning is seen once, and every whole order once.
fn in_every_order<R: Clone>(
    start: &R,
    deliver: &impl Fn(&mut R, usize),
    see: &mut impl FnMut(&R, &[usize]),
) {
    fn go<R: Clone>(
        so_far: &R,
        order: &mut Vec<usize>,
        deliver: &impl Fn(&mut R, usize),
        see: &mut impl FnMut(&R, &[usize]),
    ) {
        see(so_far, order);
        for event in 1..=STEPS {
            if !order.contains(&event) {
                let mut next = so_far.clone();
                deliver(&mut next, event);
                order.push(event);
                go(&next, order, deliver, see);
                order.pop();
            }
        }
    }
    go(start, &mut Vec::new(), deliver, see);
}

/// Every order must end as the provider is; and wherever delivery stops for good, a reconciliation,
/// which is one more look, must end there too. Answers how many orders there were.
fn all_end_well<R: Clone>(
    history: &History,
    start: &R,
    deliver: &impl Fn(&mut R, usize),
    reconcile: &impl Fn(&mut R),
    receiver: &impl Fn(&R) -> &Receiver,
) -> usize {
    let expected = seen(&nothing_known(), history.last());
    let mut orders = 0;
    in_every_order(start, deliver, &mut |state, order| {
        let mut reconciled = state.clone();
        if order.len() == STEPS {
            orders += 1;
            assert_eq!(receiver(state).facts, expected, "{order:?}");
            // Delivered once more.
            deliver(&mut reconciled, order[0]);
        } else {
            reconcile(&mut reconciled);
        }
        assert_eq!(
            receiver(&reconciled).facts,
            expected,
            "{order:?}, then a look"
        );
    });
    orders
}

#[test]
fn delivered_when_everything_has_happened() {
    for steps in [CHANGED, LEFT] {
        let history = History::of(&steps);
        let look = |(receiver, tickets): &mut (Receiver, usize)| {
            *tickets += 1;
            receiver.apply(*tickets, history.last());
        };
        let start = (Receiver::careful(), 0);
        let orders = all_end_well(&history, &start, &|s, _| look(s), &look, &|s| &s.0);
        assert_eq!(orders, ORDERS);
    }
}

#[test]
fn delivered_while_things_happen() {
    for steps in [CHANGED, LEFT] {
        let history = History::of(&steps);
        // No event comes before it happened: the later ones have happened when the first is told.
        let look = |(receiver, tickets, happened): &mut (Receiver, usize, usize), event: usize| {
            *tickets += 1;
            *happened = event.max(*happened);
            receiver.apply(*tickets, &history.worlds[*happened]);
        };
        let start = (Receiver::careful(), 0, 0);
        let orders = all_end_well(&history, &start, &look, &|s| look(s, STEPS), &|s| &s.0);
        assert_eq!(orders, ORDERS);
    }
}

#[test]
fn looked_at_in_time_and_applied_in_any_order() {
    for steps in [CHANGED, LEFT] {
        let history = History::of(&steps);
        let orders = all_end_well(
            &history,
            &Receiver::careful(),
            &|receiver, event| receiver.apply(event, &history.worlds[event]),
            &|receiver| receiver.apply(STEPS + 1, history.last()),
            &|receiver| receiver,
        );
        assert_eq!(orders, ORDERS);
    }
}

#[test]
fn who_trusts_what_events_carry_is_caught() {
    let history = History::of(&CHANGED);
    let expected = seen(&nothing_known(), history.last());
    let hear = |trusting: &mut Trusting, event: usize| trusting.hear(&history.events[event - 1]);
    let (mut right, mut wrong) = (0, 0);
    in_every_order(&Trusting::new(), &hear, &mut |trusting, order| {
        if order.len() == STEPS {
            let is_right = trusting.facts == expected;
            // It is no straw man: it knows how to follow events that come as they happened.
            assert!(is_right || !order.is_sorted());
            *if is_right { &mut right } else { &mut wrong } += 1;
        }
    });
    assert_eq!(right + wrong, ORDERS);
    assert!(wrong > ORDERS / 2, "{wrong}");
}

#[test]
fn who_takes_no_tickets_is_caught() {
    let history = History::of(&CHANGED);
    let expected = seen(&nothing_known(), history.last());
    let apply =
        |receiver: &mut Receiver, event: usize| receiver.apply(event, &history.worlds[event]);
    let mut wrong = 0;
    in_every_order(&Receiver::careless(), &apply, &mut |receiver, order| {
        wrong += usize::from(order.len() == STEPS && receiver.facts != expected);
    });
    // All orders but those that happen to end with the last event.
    assert_eq!(wrong, ORDERS / STEPS * (STEPS - 1));
}
