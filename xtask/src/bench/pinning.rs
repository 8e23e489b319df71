//! One core for the server, another for the generator, so that the server is what limits.

use std::path::Path;
use std::process::Command;
use std::thread::available_parallelism;

use crate::process;

/// Whether programs are bound to cores.
pub struct Pinning {
    is_possible: bool,
}

impl Pinning {
    /// Possible with `taskset` and at least two cores.
    pub fn of_this_machine() -> Self {
        let cores = available_parallelism().map_or(1, usize::from);
        Self { is_possible: cores >= 2 && process::find("taskset").is_some() }
    }

    /// Whether the generator has a core to itself.
    pub const fn is_possible(&self) -> bool {
        self.is_possible
    }

    /// The program on the measured core.
    pub fn server(&self, program: &Path) -> Command {
        self.on("0", program)
    }

    /// The program on the other core.
    pub fn generator(&self, program: &Path) -> Command {
        self.on("1", program)
    }

    /// For the table's heading.
    pub fn description(&self) -> &'static str {
        if self.is_possible {
            "server on one core, generator on another"
        } else {
            "server and generator share all cores, so the server is not what limits"
        }
    }

    fn on(&self, core: &str, program: &Path) -> Command {
        if !self.is_possible {
            return process::command(program);
        }
        let mut command = process::command("taskset");
        command.args(["--cpu-list", core]).arg(program);
        command
    }
}
