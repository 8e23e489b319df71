//! The tables of accounts, of the browsers that have signed in to them, and of their last events.

use sessions::store::Migrations;

pub(super) const ACCOUNTS: Migrations = Migrations {
    name: "accounts",
    steps: &[
        "
    CREATE TABLE accounts (
        key      BLOB PRIMARY KEY,
        username TEXT NOT NULL,
        folded   TEXT NOT NULL UNIQUE,
        password TEXT NOT NULL,
        created  INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
    ",
        "
    CREATE TABLE pending_ends (
        account BLOB PRIMARY KEY,
        reason  TEXT NOT NULL,
        noted   INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
    ",
    ],
};

pub(super) const DEVICES: Migrations = Migrations {
    name: "devices",
    steps: &["
    CREATE TABLE known_devices (
        device    BLOB PRIMARY KEY,
        account   BLOB NOT NULL,
        signed_in INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX known_devices_of_account ON known_devices (account, signed_in);
    "],
};

pub(super) const EVENTS: Migrations = Migrations {
    name: "events",
    steps: &["
    CREATE TABLE account_events (
        id      INTEGER PRIMARY KEY AUTOINCREMENT,
        account BLOB NOT NULL,
        event   TEXT NOT NULL,
        at      INTEGER NOT NULL,
        address TEXT NOT NULL,
        device  TEXT,
        count   INTEGER NOT NULL
    ) STRICT;
    CREATE INDEX account_events_of_account ON account_events (account, id);
    CREATE TRIGGER account_events_go_with_their_account AFTER DELETE ON accounts BEGIN
        DELETE FROM account_events WHERE account = OLD.key;
    END;
    "],
};
