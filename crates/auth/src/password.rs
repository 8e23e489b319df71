//! Passwords: what a new one must be, and how they are hashed.

mod argon2id;
mod hasher;
mod rules;

pub(crate) use hasher::Verdict;
pub use hasher::{PasswordHash, PasswordHasher};
pub use rules::PasswordRules;
