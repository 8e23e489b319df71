//! The pieces that pages are made of.

mod account_lists;
mod alert;
mod devices;
mod document;
mod events;
mod field;
mod footer;
mod guard;
mod logout_form;
mod moment;
mod navbar;
mod own_forms;
mod skip_link;
mod submit_button;

pub use account_lists::AccountLists;
pub use alert::Alert;
pub use devices::Devices;
pub use document::{Document, title};
pub use events::Events;
pub use field::{PasswordField, UsernameField, no_hint};
pub use footer::Footer;
pub use guard::guarded;
pub use logout_form::LogoutForm;
pub use moment::moment;
pub use navbar::Navbar;
pub use own_forms::{Asked, OwnForms};
pub use skip_link::SkipLink;
pub use submit_button::SubmitButton;
