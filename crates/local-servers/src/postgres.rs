//! PostgreSQL.

use std::fs;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail, ensure};

use crate::port;
use crate::user::{User, open_to_all};
use crate::watched::Watched;

/// One PostgreSQL, stopped when dropped. Whoever comes is believed to be `postgres`.
pub struct Postgres {
    port: u16,
    folder: PathBuf,
    _server: Watched,
}

impl Postgres {
    /// Starts it with these settings, and waits until it answers.
    ///
    /// # Errors
    /// It is not installed, or does not start within a minute.
    pub fn start(settings: &[&str]) -> Result<Self> {
        Self::start_as(settings, None)
    }

    /// The same for who comes over TLS; plain connections are answered too. Certificate and key are in PEM form.
    ///
    /// # Errors
    /// As [`Postgres::start`].
    pub fn start_with_tls(certificate: &str, key: &str) -> Result<Self> {
        Self::start_as(&TLS, Some((certificate, key)))
    }

    /// Its port on 127.0.0.1.
    #[must_use]
    pub const fn port(&self) -> u16 {
        self.port
    }

    fn start_as(settings: &[&str], tls: Option<(&str, &str)>) -> Result<Self> {
        // Somebody else may take the free port first.
        for _ in 0..5 {
            if let Some(server) = Self::try_start(settings, tls)? {
                return Ok(server);
            }
        }
        bail!("PostgreSQL gets no free port")
    }

    /// A database's URL.
    #[must_use]
    pub fn url(&self, database: &str) -> String {
        format!("postgres://postgres@127.0.0.1:{}/{database}", self.port)
    }

    /// The folder in which its tables are.
    #[must_use]
    pub fn tables(&self) -> PathBuf {
        self.folder.join("data/base")
    }

    /// Starts a server and waits for it. `None`: somebody else has taken its port.
    fn try_start(settings: &[&str], tls: Option<(&str, &str)>) -> Result<Option<Self>> {
        let (programs, user) = (programs()?, User::of_servers()?);
        let folder = tempfile::Builder::new().prefix("anteroom-postgres-").tempdir_in(open_to_all())?;
        user.own(folder.path())?;
        make_database(&programs, &user, folder.path())?;
        if let Some((certificate, key)) = tls {
            user.keep(&folder.path().join("data/server.crt"), certificate)?;
            user.keep(&folder.path().join("data/server.key"), key)?;
        }
        let server = Self::run(&programs, &user, folder.keep(), settings)?;
        Ok(server.is_ready()?.then_some(server))
    }

    fn run(programs: &Path, user: &User, folder: PathBuf, settings: &[&str]) -> Result<Self> {
        let port = port::free()?;
        let mut arguments = ["-D", "data", "-p", &port.to_string()].map(str::to_owned).to_vec();
        for setting in PRIVATE.iter().chain(settings) {
            arguments.extend(["-c".to_owned(), (*setting).to_owned()]);
        }
        let shell = user.command(Path::new("sh"), &folder);
        let server = Watched::start(shell, &programs.join("postgres"), &arguments, &folder, "INT")?;
        Ok(Self { port, folder, _server: server })
    }

    /// Waits until it answers; `false`: it cannot have the port.
    fn is_ready(&self) -> Result<bool> {
        let read = |name| fs::read_to_string(self.folder.join(name)).unwrap_or_default();
        let begun = Instant::now();
        while begun.elapsed() < Duration::from_mins(1) {
            // As pg_ctl does: only this very server writes it.
            if read("data/postmaster.pid").contains("ready") {
                return Ok(true);
            }
            let log = read("log");
            if log.contains("FATAL") {
                ensure!(log.contains("could not bind"), "PostgreSQL does not start: {log}");
                return Ok(false);
            }
            thread::sleep(Duration::from_millis(20));
        }
        bail!("PostgreSQL does not start within a minute: {}", read("log"))
    }
}

/// Its own names for the files.
const TLS: [&str; 3] = ["ssl=on", "ssl_cert_file=server.crt", "ssl_key_file=server.key"];
/// Nothing is made in shared places.
const PRIVATE: [&str; 2] = ["listen_addresses=127.0.0.1", "unix_socket_directories="];

/// The folder with `initdb` and `postgres`: of the search path, else the newest of Debian's.
fn programs() -> Result<PathBuf> {
    #[expect(clippy::disallowed_methods, reason = "no setting: where programs are")]
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut folders: Vec<PathBuf> = std::env::split_paths(&path).collect();
    let debian = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().filter_map(Result::ok);
    let mut versions: Vec<_> = debian.map(|entry| entry.path()).collect();
    versions.sort_by_key(|path| path.file_name().and_then(|name| name.to_str()?.parse::<u32>().ok()));
    folders.extend(versions.into_iter().rev().map(|version| version.join("bin")));
    let has_both = |folder: &PathBuf| ["initdb", "postgres"].iter().all(|name| folder.join(name).is_file());
    folders.into_iter().find(has_both).context(
        "PostgreSQL's initdb and postgres are missing: install them, on Debian with `apt-get install postgresql`",
    )
}

fn make_database(programs: &Path, user: &User, folder: &Path) -> Result<()> {
    let mut initdb = user.command(&programs.join("initdb"), folder);
    initdb.args([
        "--username=postgres",
        "--auth=trust",
        "--no-sync",
        "--encoding=UTF8",
        "--locale=C",
        "data",
    ]);
    let made = initdb.output().context("initdb runs")?;
    ensure!(made.status.success(), "initdb: {}", String::from_utf8_lossy(&made.stderr));
    Ok(())
}
