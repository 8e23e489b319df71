//! Where accounts live.

mod postgres;
mod sqlite;

use auth::{Account, AccountKey, AccountsError, PasswordHash, PendingEnd};
use contract::Username;
use sessions::Reason;

pub use postgres::PostgresAccounts;
pub use sqlite::SqliteAccounts;

/// An account as a row has it: key, name, hashed password.
type Row = ([u8; 16], String, String);

fn account((key, username, password): Row) -> Result<Account, AccountsError> {
    Ok(Account {
        key: AccountKey::from_bytes(key),
        username: stored(&username)?,
        password: PasswordHash::from_phc(password),
    })
}

/// Sessions that have to end, as a row has them; `None` for a reason that this version does not know.
fn pending((account, reason): ([u8; 16], String)) -> Option<PendingEnd> {
    let reason = Reason::from_name(&reason)?;
    Some(PendingEnd { account: AccountKey::from_bytes(account), reason })
}

fn stored(username: &str) -> Result<Username, AccountsError> {
    Username::parse(username).map_err(|fault| AccountsError::new(fault.to_string()))
}
