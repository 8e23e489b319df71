//! What the store says to the database. Moments come as arguments, in milliseconds since 1970.
//!
//! A statement that others must hear of ends in a `SELECT` of `pg_notify`, one row for each session: it is
//! sent when the statement is committed, and only then.

pub(super) const INSERT: &str = "
    INSERT INTO sessions
        (key, application, account, value, idle, absolute, persistent, created, seen, deadline, version)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
    ON CONFLICT (key) DO NOTHING";

pub(super) const SELECT: &str = "
    SELECT value, account, idle, absolute, persistent, created, seen, version, ended, deadline
    FROM sessions WHERE key = $1";

/// The same of many.
pub(super) const SELECT_ALL: &str = "
    SELECT key, value, account, idle, absolute, persistent, created, seen, version, ended, deadline
    FROM sessions WHERE key = ANY ($1)";

/// The same as [`SELECT`], kept from other writers until the end of the transaction.
pub(super) const LOCK: &str = "
    SELECT value, account, idle, absolute, persistent, created, seen, version, ended, deadline
    FROM sessions WHERE key = $1 FOR UPDATE";

pub(super) const UPDATE: &str = "
    WITH written AS (
        UPDATE sessions SET value = $2, seen = $3, deadline = $4, version = $5 WHERE key = $1 RETURNING key
    )
    SELECT pg_notify('sessions_written', encode(key, 'hex')) FROM written";

pub(super) const TOUCH: &str = "
    UPDATE sessions SET seen = greatest(seen, $2), deadline = least(greatest(seen, $2) + idle, created + absolute)
    WHERE key = $1 AND ended IS NULL AND deadline > $3";

/// Ends a row: its data goes; a limit that has passed already is the reason. From then on `deadline` is the
/// moment of its end.
macro_rules! ended {
    () => {
        "value = '', account = NULL,
        ended = CASE WHEN deadline > $2 THEN $1 WHEN deadline - created >= absolute THEN 'absolute' ELSE 'idle' END,
        deadline = least(deadline, $2)"
    };
}

/// Answers with the row as it was.
pub(super) const END: &str = concat!(
    "WITH last AS (
        SELECT key, value, account, idle, absolute, persistent, created, seen, version, ended, deadline
        FROM sessions WHERE key = $3 AND ended IS NULL FOR UPDATE
    ),
    ended AS (UPDATE sessions SET ",
    ended!(),
    " WHERE key IN (SELECT key FROM last) RETURNING key)
    SELECT last.*, pg_notify('sessions_written', encode(key, 'hex'))::text FROM last JOIN ended USING (key)"
);

pub(super) const OF_ACCOUNT: &str = "
    SELECT key, value, account, idle, absolute, persistent, created, seen, version, ended, deadline
    FROM sessions WHERE application = $1 AND account = $2 AND ended IS NULL AND deadline > $3
    ORDER BY created DESC";

/// Ends also those that are over by now, which would live again if the clock is put back; answers of each whether it
/// lived. Locks its rows in one order, so that two of these cannot wait for each other. Within a transaction
/// PostgreSQL sends the same payload once: of very many ends only that there were some is told.
pub(super) const END_OF_ACCOUNT: &str = concat!(
    "WITH others AS (
        SELECT key, deadline > $2 AS lived FROM sessions
        WHERE application = $3 AND account = $4 AND ended IS NULL AND key IS DISTINCT FROM $5
        ORDER BY key FOR UPDATE
    ),
    ended AS (UPDATE sessions SET ",
    ended!(),
    " WHERE ended IS NULL AND key IN (SELECT key FROM others) RETURNING key)
    SELECT lived, pg_notify(
        'sessions_written',
        CASE WHEN (SELECT count(*) FROM ended) > 1000 THEN 'many' ELSE encode(key, 'hex') END
    )::text FROM ended JOIN others USING (key)"
);

/// Passes over what somebody else is writing: there will be another sweep.
pub(super) const SWEEP: &str = concat!(
    "WITH ended AS (UPDATE sessions SET ",
    ended!(),
    " WHERE key IN (
        SELECT key FROM sessions WHERE ended IS NULL AND deadline <= $2 LIMIT $4 FOR UPDATE SKIP LOCKED
    ) RETURNING 1),
    removed AS (DELETE FROM sessions WHERE key IN (
        SELECT key FROM sessions WHERE ended IS NOT NULL AND deadline <= $3 LIMIT $4 FOR UPDATE SKIP LOCKED
    ) RETURNING 1)
    SELECT FROM ended UNION ALL SELECT FROM removed"
);
