//! Every store by the rules of the contract, and the layer over a small application.

use std::time::Duration;

mod cache;
mod cluster;
mod demoted;
mod flask_twin;
mod full_redis;
mod fuzzed;
mod http;
mod keys;
mod postgres;
mod revocations;
mod servers;
mod stores;

/// How long a store waits for others in tests, which are not about slow disks.
const PATIENCE: Duration = Duration::from_secs(30);
