//! A moment in words.

use contract::Timestamp;

/// A moment as people read it, in UTC: the server's clock says it, wherever the visitor is.
#[must_use]
pub fn moment(at: &Timestamp) -> String {
    at.0.replace('T', " ").replace('Z', " UTC")
}
