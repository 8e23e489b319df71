//! Sign in again, and go on with what asked for it.

use contract::{ApiError, Password, Whoami};
use leptos::prelude::*;

/// What [`confirm`] ends if it is to end all other sessions.
pub const ALL_OTHERS: &str = "others";

/// Makes the sign-in recent. Where no script can send the interrupted form once more, its action goes on here,
/// if it carries no secret: ending one session, or all others.
///
/// # Errors
/// Those of `auth::Visitor::confirm`, then those of the interrupted action.
#[server(prefix = "/api/fn", endpoint = "confirm")]
pub async fn confirm(
    /// The account's password.
    password: Password,
    /// The handle of the session to end, or [`ALL_OTHERS`].
    end: Option<String>,
) -> Result<Whoami, ApiError> {
    use crate::ssr::{self, Form};
    use contract::PasswordRequest;

    let end = end.filter(|end| !end.is_empty());
    let form = Form::confirm(end.as_deref());
    let outcome = async {
        let visitor = ssr::visitor().await?;
        let whoami = visitor.confirm(PasswordRequest { password }).await?;
        Ok(match end.as_deref() {
            None => whoami,
            Some(ALL_OTHERS) => visitor.end_other_sessions().await?,
            Some(handle) => visitor.end_session(handle).await?,
        })
    };
    form.answer(outcome.await)
}
