//! The site's pages: who may see which, and how they are rendered.

pub mod failure;
mod render;

use app::routes::{Access, LOGIN, PAGES, Page, SESSION};
use auth::{AuthError, Visitor};
use axum::Router;
use axum::extract::{Request, State};
use axum::http::header::LOCATION;
use axum::http::{HeaderValue, Method, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use contract::{ApiError, NextPath, has_dot_segments, percent_encode};

use crate::router::Anteroom;
use failure::Wish;

pub use render::context;

/// A route for each page. Guards answer here, before anything is rendered.
pub fn router() -> Router<Anteroom> {
    PAGES.iter().fold(Router::new(), |router, page| {
        let handler = move |State(anteroom): State<Anteroom>, visitor: Visitor, request: Request| {
            show(anteroom, visitor, page, request)
        };
        router.route(page.path, get(handler))
    })
}

async fn show(anteroom: Anteroom, visitor: Visitor, page: &'static Page, request: Request) -> Response {
    if page.path == SESSION && !anteroom.inspector {
        return nowhere(State(anteroom), visitor, request).await;
    }
    let admitted = match (page.access, visitor.member()) {
        (Access::GuestOnly, Ok(_)) => {
            return see_other(&NextPath::from_query(request.uri().query().unwrap_or_default()).to_location());
        }
        (Access::SignedIn, Err(error)) => Err(error),
        (Access::Everyone | Access::GuestOnly, _) | (Access::SignedIn, Ok(_)) => Ok(()),
    };
    match admitted {
        Ok(()) => render::page(&anteroom, &visitor, request).await,
        Err(AuthError::SignInRequired) => see_other(&sign_in_link(&request, None)),
        Err(error @ AuthError::SessionEnded(_)) => see_other(&sign_in_link(&request, Some(&error.into()))),
        Err(error) => failure::answer(&anteroom, Wish::of(&request), &error.into()),
    }
}

/// What stands where no page does: 404, whatever the path decodes to.
pub async fn nowhere(State(anteroom): State<Anteroom>, visitor: Visitor, request: Request) -> Response {
    let path = request.uri().path();
    let wish = Wish::of(&request);
    // The pages' own router would show what such a path stands for, past everything that guards it here.
    let is_another = has_dot_segments(path);
    if is_another || path.starts_with("/api/") || !matches!(*request.method(), Method::GET | Method::HEAD) {
        return failure::answer(&anteroom, wish, &ApiError::NotFound);
    }
    if let Some(page) = path.strip_suffix('/').and_then(|_| Page::at(path)) {
        let query = request.uri().query().map(|query| format!("?{query}")).unwrap_or_default();
        return redirect(StatusCode::PERMANENT_REDIRECT, &format!("{}{query}", page.path));
    }
    let mut response = render::page(&anteroom, &visitor, request).await;
    *response.status_mut() = StatusCode::NOT_FOUND;
    response
}

/// 303: the answer is elsewhere, and is asked for with GET.
pub fn see_other(location: &str) -> Response {
    redirect(StatusCode::SEE_OTHER, location)
}

fn redirect(status: StatusCode, location: &str) -> Response {
    match HeaderValue::try_from(location) {
        Ok(location) => crate::middleware::private((status, [(LOCATION, location)]).into_response()),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

/// The sign-in page, which leads back to the page that was asked for.
fn sign_in_link(request: &Request, error: Option<&ApiError>) -> String {
    let asked = request.uri().path_and_query().map_or("/", |path| path.as_str());
    let link = NextPath::parse(asked).link_from(LOGIN);
    let mark = if link.contains('?') { '&' } else { '?' };
    match error {
        Some(error) => format!("{link}{mark}error={}", percent_encode(&error.to_string())),
        None => link,
    }
}
