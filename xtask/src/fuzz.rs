//! `cargo xtask fuzz`: hostile cookies, for a bounded time.

use std::process::{Command, ExitCode};

use anyhow::Result;

use crate::{process, say, tools, workspace};

/// Of `crates/sessions/fuzz`.
const TARGETS: [&str; 3] = ["cookie_header", "sealed_record", "signed_id"];

/// What a person may choose.
#[derive(clap::Args)]
pub struct Arguments {
    /// Seconds for each target
    #[arg(long, default_value_t = 20)]
    seconds: u32,
}

/// Runs each target for its time. Fails at the first that breaks, and says what broke it.
pub fn run(arguments: &Arguments) -> Result<ExitCode> {
    let programs = tools::fuzzer()?;
    for target in TARGETS {
        say::progress(&format!("» {target}, {} s and the time to build", arguments.seconds));
        let mut command = fuzzer(target, arguments.seconds);
        command.env("PATH", process::path_with([programs.as_path()])?);
        process::quietly(&mut command)?.or_fail(&format!("`cargo fuzz run {target}`"))?;
        say::progress("  nothing broke it");
    }
    Ok(ExitCode::SUCCESS)
}

/// Without a sanitizer, which only a nightly compiler has: there is no unsafe code here to watch.
fn fuzzer(target: &str, seconds: u32) -> Command {
    let mut command = process::command("cargo");
    command.current_dir(workspace::root().join("crates/sessions"));
    command.args(["fuzz", "run", "--sanitizer", "none", target, "--"]);
    command.arg(format!("-max_total_time={seconds}")).arg("-max_len=8192");
    command
}
