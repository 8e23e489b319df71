//! `server account …`

use std::io::{self, IsTerminal as _, Read as _};
use std::sync::Arc;

use auth::{Account, AccountKey, Clock, PendingEnd};
use clap::Subcommand;
use contract::{Password, Username};
use sessions::{Reason, SystemClock};

use super::{Failure, say};
use crate::application::open_auth;
use crate::config::Config;
use crate::stores::open_sessions;

#[derive(Debug, Subcommand)]
pub enum AccountCommand {
    /// Create an account. The password comes from a prompt, or from standard input.
    Add {
        /// 3 to 32 letters, digits, `_`, `.` or `-`.
        name: String,
    },
    /// List all accounts by name.
    List,
    /// Remove an account and end its sessions.
    Remove {
        /// Its name, in any case.
        name: String,
    },
}

impl AccountCommand {
    pub async fn run(self, config: &Config) -> Result<(), Failure> {
        match self {
            Self::Add { name } => add(config, &username(&name)?).await,
            Self::List => list(config).await,
            Self::Remove { name } => remove(config, &username(&name)?).await,
        }
    }
}

async fn add(config: &Config, username: &Username) -> Result<(), Failure> {
    let auth = open_auth(config, &clock()).await?;
    let password = read_password()?;
    auth.rules.check(&password, Some(username)).await.map_err(|fault| fault.to_string())?;
    let password = auth.hasher.hash(password).await?;
    let account = Account { key: AccountKey::random(), username: username.clone(), password };
    if auth.accounts.insert(&account).await? {
        say(&format!("added {username}"))
    } else {
        Err(format!("the name {username} is taken").into())
    }
}

async fn list(config: &Config) -> Result<(), Failure> {
    for username in open_auth(config, &clock()).await?.accounts.names().await? {
        say(username.as_str())?;
    }
    Ok(())
}

async fn remove(config: &Config, username: &Username) -> Result<(), Failure> {
    let clock = clock();
    let auth = open_auth(config, &clock).await?;
    let account =
        auth.accounts.find(username).await?.ok_or_else(|| format!("there is no account {username}"))?;
    auth.accounts.remove(account.key).await?;
    let sessions = open_sessions(config, &clock).await?;
    let pending = PendingEnd { account: account.key, reason: Reason::AccountRemoved };
    let ended = sessions.end_of_account(pending.account, pending.reason).await?;
    auth.accounts.settle_end(pending).await?;
    let ended = ended.map_or_else(|| "all".to_owned(), |count| count.to_string());
    say(&format!("removed {}; sessions ended: {ended}", account.username))
}

pub(super) fn username(name: &str) -> Result<Username, Failure> {
    Username::parse(name).map_err(|fault| fault.to_string().into())
}

pub(super) fn clock() -> Arc<dyn Clock> {
    Arc::new(SystemClock)
}

/// Never from an argument: those are seen by every process of the machine and kept in histories.
fn read_password() -> Result<Password, Failure> {
    if io::stdin().is_terminal() {
        let password = rpassword::prompt_password("Password: ")?;
        if rpassword::prompt_password("Again: ")? != password {
            return Err("the two passwords differ".into());
        }
        return Ok(Password::new(password));
    }
    let mut line = String::new();
    io::stdin().take(8 * 1024).read_to_string(&mut line)?;
    Ok(Password::new(line.trim_end_matches(['\r', '\n']).to_owned()))
}
