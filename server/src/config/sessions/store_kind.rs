//! `sessions.store`: the stores that this build has.

use crate::config::value::Value;

/// A store that this build has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StoreKind {
    /// In the memory of this process: gone with it, not shared.
    Memory,
    /// In a `SQLite` file: survives restarts, shared by the processes of one machine.
    Sqlite,
}

/// Stores that are planned: recognised, so that the refusal can say so.
const PLANNED: [&str; 5] = ["filesystem", "postgres", "redis", "encrypted", "signed"];

impl Value for StoreKind {
    fn parse(text: &str) -> Result<Self, String> {
        match text {
            "memory" => Ok(Self::Memory),
            "sqlite" => Ok(Self::Sqlite),
            planned if PLANNED.contains(&planned) => Err("this build has only memory and sqlite".to_owned()),
            _ => Err("it must be one of memory, sqlite".to_owned()),
        }
    }

    fn show(&self) -> String {
        match self {
            Self::Memory => "memory".to_owned(),
            Self::Sqlite => "sqlite".to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::testing::{accepted, refused, refused_load};

    #[test]
    fn this_build_has_memory_and_sqlite() {
        assert_eq!(accepted(&[]).sessions.store, StoreKind::Sqlite);
        assert_eq!(accepted(&[("sessions.store", "memory")]).sessions.store, StoreKind::Memory);
    }

    #[test]
    fn a_planned_store_is_refused_with_a_plain_sentence() {
        let variables =
            [("ANTEROOM_SESSIONS__STORE", "redis"), ("ANTEROOM_SESSIONS__URL", "redis://127.0.0.1/")];
        assert_eq!(
            refused_load("", &variables, &[]),
            "sessions.store is \"redis\" (ANTEROOM_SESSIONS__STORE), but this build has only memory and sqlite."
        );
        assert!(refused(&[("sessions.store", "disk")]).contains("it must be one of memory, sqlite"));
    }
}
