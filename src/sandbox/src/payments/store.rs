//! The state file: the whole world as JSON, replaced in one step.

use std::{
    fs,
    io::{self, Write},
    path::Path,
    time::Duration,
};

use super::{Payments, world::World};
use crate::common::lock;

/// Changes within this time share one write.
const GATHER: Duration = Duration::from_millis(100);

pub(super) fn load(path: &Path) -> io::Result<World> {
    match fs::read(path) {
        Ok(bytes) => serde_json::from_slice(&bytes).map_err(|error| {
            let what = format!(
                "the payment sandbox cannot read {}: {error}",
                path.display()
            );
            io::Error::new(io::ErrorKind::InvalidData, what)
        }),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(World::default()),
        Err(error) => Err(error),
    }
}

/// Writes whenever something changed.
pub(super) async fn run(payments: Payments) {
    loop {
        payments.0.changed.notified().await;
        tokio::time::sleep(GATHER).await;
        if let Err(error) = save(&payments).await {
            tracing::warn!(%error, "the payment sandbox could not keep its state");
        }
    }
}

pub(super) async fn save(payments: &Payments) -> io::Result<()> {
    let Some(path) = payments.0.config.state_file.clone() else {
        return Ok(());
    };
    let _turn = payments.0.writing.lock().await;
    let bytes = serde_json::to_vec(&lock(&payments.0.state).world)?;
    tokio::task::spawn_blocking(move || replace(&path, &bytes)).await?
}

fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut beside = path.as_os_str().to_owned();
    beside.push(".new");
    let mut file = fs::File::create(&beside)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    fs::rename(&beside, path)
}
