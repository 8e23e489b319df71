//! End one of the account's sessions.

use contract::{ApiError, Whoami};
use leptos::prelude::*;

/// Ends a session of the account that is signed in; this one too, which is a sign-out.
///
/// # Errors
/// Those of `auth::Visitor::end_session`.
#[server(prefix = "/api/fn", endpoint = "end_session")]
pub async fn end_session(
    /// As the list of sessions names it.
    handle: String,
) -> Result<Whoami, ApiError> {
    use crate::ssr::{self, Form};

    let outcome = async { Ok(ssr::visitor().await?.end_session(&handle).await?) }.await;
    Form::end_sessions(&handle).answer(outcome)
}
