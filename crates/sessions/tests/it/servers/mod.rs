//! Servers for the tests: what they share of one process's Redis and PostgreSQL.

pub mod postgres;
pub mod redis;
