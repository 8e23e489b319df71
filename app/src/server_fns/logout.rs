//! Sign out.

use contract::{ApiError, Whoami};
use leptos::prelude::*;

/// Signs out; a guest stays one.
///
/// # Errors
/// Those of `auth::Visitor::logout`.
#[server(prefix = "/api/fn", endpoint = "logout")]
pub async fn logout() -> Result<Whoami, ApiError> {
    use crate::ssr::{self, Form};

    let outcome = async { Ok(ssr::visitor().await?.logout().await?) }.await;
    Form::without_page(None).answer(outcome)
}
