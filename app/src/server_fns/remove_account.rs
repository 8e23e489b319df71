//! Remove one's account.

use contract::{ApiError, Password, Whoami};
use leptos::prelude::*;

/// Removes the account that is signed in and everything of it, the remembered username too.
///
/// # Errors
/// Those of `auth::Visitor::remove_account`.
#[server(prefix = "/api/fn", endpoint = "remove_account")]
pub async fn remove_account(
    /// The account's password.
    password: Password,
) -> Result<Whoami, ApiError> {
    use crate::ssr::{self, Form};
    use contract::PasswordRequest;

    let request = PasswordRequest { password };
    let outcome = async { Ok(ssr::visitor().await?.remove_account(request).await?) }.await;
    ssr::remember_username(outcome.is_ok(), None);
    Form::remove_account().answer(outcome)
}
