//! The command line.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};

mod orders;

use self::orders::{DevOrder, OperatorCommand, OrgCommand, ServiceKeyCommand};
use crate::config::{self, Config, Flags};
use crate::control::{self, Order};
use crate::{data, run, seed, telemetry};

/// SEC API's platform and console: sign-in, organisations, API keys and the /v1 API in one program.
#[derive(Debug, Parser)]
#[command(
    name = "secapid",
    version,
    after_help = "Settings come from defaults, then --config FILE, then the environment (SECAPI_..., DATABASE_URL).\n\
                  Try it with nothing configured:   secapid serve --dev\n\
                  See what is in force:             secapid config check"
)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serve the console and the API.
    Serve {
        #[command(flatten)]
        common: Common,
        /// Address and port; port 0 takes any free one (or `SECAPI_LISTEN`)
        #[arg(long, value_name = "ADDRESS:PORT")]
        listen: Option<String>,
    },
    /// Bring the database's schema to this program's version.
    Migrate {
        #[command(flatten)]
        common: Common,
    },
    /// Look at the settings.
    #[command(subcommand)]
    Config(ConfigCommand),
    /// Check the promises the database must keep; prints what is broken and fails if anything is.
    Verify {
        #[command(flatten)]
        common: Common,
    },
    /// What operators do to an organisation's billing. Works beside a running server.
    #[command(subcommand)]
    Org(OrgCommand),
    /// The platform's own staff, who see the operator pages.
    #[command(subcommand)]
    Operator(OperatorCommand),
    /// Keys by which other services of the company report usage. Works beside a running server.
    #[command(subcommand)]
    ServiceKey(ServiceKeyCommand),
    /// Ask Stripe for everything that was missed, now. Needs a running server.
    Reconcile {
        #[command(flatten)]
        common: Common,
    },
    /// Helpers for databases begun with `serve --dev`.
    #[command(subcommand)]
    Dev(DevCommand),
}

#[derive(Debug, Subcommand)]
enum ConfigCommand {
    /// Print what is in force, secrets hidden, or every mistake at once.
    Check {
        #[command(flatten)]
        common: Common,
    },
    /// Print an annotated example file.
    Example,
}

#[derive(Debug, Subcommand)]
enum DevCommand {
    #[command(flatten)]
    Order(DevOrder),
    /// Add a fictional, busy organisation; prints it, its people and a working key as JSON.
    Seed {
        #[command(flatten)]
        common: Common,
    },
}

#[derive(Debug, Clone, Args)]
pub(crate) struct Common {
    /// Development: embedded identity provider, fictional people, loopback only
    #[arg(long)]
    dev: bool,
    /// Settings file (TOML)
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Folder of the embedded database (or `SECAPI_DATA_DIR`)
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
}

impl Common {
    fn flags(self, listen: Option<String>) -> Flags {
        Flags {
            dev: self.dev,
            config: self.config,
            listen,
            data: self.data,
        }
    }
}

pub fn main() -> ExitCode {
    let cli = Cli::parse();
    let runtime = match tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
    {
        Ok(runtime) => runtime,
        Err(error) => return failed(&error.into()),
    };
    match runtime.block_on(execute(cli.command)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => failed(&error),
    }
}

fn failed(error: &anyhow::Error) -> ExitCode {
    eprintln!("secapid: {error:#}");
    ExitCode::FAILURE
}

async fn execute(command: Command) -> anyhow::Result<()> {
    match command {
        Command::Serve { common, listen } => serve(&read(&common.flags(listen))?).await,
        Command::Migrate { common } => {
            let store = data::open(&read_for_data(&common.flags(None))?).await?;
            store.close().await;
            println!("The database is at this program's schema version.");
            Ok(())
        }
        Command::Config(ConfigCommand::Check { common }) => {
            let flags = common.flags(None);
            let written = gather(&flags)?;
            println!("{}", written.lines().join("\n"));
            written.read(flags.dev)?;
            Ok(())
        }
        Command::Config(ConfigCommand::Example) => {
            print!("{}", config::example());
            Ok(())
        }
        Command::Verify { common } => verify(&read_for_data(&common.flags(None))?).await,
        Command::Org(order) => ask(order.order()).await,
        Command::Operator(order) => ask(order.order()).await,
        Command::ServiceKey(order) => ask(order.order()).await,
        Command::Reconcile { common } => ask((common, Order::Reconcile)).await,
        Command::Dev(DevCommand::Seed { common }) => {
            let config = read_for_data(&common.flags(None))?;
            telemetry::logs(&config);
            let seeded = seed::seed(&config).await?;
            println!("{}", serde_json::to_string_pretty(&seeded)?);
            Ok(())
        }
        Command::Dev(DevCommand::Order(order)) => ask(order.order()?).await,
    }
}

/// Has the order carried out and prints what came of it as JSON.
async fn ask((common, order): (Common, Order)) -> anyhow::Result<()> {
    let config = read_for_data(&common.flags(None))?;
    telemetry::logs(&config);
    let answer = control::ask(&config, order).await?;
    println!("{}", serde_json::to_string_pretty(&answer)?);
    Ok(())
}

fn gather(flags: &Flags) -> anyhow::Result<config::Written> {
    #[expect(
        clippy::disallowed_methods,
        reason = "the composition root reads the environment for everybody else"
    )]
    let env = |name: &str| std::env::var(name).ok();
    Ok(config::gather(flags, &env)?)
}

fn read(flags: &Flags) -> anyhow::Result<Config> {
    Ok(gather(flags)?.read(flags.dev)?)
}

/// For commands that only need the database: a missing identity provider is no mistake there.
fn read_for_data(flags: &Flags) -> anyhow::Result<Config> {
    Ok(gather(flags)?.read(true)?)
}

async fn serve(config: &Config) -> anyhow::Result<()> {
    telemetry::logs(config);
    telemetry::metrics();
    let running = run::start(config).await?;
    tracing::info!(address = %running.address, metrics = %running.metrics, dev = config.dev, "listening");
    println!("secapid is open at {}", running.public_url);
    if config.dev {
        println!(
            "Development: sign in as one of the people offered, or as anybody. Data: {}",
            config.data_dir.display()
        );
    }
    run::until_told_to_stop().await;
    tracing::info!("stopping: no new requests, running ones may finish");
    running.stop().await;
    Ok(())
}

async fn verify(config: &Config) -> anyhow::Result<()> {
    let store = data::open(config).await?;
    let mut db = store.read().await?;
    let findings = store::verify::verify(&mut db, config.grace).await?;
    drop(db);
    store.close().await;
    for finding in &findings {
        println!("{finding}");
    }
    if findings.is_empty() {
        println!("Every promise holds.");
        Ok(())
    } else {
        anyhow::bail!("{} broken", findings.len())
    }
}
