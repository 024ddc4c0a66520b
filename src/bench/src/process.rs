//! A server as a process of its own, and what the kernel knows about it.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};

use crate::clock::tick;

/// How long a start may take.
const PATIENCE: Duration = Duration::from_mins(1);

/// Killed when dropped.
pub struct Server {
    child: Child,
    pub address: SocketAddr,
    pub started: Instant,
}

impl Server {
    /// Starts `command` and waits until it says where it listens.
    pub fn start(command: &mut Command, log: &Path) -> anyhow::Result<Self> {
        let log = fs::File::options().create(true).append(true).open(log)?;
        let started = tick();
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(log)
            .spawn()?;
        let output = child.stdout.take().context("its output was asked for")?;
        let (tell, told) = mpsc::channel();
        std::thread::spawn(move || {
            // To the end, so that the server never waits for somebody to read.
            for line in BufReader::new(output).lines().map_while(Result::ok) {
                if let Some(address) = address_in(&line) {
                    let _ = tell.send(address);
                }
            }
        });
        let Ok(address) = told.recv_timeout(PATIENCE) else {
            let _ = child.kill();
            let _ = child.wait();
            bail!(
                "{} did not say where it listens",
                command.get_program().display()
            );
        };
        Ok(Self {
            child,
            address,
            started,
        })
    }

    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// User and system time of the process so far.
    pub fn cpu(&self) -> Duration {
        // The threads' own clocks count nanoseconds; the process's counts hundredths of a second but
        // also remembers threads that have ended.
        self.of_threads().max(self.of_process().unwrap_or_default())
    }

    fn of_threads(&self) -> Duration {
        let Ok(tasks) = fs::read_dir(format!("/proc/{}/task", self.child.id())) else {
            return Duration::ZERO;
        };
        tasks
            .flatten()
            .filter_map(|task| on_cpu(&task.path().join("schedstat")))
            .sum()
    }

    fn of_process(&self) -> Option<Duration> {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.child.id())).ok()?;
        // Fields 14 and 15, counted after the name, which may hold anything.
        let mut fields = stat.rsplit_once(')')?.1.split_whitespace().skip(11);
        let ticks: u64 =
            fields.next()?.parse::<u64>().ok()? + fields.next()?.parse::<u64>().ok()?;
        Some(Duration::from_millis(ticks * 10))
    }

    /// Waits until the process rests: what it does behind its answers belongs to them.
    pub async fn settle(&self) -> Duration {
        let mut before = self.cpu();
        for _ in 0..400 {
            tokio::time::sleep(Duration::from_millis(150)).await;
            let now = self.cpu();
            if now.saturating_sub(before) < Duration::from_millis(1) {
                return now;
            }
            before = now;
        }
        before
    }

    /// Anonymous memory in bytes: what the process holds beyond files.
    pub fn rss_anon(&self) -> Option<u64> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id())).ok()?;
        let line = status
            .lines()
            .find_map(|line| line.strip_prefix("RssAnon:"))?;
        let kib: u64 = line.trim().trim_end_matches("kB").trim().parse().ok()?;
        Some(kib * 1024)
    }
}

/// `... http://127.0.0.1:4000`, with or without a slash.
fn address_in(line: &str) -> Option<SocketAddr> {
    line.split_once("http://")?
        .1
        .trim_end_matches('/')
        .parse()
        .ok()
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Time on a processor, from a `schedstat`.
fn on_cpu(schedstat: &Path) -> Option<Duration> {
    let text = fs::read_to_string(schedstat).ok()?;
    Some(Duration::from_nanos(
        text.split_whitespace().next()?.parse().ok()?,
    ))
}

/// Time this thread has had on a processor.
pub fn of_this_thread() -> Duration {
    on_cpu(Path::new("/proc/thread-self/schedstat")).unwrap_or_default()
}
