//! The real program, for what needs a process of its own.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;

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
        let database = folder.path().join("data/test.db");
        let mut command = Command::new(env!("CARGO_BIN_EXE_server"));
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
