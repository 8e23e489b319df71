//! The server over HTTP, each test with a server and a database of its own.

mod account;
mod app;

mod accounts;
mod caching;
mod closing;
mod commands;
mod databases;
mod devices;
mod document;
mod events;
mod failures;
mod headers;
mod http2;
mod inspector;
mod limits;
mod log;
mod login;
mod logout;
mod migrate;
mod openapi;
mod pages;
mod parity;
mod password;
mod password_rules;
mod pathways;
mod payload;
mod preferences;
#[path = "../attacks/process.rs"]
#[expect(dead_code, reason = "the attacks use the rest")]
mod process;
mod recent;
mod register;
mod reports;
mod secure;
#[path = "../../../crates/sessions/tests/it/servers/mod.rs"]
#[expect(dead_code, reason = "the stores' own tests use the rest")]
mod servers;
mod sessions;
mod store_tls;
mod stores;
mod surface;
mod throttle;
mod throttle_down;
mod throttle_rules;
mod tls;
mod whoami;
