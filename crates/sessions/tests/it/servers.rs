//! Servers that stores need, started for the tests of one process and ended with it.

pub mod postgres;
