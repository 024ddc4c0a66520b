//! The benchmark: `make bench` builds the shipped binary and runs this beside it.
//!
//! Lives here: a big database, a load generator, the bare server to compare with, and one file per
//! group of yardsticks. It starts `secapid` as anybody would and speaks HTTP to it; of our rooms it
//! uses `domain` and `store`, to fill the database, and the payment sandbox.
//!
//! Start reading at [`run`], then the yardstick you are after in [`yardsticks`].

mod bare;
mod data;
mod load;
mod payments;
mod report;
mod rounds;
mod run;
mod yardsticks;

use std::process::ExitCode;

use bench::{client, clock, process};
use clap::{Parser, Subcommand};

/// Measures secapid against its yardsticks and prints a table.
#[derive(Debug, Parser)]
#[command(name = "bench")]
struct Cli {
    #[command(flatten)]
    options: run::Options,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serve one constant JSON: what a yardstick is compared with.
    Bare,
    /// Serve the payment sandbox: what webhooks are looked up at.
    Payments,
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    let outcome = match cli.command {
        Some(Command::Bare) => bare::main(),
        Some(Command::Payments) => payments::main(),
        None => run::main(&cli.options),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("bench: {error:#}");
            ExitCode::FAILURE
        }
    }
}
