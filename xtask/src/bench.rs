//! `cargo xtask bench`: the site and a bare axum server side by side.

mod downloads;
mod http;
mod load;
mod pinning;
mod processor_time;
mod program;
mod scenario;
mod scratch;
mod sessions;
mod table;
mod yardstick;

use std::process::ExitCode;
use std::time::Duration;

use anyhow::Result;

use crate::site::{self, Mode};
use crate::{say, tools};
use downloads::Downloads;
use load::Generator;
use pinning::Pinning;
use scenario::{Equipment, Scenario};
use yardstick::Yardstick;

pub use http::post_json;
pub use program::Program;
pub use scratch::Scratch;

/// How many times the server is started to time it.
const STARTS: usize = 5;

/// What a person may choose.
#[derive(clap::Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct Arguments {
    #[command(subcommand)]
    part: Option<Part>,
    /// How long each measurement takes, in seconds
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u64).range(1..=60))]
    seconds: u64,
    /// How often each is repeated; the table shows medians
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u64).range(1..=20))]
    rounds: u64,
}

/// What else can be measured.
#[derive(clap::Subcommand)]
enum Part {
    /// Measure the session layer alone over each store, with few and with many sessions in it
    Sessions(sessions::Arguments),
}

/// Measures and prints the tables.
pub fn run(arguments: &Arguments) -> Result<ExitCode> {
    match &arguments.part {
        Some(Part::Sessions(arguments)) => sessions::run(arguments),
        None => site(arguments),
    }
}

fn site(arguments: &Arguments) -> Result<ExitCode> {
    let site = site::ensure(Mode::Release)?;
    let equipment = Equipment {
        yardstick: Yardstick::build()?,
        generator: Generator { program: tools::load_generator()?, seconds: arguments.seconds },
        pinning: Pinning::of_this_machine(),
    };
    let scratch = Scratch::new()?;
    let start = || Program::anteroom(&site.server, &scratch, &equipment.pinning);

    let first_start = start()?.started_in;
    let starts = (0..STARTS).map(|_| Ok(start()?.started_in)).collect::<Result<Vec<Duration>>>()?;
    let server = start()?;
    let downloads = Downloads::of(&server, &equipment.yardstick)?;
    let idle = server.resident_bytes();
    let rows = equipment.measure(&server, &Scenario::all(&server)?, arguments.rounds)?;
    let loaded = server.resident_bytes();

    say::result(&table::heading(&equipment.pinning, arguments.rounds, arguments.seconds));
    say::result(&table::speed(&rows));
    say::result(&table::sizes(&table::Sizes {
        downloads,
        program: std::fs::metadata(&site.server)?.len(),
        idle,
        loaded,
        first_start,
        starts,
    }));
    Ok(ExitCode::SUCCESS)
}
