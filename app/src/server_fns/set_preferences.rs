//! Choose a language or a theme.

use contract::{ApiError, Whoami};
use leptos::prelude::*;

/// Stores a choice, for guests too; what is absent stays as it is.
///
/// # Errors
/// [`ApiError::Invalid`] for a value that is not known, and those of `auth::Visitor::set_preferences`.
#[server(prefix = "/api/fn", endpoint = "set_preferences")]
pub async fn set_preferences(
    /// A BCP 47 tag, see `contract::Language`.
    language: Option<String>,
    /// A name, see `contract::Theme`.
    theme: Option<String>,
    /// The page that the form stands on.
    next: Option<String>,
) -> Result<Whoami, ApiError> {
    use crate::ssr::{self, Form};

    let choice = ssr::preferences(language.as_deref(), theme.as_deref());
    let outcome = async { Ok(ssr::visitor().await?.set_preferences(choice?).await?) }.await;
    Form::without_page(next.as_deref()).answer(outcome)
}
