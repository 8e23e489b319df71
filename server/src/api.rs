//! The REST API under `/api/v1`, one use case per file, and its OpenAPI document.

mod account;
mod body;
mod confirm;
mod document;
mod events;
mod health;
mod login;
mod logout;
mod password;
mod preferences;
mod protected;
mod register;
mod session;
mod sessions;
mod signed_in;
mod whoami;

pub use body::read as read_body;
pub use document::{Documentation, router};
