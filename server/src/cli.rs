//! The command line.

mod account;
mod migrate;
mod session;
mod signals;

use std::io::{self, Write as _};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use clap::{Parser, Subcommand};
use sessions::SystemClock;

use crate::application::Application;
use crate::config::{self, Config, ConfigArgs};
use crate::telemetry;

/// Sessions and sign-in, as one complete site. Without a command it serves.
#[derive(Debug, Parser)]
#[command(name = "server", version)]
pub struct Cli {
    #[command(flatten)]
    config: ConfigArgs,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Add, list or remove accounts, set a password, forget failed attempts.
    #[command(subcommand)]
    Account(account::AccountCommand),
    /// List or end the sessions of an account, or clear away what has expired.
    #[command(subcommand)]
    Sessions(session::SessionsCommand),
    /// Create or update the tables, and stop.
    Migrate {
        /// Change nothing; fail if tables are missing or out of date.
        #[arg(long)]
        check: bool,
    },
    /// Show the settings in force, and where each came from.
    Config,
    /// Print a new key for `sessions.keys`.
    Keygen,
}

/// How long calls of the system that nobody waits for any more may take at the end.
const LEFT_TO_FINISH: Duration = Duration::from_secs(5);

/// What goes wrong, in a sentence.
pub(crate) type Failure = Box<dyn std::error::Error + Send + Sync>;

impl Cli {
    /// Does what the command line asks for.
    #[must_use]
    pub fn run(self) -> ExitCode {
        match self.try_run() {
            Ok(()) => ExitCode::SUCCESS,
            Err(failure) => {
                // Nothing is left to do if standard error is closed.
                let _ = writeln!(io::stderr(), "{failure}");
                ExitCode::FAILURE
            }
        }
    }

    fn try_run(self) -> Result<(), Failure> {
        if matches!(self.command, Some(Command::Keygen)) {
            return say(&config::keygen()?);
        }
        let config = Config::from_process(&self.config)?;
        telemetry::start(&config.log);
        // Leptos needs two threads: with one, a page that waits for itself would wait for ever.
        let threads = std::thread::available_parallelism().map_or(2, std::num::NonZero::get).max(2);
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(threads).enable_all().build()?;
        let outcome = match self.command {
            None => runtime.block_on(serve(&config)),
            Some(Command::Account(command)) => runtime.block_on(command.run(&config)),
            Some(Command::Sessions(command)) => runtime.block_on(command.run(&config)),
            Some(Command::Migrate { check: false }) => runtime.block_on(migrate::migrate(&config)),
            Some(Command::Migrate { check: true }) => runtime.block_on(migrate::check(&config)),
            Some(Command::Config) => say(&config.explain().to_string()),
            Some(Command::Keygen) => Ok(()),
        };
        // A thread that waits for somebody who was stopped holds up no exit.
        runtime.shutdown_timeout(LEFT_TO_FINISH);
        outcome
    }
}

async fn serve(config: &Config) -> Result<(), Failure> {
    for warning in &config.warnings {
        tracing::warn!("{warning}");
    }
    let application = Application::build(config, Arc::new(SystemClock)).await?;
    if let Some(tls) = application.tls() {
        signals::reload_at_hangup(tls)?;
    }
    say(&format!("{} is ready at {}", config.server.brand, application.origin()))?;
    application.run(signals::stopped()).await;
    // Whoever read the first line may have stopped listening since.
    let _ = say("stopped");
    Ok(())
}

/// Prints a line for people.
pub(crate) fn say(line: &str) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    writeln!(out, "{}", line.trim_end())?;
    Ok(out.flush()?)
}
