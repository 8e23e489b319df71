//! Prints the reference of all settings; `cargo xtask settings` keeps it in `docs/settings.md`.

use std::io::Write as _;
use std::path::Path;

use server::config::{ReferenceError, reference};

fn main() -> Result<(), ReferenceError> {
    let sources = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/config");
    std::io::stdout().write_all(reference(&sources)?.as_bytes())?;
    Ok(())
}
