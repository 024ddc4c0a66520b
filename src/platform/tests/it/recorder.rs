//! The record of requests: behind the answer, and complete.

use std::sync::Arc;
use std::time::Duration;

use domain::id::RequestId;
use platform::access::KeyPrincipal;
use platform::requests::{self, Answered};
use platform::{Actor, auth};
use testkit::{World, on_both};

async fn tenant(w: &World) -> (Actor, KeyPrincipal) {
    let ada = w.person("ada").await;
    let made = w.org(&ada, "Northwind").await;
    let principal = auth::authenticate(&w.platform, Some(made.first.secret.expose()))
        .await
        .unwrap();
    (ada.actor(), principal)
}

fn answered<'a>(w: &World, principal: &'a KeyPrincipal, path: &str) -> Answered<'a> {
    Answered {
        principal,
        id: RequestId::new(w.now(), w.bytes()),
        recorded_at: w.now(),
        method: "GET".into(),
        route: "/v1/me".into(),
        path: path.to_owned(),
        meter_class: "free",
        status: 200,
        latency: Duration::from_micros(250),
    }
}

/// The first call, as soon as it shows.
async fn first_call(w: &World, actor: &Actor, principal: &KeyPrincipal) -> store::requests::Record {
    loop {
        if let Some(first) = requests::first_call(&w.platform, actor, &principal.org)
            .await
            .unwrap()
        {
            return first;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

on_both! {
    async fn ten_thousand_records_are_all_there_at_the_end(db: &Database) {
        let w = Arc::new(World::of(db.kind()).await);
        let (_, principal) = tenant(&w).await;
        let mut callers = tokio::task::JoinSet::new();
        for _ in 0..10 {
            let (w, principal) = (Arc::clone(&w), principal.clone());
            callers.spawn(async move {
                for _ in 0..1_000 {
                    requests::record(&w.platform, answered(&w, &principal, "/v1/me")).await;
                }
            });
        }
        callers.join_all().await;
        w.platform.close().await;
        let again = w.twin().await;
        let mut rows = again.store.read().await.unwrap();
        let written = store::requests::latest(&mut rows, &principal.org, 20_000).await.unwrap();
        assert_eq!(written.len(), 10_000);
        let days = store::requests::days(&mut rows, &principal.org, "2026-11-21", "2026-11-21").await.unwrap();
        assert_eq!(days[0].ok, 10_000);
    }

    async fn the_first_call_shows_within_a_second(db: &Database) {
        let w = World::of(db.kind()).await;
        let (actor, principal) = tenant(&w).await;
        assert_eq!(requests::first_call(&w.platform, &actor, &principal.org).await.unwrap(), None);
        requests::record(&w.platform, answered(&w, &principal, "/v1/me")).await;
        let first = tokio::time::timeout(Duration::from_secs(1), first_call(&w, &actor, &principal)).await.unwrap();
        assert_eq!((first.key, first.status, first.latency_us), (principal.key.clone(), 200, 250));
        let days = requests::days(&w.platform, &actor, &principal.org, 3).await.unwrap();
        assert_eq!(days.iter().map(|day| (day.day.as_str(), day.ok)).collect::<Vec<_>>(),
            [("2026-11-19", 0), ("2026-11-20", 0), ("2026-11-21", 1)]);
    }

    async fn what_a_stranger_sends_is_cut_to_size_and_never_refuses_a_batch(db: &Database) {
        let w = World::of(db.kind()).await;
        let (actor, principal) = tenant(&w).await;
        let long = format!("/{}", "é".repeat(50_000));
        for path in ["/a\0b\nc", &long, "/plain"] {
            let mut answered = answered(&w, &principal, path);
            answered.method = "X".repeat(10_000).into();
            requests::record(&w.platform, answered).await;
        }
        first_call(&w, &actor, &principal).await;
        w.platform.close().await;
        let again = w.twin().await;
        let kept = requests::latest(&again.platform, &actor, &principal.org, 10).await.unwrap();
        let paths: Vec<_> = kept.iter().map(|record| record.path.chars().take(6).collect::<String>()).collect();
        assert_eq!(paths, ["/plain", "/ééééé", "/abc"]);
        assert!(kept.iter().all(|record| record.path.chars().count() <= 1_024 && record.method.len() <= 32));
    }
}

#[tokio::test]
async fn records_wait_while_the_writer_is_held_and_are_written_after() {
    let w = World::sqlite().await;
    let (actor, principal) = tenant(&w).await;
    let held = w.store.begin().await.unwrap();
    for _ in 0..100 {
        requests::record(&w.platform, answered(&w, &principal, "/v1/me")).await;
    }
    tokio::time::sleep(Duration::from_millis(150)).await;
    assert_eq!(
        requests::latest(&w.platform, &actor, &principal.org, 1)
            .await
            .unwrap(),
        []
    );
    drop(held);
    w.platform.close().await;
    let again = w.twin().await;
    assert_eq!(
        requests::latest(&again.platform, &actor, &principal.org, 1_000)
            .await
            .unwrap()
            .len(),
        100
    );
}

/// A database that is gone for good must not keep the process from ending.
#[tokio::test]
async fn the_end_does_not_wait_for_ever() {
    let w = World::sqlite().await;
    let (_, principal) = tenant(&w).await;
    w.store.close().await;
    requests::record(&w.platform, answered(&w, &principal, "/v1/me")).await;
    tokio::time::timeout(Duration::from_secs(10), w.platform.close())
        .await
        .unwrap();
}
