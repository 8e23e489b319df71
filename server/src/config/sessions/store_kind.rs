//! `sessions.store`: the stores that this build has.

use crate::config::value::Value;

/// A store that this build has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StoreKind {
    /// A file for each session in a folder: survives restarts, shared by the processes of one machine.
    Filesystem,
    /// In the memory of this process: gone with it, not shared.
    Memory,
    /// In a `SQLite` file: survives restarts, shared by the processes of one machine.
    Sqlite,
}

const NAMES: [(&str, StoreKind); 3] =
    [("filesystem", StoreKind::Filesystem), ("memory", StoreKind::Memory), ("sqlite", StoreKind::Sqlite)];

/// Stores that are planned: recognised, so that the refusal can say so.
const PLANNED: [&str; 4] = ["postgres", "redis", "encrypted", "signed"];

impl Value for StoreKind {
    fn parse(text: &str) -> Result<Self, String> {
        let names = NAMES.map(|(name, _)| name).join(", ");
        match NAMES.iter().find(|(name, _)| *name == text) {
            Some((_, kind)) => Ok(*kind),
            None if PLANNED.contains(&text) => Err(format!("this build has only {names}")),
            None => Err(format!("it must be one of {names}")),
        }
    }

    fn show(&self) -> String {
        NAMES.iter().find(|(_, kind)| kind == self).map(|(name, _)| (*name).to_owned()).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::testing::{accepted, refused, refused_load};

    #[test]
    fn every_name_is_a_store_of_this_build_and_is_shown_again() {
        assert_eq!(accepted(&[]).sessions.store, StoreKind::Sqlite);
        for (name, kind) in NAMES {
            assert_eq!(accepted(&[("sessions.store", name)]).sessions.store, kind);
            assert_eq!(kind.show(), name);
        }
    }

    #[test]
    fn a_planned_store_is_refused_with_a_plain_sentence() {
        let variables =
            [("ANTEROOM_SESSIONS__STORE", "redis"), ("ANTEROOM_SESSIONS__URL", "redis://127.0.0.1/")];
        assert_eq!(
            refused_load("", &variables, &[]),
            "sessions.store is \"redis\" (ANTEROOM_SESSIONS__STORE), but this build has only filesystem, memory, sqlite."
        );
        let text = refused(&[("sessions.store", "disk")]);
        assert!(text.contains("it must be one of filesystem, memory, sqlite"), "{text}");
    }
}
