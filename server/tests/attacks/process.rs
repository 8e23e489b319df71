//! The real program, for what needs a process of its own.

use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;

use crate::app::{Caller, Kind};

/// A server in a folder that outlives it; killed when dropped.
pub struct Process {
    child: Child,
    pub origin: String,
}

impl Process {
    pub fn start(folder: &TempDir, settings: &[String]) -> Self {
        Self::start_logging(folder, settings, Stdio::null())
    }

    /// Starts it with its log going there.
    pub fn start_logging(folder: &TempDir, settings: &[String], log: Stdio) -> Self {
        Self::start_wrapped(&[], folder, settings, log)
    }

    /// Starts it by a command that ends as the server, whose arguments come last.
    pub fn start_wrapped(wrapper: &[&str], folder: &TempDir, settings: &[String], log: Stdio) -> Self {
        let database = folder.path().join("data/test.db");
        let server = env!("CARGO_BIN_EXE_server");
        let mut command = Command::new(wrapper.first().unwrap_or(&server));
        command.args(wrapper.iter().skip(1)).args((!wrapper.is_empty()).then_some(server));
        command.arg("--set=server.address=127.0.0.1:0");
        command.arg(format!("--set=database.url=sqlite://{}", database.display()));
        command.args(["--set=sessions.store_timeout=30s", "--set=throttle.address_anonymous=off"]);
        command.args(settings.iter().map(|setting| format!("--set={setting}")));
        let mut child = command
            .current_dir(folder.path())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(log)
            .spawn()
            .expect("the server starts");
        let mut line = String::new();
        let output = child.stdout.take().expect("output");
        BufReader::new(output).read_line(&mut line).expect("a line");
        let (_, origin) = line.trim().split_once(" is ready at ").expect("its address");
        Self { child, origin: origin.to_owned() }
    }

    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// A program that calls its API.
    pub fn program(&self) -> Caller<'_> {
        Caller::new(&*self.origin, Kind::Program)
    }

    pub fn address(&self) -> SocketAddr {
        self.origin.strip_prefix("http://").and_then(|address| address.parse().ok()).expect("an address")
    }

    /// Whether it has not ended yet.
    pub fn is_running(&mut self) -> bool {
        self.child.try_wait().expect("can be asked").is_none()
    }

    /// Sends a signal by its name.
    pub fn signal(&self, name: &str) {
        let sent = Command::new("kill").arg(format!("-{name}")).arg(self.child.id().to_string()).status();
        assert!(sent.expect("kill").success());
    }

    /// Waits for its end; the status that it ends with, unless a signal ended it.
    pub fn status(&mut self) -> Option<i32> {
        self.child.wait().expect("ends").code()
    }

    pub fn kill(mut self) {
        self.child.kill().expect("is killed");
        self.child.wait().expect("is gone");
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
