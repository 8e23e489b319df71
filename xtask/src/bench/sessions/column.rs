//! The columns of the table.

use super::super::load::Sample;
use super::super::table::{decimal, median, thousands, thousands_of};
use super::cell;
use super::measure::{Row, Sweep};
use crate::say;

/// A column: its name, and what stands in it for a row and the row with the fewest sessions of the same store.
type Column = (&'static str, fn(&Row, Option<&Row>) -> String);

const COLUMNS: [Column; 15] = [
    ("store", |row, _| row.mode.name().to_owned()),
    ("stored", |row, _| if row.mode.stores() { thousands(&row.stored) } else { "–".to_owned() }),
    ("whoami/s", |row, _| rate(&row.whoami)),
    ("p50 ms", |row, _| decimal(p50(&row.whoami), 1)),
    ("p99 ms", |row, _| decimal(p99(&row.whoami), 1)),
    ("CPU µs", |row, _| decimal(cpu(&row.whoami), 1)),
    ("of bare axum", |row, _| cell::at_least(share(row), row.mode.aim())),
    ("by CPU", |row, _| decimal(share_by_cpu(row), 2)),
    ("whoami/s, p99 ms of all", |row, _| all(row)),
    ("p99 to the fewest", |row, fewest| cell::at_most(growth(row, fewest), 1.2)),
    ("set/s, p99 ms, CPU µs", |row, _| rate_and_cost(&row.set)),
    ("touch/s, p99 ms, CPU µs", |row, _| rate_and_cost(&row.touch)),
    ("sign-in/s, p99 ms, CPU µs", |row, _| rate_and_cost(&row.sign_in)),
    ("bytes each", |row, _| bytes(row)),
    ("sweep", |row, _| row.sweep.as_ref().map_or_else(|| "–".to_owned(), |sweep| swept(row, sweep))),
];

/// Below the table.
pub const NOTES: &str = "
whoami, set (another value), touch (whoami, noted as a use): by 64 connections, of 10,000 sessions spread over all that \
live; \"p99 to the fewest\": of these; \"of all\": of each in turn, so that hardly any is asked for twice. A fifth of what is stored has expired. Sign-ins are \
without a password. Client-side modes take 10,000 different cookies. \
CPU: processor time for each whoami, of Redis and PostgreSQL too, which share the server's core. \
Of bare axum: its constant of the same size, measured in the same rounds. In brackets: the aim, ✓ if it is met. \
Bytes: on disk (in memory for memory and Redis), the account's index included. \
Sweep: a tenth of what is stored, or what of it can be swept beside whoami in ten seconds, and the p99 of whoami meanwhile to that before. \
Filesystem and SQLite are filled in /dev/shm and copied; PostgreSQL synchronises each commit, Redis writes nothing to disk.
";

/// The table's first two lines.
pub fn heading() -> String {
    let names: Vec<&str> = COLUMNS.iter().map(|(name, _)| *name).collect();
    format!("| {} |\n|---{}|", names.join(" | "), "|--:".repeat(names.len() - 1))
}

/// A row's line. `fewest`: the same store with the fewest sessions, if that is another row.
pub fn line(row: &Row, fewest: Option<&Row>) -> String {
    let cells: Vec<String> = COLUMNS.iter().map(|(_, cell)| cell(row, fewest)).collect();
    format!("| {} |", cells.join(" | "))
}

fn rate(samples: &[Sample]) -> String {
    median(samples.iter().map(|sample| sample.per_second)).map_or_else(|| "–".to_owned(), thousands_of)
}

fn rate_and_cost(samples: &[Sample]) -> String {
    [rate(samples), decimal(p99(samples), 1), decimal(cpu(samples), 1)].join(", ")
}

fn p50(samples: &[Sample]) -> Option<f64> {
    median(samples.iter().map(|sample| sample.p50))
}

fn p99(samples: &[Sample]) -> Option<f64> {
    median(samples.iter().map(|sample| sample.p99))
}

fn cpu(samples: &[Sample]) -> Option<f64> {
    median(samples.iter().filter_map(|sample| sample.cpu_micros))
}

/// Of bare axum's requests a second, round by round.
fn share(row: &Row) -> Option<f64> {
    median(row.whoami.iter().zip(&row.bare).map(|(whoami, bare)| whoami.per_second / bare.per_second))
}

fn share_by_cpu(row: &Row) -> Option<f64> {
    let shares = row.whoami.iter().zip(&row.bare);
    median(shares.filter_map(|(whoami, bare)| Some(bare.cpu_micros? / whoami.cpu_micros?)))
}

fn all(row: &Row) -> String {
    if row.of_all.is_empty() {
        return "–".to_owned();
    }
    format!("{}, {}", rate(&row.of_all), decimal(p99(&row.of_all), 1))
}

/// How much longer the slowest take than with the fewest sessions, while as many are in use.
fn growth(row: &Row, fewest: Option<&Row>) -> Option<f64> {
    Some(p99(&row.whoami)? / p99(&fewest?.whoami)?)
}

fn bytes(row: &Row) -> String {
    row.bytes_each.filter(|_| row.mode.stores()).map_or_else(|| "–".to_owned(), |bytes| thousands(&bytes))
}

fn swept(row: &Row, sweep: &Sweep) -> String {
    let beside = p99(&row.whoami).map(|before| sweep.beside.p99 / before);
    format!(
        "{} in {}, p99 × {}",
        thousands(&sweep.count),
        say::duration(sweep.took),
        cell::at_most(beside, 2.0)
    )
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::super::mode::Mode;
    use super::*;

    fn sample(per_second: f64, p99: f64, cpu_micros: f64) -> Sample {
        Sample { per_second, p50: 1.0, p99, cpu_micros: Some(cpu_micros) }
    }

    fn row(mode: Mode, p99: f64) -> Row {
        let whoami = vec![sample(60_000.0, p99, 16.0)];
        let (took, beside) = (Duration::from_millis(1_500), sample(1.0, 3.0, 1.0));
        Row {
            mode,
            stored: 1_000_000,
            filled_in: 1.0,
            bytes_each: Some(512),
            bare: vec![sample(100_000.0, 1.0, 10.0)],
            of_all: if mode.stores() { vec![sample(50_000.0, p99, 20.0)] } else { vec![] },
            touch: whoami.clone(),
            set: whoami.clone(),
            sign_in: whoami.clone(),
            whoami,
            sweep: mode.is_swept().then_some(Sweep { count: 100_000, took, beside }),
        }
    }

    #[test]
    fn a_line_shows_figures_and_whether_aims_are_met() {
        assert_eq!(
            line(&row(Mode::SqliteCached, 3.0), Some(&row(Mode::SqliteCached, 2.0))),
            "| sqlite, cached | 1,000,000 | 60,000 | 1.0 | 3.0 | 16.0 | 0.60 (≥ 0.6 ✓) | 0.62 | 50,000, 3.0 | 1.50 (≤ 1.2) \
             | 60,000, 3.0, 16.0 | 60,000, 3.0, 16.0 | 60,000, 3.0, 16.0 | 512 | 100,000 in 1.5 s, p99 × 1.00 (≤ 2 ✓) |"
        );
    }

    #[test]
    fn what_does_not_apply_is_a_dash() {
        let line = line(&row(Mode::Signed, 2.0), None);
        assert!(line.starts_with("| signed | – |") && line.ends_with("| – | – |"), "{line}");
    }

    #[test]
    fn each_column_has_a_name() {
        assert_eq!(heading().lines().map(|line| line.matches('|').count()).collect::<Vec<_>>(), [16, 16]);
    }
}
