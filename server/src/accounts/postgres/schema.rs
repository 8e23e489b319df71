//! The tables of accounts, of the browsers that have signed in to them, and of their last events.

use sessions::store::Migrations;

/// Names are put in order byte by byte, whatever the database's locale.
pub(super) const ACCOUNTS: Migrations = Migrations {
    name: "accounts",
    steps: &["
    CREATE TABLE accounts (
        key      BYTEA PRIMARY KEY,
        username TEXT NOT NULL,
        folded   TEXT COLLATE \"C\" NOT NULL UNIQUE,
        password TEXT NOT NULL,
        created  BIGINT NOT NULL
    );
    CREATE TABLE pending_ends (
        account BYTEA PRIMARY KEY,
        reason  TEXT NOT NULL,
        noted   BIGINT NOT NULL
    );
    "],
};

pub(super) const DEVICES: Migrations = Migrations {
    name: "devices",
    steps: &["
    CREATE TABLE known_devices (
        device    BYTEA PRIMARY KEY,
        account   BYTEA NOT NULL REFERENCES accounts (key) ON DELETE CASCADE,
        signed_in BIGINT NOT NULL
    );
    CREATE INDEX known_devices_of_account ON known_devices (account, signed_in);
    "],
};

/// Without a reference to the accounts: failures with a name that nobody has are noted too, at the same cost.
pub(super) const EVENTS: Migrations = Migrations {
    name: "events",
    steps: &["
    CREATE TABLE account_events (
        id      BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        account BYTEA NOT NULL,
        event   TEXT NOT NULL,
        at      BIGINT NOT NULL,
        address TEXT NOT NULL,
        device  TEXT,
        count   INTEGER NOT NULL
    );
    CREATE INDEX account_events_of_account ON account_events (account, id);
    "],
};
