//! The table of sessions.

use super::super::Migrations;

pub(super) const MIGRATIONS: Migrations = Migrations {
    name: "sessions",
    steps: &["
    CREATE TABLE sessions (
        key         BLOB PRIMARY KEY,
        application TEXT NOT NULL,
        account     BLOB,
        value       TEXT NOT NULL,
        idle        INTEGER NOT NULL,
        absolute    INTEGER NOT NULL,
        persistent  INTEGER NOT NULL,
        created     INTEGER NOT NULL,
        seen        INTEGER NOT NULL,
        deadline    INTEGER NOT NULL,
        version     INTEGER NOT NULL,
        ended       TEXT
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX sessions_of_account ON sessions (application, account) WHERE account IS NOT NULL;
    CREATE INDEX sessions_living_until ON sessions (deadline) WHERE ended IS NULL;
    CREATE INDEX sessions_ended_at ON sessions (deadline) WHERE ended IS NOT NULL;
"],
};
