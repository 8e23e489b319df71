//! Response headers that keep a page to itself.

use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, REFERRER_POLICY, STRICT_TRANSPORT_SECURITY, VARY,
    X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use axum::http::{HeaderMap, HeaderName, HeaderValue};
use axum::response::Response;

const FIXED: [(HeaderName, HeaderValue); 6] = [
    (X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    // `no-referrer` would break forms without JavaScript: browsers then send no `Origin` either.
    (REFERRER_POLICY, HeaderValue::from_static("same-origin")),
    (X_FRAME_OPTIONS, HeaderValue::from_static("DENY")),
    (HeaderName::from_static("cross-origin-opener-policy"), HeaderValue::from_static("same-origin")),
    (HeaderName::from_static("cross-origin-resource-policy"), HeaderValue::from_static("same-origin")),
    (
        HeaderName::from_static("permissions-policy"),
        HeaderValue::from_static(
            "camera=(), geolocation=(), microphone=(), payment=(), usb=(), browsing-topics=()",
        ),
    ),
];

/// For everything that is no page: nothing in it may run or be framed.
const NOT_A_PAGE: HeaderValue = HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'");
/// Two years, as the preload list asks.
const LASTING: HeaderValue = HeaderValue::from_static("max-age=63072000; includeSubDomains");
/// Five minutes: what a browser learns of this machine by a trial must not outlast it.
const TRIAL: HeaderValue = HeaderValue::from_static("max-age=300");

/// For how long browsers are told to come back over TLS alone (RFC 6797).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StrictTransport {
    /// Not at all: plain http, on this machine.
    Off,
    /// For five minutes, this host alone.
    Trial,
    /// For two years, with all that is below the host.
    Lasting,
}

/// Adds the headers that every answer has, whatever its status.
pub fn add_security_headers(headers: &mut HeaderMap, strict_transport: StrictTransport) {
    headers.reserve(FIXED.len() + 2);
    for (name, value) in FIXED {
        headers.insert(name, value);
    }
    headers.entry(CONTENT_SECURITY_POLICY).or_insert(NOT_A_PAGE);
    match strict_transport {
        StrictTransport::Off => None,
        StrictTransport::Trial => headers.insert(STRICT_TRANSPORT_SECURITY, TRIAL),
        StrictTransport::Lasting => headers.insert(STRICT_TRANSPORT_SECURITY, LASTING),
    };
}

/// The policy of a page whose scripts carry `nonce`. Under `cargo leptos watch` the page may also
/// listen for changes on `reload_port`.
pub fn page_policy(nonce: &str, reload_port: Option<u16>) -> HeaderValue {
    let reload =
        reload_port.map(|port| format!(" ws://127.0.0.1:{port} ws://localhost:{port}")).unwrap_or_default();
    let policy = format!(
        "default-src 'none'; script-src 'self' 'nonce-{nonce}' 'wasm-unsafe-eval'; style-src 'self'; \
         img-src 'self' data:; font-src 'self'; connect-src 'self'{reload}; form-action 'self'; base-uri 'none'; \
         object-src 'none'; frame-ancestors 'none'; report-to csp"
    );
    HeaderValue::try_from(policy).unwrap_or(NOT_A_PAGE)
}

/// Marks an answer as this visitor's alone.
pub fn private(mut response: Response) -> Response {
    let headers = response.headers_mut();
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store, private"));
    headers.insert(VARY, HeaderValue::from_static("Cookie"));
    response
}

/// Asks the browser to forget what it kept of the visitor (ASVS 14.3.1); the session cookie is removed
/// by itself, since other cookies must stay.
#[must_use]
pub fn clear_site_data(mut response: Response) -> Response {
    let value = HeaderValue::from_static("\"cache\", \"storage\"");
    response.headers_mut().insert(HeaderName::from_static("clear-site-data"), value);
    response
}
