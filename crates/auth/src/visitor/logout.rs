//! Signing out.

use contract::{SecurityEvent, Whoami};

use super::{Visitor, view};
use crate::AuthError;

impl Visitor {
    /// Ends the session; a guest's too. A chosen language and theme go on in a new anonymous one.
    ///
    /// # Errors
    /// [`AuthError::Sessions`]: nobody was signed out.
    pub async fn logout(&self) -> Result<Whoami, AuthError> {
        let session = self.session.key().await?;
        self.session.sign_out().await?;
        if let Ok(member) = self.member() {
            self.report_of(SecurityEvent::SignedOut, member, session).await;
        }
        Ok(view::whoami(&self.session, self.session.presence().await?.record()))
    }
}
