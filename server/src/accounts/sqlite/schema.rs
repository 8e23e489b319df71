//! The tables of accounts, and of the browsers that have signed in to them.

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
