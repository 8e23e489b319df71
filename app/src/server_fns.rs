//! What the forms post to: one use case per file. A second door to what the REST API does, with the
//! same outcome and the same status.

mod change_password;
mod confirm;
mod end_other_sessions;
mod end_session;
mod login;
mod logout;
mod register;
mod remove_account;
mod set_preferences;

pub use change_password::{ChangePassword, change_password};
pub use confirm::{ALL_OTHERS, Confirm, confirm};
pub use end_other_sessions::{EndOtherSessions, end_other_sessions};
pub use end_session::{EndSession, end_session};
pub use login::{Login, REMEMBER_USERNAME, login};
pub use logout::{Logout, logout};
pub use register::{Register, register};
pub use remove_account::{RemoveAccount, remove_account};
pub use set_preferences::{SetPreferences, set_preferences};
