//! Change one's password.

use contract::{ApiError, Password, Whoami};
use leptos::prelude::*;

/// Changes the password; all other sessions of the account end.
///
/// # Errors
/// Those of `auth::Visitor::change_password`.
#[server(prefix = "/api/fn", endpoint = "change_password")]
pub async fn change_password(
    /// The account's password.
    current_password: Password,
    /// The one to take its place.
    new_password: Password,
) -> Result<Whoami, ApiError> {
    use crate::ssr::{self, Form};
    use contract::ChangePasswordRequest;

    let request = ChangePasswordRequest { current_password, new_password };
    let outcome = async { Ok(ssr::visitor().await?.change_password(request).await?) }.await;
    Form::change_password().answer(outcome)
}
