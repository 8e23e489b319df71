//! The process around the site: configuration, routes, REST handlers, middleware, accounts and the
//! command line. [`application::Application`] is all of it, ready to run; tests start many.

pub mod accounts;
pub mod api;
pub mod application;
mod breached;
pub mod cli;
pub mod config;
mod database;
pub mod edge;
mod keys;
pub mod middleware;
mod moments;
mod pages;
mod problem;
mod reports;
pub mod router;
mod serve;
mod server_functions;
mod site;
pub mod stores;
mod telemetry;
pub mod throttle;
pub mod tls;
