//! Signing out.

use contract::{SecurityEvent, Whoami};

use super::{Standing, Visitor, view};
use crate::{AuthError, Gate};

impl Visitor {
    /// Ends the session; a guest's too. A chosen language and theme go on in a new anonymous one, unless the address
    /// of a guest has begun too many of those.
    ///
    /// # Errors
    /// [`AuthError::Sessions`]: nobody was signed out.
    pub async fn logout(&self) -> Result<Whoami, AuthError> {
        let session = self.session.key().await?;
        let is_guest_s = matches!(self.standing, Standing::Known { record: Some(_), member: None });
        if is_guest_s && self.pass_if_counted(Gate::AnonymousSession).await.is_err() {
            self.session.set_sessionless();
        }
        self.session.sign_out().await?;
        if let Ok(member) = self.member() {
            self.report_of(SecurityEvent::SignedOut, member, session).await;
        }
        Ok(view::whoami(&self.session, self.session.presence().await?.record()))
    }
}
