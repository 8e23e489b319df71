//! JSON bodies, refused for what is wrong with them.

use auth::AuthError;
use axum::body::{Body, Bytes};
use axum::extract::{FromRequest, Request};
use axum::http::header::CONTENT_TYPE;
use contract::{ApiError, Fault, Field, FieldError};
use http_body_util::{BodyExt as _, Collected, LengthLimitError, Limited};
use serde::de::{DeserializeOwned, IgnoredAny};
use serde_json::error::Category;

use crate::middleware::MOST_BODY_BYTES;
use crate::problem::Problem;

/// A request's JSON body. 415 for another content type, 413 if it is too large, 400 if it is no JSON,
/// 422 with the field's name if it has the wrong shape.
pub struct JsonBody<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for JsonBody<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &S) -> Result<Self, Problem> {
        if !is_json(&request) {
            return Err(Problem(ApiError::UnsupportedMediaType));
        }
        let bytes = read(request.into_body()).await.map_err(Problem)?;
        if !is_object(&bytes) {
            return Err(Problem(refusal_of_another_type(&bytes)));
        }
        let mut json = serde_json::Deserializer::from_slice(&bytes);
        let value = serde_path_to_error::deserialize(&mut json).map_err(|error| Problem(refusal(&error)))?;
        json.end().map_err(|_| Problem(ApiError::MalformedBody))?;
        Ok(Self(value))
    }
}

/// Reads a body of at most [`MOST_BODY_BYTES`].
///
/// # Errors
/// [`ApiError::BodyTooLarge`], also for one whose end does not come; [`ApiError::MalformedRequest`] for one
/// whose chunks cannot be read.
pub async fn read(body: Body) -> Result<Bytes, ApiError> {
    let read = Limited::new(body, MOST_BODY_BYTES).collect().await;
    read.map(Collected::to_bytes).map_err(|error| {
        if error.is::<LengthLimitError>() { ApiError::BodyTooLarge } else { ApiError::MalformedRequest }
    })
}

fn is_json(request: &Request) -> bool {
    let content_type = request.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let essence = content_type.and_then(|value| value.split(';').next()).map(str::trim);
    essence.is_some_and(|essence| essence.eq_ignore_ascii_case("application/json"))
}

/// serde also takes a list of the values for an object.
fn is_object(json: &[u8]) -> bool {
    json.trim_ascii_start().starts_with(b"{")
}

fn refusal_of_another_type(json: &[u8]) -> ApiError {
    match serde_json::from_slice::<IgnoredAny>(json) {
        Ok(_) => AuthError::Invalid(vec![FieldError::new(Field::Body, Fault::WrongType)]).into(),
        Err(_) => ApiError::MalformedBody,
    }
}

/// Says which field is wrong. `serde_json` 1.0 names a missing one in its message and nowhere else.
fn refusal(error: &serde_path_to_error::Error<serde_json::Error>) -> ApiError {
    if error.inner().classify() != Category::Data {
        return ApiError::MalformedBody;
    }
    let message = error.inner().to_string();
    let (field, fault) = if let Some(rest) = message.strip_prefix("missing field `") {
        (rest.split('`').next().and_then(|name| name.parse().ok()), Fault::Missing)
    } else if message.starts_with("unknown field") {
        (None, Fault::UnknownField)
    } else if message.starts_with("unknown variant") {
        (error.path().to_string().parse().ok(), Fault::UnknownValue)
    } else {
        (error.path().to_string().parse().ok(), Fault::WrongType)
    };
    AuthError::Invalid(vec![FieldError::new(field.unwrap_or(Field::Body), fault)]).into()
}
