//! What the pages say, in each language.

mod de;
mod en;
mod fr;
mod refusal;

use contract::Language;

use crate::visitor::CurrentVisitor;

pub use refusal::around;

/// Every sentence of the pages in one language. Pairs stand around a value.
pub struct Text {
    /// Link which passes over the navbar.
    pub skip: &'static str,
    /// Name of the navbar.
    pub navigation: &'static str,
    /// Start page.
    pub home: &'static str,
    /// About page.
    pub about: &'static str,
    /// Contact page.
    pub contact: &'static str,
    /// Products page.
    pub products: &'static str,
    /// Sign-in page and button.
    pub sign_in: &'static str,
    /// Registration page and link.
    pub register: &'static str,
    /// Account page.
    pub account: &'static str,
    /// Sign-out page and button.
    pub log_out: &'static str,
    /// Greeting around a name.
    pub welcome: (&'static str, &'static str),
    /// Heading of the start page.
    pub home_heading: &'static str,
    /// Introduction on the start page.
    pub home_lead: &'static str,
    /// Heading of the about page.
    pub about_heading: &'static str,
    /// Text of the about page.
    pub about_lead: &'static str,
    /// Heading of the contact page.
    pub contact_heading: &'static str,
    /// Text of the contact page.
    pub contact_lead: &'static str,
    /// Heading of the products page.
    pub products_heading: &'static str,
    /// The four products.
    pub product_names: [&'static str; 4],
    /// Label of the name.
    pub username: &'static str,
    /// Label of the password.
    pub password: &'static str,
    /// Button which shows the password.
    pub show_password: &'static str,
    /// Checkbox of the sign-in form.
    pub keep_signed_in: &'static str,
    /// Checkbox of the sign-in form.
    pub remember_username: &'static str,
    /// On the button while an answer is awaited.
    pub one_moment: &'static str,
    /// Before the link to registration.
    pub new_here: &'static str,
    /// Link to registration, and its heading.
    pub create_account: &'static str,
    /// Before the link to sign-in.
    pub have_account: &'static str,
    /// What a name may be.
    pub username_hint: &'static str,
    /// What a password must be, around a number.
    pub password_hint: (&'static str, &'static str),
    /// Question on the sign-out page.
    pub log_out_lead: &'static str,
    /// On the sign-out page of a guest.
    pub signed_out_lead: &'static str,
    /// On the account page, around a name.
    pub account_lead: (&'static str, &'static str),
    /// Session inspector.
    pub session: &'static str,
    /// Introduction of the inspector.
    pub session_lead: &'static str,
    /// The inspector.
    pub inspector: Inspector,
    /// The forms of the account page.
    pub own: Own,
    /// How good a new password is.
    pub strength: Strength,
    /// The list of devices on the account page.
    pub devices: Devices,
    /// The list of events on the account page.
    pub happened: Happened,
    /// Name of the choice of colours.
    pub theme: &'static str,
    /// The themes, in the order of `Theme::ALL`.
    pub theme_names: [&'static str; 3],
    /// Name of the choice of language.
    pub language: &'static str,
    /// Title of the page for paths without one.
    pub not_found: &'static str,
    /// Text of that page.
    pub not_found_lead: &'static str,
    /// Heading when a page cannot be shown.
    pub trouble: &'static str,
    /// Link to the start page.
    pub back_home: &'static str,
    /// Refusals of forms and requests.
    pub refusals: Refusals,
}

/// What the session inspector says.
#[expect(missing_docs, reason = "each is named after what it tells")]
pub struct Inspector {
    pub in_browser: &'static str,
    pub on_server: &'static str,
    pub in_cookie: &'static str,
    pub cookie: &'static str,
    pub holds: &'static str,
    pub holds_id: &'static str,
    pub holds_signed_id: &'static str,
    pub holds_encrypted: &'static str,
    pub holds_signed: &'static str,
    pub holds_unknown: &'static str,
    pub one_of_several: &'static str,
    pub no_cookie: &'static str,
    pub size: &'static str,
    pub bytes: (&'static str, &'static str),
    pub attributes: &'static str,
    pub payload: &'static str,
    pub store: &'static str,
    pub kind: &'static str,
    pub kind_guest: &'static str,
    pub kind_member: &'static str,
    pub kind_kept: &'static str,
    pub version: &'static str,
    pub created: &'static str,
    pub kept_on_server: &'static str,
    pub kept_in_cookie: &'static str,
    pub nothing: &'static str,
    pub idle_limit: &'static str,
    pub absolute_limit: &'static str,
    pub left: (&'static str, &'static str),
    pub day: &'static str,
    pub events: &'static str,
    pub events_hint: &'static str,
    pub began: &'static str,
    pub id_changed: &'static str,
    pub signed_in: &'static str,
    pub changed: &'static str,
    pub used: &'static str,
    pub ended: &'static str,
}

/// What the list of devices says.
#[expect(missing_docs, reason = "each is named after what it tells")]
pub struct Devices {
    pub heading: &'static str,
    pub this_one: &'static str,
    pub unknown: &'static str,
    pub signed_in: &'static str,
    pub last_seen: &'static str,
    pub end: &'static str,
    pub end_others: &'static str,
    pub not_listed: &'static str,
}

/// What the list of events on the account page says.
#[expect(missing_docs, reason = "each is named after what it tells")]
pub struct Happened {
    pub hint: &'static str,
    pub registered: &'static str,
    pub signed_in: &'static str,
    pub confirmed: &'static str,
    pub failed: &'static str,
    pub signed_out: &'static str,
    pub revoked: &'static str,
    pub others_revoked: &'static str,
    pub displaced: &'static str,
    pub password_changed: &'static str,
}

/// What the forms of the account page say.
#[expect(missing_docs, reason = "each is named after what it tells")]
pub struct Own {
    pub current_password: &'static str,
    pub new_password: &'static str,
    pub change_lead: &'static str,
    pub change: &'static str,
    pub changed: &'static str,
    pub again: &'static str,
    pub confirm_heading: &'static str,
    pub confirm_lead: &'static str,
    pub confirm: &'static str,
    pub cancel: &'static str,
    pub remove_heading: &'static str,
    pub remove_lead: &'static str,
    pub remove: &'static str,
}

/// What is said of a new password while it is typed.
#[expect(missing_docs, reason = "each is named after what it tells")]
pub struct Strength {
    pub short: (&'static str, &'static str),
    pub repeated: &'static str,
    pub enough: &'static str,
    pub strong: &'static str,
}

/// Why something was refused; read them by [`Text::error`] and [`Text::fault`].
#[expect(missing_docs, reason = "each is named after the error or fault that it tells")]
pub struct Refusals {
    pub request: &'static str,
    pub invalid_credentials: &'static str,
    pub sign_in_required: &'static str,
    pub recent_sign_in_required: &'static str,
    pub wrong_password: &'static str,
    pub origin: &'static str,
    pub timeout: &'static str,
    pub username_taken: &'static str,
    pub invalid: &'static str,
    pub throttled: &'static str,
    pub throttled_for: (&'static str, &'static str),
    pub internal: &'static str,
    pub busy: &'static str,
    pub unavailable: &'static str,
    pub unreachable: &'static str,
    pub signed_out: &'static str,
    pub idle: &'static str,
    pub absolute: &'static str,
    pub revoked: &'static str,
    pub password_changed: &'static str,
    pub account_removed: &'static str,
    pub displaced: &'static str,
    pub key_retired: &'static str,
    pub session_ended: &'static str,
    pub username_length: &'static str,
    pub username_characters: &'static str,
    pub one_too_short: &'static str,
    pub too_short: (&'static str, &'static str),
    pub password_too_long: &'static str,
    pub password_common: &'static str,
    pub password_breached: &'static str,
    pub password_contains_username: &'static str,
    pub password_contains_site: &'static str,
    pub password_unchanged: &'static str,
    pub missing: &'static str,
    pub value: &'static str,
}

impl Text {
    /// The sentences in `language`.
    #[must_use]
    pub const fn of(language: Language) -> &'static Self {
        match language {
            Language::En => &en::TEXT,
            Language::De => &de::TEXT,
            Language::Fr => &fr::TEXT,
        }
    }
}

/// A sentence in the language that holds, which follows it when it changes. All of them have one type:
/// each further type would be compiled anew for the browser.
pub fn say(pick: fn(&Text) -> &'static str) -> impl Fn() -> &'static str + Copy + Send + Sync + 'static {
    let visitor = CurrentVisitor::current();
    move || pick(visitor.text())
}
