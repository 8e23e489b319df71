//! What the same core does with nothing but axum, Argon2id or brotli: the crate `bench`.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

use super::load::Sample;
use super::pinning::Pinning;
use super::program::Program;
use crate::{process, say, workspace};

/// The compiled yardsticks.
pub struct Yardstick {
    program: PathBuf,
}

impl Yardstick {
    /// Compiles them, optimised as the server is.
    pub fn build() -> Result<Self> {
        say::progress("Building the yardsticks (some minutes the first time)");
        process::quietly(process::command("cargo").args(["build", "--release", "--package", "bench"]))?
            .or_fail("`cargo build --package bench`")?;
        Ok(Self { program: workspace::target_folder()?.join("release/bench") })
    }

    /// Bare axum, with answers of these sizes.
    pub fn serve(&self, json_bytes: usize, html_bytes: usize, pinning: &Pinning) -> Result<Program> {
        let mut command = pinning.server(&self.program);
        command.args([
            "serve",
            "--json-bytes",
            &json_bytes.to_string(),
            "--html-bytes",
            &html_bytes.to_string(),
        ]);
        Program::start(command, "bare axum")
    }

    /// The session layer over a store, filled with so many sessions.
    pub fn sessions(&self, store: &[&str], stored: u64, folder: &Path, pinning: &Pinning) -> Result<Program> {
        let mut command = pinning.server(&self.program);
        command.arg("sessions").args(store).args(["--stored", &stored.to_string(), "--folder"]).arg(folder);
        Program::start(command, "the session layer")
    }

    /// The generator that asks for another session each time.
    pub fn load(&self, pinning: &Pinning) -> Command {
        let mut command = pinning.generator(&self.program);
        command.arg("load").args(pinning.is_possible().then_some("--awake"));
        command
    }

    /// What Argon2id alone allows, as if it were a server.
    pub fn hashing(&self, seconds: u64, pinning: &Pinning) -> Result<Sample> {
        let mut command = pinning.server(&self.program);
        let answer = process::answer(command.args(["argon2", "--seconds", &seconds.to_string()]));
        let answer = answer.context("hashing failed")?;
        let numbers: Vec<f64> = answer.split_whitespace().map_while(|number| number.parse().ok()).collect();
        let [per_second, cpu_micros] = *numbers.as_slice() else {
            bail!("hashing gave no numbers: {answer}")
        };
        let each = 1_000.0 / per_second;
        let cpu_micros = (!cpu_micros.is_nan()).then_some(cpu_micros);
        Ok(Sample { per_second, p50: each, p99: each, cpu_micros })
    }

    /// The size in bytes after brotli at its best.
    pub fn brotli_size(&self, content: &[u8]) -> Result<usize> {
        let mut command = process::command(&self.program);
        let mut child = command.arg("brotli").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        child.stdin.take().context("no input")?.write_all(content)?;
        let output = child.wait_with_output()?;
        String::from_utf8_lossy(&output.stdout).trim().parse().context("brotli gave no number")
    }
}
