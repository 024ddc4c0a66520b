//! The platform's own side: its staff, what they look for, and its rate cards.

use domain::billing::catalogue::{GrantTerms, RateCard};
use domain::billing::grant::Renewal;
use domain::billing::state::BillingState;
use domain::id::OrgId;
use domain::time::{Micros, Span};
use store::{Db, operators, rate_cards};
use testkit::on_both;

use crate::support::{NOW, account, customer, facts, named};

async fn org(db: &mut Db, name: &str) -> OrgId {
    let org = named(name);
    store::orgs::insert(db, &org).await.unwrap();
    account(db, &org, &facts()).await;
    org.id
}

async fn found(db: &mut Db, text: &str, state: Option<BillingState>) -> Vec<String> {
    let rows = operators::orgs(db, text, state, None, 10).await.unwrap();
    rows.into_iter()
        .map(|row| row.org.name.as_str().to_owned())
        .collect()
}

fn card(version: &str, calls: i64) -> RateCard {
    RateCard {
        version: version.to_owned(),
        effective_from: Micros(7),
        grant: GrantTerms {
            calls,
            renewal: Renewal::Monthly,
        },
        plans: Vec::new(),
        families: Vec::new(),
    }
}

on_both! {
    async fn staff_is_added_and_removed_by_address(db: &Database) {
        let store = db.open().await;
        let mut tx = store.begin().await.unwrap();
        assert!(!operators::contains(&mut tx, "olga@example.com").await.unwrap());
        assert!(operators::add(&mut tx, "olga@example.com", "command line", NOW).await.unwrap());
        assert!(!operators::add(&mut tx, "olga@example.com", "eve@example.com", NOW).await.unwrap());
        assert!(operators::add(&mut tx, "ivo@example.com", "olga@example.com", NOW).await.unwrap());
        assert!(operators::contains(&mut tx, "olga@example.com").await.unwrap());
        for other in ["Olga@example.com", "olga@example.com ", "olga", "%"] {
            assert!(!operators::contains(&mut tx, other).await.unwrap(), "{other}");
        }
        assert_eq!(operators::list(&mut tx).await.unwrap(), ["ivo@example.com", "olga@example.com"]);
        assert!(operators::remove(&mut tx, "olga@example.com").await.unwrap());
        assert!(!operators::remove(&mut tx, "olga@example.com").await.unwrap());
        assert_eq!(operators::list(&mut tx).await.unwrap(), ["ivo@example.com"]);
    }

    async fn organisations_are_found_by_name_id_and_customer(db: &Database) {
        let store = db.open().await;
        let mut tx = store.begin().await.unwrap();
        let first = org(&mut tx, "Northwind 100%").await;
        org(&mut tx, "M\u{dc}LLER_bank!").await;
        org(&mut tx, "north by north").await;
        store::customers::upsert(&mut tx, &first, &customer("cus_1"), NOW).await.unwrap();
        let cases: [(&str, &[&str]); 11] = [
            ("", &["north by north", "M\u{dc}LLER_bank!", "Northwind 100%"]),
            ("NORTH", &["north by north", "Northwind 100%"]),
            ("m\u{dc}ller", &["M\u{dc}LLER_bank!"]),
            ("M\u{dc}LLER", &["M\u{dc}LLER_bank!"]),
            ("%", &["Northwind 100%"]),
            ("_", &["M\u{dc}LLER_bank!"]),
            ("!", &["M\u{dc}LLER_bank!"]),
            ("\\", &[]),
            ("'", &[]),
            ("cus_1", &["Northwind 100%"]),
            (first.as_str(), &["Northwind 100%"]),
        ];
        for (text, expected) in cases {
            assert_eq!(found(&mut tx, text, None).await, expected, "{text}");
        }
        assert_eq!(found(&mut tx, "north", Some(BillingState::SandboxGrant)).await.len(), 2);
        assert_eq!(found(&mut tx, "north", Some(BillingState::TeamActive)).await, [""; 0]);
    }

    async fn organisations_are_listed_page_by_page_newest_first(db: &Database) {
        let store = db.open().await;
        let mut tx = store.begin().await.unwrap();
        let mut made = Vec::new();
        for n in 0..5 {
            made.insert(0, org(&mut tx, &format!("Northwind {n}")).await);
        }
        store::customers::upsert(&mut tx, &made[0], &customer("cus_1"), NOW).await.unwrap();
        let (mut seen, mut before) = (Vec::new(), None);
        loop {
            let page = operators::orgs(&mut tx, "", None, before.as_ref(), 2).await.unwrap();
            let Some(last) = page.last() else { break };
            before = Some(last.org.id.clone());
            seen.extend(page);
        }
        assert_eq!(seen.iter().map(|row| row.org.id.clone()).collect::<Vec<_>>(), made);
        assert_eq!((seen[0].state, seen[0].since), (BillingState::SandboxGrant, NOW));
        assert_eq!((seen[0].customer.as_deref(), seen[1].customer.as_deref()), (Some("cus_1"), None));
    }

    async fn a_rate_card_that_is_kept_stays_as_it_is(db: &Database) {
        let store = db.open().await;
        let mut tx = store.begin().await.unwrap();
        assert_eq!(rate_cards::all(&mut tx).await.unwrap(), []);
        rate_cards::insert(&mut tx, &card("2026-10", 250), NOW).await.unwrap();
        rate_cards::insert(&mut tx, &card("2026-09", 100), NOW).await.unwrap();
        rate_cards::insert(&mut tx, &card("2026-10", 999), NOW.plus(Span(1))).await.unwrap();
        assert_eq!(rate_cards::all(&mut tx).await.unwrap(), [card("2026-09", 100), card("2026-10", 250)]);
    }
}
