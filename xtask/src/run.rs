//! `cargo xtask run`: the site, built and served.

use std::net::SocketAddr;
use std::process::{Command, ExitCode};

use anyhow::{Context, Result};

use crate::site::{self, Mode};
use crate::{process, say};

/// What a person may choose.
#[derive(clap::Args)]
pub struct Arguments {
    /// The address to serve on; port 0 takes a free one
    #[arg(long, default_value = "127.0.0.1:3000")]
    addr: SocketAddr,
    /// Build optimised: small and fast, as visitors get it (default)
    #[arg(long, conflicts_with = "dev")]
    release: bool,
    /// Build for development: quicker to build, with debug assertions
    #[arg(long)]
    dev: bool,
}

/// Builds the site if need be, and becomes its server.
pub fn run(arguments: &Arguments) -> Result<ExitCode> {
    let mode = if arguments.dev { Mode::Dev } else { Mode::Release };
    let site = site::ensure(mode)?;
    say::progress("Starting the server; Ctrl-C stops it");
    let mut server = process::command(site.server);
    server.env("ANTEROOM_SERVER__ADDRESS", arguments.addr.to_string());
    become_program(&mut server)
}

/// Replaces this process, so that signals and the exit status are the server's own.
#[cfg(unix)]
fn become_program(program: &mut Command) -> Result<ExitCode> {
    use std::os::unix::process::CommandExt;
    Err(program.exec()).context("cannot start the server")
}

#[cfg(not(unix))]
fn become_program(program: &mut Command) -> Result<ExitCode> {
    let status = program.status().context("cannot start the server")?;
    Ok(if status.success() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
