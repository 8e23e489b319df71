//! The server: `server` serves; `server --help` says what else it can do.

use std::process::ExitCode;

use clap::Parser;

/// Rendering a page is a quarter allocating; glibc's allocator takes half as long again.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    server::cli::Cli::parse().run()
}
