//! Stub, being replaced: the shape of what the adapters call.
#![allow(missing_docs, clippy::all, clippy::pedantic)]
use axum_core::extract::FromRequestParts;
use contract::{ApiError, LoginRequest, LoginView, PreferencesRequest, RegisterRequest, Whoami};
use http::request::Parts;

pub type AuthError = ApiError;

/// The caller of this request.
#[derive(Clone, Debug)]
pub struct Visitor;

impl Visitor {
    pub async fn login(&self, _request: LoginRequest) -> Result<LoginView, AuthError> { Err(ApiError::Internal) }
    pub async fn register(&self, _request: RegisterRequest) -> Result<Whoami, AuthError> { Err(ApiError::Internal) }
    pub async fn logout(&self) -> Result<Whoami, AuthError> { Err(ApiError::Internal) }
    pub async fn set_preferences(&self, _request: PreferencesRequest) -> Result<Whoami, AuthError> { Err(ApiError::Internal) }
    pub fn whoami(&self) -> Result<Whoami, AuthError> { Err(ApiError::Internal) }
}

impl<S: Send + Sync> FromRequestParts<S> for Visitor {
    type Rejection = http::StatusCode;
    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        parts.extensions.get::<Self>().cloned().ok_or(http::StatusCode::INTERNAL_SERVER_ERROR)
    }
}
