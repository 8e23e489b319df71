//! The programs that build and measure the site, installed from crates.io and npm where they are missing.
//!
//! They land where another clone finds them: in cargo's own folder, or, where the exact version matters to this
//! project alone, in the user's cache, so that nobody's other version is replaced.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread::available_parallelism;

use anyhow::{Context, Result};

use crate::{node, process, say, wasm_target, workspace};

/// Debian's 108 cannot read what today's compiler writes; this one can.
const BINARYEN: &str = "132.0.0";

/// A program from crates.io.
struct Tool {
    package: &'static str,
    program: &'static str,
    version: String,
    /// Any later patch will do, so it belongs into cargo's own folder.
    is_shared: bool,
    /// Whether the published Cargo.lock is tried before the newest dependencies, or after.
    is_locked: bool,
    /// Speed counts for a load generator, and not for what runs for a second.
    opt_level: &'static str,
    /// Processor time that compiling it takes.
    cpu_minutes: usize,
}

/// Installs what builds the site. The answer is the PATH under which it is found.
pub fn for_the_site() -> Result<OsString> {
    wasm_target::ensure()?;
    node::ensure()?;
    let optimiser = wasm_opt()?;
    let bindgen = ensure(&wasm_bindgen()?)?;
    let leptos = ensure(&cargo_leptos())?;
    process::path_with([optimiser.as_path(), bindgen.as_path(), leptos.as_path()])
}

/// Installs the load generator. The answer is where it is.
pub fn load_generator() -> Result<PathBuf> {
    Ok(ensure(&oha())?.join("oha"))
}

/// Installs the fuzzer's front end. The answer is the folder in which it is.
pub fn fuzzer() -> Result<PathBuf> {
    ensure(&cargo_fuzz())
}

/// Installs what checks the dependencies. The answer is the folder in which it is.
pub fn cargo_deny() -> Result<PathBuf> {
    ensure(&Tool {
        package: "cargo-deny",
        program: "cargo-deny",
        version: "0.20.2".to_owned(),
        is_shared: true,
        is_locked: true,
        opt_level: "1",
        cpu_minutes: 12,
    })
}

fn cargo_leptos() -> Tool {
    Tool {
        package: "cargo-leptos",
        program: "cargo-leptos",
        version: "0.3.10".to_owned(),
        is_shared: true,
        is_locked: true,
        opt_level: "0",
        cpu_minutes: 13,
    }
}

/// The version must be the very one that the site is compiled with, and cargo-leptos does not look.
fn wasm_bindgen() -> Result<Tool> {
    Ok(Tool {
        package: "wasm-bindgen-cli",
        program: "wasm-bindgen",
        version: workspace::locked_version("wasm-bindgen")?,
        is_shared: false,
        is_locked: false,
        opt_level: "1",
        cpu_minutes: 4,
    })
}

fn cargo_fuzz() -> Tool {
    Tool {
        package: "cargo-fuzz",
        program: "cargo-fuzz",
        version: "0.13.2".to_owned(),
        is_shared: true,
        is_locked: true,
        opt_level: "1",
        cpu_minutes: 3,
    }
}

fn oha() -> Tool {
    Tool {
        package: "oha",
        program: "oha",
        version: "1.16.0".to_owned(),
        is_shared: false,
        is_locked: true,
        opt_level: "3",
        cpu_minutes: 8,
    }
}

/// The folder in which a fitting version of the tool is, after installing it if need be.
fn ensure(tool: &Tool) -> Result<PathBuf> {
    let own = workspace::cache()?.join("tools").join(format!("{}-{}", tool.package, tool.version));
    let shared = workspace::cargo_programs()?;
    let present = process::find(tool.program).and_then(|file| file.parent().map(Path::to_path_buf));
    let candidates = [present.clone(), Some(own.join("bin")), Some(shared.clone())];
    if let Some(folder) = candidates.into_iter().flatten().find(|folder| tool.fits(folder)) {
        return Ok(folder);
    }
    if tool.is_shared && present.is_none() && !shared.join(tool.program).exists() {
        tool.install(None)?;
        return Ok(shared);
    }
    tool.install(Some(&own))?;
    Ok(own.join("bin"))
}

impl Tool {
    fn fits(&self, folder: &Path) -> bool {
        process::answer(process::command(folder.join(self.program)).arg("--version"))
            .and_then(|answer| answer.split_whitespace().nth(1).map(str::to_owned))
            .is_some_and(|found| {
                if self.is_shared { is_later_patch(&self.version, &found) } else { self.version == found }
            })
    }

    fn install(&self, root: Option<&Path>) -> Result<()> {
        let cores = available_parallelism().map_or(1, usize::from);
        let minutes = self.cpu_minutes.div_ceil(cores);
        say::progress(&format!(
            "Installing {} {} (once; about {minutes} min on {cores} cores)",
            self.package, self.version
        ));
        let first = process::quietly(&mut self.installation(root, self.is_locked)?)?;
        let done = if first.succeeded {
            first
        } else {
            process::quietly(&mut self.installation(root, !self.is_locked)?)?
        };
        let done = done.or_fail(&format!("`cargo install {}`", self.package))?;
        // Gigabytes, and of no use once the tool stands.
        let folder = self.intermediate_files()?;
        fs::remove_dir_all(&folder).with_context(|| format!("cannot remove {}", folder.display()))?;
        say::progress(&format!("Installed {} in {}", self.package, say::duration(done.took)));
        Ok(())
    }

    /// An interrupted installation resumes, since the intermediate files lie outside cargo's temporary folder.
    fn installation(&self, root: Option<&Path>, is_locked: bool) -> Result<Command> {
        let mut command = process::command("cargo");
        command.args(["install", self.package, "--version", &self.version]);
        if is_locked {
            command.arg("--locked");
        }
        if let Some(root) = root {
            command.arg("--root").arg(root);
        }
        let folder = self.intermediate_files()?;
        fs::create_dir_all(&folder).context("cannot write to the cache")?;
        command
            .current_dir(&folder)
            .env("CARGO_TARGET_DIR", &folder)
            .env("CARGO_PROFILE_RELEASE_LTO", "off")
            .env("CARGO_PROFILE_RELEASE_OPT_LEVEL", self.opt_level)
            .env("CARGO_PROFILE_RELEASE_CODEGEN_UNITS", "16")
            .env("CARGO_PROFILE_RELEASE_DEBUG", "0")
            .env_remove("RUSTFLAGS");
        if has_openssl() {
            // Tools that bring its source along (openssl-sys, feature `vendored`) need not compile it.
            command.env("OPENSSL_NO_VENDOR", "1");
        }
        Ok(command)
    }

    /// Each tool has its own, so that two clones may install different ones at once.
    fn intermediate_files(&self) -> Result<PathBuf> {
        Ok(workspace::cache()?.join("tools/build").join(self.package))
    }
}

/// Whether the system has OpenSSL's headers.
fn has_openssl() -> bool {
    process::answer(process::command("pkg-config").args(["--atleast-version=1.1.1", "openssl"])).is_some()
}

/// The folder with `wasm-opt`, from npm, which ships it compiled.
fn wasm_opt() -> Result<PathBuf> {
    let home = workspace::cache()?.join(format!("binaryen-{BINARYEN}"));
    let programs = home.join("node_modules/.bin");
    if process::answer(process::command(programs.join("wasm-opt")).arg("--version")).is_some() {
        return Ok(programs);
    }
    say::progress("Installing wasm-opt from npm (once; a few seconds)");
    fs::create_dir_all(&home).with_context(|| format!("cannot write to {}", home.display()))?;
    fs::write(home.join("package.json"), "{ \"private\": true }\n")?;
    node::npm(&home, &["install", &format!("binaryen@{BINARYEN}")])?;
    Ok(programs)
}

/// The same minor version, and a patch that is not older.
fn is_later_patch(wanted: &str, found: &str) -> bool {
    match (wanted.rsplit_once('.'), found.rsplit_once('.')) {
        (Some((series, wanted)), Some((found_series, found))) => {
            series == found_series
                && matches!((wanted.parse::<u32>(), found.parse::<u32>()), (Ok(wanted), Ok(found)) if found >= wanted)
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_later_patch_of_the_same_series_fits() {
        assert!(is_later_patch("0.3.10", "0.3.10") && is_later_patch("0.3.10", "0.3.12"));
        assert!(!is_later_patch("0.3.10", "0.3.9"));
        assert!(!is_later_patch("0.3.10", "0.4.11"));
        assert!(!is_later_patch("0.3.10", "nonsense"));
    }
}
