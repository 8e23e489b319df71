//! A server that ends with the process that started it.

use std::fs::File;
use std::io;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};

const SCRIPT: &str =
    r#""$@" & pid=$!; cat >/dev/null; kill -"$SIGNAL" $pid; wait $pid; cd /; rm -rf "$FOLDER""#;

/// A running server, stopped when dropped.
pub(crate) struct Watched {
    shell: Child,
}

impl Watched {
    /// Starts a program which keeps all it has in `folder`, what it prints in the file `log` there. `shell`
    /// is a command that runs `sh`; `signal` asks the program to stop.
    pub(crate) fn start(
        mut shell: Command,
        program: &Path,
        arguments: &[String],
        folder: &Path,
        signal: &str,
    ) -> io::Result<Self> {
        let log = File::create(folder.join("log"))?;
        shell.args(["-c", SCRIPT, "sh"]).arg(program).args(arguments);
        shell.env("FOLDER", folder).env("SIGNAL", signal).current_dir(folder);
        shell.stdin(Stdio::piped()).stdout(log.try_clone()?).stderr(log);
        // Not in the group that a terminal interrupts: it has to tidy up afterwards.
        Ok(Self { shell: shell.process_group(0).spawn()? })
    }
}

impl Drop for Watched {
    fn drop(&mut self) {
        drop(self.shell.stdin.take());
        // It has tidied up, or there is nothing left to wait for.
        let _ = self.shell.wait();
    }
}
