//! The table of sessions.

use super::super::Migrations;

/// Values are TEXT: `jsonb` refuses `\u0000` and rewrites numbers. TEXT refuses the byte itself, which JSON
/// never holds, since it writes it as those six characters.
pub(super) const MIGRATIONS: Migrations = Migrations {
    name: "sessions",
    steps: &["
    CREATE TABLE sessions (
        key         BYTEA PRIMARY KEY,
        application TEXT NOT NULL,
        account     BYTEA,
        value       TEXT NOT NULL,
        idle        BIGINT NOT NULL,
        absolute    BIGINT NOT NULL,
        persistent  BOOLEAN NOT NULL,
        created     BIGINT NOT NULL,
        seen        BIGINT NOT NULL,
        deadline    BIGINT NOT NULL,
        version     BIGINT NOT NULL,
        ended       TEXT
    );
    CREATE INDEX sessions_of_account ON sessions (application, account) WHERE account IS NOT NULL;
    CREATE INDEX sessions_living_until ON sessions (deadline) WHERE ended IS NULL;
    CREATE INDEX sessions_ended_at ON sessions (deadline) WHERE ended IS NOT NULL;
"],
};
