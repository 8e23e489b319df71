//! Signing out.

use contract::Whoami;

use super::{Visitor, view};
use crate::AuthError;

impl Visitor {
    /// Ends the session; a guest's too. A chosen language and theme go on in a new anonymous one.
    ///
    /// # Errors
    /// [`AuthError::Sessions`]: nobody was signed out.
    pub async fn logout(&self) -> Result<Whoami, AuthError> {
        self.session.sign_out().await?;
        if self.member().is_ok() {
            tracing::info!(event = "signed_out", address = %self.address, "signed out");
        }
        Ok(view::whoami(&self.session, self.session.presence().await?.record()))
    }
}
