//! The program under test: its processes on one database, killed and started again, and its commands.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, ensure};
use serde_json::Value;
use tempfile::TempDir;
use testkit::Database;
use tokio::sync::watch;

use crate::process::Server;

/// Processes of `secapid --dev` on one database.
pub struct Servers {
    binary: PathBuf,
    pub database: Database,
    dir: TempDir,
    running: Vec<Running>,
    /// How large a file of theirs may grow, in blocks of the shell; none is as large as it likes.
    pub room: Option<u32>,
}

struct Running {
    server: Option<Server>,
    address: watch::Sender<Option<SocketAddr>>,
}

impl Servers {
    pub fn new(binary: &Path, database: Database) -> anyhow::Result<Self> {
        Ok(Self {
            binary: binary.to_owned(),
            database,
            dir: tempfile::tempdir()?,
            running: Vec::new(),
            room: None,
        })
    }

    /// Starts one more.
    pub async fn add(&mut self) -> anyhow::Result<()> {
        let server = self.start(self.running.len()).await?;
        self.running.push(Running {
            address: watch::Sender::new(Some(server.address)),
            server: Some(server),
        });
        Ok(())
    }

    pub fn count(&self) -> usize {
        self.running.len()
    }

    /// Where a server is found, while it runs.
    pub fn address(&self, n: usize) -> watch::Receiver<Option<SocketAddr>> {
        self.running[n % self.running.len()].address.subscribe()
    }

    /// `kill -9`: nothing is finished, nothing is said.
    pub fn kill(&mut self, n: usize) {
        self.running[n].server = None;
        self.running[n].address.send_replace(None);
    }

    pub async fn restart(&mut self, n: usize) -> anyhow::Result<()> {
        let server = self.start(n).await?;
        self.running[n].address.send_replace(Some(server.address));
        self.running[n].server = Some(server);
        Ok(())
    }

    /// Room again for a server that runs; false where that cannot be done from outside.
    pub fn free(&mut self, n: usize) -> bool {
        self.room = None;
        let Some(server) = &self.running[n].server else {
            return false;
        };
        let pid = server.pid().to_string();
        let freed = Command::new("prlimit")
            .args(["--fsize=unlimited:", "--pid", &pid])
            .status();
        freed.is_ok_and(|status| status.success())
    }

    async fn start(&self, n: usize) -> anyhow::Result<Server> {
        let serve = ["serve", "--dev", "--listen", "127.0.0.1:0"];
        let mut command = self.command(&serve, n);
        if let Some(room) = self.room {
            command = confined(&command, room);
        }
        let log = self.dir.path().join("log");
        let starting = tokio::task::spawn_blocking(move || {
            let said = || std::fs::read_to_string(&log).unwrap_or_default();
            Server::start(&mut command, &log).with_context(said)
        });
        starting.await?
    }

    /// The program with these arguments, on the data folder of one process.
    fn command(&self, arguments: &[&str], n: usize) -> Command {
        let mut command = Command::new(&self.binary);
        command
            .args(arguments)
            .arg("--data")
            .arg(self.dir.path().join(n.to_string()))
            .env_clear()
            .env("DATABASE_URL", self.database.url())
            // One key makes more calls here than any plan has in a minute.
            .env("SECAPI_RATE_LIMITS", "off")
            .env("SECAPI_LOG", "warn");
        command
    }

    async fn output(&self, arguments: &[&str], n: usize) -> anyhow::Result<std::process::Output> {
        let mut command = self.command(arguments, n);
        Ok(tokio::task::spawn_blocking(move || command.output()).await??)
    }

    /// Runs a command that answers in JSON.
    async fn told(&self, arguments: &[&str], n: usize) -> anyhow::Result<Value> {
        let output = self.output(arguments, n).await?;
        let said = String::from_utf8_lossy(&output.stderr);
        ensure!(
            output.status.success(),
            "secapid {}: {said}",
            arguments.join(" ")
        );
        Ok(serde_json::from_slice(&output.stdout)?)
    }

    /// Adds an organisation that pays by contract; the answer holds its id and a key.
    pub async fn seed(&self) -> anyhow::Result<Value> {
        self.told(&["dev", "seed"], 0).await
    }

    /// Puts every server's clock forward.
    pub async fn forward(&self, by: &str) -> anyhow::Result<()> {
        for n in 0..self.count() {
            self.told(&["dev", "clock", by], n).await?;
        }
        Ok(())
    }

    /// What `secapid verify` finds broken, a line each.
    pub async fn verify(&self) -> anyhow::Result<Vec<String>> {
        let output = self.output(&["verify"], 0).await?;
        if output.status.success() {
            return Ok(Vec::new());
        }
        let said = String::from_utf8_lossy(&output.stderr);
        ensure!(
            !output.stdout.is_empty(),
            "secapid verify did not run: {said}"
        );
        let found = String::from_utf8_lossy(&output.stdout);
        Ok(found.lines().map(str::to_owned).collect())
    }

    /// What the servers said while they ran.
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.dir.path().join("log")).unwrap_or_default()
    }
}

/// The same in a shell that limits the size of files. Without the trap a file that grows too large ends
/// the process, instead of failing the write as a full disk does.
fn confined(command: &Command, room: u32) -> Command {
    let script = "trap '' XFSZ; ulimit -S -f \"$0\"; exec \"$@\"";
    let mut shell = Command::new("/bin/sh");
    shell.args(["-c", script]).arg(room.to_string());
    shell.arg(command.get_program()).args(command.get_args());
    shell.env_clear();
    for (name, value) in command.get_envs() {
        if let Some(value) = value {
            shell.env(name, value);
        }
    }
    shell
}
