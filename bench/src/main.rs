//! What `cargo xtask bench` measures beside the site: the session layer alone, and what the same machine does
//! with nothing but axum, Argon2id or brotli.
#![expect(clippy::print_stdout, reason = "standard output is how these programs answer")]

mod bare;
mod compression;
mod hashing;
mod load;
mod population;
mod sessions;

use clap::Parser;

/// The server's own, so that a comparison with it is none of allocators.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// One yardstick per command.
#[derive(Parser)]
enum Yardstick {
    /// Serve one JSON route and one HTML route with bare axum
    Serve(bare::Arguments),
    /// Serve the session layer over one store, filled with sessions
    Sessions(sessions::Arguments),
    /// Ask a server as fast as it answers, and print what that gave as JSON
    Load(load::Arguments),
    /// Hash passwords one after another and print how many a second, and their CPU µs each
    Argon2(hashing::Arguments),
    /// Read standard input and print its size as brotli
    Brotli,
}

fn main() -> anyhow::Result<()> {
    match Yardstick::parse() {
        Yardstick::Serve(arguments) => bare::serve(&arguments),
        Yardstick::Sessions(arguments) => sessions::serve(&arguments),
        Yardstick::Load(arguments) => load::run(&arguments),
        Yardstick::Argon2(arguments) => {
            let pace = hashing::measure(&arguments)?;
            println!("{} {}", pace.per_second, pace.cpu_micros.unwrap_or(f64::NAN));
            Ok(())
        }
        Yardstick::Brotli => {
            println!("{}", compression::size(std::io::stdin().lock())?);
            Ok(())
        }
    }
}
