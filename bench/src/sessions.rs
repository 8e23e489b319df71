//! A server that does nothing but answer from sessions.

use std::path::PathBuf;
use std::time::Instant;

use anyhow::Result;
use serde::Serialize;
use tokio::net::TcpListener;

use crate::bare;

mod fill;
mod footprint;
mod routes;
mod store;

pub use store::Kind;

/// Which store, and how much is in it.
#[derive(clap::Args)]
pub struct Arguments {
    /// Where sessions are. Redis and PostgreSQL are started, on temporary folders
    #[arg(long)]
    store: Kind,
    /// Keep what was read last in memory, as much as the site's server does
    #[arg(long)]
    cached: bool,
    /// How many sessions are stored before it answers
    #[arg(long, default_value_t = 10_000)]
    stored: u64,
    /// An empty folder for what is kept in files
    #[arg(long)]
    folder: PathBuf,
}

/// What putting them there took. The answer to `GET /filled`.
#[derive(Clone, Copy, Serialize)]
struct Filled {
    seconds: f64,
    /// On disk, or in memory where nothing is on disk.
    bytes_each: Option<u64>,
}

/// Fills the store, then serves until it is ended. Prints the address once it answers there.
#[tokio::main]
pub async fn serve(arguments: &Arguments) -> Result<()> {
    let place = store::Place::prepare(arguments.store, &arguments.folder)?;
    let before = place.footprint()?;
    let started = Instant::now();
    let prepared = fill::fill(&place, arguments.stored).await?;
    let seconds = started.elapsed().as_secs_f64();
    let grown = place.footprint()?.saturating_sub(before);
    let filled = Filled { seconds, bytes_each: grown.checked_div(arguments.stored) };
    let backing = place.open(prepared, arguments.cached).await?;
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    println!("{} sessions stored in {seconds:.0} s", arguments.stored);
    println!("sessions on http://{}", listener.local_addr()?);
    bare::answer(listener, routes::router(backing, filled)).await
}
