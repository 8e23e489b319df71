//! `server sessions …`

use auth::Account;
use clap::Subcommand;
use sessions::{Pace, Reason, Sessions};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::account::{clock, username};
use super::{Failure, say};
use crate::application::open_auth;
use crate::config::Config;
use crate::stores::open_sessions;

const OUT_OF_REACH: &str = "with sessions.store = memory the sessions are in the running server, where no command \
     reaches them; it forgets all of them when it is restarted, and ends those of an account some minutes after \
     `server account set-password <name>` or `server account remove <name>`";

#[derive(Debug, Subcommand)]
pub enum SessionsCommand {
    /// List the sessions of an account: handle, when it began, when it was last used, from where.
    List {
        /// The account's name, in any case.
        #[arg(allow_hyphen_values = true)]
        name: String,
    },
    /// End the sessions of an account: one, or all of them.
    Revoke {
        /// The account's name, in any case.
        #[arg(allow_hyphen_values = true)]
        name: String,
        /// The handle of one, as the list shows it.
        #[arg(allow_hyphen_values = true)]
        handle: Option<String>,
    },
    /// Clear away what has expired; a running server does it by itself.
    Sweep,
}

impl SessionsCommand {
    pub async fn run(self, config: &Config) -> Result<(), Failure> {
        let sessions = open_sessions(config, &clock()).await?;
        if !sessions.capabilities().survives_restart {
            return Err(OUT_OF_REACH.into());
        }
        match self {
            Self::List { name } => list(&sessions, &account(config, &name).await?).await,
            Self::Revoke { name, handle: None } => {
                revoke_all(&sessions, &account(config, &name).await?).await
            }
            Self::Revoke { name, handle: Some(handle) } => {
                revoke(&sessions, &account(config, &name).await?, &handle).await
            }
            Self::Sweep => sweep(&sessions).await,
        }
    }
}

async fn account(config: &Config, name: &str) -> Result<Account, Failure> {
    let name = username(name)?;
    let found = open_auth(config, &clock()).await?.accounts.find(&name).await?;
    found.ok_or_else(|| format!("there is no account {name}").into())
}

async fn list(sessions: &Sessions, account: &Account) -> Result<(), Failure> {
    let listed = sessions.of_account(account.key).await?.ok_or_else(|| cannot_list(sessions))?;
    for summary in listed {
        let (address, device) = auth::signed_in_from(&summary.record);
        let from = [address, device].map(|known| known.unwrap_or_else(|| "unknown".to_owned()));
        let [began, used] = [summary.record.created_at, summary.record.last_seen].map(moment);
        say(&format!("{}  {began}  {used}  {}", summary.key.handle(), from.join("  ")))?;
    }
    Ok(())
}

async fn revoke_all(sessions: &Sessions, account: &Account) -> Result<(), Failure> {
    match sessions.end_of_account(account.key, Reason::Revoked).await? {
        Some(count) => say(&format!("sessions ended: {count}")),
        None => say("all sessions ended"),
    }
}

async fn revoke(sessions: &Sessions, account: &Account, handle: &str) -> Result<(), Failure> {
    let listed = sessions.of_account(account.key).await?.ok_or_else(|| cannot_list(sessions))?;
    let found = listed.iter().find(|summary| summary.key.handle() == handle);
    let none = || format!("{} has no session {handle}", account.username);
    let has_ended = sessions.end_by_key(&found.ok_or_else(none)?.key, Reason::Revoked).await?;
    if has_ended { say("session ended") } else { Err(none().into()) }
}

async fn sweep(sessions: &Sessions) -> Result<(), Failure> {
    let swept = sessions.sweep(usize::MAX, Pace::Brisk).await?;
    say(&format!("swept: {swept}"))
}

fn cannot_list(sessions: &Sessions) -> String {
    let name = sessions.capabilities().name;
    format!(
        "with sessions.store = {name} the sessions are with their browsers, and nobody can list them; `server sessions revoke <name>` ends them all"
    )
}

fn moment(moment: OffsetDateTime) -> String {
    moment.replace_nanosecond(0).unwrap_or(moment).format(&Rfc3339).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Debug, Parser)]
    struct Sessions {
        #[command(subcommand)]
        command: SessionsCommand,
    }

    /// One handle of 64 begins with a hyphen, and so may a name.
    #[test]
    fn a_handle_and_a_name_may_begin_with_a_hyphen() {
        for (name, handle) in
            [("ada", "-IlVgr0xgAkTs0ZbTZ3a0w"), ("-ada", "--Vgr0xgAkTs0ZbTZ3a0wx"), ("ada", "-hhhIo")]
        {
            let parsed = Sessions::try_parse_from(["sessions", "revoke", name, handle]).expect("is read");
            let SessionsCommand::Revoke { name: read, handle: Some(one) } = parsed.command else {
                unreachable!("{parsed:?}")
            };
            assert_eq!((read.as_str(), one.as_str()), (name, handle));
        }
        assert!(
            Sessions::try_parse_from(["sessions", "revoke", "--help"])
                .is_err_and(|error| !error.use_stderr())
        );
    }
}
