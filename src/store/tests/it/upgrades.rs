//! What a database of an earlier version holds once it has the current schema.

use domain::billing::facts::{Contract, Facts};
use domain::billing::grant::{Grant, Renewal};
use domain::billing::state::{BillingState as S, DEFAULT_GRACE};
use domain::id::{ContractId, OrgId};
use domain::time::{Micros, Span};
use store::billing;
use store::verify::{Finding, verify};
use testkit::{Database, on_both};

use crate::migrations::{migrate_below, run};
use crate::support::NOW;

on_both! {
    async fn organisations_from_before_billing_keep_their_contracts_and_grants(db: &Database) {
        let old = Database::unmigrated(db.kind()).await;
        let store = old.open().await;
        migrate_below(&store, 2).await;
        let org = |n: u8| OrgId::new(NOW, [n; 10]);
        let ctr = |n: u8| ContractId::new(NOW, [n; 10]);
        let (day, end) = (Span::days(1), NOW.plus(Span::days(300)));
        let (later, latest) = (NOW.plus(day), NOW.plus(Span::days(2)));
        let mut tx = store.begin().await.unwrap();
        // Nothing used, all used in another month than it was founded in, no call at all, contracts.
        for (n, calls, used, month) in [(1, 250, 0, "2026-11"), (2, 250, 250, "2026-12"), (3, 0, 0, "2026-11"), (4, 250, 7, "2026-11"), (5, 250, 0, "2026-11")] {
            run(&mut tx, &format!("INSERT INTO orgs VALUES ('{}', 'Northwind', {})", org(n), NOW.0)).await;
            run(&mut tx, &format!("INSERT INTO grants VALUES ('{}', {calls}, {used}, '{month}')", org(n))).await;
        }
        for (n, of, starts, ends, told) in [
            (1, 4, NOW, end.0.to_string(), later),
            // Recorded at one instant; the second is yet to begin.
            (3, 4, end, "NULL".to_owned(), latest),
            (2, 4, NOW, NOW.plus(Span(1)).0.to_string(), latest),
            (4, 5, end, "NULL".to_owned(), NOW),
        ] {
            run(&mut tx, &format!("INSERT INTO contracts VALUES ('{}', '{}', {}, {ends}, {})", ctr(n), org(of), starts.0, told.0)).await;
        }
        tx.commit().await.unwrap();
        store.migrate().await.unwrap();

        let mut tx = store.begin().await.unwrap();
        let contract = |n, starts_at, ends_at| Contract { id: ctr(n), starts_at, ends_at };
        let ended = Some(NOW.plus(Span(1)));
        for (n, calls, used, period, contracts, state, since) in [
            (1, 250, 0, "2026-11", vec![], S::SandboxGrant, NOW),
            (2, 250, 250, "2026-12", vec![], S::SandboxGrant, NOW),
            (3, 0, 0, "2026-11", vec![], S::PaygPendingCard, NOW),
            (4, 250, 7, "2026-11", vec![contract(1, NOW, Some(end)), contract(2, NOW, ended), contract(3, end, None)], S::CommercialActive, later),
            (5, 250, 0, "2026-11", vec![contract(4, end, None)], S::SandboxGrant, NOW),
        ] {
            let found = billing::load(&mut tx, &org(n)).await.unwrap().unwrap();
            let grant = Grant { calls, credit: 0, renewal: Renewal::Monthly, period: period.to_owned(), used };
            assert_eq!(found.facts, Facts { contracts, ..Facts::new(grant) }, "{n}");
            assert_eq!((found.state, found.since, found.changes_at), (state, since, Some(Micros(0))), "{n}");
            assert_eq!((found.applied, found.checked_at), (0, None), "{n}");
        }
        assert_eq!(billing::due(&mut tx, NOW, 10).await.unwrap().len(), 5, "each is looked at at once");
        let told = billing::history(&mut tx, &org(4), None, 10).await.unwrap();
        let told: Vec<_> = told.iter().map(|c| (c.seq, c.cause.as_str(), c.cause_ref.clone(), c.facts.contracts.len(), c.recorded_at)).collect();
        let reference = |n| Some(ctr(n).to_string());
        assert_eq!(told, [
            (4, "operator", reference(3), 3, latest),
            (3, "operator", reference(2), 2, latest),
            (2, "operator", reference(1), 1, later),
            (1, "created", None, 0, NOW),
        ]);
        let about_accounts = |finding: &Finding| finding.rule.starts_with("an account");
        let findings = verify(&mut tx, DEFAULT_GRACE).await.unwrap();
        assert_eq!(findings.iter().filter(|f| about_accounts(f)).collect::<Vec<_>>(), [&findings[0]; 0]);
    }
}
