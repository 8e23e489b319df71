//! One page per file.

mod about;
mod account;
mod contact;
mod failure;
mod home;
mod login;
mod logout;
mod not_found;
mod products;
mod register;
mod session;

pub use about::About;
pub use account::Account;
pub use contact::Contact;
pub use failure::Failure;
pub use home::Home;
pub use login::Login;
pub use logout::Logout;
pub use not_found::NotFound;
pub use products::Products;
pub use register::Register;
pub use session::Session;
