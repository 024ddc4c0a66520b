//! The data folder: opening the database in it, and the marks that keep development and real use apart.

use std::fs::File;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use store::{Options, Store};

use crate::config::Config;

/// A database that is open, current and of the right kind, held against a second server.
#[derive(Debug)]
pub struct Opened {
    pub store: Store,
    _lock: Option<File>,
}

/// For serving: one process per SQLite file, because credentials are kept in its memory.
pub async fn open_to_serve(config: &Config) -> anyhow::Result<Opened> {
    let lock = lock(config)?;
    let store = open(config).await?;
    mark(&store, config.dev).await?;
    Ok(Opened { store, _lock: lock })
}

/// For a command that changes what a server keeps in memory: only where none runs.
pub async fn open_alone(config: &Config) -> anyhow::Result<Opened> {
    let lock = lock(config)?;
    let store = open(config).await?;
    Ok(Opened { store, _lock: lock })
}

/// Whether the database was begun with `--dev`.
pub async fn is_dev(store: &Store) -> anyhow::Result<bool> {
    let mut db = store.read().await?;
    let mode = store::settings::get(&mut db, "mode").await?;
    Ok(mode.as_deref() == Some("dev"))
}

/// For commands that run beside a server.
pub async fn open(config: &Config) -> anyhow::Result<Store> {
    if let Some(file) = sqlite_file(config) {
        prepare_folder(&file)?;
    }
    let mut options = Options::new(config.database_url.clone());
    options.max_connections = config.database_max_connections;
    let store = Store::open(&options).await?;
    store.migrate().await?;
    Ok(store)
}

/// A database begun with `--dev` knows people that anybody can sign in as; it stays apart from a real one.
pub async fn mark(store: &Store, dev: bool) -> anyhow::Result<()> {
    let wanted = if dev { "dev" } else { "live" };
    let mut tx = store.begin().await?;
    let found = store::settings::get_or_set(&mut tx, "mode", wanted).await?;
    tx.commit().await?;
    match (found.as_str(), dev) {
        ("dev", false) => bail!(
            "this database was begun with --dev, where anybody can sign in as anybody; use another for real use"
        ),
        ("live", true) => bail!(
            "this database is in real use; --dev would let anybody sign in as anybody. Use another --data folder"
        ),
        _ => Ok(()),
    }
}

fn sqlite_file(config: &Config) -> Option<PathBuf> {
    let rest = config.database_url.strip_prefix("sqlite:")?;
    Some(PathBuf::from(rest.strip_prefix("//").unwrap_or(rest)))
}

fn prepare_folder(file: &Path) -> anyhow::Result<()> {
    let folder = file
        .parent()
        .filter(|p| !p.as_os_str().is_empty())
        .unwrap_or(Path::new("."));
    if !folder.exists() {
        std::fs::create_dir_all(folder)
            .with_context(|| format!("cannot make the data folder {}", folder.display()))?;
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            std::fs::set_permissions(folder, std::fs::Permissions::from_mode(0o700))?;
        }
    }
    Ok(())
}

fn lock(config: &Config) -> anyhow::Result<Option<File>> {
    let Some(file) = sqlite_file(config) else {
        return Ok(None);
    };
    prepare_folder(&file)?;
    let path = file.with_extension("lock");
    let lock = File::create(&path).with_context(|| format!("cannot write {}", path.display()))?;
    match lock.try_lock() {
        Ok(()) => Ok(Some(lock)),
        Err(std::fs::TryLockError::WouldBlock) => {
            bail!(
                "another secapid serves {}; stop it, or use PostgreSQL for several processes",
                file.display()
            )
        }
        Err(std::fs::TryLockError::Error(e)) => {
            Err(e).with_context(|| format!("cannot lock {}", path.display()))
        }
    }
}
