//! What exists on the server only: the document around a page, and the server functions' way to the
//! request and its answer.
//!
//! Contexts that the server provides, to pages and server functions alike: [`Visit`](crate::Visit),
//! [`Assets`], [`CookiePolicy`], `leptos::nonce::Nonce`, and to server functions [`FormAnswer`]; the
//! request's extensions hold `auth::Visitor`.

mod assets;
mod cookies;
mod enclosure;
mod error_page;
mod form;
mod shell;

use contract::{ApiError, Fault, Field, FieldError, PreferencesRequest};

pub use assets::Assets;
pub(crate) use cookies::remember_username;
pub use cookies::{CookiePolicy, remembered_username};
pub use enclosure::Enclosure;
pub use error_page::error_page;
pub(crate) use form::Form;
pub use form::{Answer, FormAnswer};
pub use shell::shell;

/// The caller of the server function that runs.
pub(crate) async fn visitor() -> Result<auth::Visitor, ApiError> {
    leptos_axum::extract().await.map_err(|_| ApiError::Internal)
}

/// Reads a choice from a form with the same result as from JSON: what is not known is
/// [`Fault::UnknownValue`] at its field.
pub(crate) fn preferences(
    language: Option<&str>,
    theme: Option<&str>,
) -> Result<PreferencesRequest, ApiError> {
    let refused =
        |field| move |fault: Fault| ApiError::Invalid { fields: vec![FieldError::new(field, fault)] };
    Ok(PreferencesRequest {
        language: language.map(str::parse).transpose().map_err(refused(Field::Language))?,
        theme: theme.map(str::parse).transpose().map_err(refused(Field::Theme))?,
    })
}
