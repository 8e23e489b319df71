//! `cargo xtask`: what the README's commands do.

mod asvs;
mod bench;
mod browser;
mod conformance;
mod debian;
mod deny;
mod fingerprint;
mod fuzz;
mod node;
mod passwords;
mod process;
mod run;
mod say;
mod schemathesis;
mod services;
mod settings;
mod site;
mod test;
mod tools;
mod wasm_target;
mod workspace;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Run, test and measure this site. Whatever these commands need and do not find, they install.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Build the site and serve it
    Run(run::Arguments),
    /// Check and test everything: format, lints, unit, HTTP and browser tests
    Test,
    /// Run the rules of the session stores, and print which store keeps which
    Conformance,
    /// Write the table of security requirements and the tests that hold them
    Asvs(asvs::Arguments),
    /// Write the reference of all settings
    Settings,
    /// Write the list of common passwords from its sources
    Passwords,
    /// Measure the site beside a bare axum server
    Bench(bench::Arguments),
    /// Check licences, bans, duplicates and advisories of the dependencies
    Deny(deny::Arguments),
    /// Try hostile cookies for a bounded time
    Fuzz(fuzz::Arguments),
}

fn main() -> ExitCode {
    let done = match Arguments::parse().command {
        Command::Run(arguments) => run::run(&arguments),
        Command::Test => Ok(test::run()),
        Command::Conformance => conformance::run(),
        Command::Asvs(arguments) => asvs::run(&arguments),
        Command::Settings => settings::run(),
        Command::Passwords => passwords::run(),
        Command::Bench(arguments) => bench::run(&arguments),
        Command::Deny(arguments) => deny::run(&arguments),
        Command::Fuzz(arguments) => fuzz::run(&arguments),
    };
    done.unwrap_or_else(|error| {
        say::failure(&error);
        ExitCode::FAILURE
    })
}
