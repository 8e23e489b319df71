//! Where accounts live.

mod postgres;
mod sqlite;
mod watched;

use auth::{Account, AccountEvent, AccountKey, AccountsError, PasswordHash, PendingEnd};
use contract::{SecurityEvent, Username};
use sessions::Reason;

use crate::moments::moment;

pub use postgres::PostgresAccounts;
pub use sqlite::SqliteAccounts;
pub use watched::Watched;

/// An account as a row has it: key, name, hashed password.
type Row = ([u8; 16], String, String);

/// Sessions that have to end, as a row has them: account, reason, milliseconds since 1970.
type PendingRow = ([u8; 16], String, i64);

/// An event as a row has it: name, milliseconds since 1970, address, device, count.
type EventRow = (String, i64, String, Option<String>, i32);

/// `None` for an event that this version does not know.
fn event((name, at, address, device, count): EventRow) -> Option<AccountEvent> {
    let event = SecurityEvent::from_name(&name)?;
    Some(AccountEvent { event, at: moment(at), address, device, count: count.unsigned_abs() })
}

fn account((key, username, password): Row) -> Result<Account, AccountsError> {
    Ok(Account {
        key: AccountKey::from_bytes(key),
        username: stored(&username)?,
        password: PasswordHash::from_phc(password),
    })
}

/// `None` for a reason that this version does not know.
fn pending((account, reason, noted): PendingRow) -> Option<PendingEnd> {
    let reason = Reason::from_name(&reason)?;
    Some(PendingEnd { account: AccountKey::from_bytes(account), reason, noted: moment(noted) })
}

fn stored(username: &str) -> Result<Username, AccountsError> {
    Username::parse(username).map_err(|fault| AccountsError::new(fault.to_string()))
}
