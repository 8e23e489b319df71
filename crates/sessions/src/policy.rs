//! How long a session lasts.

use serde::{Deserialize, Serialize};
use time::Duration;

/// Time limits, carried in the record so that each sign-in keeps its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Policy {
    /// Longest time between two uses.
    pub idle: Duration,
    /// Longest time in all, whatever happens.
    pub absolute: Duration,
    /// Whether the cookie outlives the browser (`Max-Age`), or ends with it.
    pub persistent: bool,
}

impl Policy {
    /// A signed-in visitor's, unless they ask to be kept in: 30 minutes idle, 24 hours in all.
    pub const SIGNED_IN: Self =
        Self { idle: Duration::minutes(30), absolute: Duration::hours(24), persistent: false };
    /// "Keep me signed in": 14 days idle, 30 days in all.
    pub const KEPT_IN: Self =
        Self { idle: Duration::days(14), absolute: Duration::days(30), persistent: true };
    /// A guest's: 24 hours idle, 7 days in all.
    pub const ANONYMOUS: Self =
        Self { idle: Duration::hours(24), absolute: Duration::days(7), persistent: false };
}
