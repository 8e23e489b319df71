//! The generator of the crate `bench`, which asks for another session each time.

use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result};
use serde_json::Value;

use super::super::load::Sample;
use super::super::program::Program;
use crate::process;

/// What it gave.
pub struct Load {
    /// Rate and latencies.
    pub sample: Sample,
    /// How many sessions were swept meanwhile, and how long that took.
    pub sweep: Option<(u64, Duration)>,
}

/// Runs the generator, and counts what the server spent meanwhile.
pub fn run(generator: &mut Command, server: &Program) -> Result<Load> {
    let before = server.processor_time();
    let report =
        process::answer(generator).context("the load generator failed: not every answer was a 200")?;
    let spent = server.processor_time().zip(before).map(|(after, before)| after.saturating_sub(before));
    parse(&report, spent).with_context(|| format!("the load generator's report lacks a number: {report}"))
}

fn parse(report: &str, spent: Option<Duration>) -> Option<Load> {
    let report: Value = serde_json::from_str(report).ok()?;
    let number = |name| report.get(name).and_then(Value::as_f64);
    let (requests, seconds) = (number("requests")?, number("seconds")?);
    let swept = report.get("swept").and_then(Value::as_u64);
    Some(Load {
        sample: Sample {
            per_second: number("measured")? / seconds,
            p50: number("p50")?,
            p99: number("p99")?,
            // What came before the measured time was paid for too.
            cpu_micros: spent.map(|spent| spent.as_secs_f64() * 1_000_000.0 / requests),
        },
        sweep: swept.map(|count| (count, Duration::from_secs_f64(seconds))),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn processor_time_is_shared_by_all_requests_and_the_rate_is_of_the_measured_ones() {
        let report = r#"{"requests":2000,"measured":1000,"seconds":2.0,"p50":1.5,"p99":4.0,"swept":300}"#;
        let load = parse(report, Some(Duration::from_millis(20))).unwrap();
        assert_eq!((load.sample.per_second, load.sample.p99), (500.0, 4.0));
        assert_eq!(load.sample.cpu_micros, Some(10.0));
        assert_eq!(load.sweep, Some((300, Duration::from_secs(2))));
    }
}
