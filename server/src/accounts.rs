//! Where accounts live.

mod sqlite;

pub use sqlite::SqliteAccounts;
