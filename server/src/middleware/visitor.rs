//! Who is calling, known before anything is rendered.

use auth::{Caller, DeviceToken, Visitor};
use axum::Extension;
use axum::extract::{Request, State};
use axum::http::header::{SET_COOKIE, USER_AGENT};
use axum::http::{HeaderMap, HeaderValue};
use axum::middleware::Next;
use axum::response::Response;
use sessions::{Cookie, CurrentSession};
use time::Duration;

use super::{clear_site_data, client_address, request_id};
use crate::router::Anteroom;

/// How long a browser that has signed in is known: the longest that browsers keep a cookie (RFC 6265bis, section
/// 5.5). Each sign-in begins it anew.
const KEPT_FOR: Duration = Duration::days(400);

/// The cookie by which a browser that has signed in before is known. It says nothing of who is signed in, or
/// ever was, so signing out leaves it.
fn device_cookie(is_secure: bool) -> Cookie {
    let (name, cookie) =
        if is_secure { ("__Host-device", Cookie::secure()) } else { ("device", Cookie::plain()) };
    Cookie { name: name.to_owned(), ..cookie }
}

fn device(is_secure: bool, headers: &HeaderMap) -> Option<DeviceToken> {
    device_cookie(is_secure).read(headers).and_then(DeviceToken::parse)
}

/// Puts the [`Visitor`] into the request's extensions, and has the browser forget what was theirs when they leave.
pub async fn recognise(
    State(anteroom): State<Anteroom>,
    Extension(session): Extension<CurrentSession>,
    mut request: Request,
    next: Next,
) -> Response {
    let is_secure = anteroom.cookie_policy().secure;
    // A password is only ever tried by a request that may change something; nothing else asks for the device.
    let may_try = !request.method().is_safe();
    let caller = Caller {
        address: client_address(request.extensions(), request.headers(), &anteroom.trusted_proxies),
        user_agent: request.headers().get(USER_AGENT).cloned(),
        device: may_try.then(|| device(is_secure, request.headers())).flatten(),
        request: request_id(request.extensions()),
    };
    let visitor = Visitor::recognise(anteroom.auth.clone(), session, caller).await;
    request.extensions_mut().insert(visitor.clone());
    let mut response = next.run(request).await;
    if let Some(token) = visitor.new_device()
        && let Ok(cookie) =
            HeaderValue::try_from(device_cookie(is_secure).set(&token.encode(), Some(KEPT_FOR)))
    {
        response.headers_mut().append(SET_COOKIE, cookie);
    }
    // Whatever it was that ended it: `/logout` is not the only way.
    if visitor.has_left().await { clear_site_data(response) } else { response }
}
