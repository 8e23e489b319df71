//! `cargo xtask bench sessions`: the session layer alone, over each store, beside a bare axum server.

mod cell;
mod column;
mod load;
mod measure;
mod mode;

use std::process::ExitCode;

use anyhow::Result;

use super::pinning::Pinning;
use super::table;
use super::yardstick::Yardstick;
use crate::{say, services};
use measure::{Equipment, Row};
use mode::Mode;

/// What a person may choose.
#[derive(clap::Args)]
pub struct Arguments {
    /// How many sessions are stored, one table row for each
    #[arg(long, value_delimiter = ',', default_values_t = [10_000, 1_000_000],
          value_parser = clap::value_parser!(u64).range(100..))]
    stored: Vec<u64>,
    /// Only these rows, such as `sqlite,redis-cached`
    #[arg(long, value_delimiter = ',')]
    only: Vec<Mode>,
    /// How long each measurement takes, in seconds
    #[arg(long, default_value_t = 2, value_parser = clap::value_parser!(u64).range(1..=60))]
    seconds: u64,
    /// How often each is repeated; the table shows medians
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u64).range(1..=20))]
    rounds: u64,
}

/// Measures and prints the table, row by row.
pub fn run(arguments: &Arguments) -> Result<ExitCode> {
    let modes = if arguments.only.is_empty() { Mode::ALL.to_vec() } else { arguments.only.clone() };
    if modes.iter().any(|mode| mode.needs_a_server()) {
        services::ensure()?;
    }
    let equipment = Equipment {
        yardstick: Yardstick::build()?,
        pinning: Pinning::of_this_machine(),
        seconds: arguments.seconds,
        rounds: arguments.rounds,
    };
    say::result(&table::heading(&equipment.pinning, arguments.rounds, arguments.seconds));
    say::result(&column::heading());
    for mode in modes {
        let mut fewest: Option<Row> = None;
        for stored in mode.sizes(&arguments.stored) {
            let row = equipment.measure(mode, stored)?;
            say::result(&column::line(&row, fewest.as_ref()));
            fewest = fewest.or(Some(row));
        }
    }
    say::result(column::NOTES);
    Ok(ExitCode::SUCCESS)
}
