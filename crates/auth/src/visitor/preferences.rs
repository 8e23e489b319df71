//! Choosing a language and a theme.

use contract::{PreferencesRequest, Whoami};
use sessions::Presence;

use super::{Visitor, view};
use crate::{AuthError, Gate, keys};

impl Visitor {
    /// Stores a choice in the session, a guest's too; what is absent stays as it is. A choice that
    /// equals the default is stored all the same.
    ///
    /// # Errors
    /// [`AuthError::Throttled`] if this would begin one anonymous session too many, or
    /// [`AuthError::Sessions`].
    pub async fn set_preferences(&self, request: PreferencesRequest) -> Result<Whoami, AuthError> {
        let chosen = keys::chosen(request.language, request.theme);
        let begins = matches!(
            self.session.presence().await?,
            Presence::Nobody | Presence::Ended { in_flight: false, .. }
        );
        if begins && !chosen.is_empty() {
            self.pass_if_counted(Gate::AnonymousSession).await?;
        }
        self.session.change(chosen, []).await?;
        Ok(view::whoami(&self.session, self.session.presence().await?.record()))
    }
}
