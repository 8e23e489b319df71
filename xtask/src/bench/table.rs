//! The results as Markdown.

use std::fs;
use std::thread::available_parallelism;
use std::time::Duration;

use super::downloads::Downloads;
use super::load::Sample;
use super::pinning::Pinning;
use super::scenario::Row;
use crate::process;

/// A server that used less of its core than this was not what limited the measurement.
const BUSY: f64 = 0.9;

/// Sizes and times of the second table.
pub struct Sizes {
    /// What a browser loads.
    pub downloads: Downloads,
    /// The server's program, in bytes.
    pub program: u64,
    /// Resident memory before the load.
    pub idle: Option<u64>,
    /// Resident memory after the load.
    pub loaded: Option<u64>,
    /// The start that creates the database.
    pub first_start: Duration,
    /// Later starts.
    pub starts: Vec<Duration>,
}

/// What was measured where.
pub fn heading(pinning: &Pinning, rounds: u64, seconds: u64) -> String {
    let date = process::answer(process::command("date").arg("+%Y-%m-%d")).unwrap_or_default();
    let cores = available_parallelism().map_or(1, usize::from);
    format!(
        "{date}, {}, {cores} cores; {}; medians of {rounds} rounds of {seconds} s\n",
        processor(),
        pinning.description(),
    )
}

/// One line for each scenario.
pub fn speed(rows: &[Row]) -> String {
    let mut table = String::from(
        "| request | requests/s | p50 ms | p99 ms | CPU µs | bare: requests/s | CPU µs | ratio | ratio by CPU |\n\
         |---|--:|--:|--:|--:|--:|--:|--:|--:|\n",
    );
    for row in rows {
        table.push_str(&line(row));
    }
    table.push_str(
        "\nBare: axum alone with a constant answer of the same size; for sign-in, Argon2id alone (19 MiB, 2 passes). \
         CPU: the server's processor time for each request.\n",
    );
    if rows.iter().any(|row| is_idle(&row.site) || is_idle(&row.bare)) {
        table.push_str(
            "† The server did not get, or did not need, its whole core: generator or machine was the limit, and the ratio by \
             CPU is the one to read.\n",
        );
    }
    table
}

/// The second table.
pub fn sizes(sizes: &Sizes) -> String {
    let rows = [
        ("brotli bytes until usable (HTML, CSS)", thousands(&sizes.downloads.usable)),
        ("brotli bytes until hydrated (and JS, WASM)", thousands(&sizes.downloads.hydrated)),
        ("server program", megabytes(Some(sizes.program))),
        ("resident memory, idle", megabytes(sizes.idle)),
        ("resident memory, after load", megabytes(sizes.loaded)),
        ("start-up, creating the database", milliseconds(sizes.first_start)),
        ("start-up", milliseconds(median(sizes.starts.iter().copied()).unwrap_or_default())),
    ];
    rows.iter().fold(String::from("| size or time | |\n|---|--:|\n"), |table, (name, value)| {
        table + &format!("| {name} | {value} |\n")
    })
}

fn line(row: &Row) -> String {
    let (site, bare) = (&row.site, &row.bare);
    let ratio = middle(site, |sample| sample.per_second) / middle(bare, |sample| sample.per_second);
    let by_cpu = cpu(bare).zip(cpu(site)).map(|(bare, site)| bare / site);
    format!(
        "| {} | {} | {:.1} | {:.1} | {} | {} | {} | {ratio:.2} | {} |\n",
        row.name,
        rate(site),
        middle(site, |sample| sample.p50),
        middle(site, |sample| sample.p99),
        decimal(cpu(site), 1),
        rate(bare),
        decimal(cpu(bare), 1),
        decimal(by_cpu, 2),
    )
}

fn rate(samples: &[Sample]) -> String {
    let mark = if is_idle(samples) { " †" } else { "" };
    format!("{}{mark}", thousands_of(middle(samples, |sample| sample.per_second)))
}

fn is_idle(samples: &[Sample]) -> bool {
    median(samples.iter().filter_map(Sample::busy)).is_some_and(|busy| busy < BUSY)
}

fn cpu(samples: &[Sample]) -> Option<f64> {
    median(samples.iter().filter_map(|sample| sample.cpu_micros))
}

fn middle(samples: &[Sample], value: impl Fn(&Sample) -> f64) -> f64 {
    median(samples.iter().map(value)).unwrap_or(f64::NAN)
}

/// The middle value; of two middle values the greater.
pub fn median<T: PartialOrd>(values: impl Iterator<Item = T>) -> Option<T> {
    let mut values: Vec<T> = values.collect();
    values.sort_by(|left, right| left.partial_cmp(right).unwrap_or(std::cmp::Ordering::Equal));
    let middle = values.len() / 2;
    values.into_iter().nth(middle)
}

fn processor() -> String {
    let model = fs::read_to_string("/proc/cpuinfo").ok().and_then(|text| {
        let line = text.lines().find(|line| line.starts_with("model name"))?;
        Some(line.split_once(':')?.1.trim().to_owned())
    });
    model.unwrap_or_else(|| std::env::consts::ARCH.to_owned())
}

/// So many places behind the point; a dash for what is not known.
pub fn decimal(value: Option<f64>, places: usize) -> String {
    value.map_or_else(|| "–".to_owned(), |value| format!("{value:.places$}"))
}

/// A rate: whole, unless it is small.
pub fn thousands_of(value: f64) -> String {
    if value < 100.0 { format!("{value:.1}") } else { thousands(&format!("{value:.0}")) }
}

/// With a comma before each three digits.
pub fn thousands(number: &impl ToString) -> String {
    let digits = number.to_string();
    let mut grouped = String::new();
    for (position, digit) in digits.chars().enumerate() {
        if position > 0 && (digits.len() - position).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

fn megabytes(bytes: Option<u64>) -> String {
    bytes.map_or_else(|| "–".to_owned(), |bytes| format!("{}.{} MB", bytes / 1_000_000, bytes / 100_000 % 10))
}

fn milliseconds(duration: Duration) -> String {
    format!("{} ms", duration.as_millis())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(per_second: f64, cpu_micros: f64) -> Sample {
        Sample { per_second, p50: 1.0, p99: 2.0, cpu_micros: Some(cpu_micros) }
    }

    #[test]
    fn a_row_shows_medians_and_ratios() {
        let site = vec![sample(10_000.0, 95.0), sample(50_000.0, 19.0), sample(49_000.0, 20.0)];
        let bare = vec![sample(100_000.0, 10.0)];
        assert_eq!(
            line(&Row { name: "home", site, bare }),
            "| home | 49,000 | 1.0 | 2.0 | 20.0 | 100,000 | 10.0 | 0.49 | 0.50 |\n"
        );
    }

    #[test]
    fn a_server_with_time_left_is_marked() {
        let row =
            Row { name: "home", site: vec![sample(10_000.0, 20.0)], bare: vec![sample(100_000.0, 10.0)] };
        assert!(line(&row).contains("10,000 †"));
        assert!(speed(&[row]).contains("is the one to read"));
    }

    #[test]
    fn numbers_are_grouped() {
        assert_eq!(thousands(&7), "7");
        assert_eq!(thousands(&1_234_567), "1,234,567");
        assert_eq!(megabytes(Some(18_460_000)), "18.4 MB");
    }
}
