//! Redis and PostgreSQL on temporary folders and free ports, for tests and measurements.
//!
//! Each ends with the process that started it, however that ends: a shell waits for its standard input to
//! close, then stops the server and removes its folder.

mod port;
mod postgres;
mod redis;
mod user;
mod watched;

pub use postgres::Postgres;
pub use redis::Redis;
