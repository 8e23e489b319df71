//! The site's build, with cargo-leptos, and whether it is needed.

use std::env;
use std::ffi::OsString;
use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result};

use crate::{fingerprint, process, say, tools, workspace};

/// How the site is built.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Small and fast, slow to build.
    Release,
    /// With debug assertions, quick to build.
    Dev,
}

/// A built site.
pub struct Site {
    /// The server's program.
    pub server: PathBuf,
}

/// Everything that the build reads.
const INPUTS: [&str; 8] =
    [".cargo", "Cargo.lock", "Cargo.toml", "app", "crates", "frontend", "server", "style"];

/// Builds the site, or finds it built already. Installs what that takes.
pub fn ensure(mode: Mode) -> Result<Site> {
    let outputs = Outputs::of(mode)?;
    let inputs = inputs(mode)?;
    if outputs.are_of(inputs)? {
        return Ok(outputs.site());
    }
    let path = tools::for_the_site()?;
    say::progress(&match mode {
        Mode::Release => "Building the site (several minutes the first time)".to_owned(),
        Mode::Dev => "Building the site for development (some minutes the first time)".to_owned(),
    });
    let took = build(mode, &outputs, path)?;
    outputs.remember(inputs)?;
    say::progress(&format!("Built the site in {took}"));
    Ok(outputs.site())
}

fn build(mode: Mode, outputs: &Outputs, path: OsString) -> Result<String> {
    let mut command = process::command("cargo-leptos");
    command.arg("leptos").arg("build").env("PATH", path).env("LEPTOS_SITE_ROOT", &outputs.folder);
    // When a build fails, the compiler's errors are what to read, not where cargo-leptos noticed.
    command.env("RUST_BACKTRACE", "0");
    if mode == Mode::Release {
        command.args(["--release", "--precompress"]);
    }
    let done = process::quietly(&mut command)?.or_fail("the site's build")?;
    Ok(say::duration(done.took))
}

/// What a build leaves, and the note beside it that says from what.
struct Outputs {
    folder: PathBuf,
    server: PathBuf,
    hashes: PathBuf,
    stamp: PathBuf,
}

impl Outputs {
    fn of(mode: Mode) -> Result<Self> {
        let target = workspace::target_folder()?;
        let programs = target.join(if mode == Mode::Release { "release" } else { "debug" });
        Ok(Self {
            folder: target.join("site"),
            server: programs.join(format!("server{}", env::consts::EXE_SUFFIX)),
            hashes: programs.join("hash.txt"),
            stamp: target.join("site.stamp"),
        })
    }

    fn site(self) -> Site {
        Site { server: self.server }
    }

    /// Whether this is what a build of these inputs left, untouched since: every build writes to one folder, that of
    /// `cargo leptos watch` too.
    fn are_of(&self, inputs: u64) -> Result<bool> {
        if !self.server.is_file() || !self.folder.is_dir() {
            return Ok(false);
        }
        let now = self.stamp_for(inputs)?;
        Ok(fs::read_to_string(&self.stamp).is_ok_and(|stamp| stamp == now))
    }

    fn remember(&self, inputs: u64) -> Result<()> {
        fs::write(&self.stamp, self.stamp_for(inputs)?)
            .with_context(|| format!("cannot write {}", self.stamp.display()))
    }

    fn stamp_for(&self, inputs: u64) -> Result<String> {
        let outputs =
            fingerprint::of_dates(&[self.folder.clone(), self.server.clone(), self.hashes.clone()])?;
        Ok(format!("{inputs:016x} {outputs:016x}\n"))
    }
}

/// The sources, the compiler and the way of building, as one number.
fn inputs(mode: Mode) -> Result<u64> {
    let files: Vec<PathBuf> = INPUTS.iter().map(|name| workspace::root().join(name)).collect();
    let compiler = process::answer(process::command("rustc").arg("--version")).unwrap_or_default();
    let setting = format!("{compiler} {:?} {:?}", env::var_os("RUSTFLAGS"), mode == Mode::Release);
    Ok(fingerprint::of_contents(&files)? ^ fingerprint::of_text(&setting))
}
