//! `scripts/exactness`: clients spend against a cap while the program is killed; prints whether what was
//! acknowledged is what the ledger says. See [`bench::exactness`].

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::ensure;
use bench::clock;
use bench::exactness::{Blow, Plan, Run};
use clap::{Parser, ValueEnum};
use store::Kind;

/// Lets clients spend against a cap, kills the server midway, and compares what was acknowledged with the
/// ledger.
#[derive(Debug, Parser)]
#[command(name = "exactness")]
struct Cli {
    #[arg(long, value_enum, default_value = "both")]
    database: Databases,
    /// How many spend at once; several runs when there are several, as in 1,16,64,256,1024
    #[arg(long, value_delimiter = ',', default_value = "256")]
    clients: Vec<usize>,
    /// How many calls fit under the cap
    #[arg(long, default_value_t = 20_000)]
    calls: i64,
    /// How often a server is killed midway, with signal 9
    #[arg(long, default_value_t = 4)]
    kills: usize,
    /// How often PostgreSQL ends every connection instead
    #[arg(long, default_value_t = 0)]
    cuts: usize,
    /// Decides when, and whom; otherwise the time
    #[arg(long)]
    seed: Option<u64>,
    /// `secapid`; otherwise the one beside this
    #[arg(long, value_name = "FILE")]
    binary: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Databases {
    Sqlite,
    Postgres,
    Both,
}

#[tokio::main]
async fn main() -> ExitCode {
    match run(&Cli::parse()).await {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("exactness: {error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn run(cli: &Cli) -> anyhow::Result<bool> {
    let own = std::env::current_exe()?;
    let beside = own.with_file_name("secapid");
    let binary = cli.binary.clone().unwrap_or(beside);
    ensure!(binary.is_file(), "there is no {}", binary.display());
    let seed = cli.seed.unwrap_or_else(|| clock::now().0.unsigned_abs());
    let mut well = true;
    for kind in [Kind::Sqlite, Kind::Postgres] {
        let left_out = match kind {
            Kind::Sqlite => cli.database == Databases::Postgres,
            Kind::Postgres => cli.database == Databases::Sqlite,
        };
        if left_out {
            continue;
        }
        for clients in &cli.clients {
            let cut = cli.cuts > 0 && kind == Kind::Postgres;
            let (blow, blows) = if cut {
                (Blow::Cut, cli.cuts)
            } else {
                (Blow::Kill, cli.kills)
            };
            let plan = Plan {
                binary: binary.clone(),
                kind,
                processes: if kind == Kind::Postgres { 2 } else { 1 },
                clients: *clients,
                calls: cli.calls,
                blows,
                blow,
                hang_ups: true,
                seed,
            };
            let mut run = Run::begin(plan).await?;
            run.spend().await?;
            let report = run.report().await?;
            println!("{report}\n");
            well &= report.is_well();
        }
    }
    Ok(well)
}
