//! A server under measurement: started, watched and ended.

use std::env;
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use super::pinning::Pinning;
use super::processor_time;
use super::scratch::Scratch;

/// A running server; ended when dropped.
pub struct Program {
    child: Child,
    /// `127.0.0.1:` and the port.
    pub address: String,
    /// From the start of the process to the line that says it answers.
    pub started_in: Duration,
}

impl Program {
    /// The site's server, with its database in a temporary folder and no throttles, which would stop the load.
    pub fn anteroom(server: &Path, scratch: &Scratch, pinning: &Pinning) -> Result<Self> {
        let mut command = pinning.server(server);
        for (name, _) in env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("ANTEROOM_")) {
            command.env_remove(name);
        }
        command
            .current_dir(scratch.path())
            .env("ANTEROOM_SERVER__ADDRESS", "127.0.0.1:0")
            .env("ANTEROOM_DATABASE__URL", format!("sqlite://{}", scratch.path().join("bench.db").display()))
            .env("ANTEROOM_SESSIONS__STORE", "sqlite")
            .env("ANTEROOM_LOG__LEVEL", "warn")
            .env("ANTEROOM_THROTTLE__ADDRESS_SIGN_IN", "off")
            .env("ANTEROOM_THROTTLE__ADDRESS_REGISTRATION", "off")
            .env("ANTEROOM_THROTTLE__ADDRESS_ANONYMOUS", "off")
            .env("ANTEROOM_THROTTLE__ACCOUNT", "off");
        Self::start(command, "the server")
    }

    /// Starts a server that prints its address.
    pub fn start(mut command: Command, name: &str) -> Result<Self> {
        let started = Instant::now();
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .with_context(|| format!("cannot start {name}"))?;
        let mut output = BufReader::new(child.stdout.take().context("no output")?);
        let Some(address) = announced(&mut output) else {
            child.kill().context("cannot end it")?;
            bail!("{name} ended without printing its address");
        };
        let started_in = started.elapsed();
        // A full pipe would stop a server that prints more.
        thread::spawn(move || std::io::copy(&mut output, &mut std::io::sink()));
        Ok(Self { child, address, started_in })
    }

    /// Processor time used so far by it and by what it has started. `None` where the system does not tell.
    pub fn processor_time(&self) -> Option<Duration> {
        processor_time::of_tree(self.child.id())
    }

    /// Resident memory. `None` where the system does not tell.
    pub fn resident_bytes(&self) -> Option<u64> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id())).ok()?;
        let line = status.lines().find(|line| line.starts_with("VmRSS:"))?;
        Some(line.split_whitespace().nth(1)?.parse::<u64>().ok()? * 1024)
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // It may have ended by itself, which a measurement has noticed by then.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn announced(output: &mut impl BufRead) -> Option<String> {
    output.lines().map_while(Result::ok).find_map(|line| address_in(&line))
}

fn address_in(line: &str) -> Option<String> {
    let (_, rest) = line.split_once("http://127.0.0.1:")?;
    let port: String = rest.chars().take_while(char::is_ascii_digit).collect();
    (!port.is_empty()).then(|| format!("127.0.0.1:{port}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_is_found_within_a_line() {
        assert_eq!(address_in("Serving on http://127.0.0.1:4123/ now").as_deref(), Some("127.0.0.1:4123"));
        assert_eq!(address_in("Serving"), None);
    }
}
