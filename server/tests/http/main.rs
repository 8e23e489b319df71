//! The server over HTTP, each test with a server and a database of its own.

mod app;

mod caching;
mod failures;
mod headers;
mod login;
mod logout;
mod openapi;
mod origin;
mod pages;
mod parity;
mod preferences;
mod register;
mod reports;
mod store_down;
mod stores;
mod throttle;
mod whoami;
