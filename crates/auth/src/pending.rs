//! Following up on whoever was killed between two writes.

use sessions::Sessions;
use time::OffsetDateTime;

use crate::{Auth, AuthError};

impl Auth {
    /// Ends the sessions of accounts that were removed or whose password was changed before this moment, where
    /// nobody has said since that they have ended. Returns of how many accounts.
    ///
    /// # Errors
    /// [`AuthError::Accounts`] or [`AuthError::Sessions`]: some are still to do.
    pub async fn end_pending(&self, sessions: &Sessions, before: OffsetDateTime) -> Result<usize, AuthError> {
        let pending = self.accounts.pending_ends(before).await?;
        for end in &pending {
            sessions.end_of_account(end.account, end.reason).await?;
            self.accounts.settle_end(*end).await?;
            tracing::warn!(
                event = "ends_followed_up",
                reason = end.reason.as_str(),
                "sessions that were to end have ended now"
            );
        }
        Ok(pending.len())
    }
}
