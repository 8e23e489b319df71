//! One row of the table: a store with so many sessions in it.

use std::time::Duration;

use anyhow::{Context, Result};
use serde_json::Value;

use super::super::http;
use super::super::load::Sample;
use super::super::pinning::Pinning;
use super::super::program::Program;
use super::super::scratch::Scratch;
use super::super::yardstick::Yardstick;
use super::load::{self, Load};
use super::mode::Mode;
use crate::say;

/// Of all sessions, so many are in use at a time.
pub const IN_USE: u64 = 10_000;
/// The size of the answer to whoami, in bytes, as the bare server gives it too.
const ANSWER: usize = 49;

/// What measures.
pub struct Equipment {
    /// Servers and generator.
    pub yardstick: Yardstick,
    /// Who gets which core.
    pub pinning: Pinning,
    /// How long each measurement takes.
    pub seconds: u64,
    /// How often each is repeated.
    pub rounds: u64,
}

/// What was measured, a sample for each round.
pub struct Row {
    /// Which store.
    pub mode: Mode,
    /// How many sessions are in it.
    pub stored: u64,
    /// How long it took to put them there, in seconds.
    pub filled_in: f64,
    /// What one of them takes.
    pub bytes_each: Option<u64>,
    /// Bare axum.
    pub bare: Vec<Sample>,
    /// Who is signed in, of those in use.
    pub whoami: Vec<Sample>,
    /// Of all that are stored.
    pub of_all: Vec<Sample>,
    /// The same as of those in use, each noted as a use.
    pub touch: Vec<Sample>,
    /// Another value.
    pub set: Vec<Sample>,
    /// Sign-ins.
    pub sign_in: Vec<Sample>,
    /// Whoami while expired sessions were swept.
    pub sweep: Option<Sweep>,
}

/// A sweep.
pub struct Sweep {
    /// How many sessions.
    pub count: u64,
    /// How long.
    pub took: Duration,
    /// Requests meanwhile.
    pub beside: Sample,
}

impl Equipment {
    /// Fills the store and measures it.
    pub fn measure(&self, mode: Mode, stored: u64) -> Result<Row> {
        say::progress(&format!("{}: storing {stored} sessions", mode.name()));
        let scratch = Scratch::new()?;
        let folder = scratch.path().join("sessions");
        let server = self.yardstick.sessions(mode.arguments(), stored, &folder, &self.pinning)?;
        let bare = self.yardstick.serve(ANSWER, 0, &self.pinning)?;
        let mut row = Row::new(mode, stored, &server)?;
        say::progress(&format!("  stored in {:.0} s", row.filled_in));
        self.in_turn(&mut row, &server, &bare)?;
        row.sweep = self.sweep(mode, stored, &server)?;
        for _ in 0..self.rounds {
            row.sign_in.push(self.ask("sign-in", mode, stored, &server)?.sample);
        }
        Ok(row)
    }

    /// Round by round, so that a busy moment of the machine hits all kinds of requests.
    fn in_turn(&self, row: &mut Row, server: &Program, bare: &Program) -> Result<()> {
        let (mode, stored) = (row.mode, row.stored);
        for _ in 0..self.rounds {
            row.bare.push(self.ask("constant", mode, stored, bare)?.sample);
            row.whoami.push(self.ask("whoami", mode, stored, server)?.sample);
            row.set.push(self.ask("set", mode, stored, server)?.sample);
            row.touch.push(self.ask("touch", mode, stored, server)?.sample);
            if mode.stores() {
                row.of_all.push(self.load("whoami", mode, stored, server, &[])?.sample);
            }
        }
        Ok(())
    }

    /// Of those in use.
    fn ask(&self, what: &str, mode: Mode, stored: u64, server: &Program) -> Result<Load> {
        self.load(what, mode, stored, server, &["--among", &IN_USE.to_string()])
    }

    fn sweep(&self, mode: Mode, stored: u64, server: &Program) -> Result<Option<Sweep>> {
        if !mode.is_swept() {
            return Ok(None);
        }
        let most = (stored / 10).to_string();
        let during = ["--among", &IN_USE.to_string(), "--sweep", &most];
        let load = self.load("whoami", mode, stored, server, &during)?;
        let (count, took) = load.sweep.context("the generator tells of no sweep")?;
        Ok(Some(Sweep { count, took, beside: load.sample }))
    }

    fn load(&self, what: &str, mode: Mode, stored: u64, server: &Program, further: &[&str]) -> Result<Load> {
        let mut generator = self.yardstick.load(&self.pinning);
        generator.args(["--ask", what, "--address", &server.address]).args(mode.store());
        generator.args(["--stored", &stored.to_string(), "--seconds", &self.seconds.to_string()]);
        load::run(generator.args(further), server).with_context(|| format!("{what}, {}", mode.name()))
    }
}

impl Row {
    /// Nothing measured yet.
    fn new(mode: Mode, stored: u64, server: &Program) -> Result<Self> {
        let filled = http::get(&server.address, "/filled", &[])?;
        let filled: Value = serde_json::from_slice(&filled.body).context("the server tells nothing")?;
        Ok(Self {
            mode,
            stored,
            filled_in: filled.get("seconds").and_then(Value::as_f64).unwrap_or(0.0),
            bytes_each: filled.get("bytes_each").and_then(Value::as_u64),
            bare: vec![],
            whoami: vec![],
            of_all: vec![],
            touch: vec![],
            set: vec![],
            sign_in: vec![],
            sweep: None,
        })
    }
}
