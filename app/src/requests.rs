//! What the browser sends by itself, and how it reads the answers.

use contract::{ApiError, Whoami};
use gloo_net::http::{Request, Response};
use js_sys::{Array, JSON, Reflect};
use leptos::wasm_bindgen::{JsCast, JsValue};
use web_sys::{FormData, UrlSearchParams};

use crate::routes::WHOAMI;

/// Asks who is here.
pub(crate) async fn whoami() -> Result<Whoami, ApiError> {
    read(Request::get(WHOAMI).send().await).await
}

/// Sends a form's fields, in the encoding that the browser itself would use, and asks for JSON. Each
/// server function answers with who is here now; what else it says is not needed.
pub(crate) async fn post(address: &str, fields: &FormData) -> Result<Whoami, ApiError> {
    let body = UrlSearchParams::new_with_str_sequence_sequence(fields).map_err(|_| ApiError::Internal)?;
    let request = Request::post(address).header("accept", "application/json").body(body);
    read(request.map_err(|_| ApiError::Internal)?.send().await).await
}

/// The browser's own JSON parser does the work: serde's would be a tenth of the download.
async fn read(answer: Result<Response, gloo_net::Error>) -> Result<Whoami, ApiError> {
    let answer = answer.map_err(|_| ApiError::Unreachable)?;
    let body = answer.text().await.map_err(|_| ApiError::Unreachable)?;
    let body = JSON::parse(&body).map_err(|_| ApiError::Internal)?;
    if answer.ok() { Ok(whoami_from(&body)) } else { Err(error_from(&body)) }
}

fn whoami_from(body: &JsValue) -> Whoami {
    let username = text(body, "username");
    Whoami {
        authenticated: username.is_some(),
        username,
        language: text(body, "language").and_then(|raw| raw.parse().ok()).unwrap_or_default(),
        theme: text(body, "theme").and_then(|raw| raw.parse().ok()).unwrap_or_default(),
        session: None,
    }
}

/// Goes over the compact form, which pages read from their query as well.
fn error_from(body: &JsValue) -> ApiError {
    let mut compact = text(body, "code").unwrap_or_default();
    match compact.as_str() {
        "origin_refused" => return ApiError::OriginRefused,
        "timeout" => return ApiError::Timeout,
        _ => {}
    }
    for part in [text(body, "reason"), number(body, "retry_after")].into_iter().flatten() {
        compact = [&compact, ".", &part].concat();
    }
    if let Ok(fields) = member(body, "fields").dyn_into::<Array>() {
        for field in fields.iter() {
            compact = [&compact, ".", &field_from(&field)].concat();
        }
    }
    compact.parse().unwrap_or(ApiError::Internal)
}

/// One refused field as the compact form has it: `username-missing`, `password-password_too_short-3`.
fn field_from(field: &JsValue) -> String {
    let name = text(field, "field").unwrap_or_default();
    let fault = text(field, "fault").unwrap_or_else(|| {
        let missing = number(&member(&member(field, "fault"), "password_too_short"), "missing");
        ["password_too_short-", &missing.unwrap_or_default()].concat()
    });
    [&name, "-", &fault].concat()
}

fn member(object: &JsValue, name: &str) -> JsValue {
    Reflect::get(object, &name.into()).unwrap_or(JsValue::UNDEFINED)
}

fn text(object: &JsValue, name: &str) -> Option<String> {
    member(object, name).as_string()
}

fn number(object: &JsValue, name: &str) -> Option<String> {
    let value = member(object, name);
    value.as_f64().and(JSON::stringify(&value).ok()).map(String::from)
}
