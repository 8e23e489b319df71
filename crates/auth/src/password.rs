//! Passwords: what a new one must be, and how they are hashed.

mod argon2id;
mod breached;
mod common;
mod hasher;
mod rules;

pub use breached::BreachedPasswords;
pub(crate) use hasher::Verdict;
pub use hasher::{PasswordHash, PasswordHasher};
pub use rules::PasswordRules;
