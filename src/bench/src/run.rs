//! One run: prepare, measure each yardstick, print, and keep the result if asked.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context as _, bail, ensure};
use clap::Args;
use tempfile::TempDir;
use tokio::signal::unix::{SignalKind, signal};

use crate::data::{self, Size};
use crate::process::Server;
use crate::report::{self, Row};
use crate::{clock, payments, yardsticks};

#[derive(Debug, Args)]
pub struct Options {
    /// Smaller data, shorter rounds: under a minute
    #[arg(long)]
    quick: bool,
    /// Keep the result in docs/benchmarks.md
    #[arg(long)]
    write: bool,
    /// Only these yardsticks, for example Y1,Y3
    #[arg(long, value_delimiter = ',', value_name = "YARDSTICKS")]
    only: Vec<String>,
    /// The binary to measure; otherwise the one beside this
    #[arg(long, value_name = "FILE")]
    binary: Option<PathBuf>,
}

/// What the yardsticks share.
pub struct Bench {
    pub binary: PathBuf,
    pub quick: bool,
    pub size: Size,
    /// At least five, so that a median means something.
    pub rounds: usize,
    dir: TempDir,
}

impl Bench {
    async fn prepare(options: &Options) -> anyhow::Result<Self> {
        let own = std::env::current_exe()?;
        let folder = own.parent().context("a program lies in a folder")?;
        let binary = options
            .binary
            .clone()
            .unwrap_or_else(|| folder.join("secapid"));
        ensure!(
            binary.is_file(),
            "there is no {}: `make build` makes it",
            binary.display()
        );
        let size = if options.quick {
            Size::QUICK
        } else {
            Size::FULL
        };
        // On the same disk as the build, not in memory.
        let dir = tempfile::Builder::new()
            .prefix("bench-run-")
            .tempdir_in(folder)?;
        data::copy(size, folder, &dir.path().join("secapid.db")).await?;
        Ok(Self {
            binary,
            quick: options.quick,
            size,
            rounds: 5,
            dir,
        })
    }

    /// How long a stretch of load lasts.
    pub fn stretch(&self) -> Duration {
        Duration::from_millis(if self.quick { 600 } else { 4_000 })
    }

    pub fn database(&self) -> PathBuf {
        self.dir.path().join("secapid.db")
    }

    /// The server as an operator would start it, on the big database.
    pub fn serve(&self) -> anyhow::Result<Server> {
        self.serve_on(&self.database_url())
    }

    /// With calls limited by the minute, as everywhere but here.
    pub fn serve_limited(&self) -> anyhow::Result<Server> {
        let mut command = self.command(&self.database_url());
        self.start(command.env("SECAPI_RATE_LIMITS", "on"))
    }

    pub fn database_url(&self) -> String {
        format!("sqlite:{}", self.database().display())
    }

    pub fn serve_on(&self, database: &str) -> anyhow::Result<Server> {
        self.start(&mut self.command(database))
    }

    /// The same, with `payments` for its payment provider.
    pub fn serve_paying(&self, payments: &Server) -> anyhow::Result<Server> {
        let mut command = self.command(&self.database_url());
        command
            .env("SECAPI_STRIPE_SECRET_KEY", payments::SECRET_KEY)
            .env("SECAPI_STRIPE_WEBHOOK_SECRET", payments::WEBHOOK_SECRET)
            .env(
                "SECAPI_STRIPE_API_BASE",
                format!("http://{}", payments.address),
            );
        self.start(&mut command)
    }

    fn command(&self, database: &str) -> Command {
        let mut command = Command::new(&self.binary);
        command
            .args(["serve", "--listen", "127.0.0.1:0", "--data"])
            .arg(self.dir.path())
            .env_clear()
            .env("DATABASE_URL", database)
            .env("SECAPI_METRICS_LISTEN", "127.0.0.1:0")
            // A few keys make more calls here than any plan has.
            .env("SECAPI_RATE_LIMITS", "off")
            .env("SECAPI_LOGIN_ISSUER", "https://login.example.com")
            .env("SECAPI_LOGIN_CLIENT_ID", "bench");
        command
    }

    /// A file of this run.
    pub fn scratch(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// Carries an operator's command out on a database that nobody serves.
    pub fn order(&self, database: &str, words: &[&str]) -> anyhow::Result<()> {
        self.told(database, words).map(drop)
    }

    /// The same on the big database; answers what it printed.
    pub fn ask(&self, words: &[&str]) -> anyhow::Result<String> {
        self.told(&self.database_url(), words)
    }

    fn told(&self, database: &str, words: &[&str]) -> anyhow::Result<String> {
        let output = Command::new(&self.binary)
            .args(words)
            .arg("--data")
            .arg(self.dir.path())
            .env_clear()
            .env("DATABASE_URL", database)
            .output()?;
        let said = String::from_utf8_lossy(&output.stderr);
        ensure!(output.status.success(), "secapid {words:?}: {said}");
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    }

    /// What `secapid verify` finds broken in the big database, a line each.
    pub fn verify(&self) -> anyhow::Result<Vec<String>> {
        let output = Command::new(&self.binary)
            .args(["verify", "--data"])
            .arg(self.dir.path())
            .env_clear()
            .env("DATABASE_URL", self.database_url())
            .output()?;
        if output.status.success() {
            return Ok(Vec::new());
        }
        let (found, said) = (output.stdout, String::from_utf8_lossy(&output.stderr));
        ensure!(!found.is_empty(), "secapid verify did not run: {said}");
        let found = String::from_utf8_lossy(&found);
        Ok(found.lines().map(str::to_owned).collect())
    }

    pub fn bare(&self) -> anyhow::Result<Server> {
        self.own("bare")
    }

    /// The payment sandbox, a process of its own like everything that is measured.
    pub fn payments(&self) -> anyhow::Result<Server> {
        self.own("payments")
    }

    /// Starts this program as one of its servers.
    fn own(&self, role: &str) -> anyhow::Result<Server> {
        self.start(Command::new(std::env::current_exe()?).arg(role).env_clear())
    }

    fn start(&self, command: &mut Command) -> anyhow::Result<Server> {
        let log = self.dir.path().join("log");
        Server::start(command, &log)
            .with_context(|| std::fs::read_to_string(&log).unwrap_or_default())
    }
}

/// Two client threads: the server needs the other processors.
pub fn main(options: &Options) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()?;
    runtime.block_on(async {
        // Told to stop, it still stops its servers and removes its database.
        let mut terminate = signal(SignalKind::terminate())?;
        tokio::select! {
            outcome = run(options) => outcome,
            _ = terminate.recv() => bail!("stopped"),
            _ = tokio::signal::ctrl_c() => bail!("stopped"),
        }
    })
}

async fn run(options: &Options) -> anyhow::Result<()> {
    let bench = Bench::prepare(options).await?;
    let begun = clock::tick();
    let rows = yardsticks::measure(&bench, &options.only).await?;
    let (title, about) = heading(options, begun.elapsed());
    let body = format!("{about}\n\n{}", report::table(&rows));
    println!("\n{title}\n{body}");
    print_summary(&rows);
    if options.write {
        let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/benchmarks.md");
        report::write(&page, &title, &body)?;
        println!("kept in docs/benchmarks.md");
    }
    Ok(())
}

fn print_summary(rows: &[Row]) {
    let judged = rows.iter().filter(|row| !row.verdict().is_empty()).count();
    let missed: Vec<_> = rows
        .iter()
        .filter(|row| row.verdict() == "missed")
        .collect();
    println!("{} of {judged} within their targets", judged - missed.len());
    for row in missed {
        println!("missed: {} {}", row.yardstick, row.what);
    }
}

fn heading(options: &Options, took: Duration) -> (String, String) {
    let kind = if options.quick { "quick" } else { "full" };
    let title = format!("{}, {kind}", clock::now().format("%Y-%m-%d %H:%M UTC"));
    let cores = std::thread::available_parallelism().map_or(0, std::num::NonZero::get);
    let about = format!(
        "{} with {cores} processors; client and server on the same machine, over loopback; load average {} at the end; {:.0} s.",
        processor(),
        load_average(),
        took.as_secs_f64(),
    );
    (title, about)
}

fn processor() -> String {
    let info = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = info
        .lines()
        .find_map(|line| line.strip_prefix("model name")?.split_once(": "));
    model.map_or_else(
        || std::env::consts::ARCH.to_owned(),
        |(_, name)| name.to_owned(),
    )
}

fn load_average() -> String {
    let text = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    text.split(' ').next().unwrap_or("?").to_owned()
}
