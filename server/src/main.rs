//! The server: `server` serves; `server --help` says what else it can do.

use std::process::ExitCode;

use clap::Parser;

fn main() -> ExitCode {
    server::cli::Cli::parse().run()
}
