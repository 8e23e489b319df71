//! A load generator that asks for another session each time.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant, SystemTime};

use anyhow::{Context, Result};
use serde::Serialize;
use tokio::task::JoinSet;

use crate::sessions::Kind;

mod connection;
mod cookies;
mod latencies;
mod request;

use connection::Connection;
use cookies::Cookies;
use latencies::Latencies;
use request::{Ask, Requests};

/// What to ask whom.
#[derive(clap::Args)]
pub struct Arguments {
    /// The server
    #[arg(long)]
    address: SocketAddr,
    /// What to ask for
    #[arg(long)]
    ask: Ask,
    /// What the server was started with: it decides what cookies hold
    #[arg(long)]
    store: Kind,
    /// What the server was started with
    #[arg(long, default_value_t = 10_000)]
    stored: u64,
    /// How many of the living sessions are in use, spread over all; all of them unless told otherwise
    #[arg(long)]
    among: Option<u64>,
    /// How many connections ask at once
    #[arg(long, default_value_t = 64)]
    connections: u64,
    /// For how long, after a quarter as long that is not measured
    #[arg(long, default_value_t = 3.0)]
    seconds: f64,
    /// Never sleep, on a core of its own
    #[arg(long)]
    awake: bool,
    /// Have so many expired sessions swept meanwhile, and ask until that is done
    #[arg(long)]
    sweep: Option<u64>,
}

/// What it gave. Requests before the measured time are in `requests` only.
#[derive(Serialize)]
struct Report {
    requests: usize,
    measured: usize,
    seconds: f64,
    /// Milliseconds within which half of the answers came.
    p50: f64,
    /// Milliseconds within which 99 in 100 answers came.
    p99: f64,
    /// How many sessions were swept.
    swept: Option<u64>,
}

/// When the connections stop warming up, and when they stop.
#[derive(Default)]
struct Phase {
    is_measured: AtomicBool,
    is_over: AtomicBool,
}

/// Asks, and prints the report. Any answer but 200 is an error.
#[tokio::main(flavor = "current_thread")]
pub async fn run(arguments: &Arguments) -> Result<()> {
    let cookies = Cookies::new(arguments.store, arguments.stored, arguments.among)?;
    let requests = Arc::new(Requests::new(arguments.ask, cookies));
    let phase = Arc::new(Phase::default());
    let mut tasks = JoinSet::new();
    let first = somewhere();
    if arguments.awake {
        stay_awake();
    }
    for connection in 0..arguments.connections {
        let opened = Connection::open(arguments.address).await?;
        let turns = (first + connection..).step_by(usize::try_from(arguments.connections)?);
        tasks.spawn(ask(opened, Arc::clone(&requests), turns, Arc::clone(&phase)));
    }
    let (seconds, swept) = time(arguments, &phase).await?;
    let mut all = Latencies::default();
    while let Some(done) = tasks.join_next().await {
        all.add(done??);
    }
    println!("{}", serde_json::to_string(&report(all, seconds, swept))?);
    Ok(())
}

/// Has this thread ask for answers all the time, and never sleep until one comes. Who sends to a thread that sleeps has
/// to wake it, which on one machine costs the server a fifth of its core, and the more the sooner the generator is
/// done; visitors are on other machines, and wake up at their own cost.
fn stay_awake() {
    tokio::spawn(async {
        loop {
            tokio::task::yield_now().await;
        }
    });
}

/// Says when to measure, and for how long: for the time that was chosen, or as long as a sweep takes.
async fn time(arguments: &Arguments, phase: &Phase) -> Result<(f64, Option<u64>)> {
    tokio::time::sleep(Duration::from_secs_f64(arguments.seconds / 4.0)).await;
    phase.is_measured.store(true, Ordering::Relaxed);
    let started = Instant::now();
    let mut swept = None;
    match arguments.sweep {
        Some(most) => swept = Some(sweep(arguments.address, most).await?),
        None => tokio::time::sleep(Duration::from_secs_f64(arguments.seconds)).await,
    }
    phase.is_over.store(true, Ordering::Relaxed);
    Ok((started.elapsed().as_secs_f64(), swept))
}

fn report(mut latencies: Latencies, seconds: f64, swept: Option<u64>) -> Report {
    latencies.sort();
    Report {
        requests: latencies.requests,
        measured: latencies.measured.len(),
        seconds,
        p50: latencies.milliseconds_of(0.5),
        p99: latencies.milliseconds_of(0.99),
        swept,
    }
}

/// Elsewhere at each run, so that a server does not meet the sessions again that it met last.
fn somewhere() -> u64 {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    u64::from(now.subsec_nanos())
}

async fn ask(
    mut connection: Connection,
    requests: Arc<Requests>,
    turns: impl Iterator<Item = u64>,
    phase: Arc<Phase>,
) -> Result<Latencies> {
    let mut latencies = Latencies::default();
    for turn in turns {
        if phase.is_over.load(Ordering::Relaxed) {
            break;
        }
        let counts = phase.is_measured.load(Ordering::Relaxed);
        requests.write(turn, connection.request());
        let asked = Instant::now();
        connection.exchange().await?;
        latencies.note(counts.then(|| asked.elapsed()));
    }
    Ok(latencies)
}

async fn sweep(address: SocketAddr, most: u64) -> Result<u64> {
    let mut connection = Connection::open(address).await?;
    connection.request().extend(request::sweep(most));
    connection.exchange().await?;
    std::str::from_utf8(connection.answer())?.parse().context("the sweep gave no number")
}
