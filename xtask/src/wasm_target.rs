//! The compiler's target for browsers.

use std::path::Path;

use anyhow::{Context, Result, bail};

use crate::{process, say};

const TARGET: &str = "wasm32-unknown-unknown";

/// Installs the target unless the compiler has it.
pub fn ensure() -> Result<()> {
    if is_installed()? {
        return Ok(());
    }
    if process::find("rustup").is_none() {
        bail!(
            "the Rust compiler lacks the target {TARGET}, and there is no rustup to add it: install the target with \
             the package manager that brought Rust, or Rust itself from https://rustup.rs"
        );
    }
    say::progress(&format!("Adding Rust's target {TARGET} (a few seconds)"));
    process::quietly(process::command("rustup").args(["target", "add", TARGET]))?
        .or_fail(&format!("`rustup target add {TARGET}`"))?;
    Ok(())
}

fn is_installed() -> Result<bool> {
    let sysroot = process::answer(process::command("rustc").args(["--print", "sysroot"]))
        .context("there is no Rust compiler: install Rust from https://rustup.rs")?;
    Ok(Path::new(&sysroot).join("lib/rustlib").join(TARGET).join("lib").is_dir())
}
