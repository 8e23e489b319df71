//! Members, before anything of their request's body is judged.

use auth::Visitor;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use contract::ApiError;

use crate::problem::Problem;

/// A caller who is signed in; others get 401, whatever they have sent.
pub struct SignedIn(pub Visitor);

impl<S: Send + Sync> FromRequestParts<S> for SignedIn {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let visitor = Visitor::from_request_parts(parts, state).await;
        let visitor = visitor.map_err(|_| Problem(ApiError::Internal))?;
        visitor.member()?;
        Ok(Self(visitor))
    }
}
