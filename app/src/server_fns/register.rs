//! Create an account.

use contract::{ApiError, Password, Whoami};
use leptos::prelude::*;

/// Creates an account and signs in to it.
///
/// # Errors
/// Those of `auth::Visitor::register`.
#[server(prefix = "/api/fn", endpoint = "register")]
pub async fn register(
    /// 3 to 32 ASCII letters, digits, `_`, `.` or `-`.
    username: String,
    /// The new password.
    password: Password,
    /// Where to go afterwards: a path of this site.
    next: Option<String>,
) -> Result<Whoami, ApiError> {
    use crate::ssr::{self, Form};
    use contract::RegisterRequest;

    let form = Form::register(next.as_deref(), &username);
    let outcome =
        async { Ok(ssr::visitor().await?.register(RegisterRequest { username, password }).await?) }.await;
    form.answer(outcome)
}
