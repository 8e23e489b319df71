//! Following up on whoever was killed between two writes.

use sessions::Sessions;
use time::OffsetDateTime;

use crate::{Auth, AuthError, PendingEnd};

impl Auth {
    /// Takes the note of sessions that were to end, and have ended. All that was asked for is done: while the note
    /// cannot be taken, each sweep ends the account's sessions once more.
    pub(crate) async fn have_ended(&self, pending: PendingEnd) {
        if let Err(error) = self.accounts.settle_end(pending).await {
            tracing::debug!(%error, "the note that sessions are to end stays");
        }
    }

    /// Ends the sessions of accounts that were removed or whose password was changed before this moment, where
    /// nobody has said since that they have ended. Returns of how many accounts.
    ///
    /// # Errors
    /// The first [`AuthError::Accounts`] or [`AuthError::Sessions`]: some are still to do.
    pub async fn end_pending(&self, sessions: &Sessions, before: OffsetDateTime) -> Result<usize, AuthError> {
        let pending = self.accounts.pending_ends(before).await?;
        let mut failure = None;
        for end in &pending {
            // One that fails holds up no other.
            if let Err(error) = self.follow_up(*end, sessions).await {
                failure.get_or_insert(error);
            }
        }
        failure.map_or(Ok(pending.len()), Err)
    }

    async fn follow_up(&self, end: PendingEnd, sessions: &Sessions) -> Result<(), AuthError> {
        sessions.end_of_account(end.account, end.reason).await?;
        self.accounts.settle_end(end).await?;
        tracing::warn!(
            event = "ends_followed_up",
            reason = end.reason.as_str(),
            "sessions that were to end have ended now"
        );
        Ok(())
    }
}
