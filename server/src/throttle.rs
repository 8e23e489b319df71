//! Where attempts are counted: beside the accounts, or in Redis where the sessions are there, so that servers
//! share what they count and a restart forgets nothing.

mod counting;
mod key;
mod postgres;
mod redis;
mod reports;
mod rules;
mod sqlite;

pub use counting::{CountingThrottle, Tally};
pub use key::Key;
pub use postgres::PostgresTally;
pub use redis::RedisTally;
pub use rules::{Bucket, Failures};
pub use sqlite::SqliteTally;
