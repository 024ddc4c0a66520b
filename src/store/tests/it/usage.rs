//! Usage of a month, and the reports of closed months on their way out.

use domain::id::UsageReportId;
use domain::org::Org;
use domain::time::{Micros, Span};
use store::usage_months::{self, Line, Report};
use store::{Db, Error};
use testkit::on_both;

use crate::support::{NOW, fresh, line, named};

/// No report.
const NONE: [&UsageReportId; 0] = [];
const MONTH: &str = "2026-11";

async fn org(db: &mut Db) -> Org {
    let org = named("Northwind");
    store::orgs::insert(db, &org).await.unwrap();
    org
}

fn report() -> UsageReportId {
    UsageReportId::new(NOW, fresh())
}

fn told(lines: &[Line]) -> Vec<(&str, &str, i64, i64, i64)> {
    let told = |line: &Line| (line.units, line.requests, line.amount.as_micros());
    let line = |line| {
        let (units, requests, amount) = told(line);
        (
            line.plan.as_str(),
            line.family.as_str(),
            units,
            requests,
            amount,
        )
    };
    lines.iter().map(line).collect()
}

fn ids(reports: &[Report]) -> Vec<&UsageReportId> {
    reports.iter().map(|report| &report.id).collect()
}

on_both! {
    async fn usage_adds_up_by_month_plan_family_and_rate_card(db: &Database) {
        let store = db.open().await;
        let mut tx = store.begin().await.unwrap();
        let (one, two) = (org(&mut tx).await, org(&mut tx).await);
        for units in [1, 2, 1_000_000] {
            usage_months::add(&mut tx, &one.id, MONTH, &line("sections", 4_200, units)).await.unwrap();
        }
        usage_months::add(&mut tx, &one.id, MONTH, &line("ai", 9_000, 1)).await.unwrap();
        let team = Line { plan: "team".to_owned(), ..line("ai", 6_300, 7) };
        usage_months::add(&mut tx, &one.id, MONTH, &team).await.unwrap();
        let card = Line { rate_card: "2026-10".to_owned(), ..line("ai", 10_000, 3) };
        usage_months::add(&mut tx, &one.id, MONTH, &card).await.unwrap();
        usage_months::add(&mut tx, &one.id, "2026-12", &line("ai", 9_000, 5)).await.unwrap();
        usage_months::add(&mut tx, &two.id, MONTH, &line("ai", 9_000, 11)).await.unwrap();
        let lines = usage_months::lines(&mut tx, &one.id, MONTH).await.unwrap();
        assert_eq!(told(&lines), [
            ("payg", "ai", 1, 1, 9_000),
            ("payg", "ai", 3, 3, 30_000),
            ("payg", "sections", 1_000_003, 1_000_003, 4_200_012_600),
            ("team", "ai", 7, 7, 44_100),
        ]);
        assert_eq!(lines.iter().map(|l| l.unit.as_micros()).collect::<Vec<_>>(), [9_000, 10_000, 4_200, 6_300]);
        assert_eq!(told(&usage_months::lines(&mut tx, &two.id, MONTH).await.unwrap()), [("payg", "ai", 11, 11, 99_000)]);
    }

    async fn usage_told_of_late_moves_no_clock_back(db: &Database) {
        let store = db.open().await;
        let mut tx = store.begin().await.unwrap();
        let org = org(&mut tx).await;
        for at in [20, 30, 10] {
            let line = Line { last_at: Micros(at), ..line("ai", 9_000, 1) };
            usage_months::add(&mut tx, &org.id, MONTH, &line).await.unwrap();
        }
        assert_eq!(usage_months::lines(&mut tx, &org.id, MONTH).await.unwrap()[0].last_at, Micros(30));
    }

    async fn usage_added_at_once_is_lost_by_nobody(db: &Database) {
        let store = db.open().await;
        let mut tx = store.begin().await.unwrap();
        let org = org(&mut tx).await;
        tx.commit().await.unwrap();
        let mut adders = tokio::task::JoinSet::new();
        for _ in 0..16 {
            let (store, org) = (store.clone(), org.id.clone());
            adders.spawn(async move {
                let mut tx = store.begin().await.unwrap();
                usage_months::add(&mut tx, &org, MONTH, &line("ai", 9_000, 3)).await.unwrap();
                tx.commit().await.unwrap();
            });
        }
        adders.join_all().await;
        let mut db = store.read().await.unwrap();
        assert_eq!(told(&usage_months::lines(&mut db, &org.id, MONTH).await.unwrap()), [("payg", "ai", 48, 48, 432_000)]);
    }

    async fn usage_is_never_taken_back_below_nothing(db: &Database) {
        let store = db.open().await;
        let mut tx = store.begin().await.unwrap();
        let org = org(&mut tx).await;
        let refused = usage_months::add(&mut tx, &org.id, MONTH, &line("ai", 9_000, -1)).await;
        assert!(matches!(refused, Err(Error::Failed(_))), "{refused:?}");
    }

    async fn a_month_is_closed_once(db: &Database) {
        let store = db.open().await;
        let mut tx = store.begin().await.unwrap();
        let mut made = [org(&mut tx).await.id, org(&mut tx).await.id, org(&mut tx).await.id];
        made.sort_by(|a, b| a.as_str().cmp(b.as_str()));
        let [one, two, _idle] = &made[..] else { unreachable!() };
        for (org, month) in [(one, MONTH), (two, MONTH), (two, "2026-10")] {
            for family in ["ai", "sections"] {
                usage_months::add(&mut tx, org, month, &line(family, 9_000, 2)).await.unwrap();
            }
        }
        assert_eq!(usage_months::unreported(&mut tx, MONTH, 10).await.unwrap(), made[..2], "each once");
        assert_eq!(usage_months::unreported(&mut tx, MONTH, 1).await.unwrap(), made[..1]);
        let (first, second) = (report(), report());
        assert!(usage_months::close(&mut tx, &first, (one, MONTH), 4, Some(NOW), NOW).await.unwrap());
        assert!(!usage_months::close(&mut tx, &second, (one, MONTH), 9, Some(NOW), NOW).await.unwrap());
        assert_eq!(usage_months::unreported(&mut tx, MONTH, 10).await.unwrap(), made[1..2]);
        assert_eq!(usage_months::unreported(&mut tx, "2026-10", 10).await.unwrap(), made[1..2]);
        assert_eq!(usage_months::unreported(&mut tx, "2026-09", 10).await.unwrap(), []);
        let kept = usage_months::reports(&mut tx, one, 10).await.unwrap();
        assert_eq!((ids(&kept), kept[0].amount_cents, kept[0].sent_at), (vec![&first], 4, None));
    }

    async fn the_outbox_holds_what_is_to_be_sent_until_it_was(db: &Database) {
        let store = db.open().await;
        let mut tx = store.begin().await.unwrap();
        let org = org(&mut tx).await.id;
        let (sent, failing, nothing) = (report(), report(), report());
        for (id, month, send_at) in [(&sent, "2026-09", Some(20)), (&failing, "2026-10", Some(10)), (&nothing, MONTH, None)] {
            usage_months::close(&mut tx, id, (&org, month), 4, send_at.map(Micros), NOW).await.unwrap();
        }
        assert_eq!(ids(&usage_months::reports_due(&mut tx, Micros(9), 10).await.unwrap()), NONE);
        assert_eq!(ids(&usage_months::reports_due(&mut tx, Micros(20), 10).await.unwrap()), [&failing, &sent]);
        assert_eq!(ids(&usage_months::reports_due(&mut tx, Micros(20), 1).await.unwrap()), [&failing]);

        usage_months::report_sent(&mut tx, &sent, NOW).await.unwrap();
        usage_months::report_failed(&mut tx, &failing, "timeout", Micros(30)).await.unwrap();
        assert_eq!(ids(&usage_months::reports_due(&mut tx, Micros(29), 10).await.unwrap()), NONE);
        let due = usage_months::reports_due(&mut tx, Micros(30), 10).await.unwrap();
        assert_eq!((ids(&due), due[0].attempts, due[0].error.as_deref()), (vec![&failing], 1, Some("timeout")));
        usage_months::report_sent(&mut tx, &failing, NOW.plus(Span(1))).await.unwrap();
        assert_eq!(ids(&usage_months::reports_due(&mut tx, NOW.plus(Span::days(999)), 10).await.unwrap()), NONE);

        let all = usage_months::reports(&mut tx, &org, 10).await.unwrap();
        let told: Vec<_> = all.iter().map(|r| (r.period.as_str(), r.sent_at, r.attempts, r.error.as_deref())).collect();
        assert_eq!(told, [(MONTH, None, 0, None), ("2026-10", Some(NOW.plus(Span(1))), 2, None), ("2026-09", Some(NOW), 1, None)]);
    }
}
