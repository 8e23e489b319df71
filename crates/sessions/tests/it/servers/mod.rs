//! Servers for the tests, on temporary folders and free ports.
//!
//! Each ends with the process of the tests, however that ends: a shell waits for its standard input to
//! close, then stops the server and removes its folder.

use std::collections::BTreeSet;
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use parking_lot::Mutex;

pub mod postgres;
pub mod redis;

const WATCHED: &str =
    r#""$@" >"$FOLDER/log" 2>&1 & pid=$!; cat >/dev/null; kill -TERM $pid; wait $pid; rm -rf "$FOLDER""#;

/// A running server, stopped when dropped.
pub struct Server {
    shell: Child,
}

impl Server {
    /// Starts a program which keeps all it has in `folder`.
    pub fn start(program: &str, arguments: &[String], folder: &Path) -> Self {
        let mut shell = Command::new("sh");
        shell.args(["-c", WATCHED, "sh", program]).args(arguments).env("FOLDER", folder);
        shell.current_dir(folder).stdin(Stdio::piped());
        Self { shell: shell.spawn().expect("a shell") }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.shell.stdin.take());
        self.shell.wait().expect("stops");
    }
}

/// A port that nobody has at present, and that no other test is given.
pub fn free_port() -> u16 {
    static GIVEN: Mutex<BTreeSet<u16>> = Mutex::new(BTreeSet::new());
    loop {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let port = listener.local_addr().expect("an address").port();
        if GIVEN.lock().insert(port) {
            return port;
        }
    }
}

/// Whether a program can be found.
pub fn is_installed(program: &str) -> bool {
    let found = Command::new("sh").args(["-c", r#"command -v "$0" >/dev/null"#, program]).status();
    found.is_ok_and(|status| status.success())
}
