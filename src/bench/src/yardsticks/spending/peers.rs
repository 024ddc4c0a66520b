//! What the ledger is compared with: the plain way to do it.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context as _, ensure};
use rusqlite::Connection;

use crate::clock::tick;
use crate::load::count;

/// A balance updated and synced to disk, one after the other, through the driver alone: a second.
pub fn naive_updates(beside: &Path, time: Duration) -> anyhow::Result<f64> {
    let file = beside.with_file_name("naive.db");
    let db = Connection::open(&file)?;
    db.pragma_update(None, "journal_mode", "WAL")?;
    db.pragma_update(None, "synchronous", "FULL")?;
    db.execute_batch(
        "CREATE TABLE IF NOT EXISTS balances (id INTEGER PRIMARY KEY, spent INTEGER NOT NULL, cap INTEGER);
         INSERT OR IGNORE INTO balances VALUES (1, 0, NULL);",
    )?;
    let mut update = db.prepare(
        "UPDATE balances SET spent = spent + 1 WHERE id = 1 AND (cap IS NULL OR spent + 1 <= cap)",
    )?;
    let begun = tick();
    let mut done = 0_usize;
    while begun.elapsed() < time {
        update.execute([])?;
        done += 1;
    }
    Ok(count(done) / begun.elapsed().as_secs_f64())
}

/// The row that `pgbench` updates.
pub fn hot_table(url: &str) -> anyhow::Result<()> {
    let make = "CREATE TABLE bench_hot (id BIGINT PRIMARY KEY, spent BIGINT NOT NULL, cap BIGINT);
        INSERT INTO bench_hot VALUES (1, 0, NULL)";
    let done = Command::new(program("psql"))
        .args(["-q", "-c", make, plain(url)])
        .status()?;
    ensure!(done.success(), "psql made no table");
    Ok(())
}

/// A hot row updated by `pgbench`, 64 clients: transactions a second.
pub fn hot_row(url: &str, time: Duration, script: &Path) -> anyhow::Result<f64> {
    std::fs::write(
        script,
        "UPDATE bench_hot SET spent = spent + 1 WHERE id = 1 AND (cap IS NULL OR spent + 1 <= cap);\n",
    )?;
    let seconds = time.as_secs().max(2).to_string();
    let output = Command::new(program("pgbench"))
        .args([
            "-n", "-M", "prepared", "-c", "64", "-j", "2", "-T", &seconds, "-f",
        ])
        .arg(script)
        .arg(plain(url))
        .output()
        .context("pgbench")?;
    let said = String::from_utf8_lossy(&output.stdout);
    ensure!(
        output.status.success(),
        "pgbench: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    let tps = said
        .lines()
        .find_map(|line| line.strip_prefix("tps = ")?.split_whitespace().next())
        .context("pgbench told no rate")?;
    Ok(tps.parse()?)
}

/// The address without what only our own driver understands.
fn plain(url: &str) -> &str {
    url.split('?').next().unwrap_or(url)
}

/// Of the newest PostgreSQL that is installed.
fn program(name: &str) -> PathBuf {
    let versions = std::fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten();
    let mut found: Vec<PathBuf> = versions
        .flatten()
        .map(|version| version.path().join("bin").join(name))
        .filter(|path| path.is_file())
        .collect();
    found.sort();
    found.pop().unwrap_or_else(|| name.into())
}
