//! Sign out everywhere else.

use contract::{ApiError, Whoami};
use leptos::prelude::*;

/// Ends all sessions of the account but this one.
///
/// # Errors
/// Those of `auth::Visitor::end_other_sessions`.
#[server(prefix = "/api/fn", endpoint = "end_other_sessions")]
pub async fn end_other_sessions() -> Result<Whoami, ApiError> {
    use super::ALL_OTHERS;
    use crate::ssr::{self, Form};

    let outcome = async { Ok(ssr::visitor().await?.end_other_sessions().await?) }.await;
    Form::end_sessions(ALL_OTHERS).answer(outcome)
}
