//! One PostgreSQL for all tests of this process, and a schema for each test.

use std::fs;
use std::os::unix::fs::{MetadataExt as _, chown};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use sqlx::{AssertSqlSafe, Connection as _, Executor as _, PgConnection};

/// A schema of its own on the server, which stores take for a database of their own.
pub struct Schema {
    name: String,
    /// Also names its connections.
    pub url: String,
}

impl Schema {
    pub async fn create() -> Self {
        Self::of(unused_name(), "postgres").await
    }

    /// In a database of its own: what is told in a database is heard in all its schemas.
    pub async fn apart() -> Self {
        let name = unused_name();
        let mut connection = PgConnection::connect(&server().url("postgres")).await.expect("connects");
        connection.execute(AssertSqlSafe(format!("CREATE DATABASE {name}"))).await.expect("creates");
        Self::of(name.clone(), &name).await
    }

    async fn of(name: String, database: &str) -> Self {
        let url = server().url(database);
        let mut connection = PgConnection::connect(&url).await.expect("connects");
        connection.execute(AssertSqlSafe(format!("CREATE SCHEMA {name}"))).await.expect("creates");
        Self { url: format!("{url}?options=-c%20search_path%3D{name}&application_name={name}"), name }
    }

    pub fn name(&self) -> &str {
        &self.name
    }

    pub async fn connect(&self) -> PgConnection {
        PgConnection::connect(&self.url).await.expect("connects")
    }

    /// Ends all its connections.
    pub async fn disconnect_all(&self) {
        let end = sqlx::query(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
             WHERE application_name = $1 AND pid <> pg_backend_pid()",
        );
        let ended = end.bind(&self.name).execute(&mut self.connect().await).await.expect("ends them");
        assert!(ended.rows_affected() > 0, "there are some");
    }

    /// Ends those of its connections that listen to what is written.
    pub async fn disconnect_listeners(&self) {
        let end = sqlx::query(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
             WHERE application_name = $1 AND query IN ('LISTEN \"sessions_written\"', 'SELECT 1')",
        );
        let ended = end.bind(&self.name).execute(&mut self.connect().await).await.expect("ends them");
        assert!(ended.rows_affected() > 0, "there are some");
    }

    pub async fn take_away(&self) {
        let drop = format!("DROP SCHEMA {} CASCADE", self.name);
        self.connect().await.execute(AssertSqlSafe(drop)).await.expect("drops");
    }
}

fn unused_name() -> String {
    static USED: AtomicU32 = AtomicU32::new(0);
    format!("test_{}", USED.fetch_add(1, Ordering::Relaxed))
}

struct Server {
    port: u16,
    folder: PathBuf,
    /// The server ends when this closes, which the kernel sees to for a dead process too.
    child: Child,
}

fn server() -> &'static Server {
    static SERVER: OnceLock<Server> = OnceLock::new();
    // Somebody else may take the free port first.
    SERVER.get_or_init(|| (0..5).find_map(|_| Server::start()).expect("PostgreSQL starts on a free port"))
}

impl Server {
    fn url(&self, database: &str) -> String {
        format!("postgres://postgres@127.0.0.1:{}/{database}", self.port)
    }

    /// Starts a server and waits for it. `None`: somebody else has taken its port.
    fn start() -> Option<Self> {
        let (programs, user) = (programs(), User::of_servers());
        let folder = tempfile::Builder::new().prefix("anteroom-postgres-").tempdir_in(open_to_all());
        let folder = folder.expect("a folder");
        user.own(folder.path());
        user.make_database(&programs, folder.path());
        let mut server = Self::run(&programs, &user, folder.keep());
        if server.is_ready() {
            return Some(server);
        }
        drop(server.child.stdin.take());
        server.child.wait().expect("ends");
        None
    }

    fn run(programs: &Path, user: &User, folder: PathBuf) -> Self {
        let port = super::free_port();
        let log = fs::File::create(folder.join("log")).expect("a log");
        let child = user
            .command(Path::new("sh"), &folder)
            .args([
                "-c",
                r#""$@" & pid=$!; cat >/dev/null; kill -INT $pid; wait $pid; rm -rf "$FOLDER""#,
                "sh",
            ])
            .arg(programs.join("postgres"))
            .args(["-D", "data", "-p", &port.to_string()])
            .args(SETTINGS.iter().flat_map(|setting| ["-c", setting]))
            .env("FOLDER", &folder)
            .stdin(Stdio::piped())
            .stdout(log.try_clone().expect("a log"))
            .stderr(log)
            // Not in the group that a terminal interrupts: it has to tidy up after the tests.
            .process_group(0)
            .spawn()
            .expect("sh runs");
        Self { port, folder, child }
    }

    /// Waits until it answers; `false`: it cannot have the port.
    fn is_ready(&self) -> bool {
        let read = |name| fs::read_to_string(self.folder.join(name)).unwrap_or_default();
        let begun = Instant::now();
        while begun.elapsed() < Duration::from_mins(1) {
            // As pg_ctl does: only this very server writes it.
            if read("data/postmaster.pid").contains("ready") {
                return true;
            }
            let log = read("log");
            if log.contains("FATAL") {
                assert!(log.contains("could not bind"), "PostgreSQL does not start: {log}");
                return false;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        unreachable!("PostgreSQL does not start within a minute: {}", read("log"))
    }
}

/// These tests are not about crashes. Nothing is made in shared places.
const SETTINGS: [&str; 7] = [
    "listen_addresses=127.0.0.1",
    "unix_socket_directories=",
    "max_connections=1000",
    "shared_buffers=32MB",
    "fsync=off",
    "synchronous_commit=off",
    "full_page_writes=off",
];

/// The folder with `initdb` and `postgres`: of the search path, else the newest of Debian's.
fn programs() -> PathBuf {
    #[expect(clippy::disallowed_methods, reason = "no setting: where programs are")]
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut folders: Vec<PathBuf> = std::env::split_paths(&path).collect();
    let debian = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().filter_map(Result::ok);
    let mut versions: Vec<_> = debian.map(|entry| entry.path()).collect();
    versions.sort_by_key(|path| path.file_name().and_then(|name| name.to_str()?.parse::<u32>().ok()));
    folders.extend(versions.into_iter().rev().map(|version| version.join("bin")));
    let has_both = |folder: &PathBuf| ["initdb", "postgres"].iter().all(|name| folder.join(name).is_file());
    folders.into_iter().find(has_both).expect(
        "these tests need PostgreSQL's initdb and postgres: install them with `apt-get install postgresql`",
    )
}

/// Who runs the server: PostgreSQL refuses to run as root.
enum User {
    Oneself,
    Other { uid: u32, gid: u32 },
}

impl User {
    fn of_servers() -> Self {
        let mine = tempfile::tempdir().expect("a folder").path().metadata().expect("is there").uid();
        if mine != 0 {
            return Self::Oneself;
        }
        let other =
            ["postgres", "nobody"].into_iter().find_map(|name| Some((id(name, "-u")?, id(name, "-g")?)));
        let (uid, gid) = other.expect("root needs a user `postgres` or `nobody` to run PostgreSQL as");
        Self::Other { uid, gid }
    }

    fn own(&self, folder: &Path) {
        if let Self::Other { uid, gid } = self {
            chown(folder, Some(*uid), Some(*gid)).expect("gives the folder away");
        }
    }

    fn make_database(&self, programs: &Path, folder: &Path) {
        let mut initdb = self.command(&programs.join("initdb"), folder);
        initdb.args([
            "--username=postgres",
            "--auth=trust",
            "--no-sync",
            "--encoding=UTF8",
            "--locale=C",
            "data",
        ]);
        let made = initdb.output().expect("initdb runs");
        assert!(made.status.success(), "initdb: {}", String::from_utf8_lossy(&made.stderr));
    }

    /// A program that this user runs in `folder`.
    fn command(&self, program: &Path, folder: &Path) -> Command {
        let mut command = Command::new(program);
        command.current_dir(folder);
        if let Self::Other { uid, gid } = self {
            command.uid(*uid).gid(*gid);
        }
        command
    }
}

/// The folder for temporary files, or one of the usual ones if another user could not come through to it.
fn open_to_all() -> PathBuf {
    let is_open = |folder: &Path| {
        folder.ancestors().all(|part| part.metadata().is_ok_and(|about| about.mode() & 0o001 != 0))
    };
    let chosen = std::env::temp_dir();
    let usual = ["/tmp", "/var/tmp"].map(PathBuf::from);
    let open = std::iter::once(chosen.clone()).chain(usual).find(|folder| is_open(folder));
    open.unwrap_or(chosen)
}

fn id(user: &str, which: &str) -> Option<u32> {
    let output = Command::new("id").args([which, user]).output().ok()?;
    String::from_utf8(output.stdout).ok()?.trim().parse().ok()
}
