//! What was charged, in order and in sums, and who set which limits.

use domain::budget::limits::Limits;
use domain::id::{KeyId, OrgId, UsageId};
use domain::money::Usd;
use domain::time::{Micros, Span};
use store::holds::Payment;
use store::ledger::{ORG, Place, Standing};
use store::usage_records::Usage;
use store::{Db, balances, budgets, charges, ledger};
use testkit::on_both;

use crate::support::{NOW, fresh, tenant};

fn usage(org: &OrgId, key: &KeyId, at: Micros, micros: i64, payment: Payment) -> Usage {
    Usage {
        id: UsageId::new(at, fresh()),
        org: org.clone(),
        key: key.clone(),
        recorded_at: at,
        period: at.month(),
        request: Some(format!("req_\"{}\"", at.0)),
        class: "entity_resolve".to_owned(),
        family: "core_reads".to_owned(),
        plan: domain::billing::plan::PlanKey::Payg,
        rate_card: "2026-09".to_owned(),
        units: 1,
        unit: Usd::micros(micros),
        amount: match payment {
            Payment::Charge => Usd::micros(micros),
            Payment::Free | Payment::Grant => Usd::ZERO,
        },
        payment,
        hold: None,
        external: None,
        service: None,
        purpose: None,
    }
}

fn minute(n: i64) -> Micros {
    NOW.plus(Span::minutes(n))
}

/// Ten charges of 0 to 9 micro-dollars, a minute apart, with one between that the grant paid.
async fn ten(db: &mut Db, org: &OrgId, key: &KeyId) {
    let mut all: Vec<Usage> = (0..10)
        .map(|n| usage(org, key, minute(n), n, Payment::Charge))
        .collect();
    all.insert(5, usage(org, key, minute(4), 100, Payment::Grant));
    store::usage_records::insert(db, &all).await.unwrap();
}

on_both! {
    async fn charges_are_read_page_by_page_in_order(db: &Database) {
        let store = db.open().await;
        let ((_, org, key, _), (_, other, others, _)) = (tenant(&store).await, tenant(&store).await);
        let mut tx = store.begin().await.unwrap();
        ten(&mut tx, &org.id, &key).await;
        ten(&mut tx, &other.id, &others).await;
        let (mut first, end) = (charges::from(minute(1)), charges::from(minute(9)));
        let mut amounts = Vec::new();
        loop {
            let page = charges::page(&mut tx, &org.id, (&first, &end), 3).await.unwrap();
            let Some((last, call)) = page.last() else { break };
            assert_eq!((call.month.as_str(), &call.key), ("2026-11", &key));
            assert_eq!(call.request, Some(format!("req_\"{}\"", call.at.0)));
            first = charges::after(last);
            amounts.extend(page.iter().map(|(_, call)| call.amount.as_micros()));
        }
        assert_eq!(amounts, [1, 2, 3, 4, 5, 6, 7, 8], "the end is not among them, nor what the grant paid");
        let all = (&charges::from(Micros(0)), &end);
        let nth = charges::nth_newest(&mut tx, &org.id, all, 2).await.unwrap();
        assert_eq!(nth.map(|(_, at)| at), Some(minute(6)));
        assert_eq!(charges::nth_newest(&mut tx, &org.id, all, 9).await.unwrap(), None);
    }

    async fn charges_are_summed_over_a_span_and_by_key(db: &Database) {
        let store = db.open().await;
        let (_, org, key, _) = tenant(&store).await;
        let mut tx = store.begin().await.unwrap();
        ten(&mut tx, &org.id, &key).await;
        let other = KeyId::new(NOW, fresh());
        store::usage_records::insert(&mut tx, &[usage(&org.id, &other, minute(2), 50, Payment::Charge)]).await.unwrap();
        let span = (&charges::from(minute(1)), &charges::from(minute(4)));
        assert_eq!(charges::spent(&mut tx, &org.id, span).await.unwrap(), Usd::micros(56));
        assert_eq!(charges::spent_by(&mut tx, (&org.id, &key), span).await.unwrap(), Usd::micros(6));
        assert_eq!(charges::spent_by(&mut tx, (&org.id, &other), span).await.unwrap(), Usd::micros(50));
        let empty = (&charges::from(minute(50)), &charges::from(minute(60)));
        assert_eq!(charges::spent(&mut tx, &org.id, empty).await.unwrap(), Usd::ZERO);
    }

    async fn limits_tell_who_set_them(db: &Database) {
        let store = db.open().await;
        let (user, org, key, _) = tenant(&store).await;
        let mut tx = store.begin().await.unwrap();
        let place = |scope: &str, period: &str| Place { org: org.id.clone(), scope: scope.to_owned(), period: period.to_owned() };
        assert_eq!(budgets::set(&mut tx, &org.id, ORG).await.unwrap(), None);
        let limits = Limits { cap: Some(Usd::micros(70)), ..Limits::default() };
        for (by, name) in [
            (Some(user.id.as_str()), user.name.clone()),
            (Some(key.as_str()), Some(key.to_string())),
            (None, None),
        ] {
            ledger::set_limits(&mut tx, &place(ORG, "2026-11"), limits, (NOW, by)).await.unwrap();
            let set = budgets::set(&mut tx, &org.id, ORG).await.unwrap().unwrap();
            assert_eq!((set.at, set.by), (NOW, name));
        }
        // Limits without spend, spend without limits, both; the organisation's own are not among them.
        let (limited, spender, both) = (KeyId::new(NOW, fresh()), KeyId::new(NOW, fresh()), key);
        for key in [&limited, &both] {
            ledger::set_limits(&mut tx, &place(key.as_str(), "2026-11"), limits, (NOW, None)).await.unwrap();
        }
        for (key, period) in [(&spender, "2026-11"), (&both, "2026-11"), (&limited, "2026-10")] {
            let place = place(key.as_str(), period);
            let locked = balances::lock(&mut tx, std::slice::from_ref(&place)).await.unwrap();
            let moved = locked[&place].move_by(&place, Usd::micros(40), Usd::micros(2));
            balances::shift(&mut tx, &[moved]).await.unwrap();
        }
        let keys = budgets::of_keys(&mut tx, &org.id, "2026-11").await.unwrap();
        let standing = |limits, spent, reserved| Standing { limits, spent: Usd::micros(spent), reserved: Usd::micros(reserved) };
        assert_eq!(keys.len(), 3);
        assert_eq!(keys[&limited], standing(limits, 0, 0));
        assert_eq!(keys[&spender], standing(Limits::default(), 40, 2));
        assert_eq!(keys[&both], standing(limits, 40, 2));
        assert_eq!(budgets::limits_of_keys(&mut tx, &org.id).await.unwrap().len(), 2);
    }
}
