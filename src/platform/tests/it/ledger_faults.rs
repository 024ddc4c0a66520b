//! A ledger whose database fails it: whoever asked is told to come again, nothing stays half-written, and
//! it goes on by itself.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use domain::money::Usd;
use platform::Error;
use platform::budget::{Admission, Held};
use store::ledger::Place;
use testkit::{Database, World, trouble};
use tokio::sync::Barrier;

use crate::payer::{Payer, UNIT};

async fn granted(payer: &Payer) -> platform::Result<Box<Held>> {
    match payer.spend(&crate::payer::spend(1)).await? {
        Admission::Granted(held) => Ok(held),
        other => panic!("it fits: {other:?}"),
    }
}

/// Two transactions that take the same balances, each the other's first one first. The writer takes them in
/// their order always; what does not, here, is somebody at the database's own console.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_deadlock_refuses_one_of_two_and_the_ledger_goes_on() {
    let payer =
        Arc::new(Payer::open(&Database::postgres().await, Some(Usd::micros(4 * UNIT))).await);
    let p = &payer.world.platform;
    granted(&payer).await.unwrap().settle(p).await.unwrap();
    let org = payer.place();
    let key = Place {
        scope: payer.key.key.as_str().to_owned(),
        ..org.clone()
    };
    assert!(key < org, "the writer takes the key's first");
    let store = payer.world.database.open().await;
    let mut other = store.begin().await.unwrap();
    store::balances::lock(&mut other, &[org]).await.unwrap();
    let asking = tokio::spawn({
        let payer = Arc::clone(&payer);
        async move { granted(&payer).await.map(drop) }
    });
    // The writer has the key's row and waits for the organisation's: the circle closes with the next lock.
    waits_for_a_lock(&store).await;
    let others = store::balances::lock(&mut other, &[key]).await;
    drop(other);
    let ours = asking.await.unwrap();
    match (&ours, &others) {
        (Err(Error::Unavailable), Ok(_)) | (Ok(()), Err(store::Error::Unavailable(_))) => {}
        both => panic!("one of them is refused, and may try again: {both:?}"),
    }
    // What was let through and never ended is held, or was given back with the transaction.
    granted(&payer).await.unwrap().settle(p).await.unwrap();
    assert_eq!(payer.standing().await.spent, Usd::micros(2 * UNIT));
    payer.sound().await;
}

async fn waits_for_a_lock(store: &store::Store) {
    let mut db = store.read().await.unwrap();
    while !trouble::somebody_waits(&mut db).await {
        tokio::task::yield_now().await;
    }
}

/// Nothing of a batch is on disk when its commit is refused, and who was let through in it is not charged.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_full_disk_refuses_is_not_charged_and_what_was_charged_stays() {
    let world = World::sqlite().await;
    let payer = Arc::new(Payer::of(world, None).await);
    trouble::fill_disk(&payer.world.store).await;
    let (together, full) = (Arc::new(Barrier::new(8)), Arc::new(AtomicBool::new(false)));
    let spenders: Vec<_> = (0..8)
        .map(|_| {
            let (payer, together) = (Arc::clone(&payer), Arc::clone(&together));
            let full = Arc::clone(&full);
            tokio::spawn(async move {
                together.wait().await;
                let mut charged = 0;
                while !full.load(Ordering::Relaxed) {
                    let settled = match granted(&payer).await {
                        Ok(held) => held.settle(&payer.world.platform).await,
                        Err(error) => Err(error),
                    };
                    match settled {
                        Ok(()) => charged += 1,
                        Err(Error::Unavailable) => full.store(true, Ordering::Relaxed),
                        Err(other) => panic!("{other:?}"),
                    }
                }
                charged
            })
        })
        .collect();
    let mut charged = 0;
    for spender in spenders {
        charged += spender.await.unwrap();
    }
    let standing = payer.standing().await;
    assert_eq!(
        (standing.spent, standing.reserved),
        (Usd::micros(charged * UNIT), Usd::ZERO)
    );
    payer.sound().await;
    trouble::free_disk(&payer.world.store).await;
    granted(&payer)
        .await
        .unwrap()
        .settle(&payer.world.platform)
        .await
        .unwrap();
    assert_eq!(
        payer.standing().await.spent,
        Usd::micros((charged + 1) * UNIT)
    );
    payer.sound().await;
}
