//! What the forms post to: one use case per file. A second door to what the REST API does, with the
//! same outcome and the same status.

mod login;
mod logout;
mod register;
mod set_preferences;

pub use login::{Login, REMEMBER_USERNAME, login};
pub use logout::{Logout, logout};
pub use register::{Register, register};
pub use set_preferences::{SetPreferences, set_preferences};
