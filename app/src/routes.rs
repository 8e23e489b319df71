//! Every page: its path, who may see it, its title and its view. Router, guards, links and the
//! server's own redirects read this one table.

use leptos::prelude::*;

use crate::eager::erase;
use crate::pages::{About, Account, Contact, Home, Login, Logout, NotFound, Products, Register, Session};
use crate::text::Text;

/// The start page.
pub const HOME: &str = "/";
/// The start page by its name.
pub const HOME_BY_NAME: &str = "/home";
/// What is for sale.
pub const PRODUCTS: &str = "/products";
/// For members.
pub const ABOUT: &str = "/about";
/// For members.
pub const CONTACT: &str = "/contact";
/// Sign in.
pub const LOGIN: &str = "/login";
/// Where those who have removed their account are told that it is gone.
pub const REMOVED: &str = "/login?error=session_ended.account_removed";
/// Create an account.
pub const REGISTER: &str = "/register";
/// Ask before signing out.
pub const LOGOUT: &str = "/logout";
/// The visitor's own account.
pub const ACCOUNT: &str = "/account";
/// The session inspector.
pub const SESSION: &str = "/session";
/// Who is here, as JSON.
pub const WHOAMI: &str = "/api/v1/whoami";
/// The inside of the visitor's session, as JSON.
pub const INSPECTION: &str = "/api/v1/session";
/// The sessions of the visitor's account, as JSON.
pub const SESSIONS: &str = "/api/v1/sessions";
/// What happened to the visitor's account, as JSON.
pub const EVENTS: &str = "/api/v1/events";

/// Who may see a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Everybody.
    Everyone,
    /// Signed-in visitors; guests are asked to sign in first.
    SignedIn,
    /// Guests; signed-in visitors are sent on to the page they came for.
    GuestOnly,
}

impl Access {
    /// Whether a visitor may see the page.
    #[must_use]
    pub fn admits(self, is_signed_in: bool) -> bool {
        match self {
            Self::Everyone => true,
            Self::SignedIn => is_signed_in,
            Self::GuestOnly => !is_signed_in,
        }
    }
}

/// One page of the site.
#[derive(Clone, Copy)]
pub struct Page {
    /// Its path.
    pub path: &'static str,
    /// Who may see it.
    pub access: Access,
    /// Its title, without the site's name.
    pub title: fn(&Text) -> &'static str,
    /// Its content.
    pub view: fn() -> AnyView,
}

/// All pages.
pub static PAGES: &[Page] = &[
    page(HOME, Access::Everyone, |text| text.home, || erase(Home())),
    page(HOME_BY_NAME, Access::Everyone, |text| text.home, || erase(Home())),
    page(PRODUCTS, Access::Everyone, |text| text.products, || erase(Products())),
    page(ABOUT, Access::SignedIn, |text| text.about, || erase(About())),
    page(CONTACT, Access::SignedIn, |text| text.contact, || erase(Contact())),
    page(LOGIN, Access::GuestOnly, |text| text.sign_in, || erase(Login())),
    page(REGISTER, Access::GuestOnly, |text| text.register, || erase(Register())),
    page(LOGOUT, Access::Everyone, |text| text.log_out, || erase(Logout())),
    page(ACCOUNT, Access::SignedIn, |text| text.account, || erase(Account())),
    page(SESSION, Access::Everyone, |text| text.session, || erase(Session())),
];

/// What stands at every other path.
static NOWHERE: Page = page("", Access::Everyone, |text| text.not_found, || erase(NotFound()));

const fn page(
    path: &'static str,
    access: Access,
    title: fn(&Text) -> &'static str,
    view: fn() -> AnyView,
) -> Page {
    Page { path, access, title, view }
}

impl Page {
    /// The page at a path, which may end with one more slash.
    #[must_use]
    pub fn at(path: &str) -> Option<&'static Self> {
        let bare = path.strip_suffix('/').unwrap_or(path);
        PAGES.iter().find(|page| page.path == path || page.path == bare)
    }

    /// What is shown at a path: its page, or the one which says that nothing is there. The inspector may be off.
    #[must_use]
    pub fn shown_at(path: &str, has_inspector: bool) -> &'static Self {
        Self::at(path).filter(|page| has_inspector || page.path != SESSION).unwrap_or(&NOWHERE)
    }
}

#[cfg(test)]
mod tests {
    use contract::Language;

    use super::*;

    #[test]
    fn a_page_is_found_with_and_without_a_closing_slash() {
        for path in ["/about", "/about/"] {
            assert_eq!(Page::at(path).map(|page| page.path), Some(ABOUT));
        }
        assert_eq!(Page::at("/").map(|page| page.path), Some(HOME));
        assert!(Page::at("/nowhere").is_none());
        assert!(Page::at("/about/x").is_none());
        let titles =
            |path, has_inspector| (Page::shown_at(path, has_inspector).title)(Text::of(Language::En));
        assert_eq!([titles(SESSION, true), titles(SESSION, false)], ["Session", "Page not found"]);
    }

    #[test]
    fn only_members_see_members_pages_and_only_guests_sign_in() {
        let admitted = |is_signed_in| {
            let seen = PAGES.iter().filter(move |page| page.access.admits(is_signed_in));
            seen.map(|page| page.path).collect::<Vec<_>>()
        };
        assert_eq!(admitted(false), [HOME, HOME_BY_NAME, PRODUCTS, LOGIN, REGISTER, LOGOUT, SESSION]);
        assert_eq!(admitted(true), [HOME, HOME_BY_NAME, PRODUCTS, ABOUT, CONTACT, LOGOUT, ACCOUNT, SESSION]);
    }
}
