//! No secret is ever at rest: the whole database is looked through, byte by byte.

use domain::key::Overlap;
use platform::keys::rotate_key;
use testkit::{World, on_both};

fn holds(bytes: &[u8], text: &str) -> bool {
    bytes
        .windows(text.len())
        .any(|window| window == text.as_bytes())
}

async fn mint(w: &World, count: usize) -> (Vec<String>, String) {
    let ada = w.person("ada").await;
    let made = w.org(&ada, "Northwind").await;
    w.contract(&made.org.id).await;
    let mut secrets = vec![ada.token.clone(), made.first.secret.expose().to_owned()];
    for n in 0..count {
        let key = w
            .key(&ada.actor(), &made.org.id, &format!("key {n}"))
            .await
            .unwrap();
        let rotated = rotate_key(
            &w.platform,
            &ada.actor(),
            &made.org.id,
            &key.key.id,
            Overlap::OneDay,
            &w.request(),
            None,
        )
        .await
        .unwrap();
        secrets.extend([
            key.secret.expose().to_owned(),
            rotated.secret.expose().to_owned(),
        ]);
        secrets.push(w.person(&format!("person{n}")).await.token);
    }
    (secrets, made.first.key.mask.prefix)
}

#[tokio::test]
async fn no_byte_of_the_file_or_its_log_is_a_secret() {
    let w = World::sqlite().await;
    let (secrets, shown) = mint(&w, 20).await;
    let file = w.database.file().unwrap();
    let log = file.with_extension("db-wal");
    let mut bytes = std::fs::read(&file).unwrap();
    bytes.extend(std::fs::read(log).unwrap());
    assert!(holds(&bytes, &shown), "the search finds what is there");
    assert_eq!(secrets.len(), 62);
    for secret in &secrets {
        // Not whole and not in its larger part either.
        assert!(
            !holds(&bytes, &secret[secret.len() - 24..]),
            "a secret is at rest"
        );
    }
}

on_both! {
    async fn no_column_holds_a_secret(db: &Database) {
        let w = World::of(db.kind()).await;
        mint(&w, 3).await;
        let mut rows = w.store.read().await.unwrap();
        assert_eq!(store::verify::verify(&mut rows, domain::billing::state::DEFAULT_GRACE).await.unwrap(), []);
    }
}

#[tokio::test]
async fn nothing_that_is_shown_for_debugging_is_a_secret() {
    let w = World::sqlite().await;
    let ada = w.person("ada").await;
    let made = w.org(&ada, "Northwind").await;
    let secret = made.first.secret.expose();
    assert!(!format!("{made:?} {:?}", w.platform).contains(&secret[16..46]));
}
