//! The load generator and what it reports.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use serde_json::Value;

use super::pinning::Pinning;
use super::program::Program;
use crate::process;

/// One kind of request.
pub struct Request {
    /// The path, query included.
    pub path: String,
    /// The session cookie of a signed-in visitor.
    pub cookie: Option<String>,
    /// A JSON body, which makes it a POST.
    pub body: Option<String>,
    /// How many connections ask at once.
    pub connections: u16,
}

/// One measurement.
#[derive(Clone, Copy)]
pub struct Sample {
    /// Requests answered with 200, a second.
    pub per_second: f64,
    /// Half of the answers came within this many milliseconds.
    pub p50: f64,
    /// 99 in 100 answers came within this many milliseconds.
    pub p99: f64,
    /// Processor time of the server for each request, in microseconds.
    pub cpu_micros: Option<f64>,
}

impl Sample {
    /// The part of one core that the server used.
    pub fn busy(&self) -> Option<f64> {
        self.cpu_micros.map(|micros| micros * self.per_second / 1_000_000.0)
    }
}

/// `oha`, for a fixed time.
pub struct Generator {
    /// The program.
    pub program: PathBuf,
    /// How long each measurement takes.
    pub seconds: u64,
}

impl Generator {
    /// Asks the server as fast as it answers.
    pub fn measure(&self, server: &Program, request: &Request, pinning: &Pinning) -> Result<Sample> {
        let mut command = pinning.generator(&self.program);
        command.args(["--no-tui", "--output-format", "json", "--worker-threads", "1", "-w"]);
        command.args(["-z", &format!("{}s", self.seconds), "-c", &request.connections.to_string()]);
        if let Some(cookie) = &request.cookie {
            command.args(["-H", &format!("Cookie: {cookie}")]);
        }
        if let Some(body) = &request.body {
            command.args(["-m", "POST", "-T", "application/json", "-d", body]);
        }
        command.arg(format!("http://{}{}", server.address, request.path));
        let before = server.processor_time();
        let report = process::answer(&mut command).context("the load generator failed")?;
        let spent = server.processor_time().zip(before).map(|(after, before)| after.saturating_sub(before));
        let report = Report::parse(&report).with_context(|| format!("under load, {}", request.path))?;
        Ok(report.sample(spent))
    }
}

/// What of the generator's report matters.
struct Report {
    answered: f64,
    seconds: f64,
    p50: f64,
    p99: f64,
}

impl Report {
    /// Fails unless every answer was a 200: refusals are quick, and would count as speed.
    fn parse(text: &str) -> Result<Self> {
        let report: Value = serde_json::from_str(text).context("the load generator's report is no JSON")?;
        let part = |pointer: &str| report.pointer(pointer).cloned().unwrap_or_default();
        let (statuses, errors) = (part("/statusCodeDistribution"), part("/errorDistribution"));
        let others = statuses.as_object().is_none_or(|counts| counts.keys().any(|status| status != "200"));
        if others || errors.as_object().is_some_and(|errors| !errors.is_empty()) {
            bail!("not every answer was a 200: statuses {statuses}, errors {errors}");
        }
        let number = |pointer: &str| {
            part(pointer)
                .as_f64()
                .with_context(|| format!("the load generator's report has no number {pointer}"))
        };
        Ok(Self {
            answered: number("/statusCodeDistribution/200")?,
            seconds: number("/summary/total")?,
            p50: number("/latencyPercentiles/p50")?,
            p99: number("/latencyPercentiles/p99")?,
        })
    }

    fn sample(&self, spent: Option<Duration>) -> Sample {
        Sample {
            per_second: self.answered / self.seconds,
            p50: self.p50 * 1_000.0,
            p99: self.p99 * 1_000.0,
            cpu_micros: spent.map(|spent| spent.as_secs_f64() * 1_000_000.0 / self.answered),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_becomes_a_sample() {
        let report = r#"{"summary": {"total": 2.0}, "latencyPercentiles": {"p50": 0.001, "p99": 0.004},
            "statusCodeDistribution": {"200": 1000}, "errorDistribution": {}}"#;
        let sample = Report::parse(report).unwrap().sample(Some(Duration::from_secs(1)));
        assert_eq!((sample.per_second, sample.p50, sample.p99), (500.0, 1.0, 4.0));
        assert_eq!(sample.cpu_micros, Some(1_000.0));
    }

    #[test]
    fn refusals_do_not_count_as_speed() {
        let report = r#"{"statusCodeDistribution": {"200": 10, "429": 990}}"#;
        assert!(Report::parse(report).is_err());
    }
}
