//! Sign in.

use contract::{ApiError, LoginView, Password};
use leptos::prelude::*;

/// Name of the checkbox that asks for the cookie with the username.
pub const REMEMBER_USERNAME: &str = "remember_username";

/// Signs in, and keeps or forgets the username as asked.
///
/// # Errors
/// Those of `auth::Visitor::login`.
#[server(prefix = "/api/fn", endpoint = "login")]
pub async fn login(
    /// The account's name, in any case.
    username: String,
    /// The account's password.
    password: Password,
    /// Whether the session outlives the browser.
    #[server(default)]
    keep_signed_in: bool,
    /// Whether the sign-in form is to know the name next time.
    #[server(default)]
    remember_username: bool,
    /// Where to go afterwards: a path of this site.
    next: Option<String>,
) -> Result<LoginView, ApiError> {
    use crate::ssr::{self, Form};
    use contract::LoginRequest;

    let form = Form::login(next.as_deref(), &username, keep_signed_in, remember_username);
    let request =
        LoginRequest { username: username.clone(), password, keep_signed_in: Some(keep_signed_in), next };
    let outcome = async { Ok(ssr::visitor().await?.login(request).await?) }.await;
    ssr::remember_username(outcome.is_ok(), remember_username.then_some(&username));
    form.answer(outcome)
}
