//! Other programs: how they are started, and what of their output is shown.

use std::env;
use std::ffi::OsStr;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use crate::say;

/// How long a program may be silent before a line says what it is at.
const HEARTBEAT: Duration = Duration::from_secs(30);

/// What a program printed, both streams in the order in which they arrived, and whether it succeeded.
pub struct Transcript {
    /// Exit status 0, within the time limit.
    pub succeeded: bool,
    /// Every line.
    pub lines: Vec<String>,
    /// From start to end.
    pub took: Duration,
}

impl Transcript {
    /// Prints the output, without what only tells that a build went on.
    pub fn show(&self) {
        let noise = ["Compiling ", "Checking ", "Downloaded ", "Downloading ", "Adding ", "Locking "];
        for line in &self.lines {
            if !noise.iter().any(|word| line.trim_start().starts_with(word)) {
                say::progress(line);
            }
        }
    }

    /// This transcript, or its output shown and an error that names the work.
    pub fn or_fail(self, work: &str) -> Result<Self> {
        if self.succeeded {
            return Ok(self);
        }
        self.show();
        if self.lines.is_empty() {
            bail!("{work} failed without a word; was it ended from outside, for want of memory?");
        }
        bail!("{work} failed; its output is above")
    }
}

/// A program at the root of the workspace, without the variables that `cargo run` set for this one: some build
/// scripts watch them, and would run again for each way of starting.
pub fn command(program: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new(program);
    for (name, _) in env::vars_os() {
        let text = name.to_string_lossy();
        if text.starts_with("CARGO_PKG_") || text.starts_with("CARGO_MANIFEST_") {
            command.env_remove(&name);
        }
    }
    command.current_dir(crate::workspace::root());
    command
}

/// Runs a program and keeps its output back; says every half minute what it is at.
pub fn quietly(command: &mut Command) -> Result<Transcript> {
    quietly_within(command, Duration::MAX)
}

/// As [`quietly`], but ends the program when its time is up.
pub fn quietly_within(command: &mut Command, limit: Duration) -> Result<Transcript> {
    let started = Instant::now();
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let name = command.get_program().to_string_lossy().into_owned();
    let mut child = command.spawn().with_context(|| format!("cannot start {name}"))?;
    let lines = listen(child.stdout.take(), child.stderr.take());
    let (lines, in_time) = collect(&lines, started, limit);
    if !in_time {
        child.kill().with_context(|| format!("cannot end {name}"))?;
    }
    let status = child.wait().with_context(|| format!("cannot wait for {name}"))?;
    Ok(Transcript { succeeded: status.success() && in_time, lines, took: started.elapsed() })
}

/// What a program prints on standard output, if it can be started and succeeds.
pub fn answer(command: &mut Command) -> Option<String> {
    let output = command.stdin(Stdio::null()).stderr(Stdio::null()).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

/// Where a program is found on PATH.
pub fn find(program: &str) -> Option<PathBuf> {
    env::split_paths(&env::var_os("PATH")?).map(|folder| folder.join(program)).find(|file| file.is_file())
}

/// PATH with these folders before all others.
pub fn path_with<'a>(folders: impl IntoIterator<Item = &'a Path>) -> Result<std::ffi::OsString> {
    let present = env::var_os("PATH").unwrap_or_default();
    let folders = folders.into_iter().map(Path::to_path_buf).chain(env::split_paths(&present));
    env::join_paths(folders).context("a folder's name cannot stand in PATH")
}

fn listen(
    out: Option<impl Read + Send + 'static>,
    err: Option<impl Read + Send + 'static>,
) -> Receiver<String> {
    let (sender, receiver) = mpsc::channel();
    if let Some(stream) = out {
        forward(stream, sender.clone());
    }
    if let Some(stream) = err {
        forward(stream, sender);
    }
    receiver
}

fn forward(stream: impl Read + Send + 'static, sender: Sender<String>) {
    thread::spawn(move || {
        for line in BufReader::new(stream).split(b'\n').map_while(Result::ok) {
            if sender.send(String::from_utf8_lossy(&line).trim_end().to_owned()).is_err() {
                return;
            }
        }
    });
}

/// All lines until both streams close; `false` if the time ran out first.
fn collect(receiver: &Receiver<String>, started: Instant, limit: Duration) -> (Vec<String>, bool) {
    let mut lines: Vec<String> = Vec::new();
    let mut spoke = Instant::now();
    loop {
        let wait = HEARTBEAT.saturating_sub(spoke.elapsed()).min(limit.saturating_sub(started.elapsed()));
        match receiver.recv_timeout(wait) {
            Ok(line) => lines.push(line),
            Err(RecvTimeoutError::Disconnected) => return (lines, true),
            Err(RecvTimeoutError::Timeout) => {}
        }
        if started.elapsed() >= limit {
            return (lines, false);
        }
        if spoke.elapsed() >= HEARTBEAT {
            let latest = lines.iter().rev().map(|line| uncoloured(line)).find(|line| !line.trim().is_empty());
            let latest = latest.unwrap_or_default();
            say::progress(&format!("  … {} so far: {}", say::duration(started.elapsed()), latest.trim()));
            spoke = Instant::now();
        }
    }
}

/// The line without the escape sequences that colour it: from ESC to the next letter.
fn uncoloured(line: &str) -> String {
    let mut parts = line.split('\u{1b}');
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |text, part| {
        text + part
            .trim_start_matches(|character: char| !character.is_alphabetic())
            .get(1..)
            .unwrap_or_default()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_streams_are_kept() {
        let transcript = quietly(command("sh").args(["-c", "echo one; echo two >&2; exit 3"])).unwrap();
        assert!(!transcript.succeeded);
        assert!(transcript.lines.contains(&"one".to_owned()) && transcript.lines.contains(&"two".to_owned()));
    }

    #[test]
    fn colours_are_left_out() {
        assert_eq!(uncoloured("\u{1b}[38;5;77m       Front\u{1b}[0m generating"), "       Front generating");
        assert_eq!(uncoloured("plain"), "plain");
    }

    #[test]
    fn a_program_that_hangs_is_ended() {
        let transcript = quietly_within(command("sleep").arg("60"), Duration::from_millis(100)).unwrap();
        assert!(!transcript.succeeded && transcript.took < Duration::from_secs(30));
    }

    #[test]
    fn a_program_that_is_missing_has_no_answer() {
        assert_eq!(answer(&mut command("no-such-program-anywhere")), None);
    }
}
