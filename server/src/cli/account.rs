//! `server account …`

use std::io::{self, IsTerminal as _, Read as _};
use std::sync::Arc;

use auth::{Account, AccountKey, Auth, Clock, Counter, DeviceKey, PendingEnd};
use clap::Subcommand;
use contract::{Password, Username};
use sessions::{Sessions, SystemClock};

use super::{Failure, say};
use crate::application::open_auth;
use crate::config::Config;
use crate::stores::open_sessions;

#[derive(Debug, Subcommand)]
pub enum AccountCommand {
    /// Create an account. The password comes from a prompt, or from standard input.
    Add {
        /// 3 to 32 letters, digits, `_`, `.` or `-`.
        #[arg(allow_hyphen_values = true)]
        name: String,
    },
    /// List all accounts by name.
    List,
    /// Remove an account and end its sessions.
    Remove {
        /// Its name, in any case.
        #[arg(allow_hyphen_values = true)]
        name: String,
    },
    /// Give an account another password and end its sessions. The password comes from a prompt, or from standard
    /// input.
    SetPassword {
        /// Its name, in any case.
        #[arg(allow_hyphen_values = true)]
        name: String,
    },
    /// Forget failed attempts at an account, so that its password opens it again.
    Unlock {
        /// Its name, in any case.
        #[arg(allow_hyphen_values = true)]
        name: String,
    },
}

impl AccountCommand {
    pub async fn run(self, config: &Config) -> Result<(), Failure> {
        match self {
            Self::Add { name } => add(config, &username(&name)?).await,
            Self::List => list(config).await,
            Self::Remove { name } => remove(config, &username(&name)?).await,
            Self::SetPassword { name } => set_password(config, &username(&name)?).await,
            Self::Unlock { name } => unlock(config, &username(&name)?).await,
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
    let auth = open_auth(config, &clock()).await?;
    find(&auth, username).await?;
    let sessions = open_sessions(config, &clock()).await?;
    let (account, pending) = loop {
        let account = find(&auth, username).await?;
        // It may get another password, or another hash of it, at this moment.
        if let Some(pending) = auth.accounts.remove(account.key, &account.password).await? {
            break (account, pending);
        }
    };
    let ended = end_sessions(&sessions, &auth, pending).await.map_err(|failure| {
        format!("{} was removed, but its sessions have not ended yet: {failure}", account.username)
    })?;
    say(&format!("removed {}; sessions ended: {ended}", account.username))
}

async fn set_password(config: &Config, username: &Username) -> Result<(), Failure> {
    let auth = open_auth(config, &clock()).await?;
    let account = find(&auth, username).await?;
    let password = read_password()?;
    auth.rules.check(&password, Some(&account.username)).await.map_err(|fault| fault.to_string())?;
    let password = auth.hasher.hash(password).await?;
    let sessions = open_sessions(config, &clock()).await?;
    let devices = auth.devices.devices_of(account.key).await?;
    let changed = auth.accounts.change_password(account.key, &account.password, &password).await?;
    let pending = changed
        .ok_or_else(|| format!("{username} has got another password meanwhile; nothing was changed"))?;
    let ended = end_sessions(&sessions, &auth, pending).await.map_err(|failure| {
        format!("{} has a new password, but its sessions have not ended yet: {failure}", account.username)
    })?;
    forgive(&auth, &account, devices).await?;
    say(&format!("{} has a new password; sessions ended: {ended}", account.username))
}

async fn unlock(config: &Config, username: &Username) -> Result<(), Failure> {
    let auth = open_auth(config, &clock()).await?;
    let account = find(&auth, username).await?;
    let devices = auth.devices.devices_of(account.key).await?;
    forgive(&auth, &account, devices).await?;
    say(&format!("failed attempts at {} are forgotten", account.username))
}

async fn find(auth: &Auth, username: &Username) -> Result<Account, Failure> {
    let found = auth.accounts.find(username).await?;
    found.ok_or_else(|| format!("there is no account {username}").into())
}

/// Ends all sessions of an account; if that fails, running servers do it at a sweep. Returns how many, in words.
async fn end_sessions(sessions: &Sessions, auth: &Auth, pending: PendingEnd) -> Result<String, Failure> {
    let ended = sessions.end_of_account(pending.account, pending.reason).await?;
    // Those in the memory of a server are out of reach: it finds the note at its next sweep but one.
    if !sessions.capabilities().survives_restart {
        return Ok("by the running server itself, at a sweep in a minute at the earliest".to_owned());
    }
    auth.accounts.settle_end(pending).await?;
    Ok(ended.map_or_else(|| "all".to_owned(), |count| count.to_string()))
}

/// Forgets the failures of strangers, and of the browsers that have signed in to the account before.
async fn forgive(auth: &Auth, account: &Account, devices: Vec<DeviceKey>) -> Result<(), Failure> {
    let strangers = Counter::Account(account.username.clone());
    for counter in std::iter::once(strangers).chain(devices.into_iter().map(Counter::Device)) {
        auth.throttle.forgive(&counter).await?;
    }
    Ok(())
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
