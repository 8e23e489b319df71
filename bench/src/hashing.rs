//! Argon2id alone, with the parameters of the accounts.

use std::fs;
use std::time::{Duration, Instant};

use anyhow::{Result, anyhow};
use argon2::{Algorithm, Argon2, Params, Version};

/// How long to hash.
#[derive(clap::Args)]
pub struct Arguments {
    /// For how many seconds
    #[arg(long, default_value_t = 5)]
    seconds: u64,
}

/// How fast it went.
pub struct Pace {
    /// Hashes a second.
    pub per_second: f64,
    /// Processor time for each, in microseconds. `None` where the system does not tell.
    pub cpu_micros: Option<f64>,
}

/// Hashes on one thread: 19456 KiB, 2 passes, 1 lane.
pub fn measure(arguments: &Arguments) -> Result<Pace> {
    let parameters = Params::new(19_456, 2, 1, None).map_err(|error| anyhow!("{error}"))?;
    let hasher = Argon2::new(Algorithm::Argon2id, Version::V0x13, parameters);
    let mut digest = [0; 32];
    let started = Instant::now();
    let mut count = 0_u32;
    while started.elapsed() < Duration::from_secs(arguments.seconds) {
        hasher
            .hash_password_into(b"a password of some length", b"sixteen salt byt", &mut digest)
            .map_err(|error| anyhow!("{error}"))?;
        count += 1;
    }
    let count = f64::from(count);
    Ok(Pace {
        per_second: count / started.elapsed().as_secs_f64(),
        cpu_micros: processor_micros().map(|spent| spent / count),
    })
}

/// Of the main thread so far, which does nothing else.
fn processor_micros() -> Option<f64> {
    let nanoseconds: f64 =
        fs::read_to_string("/proc/self/schedstat").ok()?.split_whitespace().next()?.parse().ok()?;
    Some(nanoseconds / 1_000.0)
}
