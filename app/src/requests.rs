//! What the browser sends by itself, and how it reads the answers.

use contract::{
    AccountEventView, ApiError, CookieContents, EventKind, EventsView, SecurityEvent, SessionSummary,
    SessionsView, Timestamp, Whoami,
};
use gloo_net::http::{Request, Response};
use js_sys::{Array, JSON, Reflect};
use leptos::wasm_bindgen::{JsCast, JsValue};
use web_sys::{FormData, UrlSearchParams};

use crate::inspection::{InspectedEvent, InspectedRecord, Inspection, Limit};
use crate::routes::WHOAMI;

/// Asks who is here.
pub(crate) async fn whoami() -> Result<Whoami, ApiError> {
    whoami_from(&get(WHOAMI).await?)
}

/// Asks for a resource of the REST API, and gives its JSON.
pub(crate) async fn get(address: &str) -> Result<String, ApiError> {
    read(Request::get(address).send().await).await
}

/// Sends a form's fields, in the encoding that the browser itself would use, and asks for JSON. Each
/// server function answers with who is here now; what else it says is not needed.
pub(crate) async fn post(address: &str, fields: &FormData) -> Result<Whoami, ApiError> {
    let body = UrlSearchParams::new_with_str_sequence_sequence(fields).map_err(|_| ApiError::Internal)?;
    let request = Request::post(address).header("accept", "application/json").body(body);
    whoami_from(&read(request.map_err(|_| ApiError::Internal)?.send().await).await?)
}

async fn read(answer: Result<Response, gloo_net::Error>) -> Result<String, ApiError> {
    let answer = answer.map_err(|_| ApiError::Unreachable)?;
    let body = answer.text().await.map_err(|_| ApiError::Unreachable)?;
    if answer.ok() {
        Ok(body)
    } else {
        Err(parsed(&body).map_or(ApiError::Internal, |body| error_from(&body)))
    }
}

/// The browser's own JSON parser does the work: serde's would be a tenth of the download.
fn parsed(json: &str) -> Option<JsValue> {
    JSON::parse(json).ok()
}

fn whoami_from(json: &str) -> Result<Whoami, ApiError> {
    let body = &parsed(json).ok_or(ApiError::Internal)?;
    let username = text(body, "username");
    Ok(Whoami {
        authenticated: username.is_some(),
        username,
        language: text(body, "language").and_then(|raw| raw.parse().ok()).unwrap_or_default(),
        theme: text(body, "theme").and_then(|raw| raw.parse().ok()).unwrap_or_default(),
        session: None,
    })
}

/// What `contract::InspectionView` says.
pub(crate) fn inspection_from(json: &str) -> Option<Inspection> {
    let body = &parsed(json).filter(JsValue::is_object)?;
    let (cookie, record) = (member(body, "cookie"), member(body, "record"));
    let holds = text(&cookie, "holds");
    let holds = CookieContents::ALL.into_iter().find(|known| holds.as_deref() == Some(known.as_str()));
    Some(Inspection {
        is_client_side: text(body, "kind").as_deref() == Some("client_side"),
        store: text(body, "store").unwrap_or_default(),
        cookie: text(&cookie, "name").unwrap_or_default(),
        attributes: list(&cookie, "attributes", |one| one.as_string().unwrap_or_default()),
        size: number(&cookie, "size").and_then(|size| size.parse().ok()),
        holds: holds.unwrap_or(CookieContents::Id),
        payload: Some(member(&cookie, "payload"))
            .filter(JsValue::is_object)
            .map(|payload| indented(&payload)),
        record: record.is_object().then(|| record_from(&record)),
        events: list(body, "events", event_from),
    })
}

fn record_from(record: &JsValue) -> InspectedRecord {
    let values = member(record, "values");
    let keys = Reflect::own_keys(&values).unwrap_or_default();
    let value = |key: JsValue| {
        let value = Reflect::get(&values, &key).unwrap_or(JsValue::NULL);
        Some((key.as_string()?, JSON::stringify(&value).ok()?.into()))
    };
    InspectedRecord {
        values: keys.iter().filter_map(value).collect(),
        permanent: member(record, "permanent").is_truthy(),
        version: number(record, "version").unwrap_or_default(),
        created_at: moment(record, "created_at"),
        last_seen: moment(record, "last_seen"),
        idle: limit(&member(record, "idle")),
        absolute: limit(&member(record, "absolute")),
    }
}

fn limit(limit: &JsValue) -> Limit {
    let seconds = |name| number(limit, name).and_then(|seconds| seconds.parse().ok()).unwrap_or_default();
    Limit { seconds: seconds("seconds"), left: seconds("left") }
}

fn event_from(event: &JsValue) -> InspectedEvent {
    let name = text(event, "event");
    let kind = EventKind::ALL.into_iter().find(|known| name.as_deref() == Some(known.as_str()));
    let keys = || list(event, "keys", |key| key.as_string().unwrap_or_default()).join(", ");
    InspectedEvent {
        at: moment(event, "at"),
        event: kind.unwrap_or(EventKind::Used),
        detail: text(event, "reason").unwrap_or_else(keys),
    }
}

/// What a list of `contract::SessionsView` and `contract::EventsView` says.
pub(crate) fn account_from(json: &str) -> Option<(SessionsView, EventsView)> {
    let body = &parsed(json)?;
    let events = list(&member(body, "1"), "events", account_event_from);
    let events = events.into_iter().flatten().collect();
    Some((sessions_from(&member(body, "0")), EventsView { events }))
}

fn account_event_from(event: &JsValue) -> Option<AccountEventView> {
    Some(AccountEventView {
        // One that is newer than this page is not shown.
        event: SecurityEvent::from_name(&text(event, "event")?)?,
        at: moment(event, "at"),
        address: text(event, "address").unwrap_or_default(),
        device: text(event, "device"),
        count: number(event, "count").and_then(|count| count.parse().ok()).unwrap_or(1),
    })
}

fn sessions_from(body: &JsValue) -> SessionsView {
    let one = |session: &JsValue| SessionSummary {
        handle: text(session, "handle").unwrap_or_default(),
        device: text(session, "device"),
        address: text(session, "address"),
        created_at: moment(session, "created_at"),
        last_seen: moment(session, "last_seen"),
        current: member(session, "current").is_truthy(),
    };
    let complete = member(body, "complete").is_truthy();
    SessionsView { complete, sessions: list(body, "sessions", one) }
}

fn list<T>(object: &JsValue, name: &str, from: impl Fn(&JsValue) -> T) -> Vec<T> {
    member(object, name).dyn_into::<Array>().unwrap_or_default().iter().map(|one| from(&one)).collect()
}

fn moment(object: &JsValue, name: &str) -> Timestamp {
    Timestamp(text(object, name).unwrap_or_default())
}

/// JSON over several lines.
fn indented(value: &JsValue) -> String {
    let text = JSON::stringify_with_replacer_and_space(value, &JsValue::NULL, &2.into());
    text.map(String::from).unwrap_or_default()
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
