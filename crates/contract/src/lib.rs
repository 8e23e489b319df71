//! What travels between browser and server: requests, views, errors, and the rules that both sides
//! must judge alike. Builds for `wasm32`; does no I/O.

mod error;
mod events;
mod field_error;
mod inspection;
mod next_path;
mod password;
mod preferences;
mod query;
mod requests;
mod username;
mod views;

pub use error::{ApiError, EndReason};
pub use events::{AccountEventView, EventsView, SecurityEvent};
pub use field_error::{Fault, Field, FieldError};
pub use inspection::{
    CookieContents, CookieView, EventKind, EventView, InspectionView, LimitView, RecordView,
};
pub use next_path::{ADDRESS_MAXIMUM_BYTES, NextPath, has_dot_segments};
pub use password::{PASSWORD_MAXIMUM, PASSWORD_MAXIMUM_BYTES, PASSWORD_MINIMUM, Password};
pub use preferences::{Language, Theme};
pub use query::{percent_encode, query_value};
pub use requests::{
    ChangePasswordRequest, LoginRequest, PasswordRequest, PreferencesRequest, RegisterRequest,
};
pub use username::{USERNAME_MAXIMUM, USERNAME_MINIMUM, Username};
pub use views::{
    LoginView, ProtectedView, SessionKind, SessionSummary, SessionView, SessionsView, Timestamp, Whoami,
};
