//! What the program opens while somebody visits, by what it asks the system for.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use reqwest::{Client, Method};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::app::{OTHER_PASSWORD, PASSWORD};
use crate::process::Process;
use crate::servers::redis::{new_prefix, shared};

/// Everything that reaches out or changes a file.
const CALLS: &str = "trace=connect,open,openat,openat2,creat,rename,renameat,renameat2,link,linkat,symlink,symlinkat,\
                     mkdir,mkdirat,mknod,mknodat,truncate";

/// What the system was asked for, a line for each call.
struct Trace(Vec<String>);

impl Trace {
    /// Of a visit from registration to sign-out, with these settings; and the folder of the program.
    async fn of_a_visit(folder: &TempDir, settings: &[String]) -> Self {
        let file = folder.path().with_extension("trace");
        assert_can_watch();
        let file_name = file.to_str().expect("text");
        // The program is this process's own child, and strace watches it from beside.
        let strace = ["strace", "-D", "-f", "-s", "4096", "-e", CALLS, "-o", file_name];
        let process = Process::start_wrapped(&strace, folder, settings, Stdio::null());
        visit(&process.origin).await;
        process.signal("TERM");
        let end = format!("{} +++ exited with 0 +++", process.id());
        let trace = loop {
            let trace = fs::read_to_string(&file).expect("a trace");
            if trace.lines().any(|line| line.split_whitespace().eq(end.split_whitespace())) {
                break trace;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        };
        fs::remove_file(&file).expect("is removed");
        Self(trace.lines().map(str::to_owned).collect())
    }

    fn connections(&self) -> Vec<&str> {
        self.0.iter().map(String::as_str).filter(|line| line.contains(" connect(")).collect()
    }

    /// The files that were made or opened for writing.
    fn written(&self) -> Vec<&str> {
        let reads_only = |line: &&String| line.contains("O_RDONLY") && !line.contains("O_CREAT");
        let reads_only = |line: &&String| line.contains("open") && reads_only(line);
        let files = self.0.iter().filter(|line| !line.contains(" connect(") && !reads_only(line));
        files.filter_map(|line| line.split('"').nth(1)).collect()
    }
}

fn assert_can_watch() {
    let mut strace = Command::new("strace");
    let tried = strace.args(["-qq", "-o", "/dev/null", "true"]).stderr(Stdio::null()).status();
    assert!(
        tried.is_ok_and(|status| status.success()),
        "this test needs strace, and leave to use it (ptrace)"
    );
}

async fn visit(origin: &str) {
    let client = Client::builder().cookie_store(true).build().expect("a client");
    let credentials = |password| json!({ "username": "ada", "password": password });
    let change = json!({ "current_password": PASSWORD, "new_password": OTHER_PASSWORD });
    for (method, path, body, status) in [
        (Method::POST, "/api/v1/register", credentials(PASSWORD), 201),
        (Method::POST, "/api/v1/logout", Value::Null, 204),
        (Method::POST, "/api/v1/login", credentials(OTHER_PASSWORD), 401),
        (Method::POST, "/api/v1/login", credentials(PASSWORD), 200),
        (Method::PATCH, "/api/v1/preferences", json!({ "theme": "dark" }), 200),
        (Method::GET, "/about", Value::Null, 200),
        (Method::GET, "/session", Value::Null, 200),
        (Method::PUT, "/api/v1/password", change, 204),
        (Method::DELETE, "/api/v1/account", json!({ "password": OTHER_PASSWORD }), 204),
        (Method::GET, "/readyz", Value::Null, 200),
    ] {
        let answer = client.request(method, format!("{origin}{path}")).json(&body).send().await;
        assert_eq!(answer.expect("answers").status(), status, "{path}");
    }
}

/// ASVS V13.2.4, V16.2.3.
#[tokio::test]
async fn a_site_over_sqlite_connects_to_nothing_and_writes_to_its_folder_alone() {
    let folder = TempDir::new().expect("a folder");
    let trace = Trace::of_a_visit(&folder, &[]).await;
    assert_eq!(trace.connections(), [""; 0]);
    let (written, data) = (trace.written(), folder.path().join("data"));
    assert!(written.iter().any(|file| Path::new(file) == data.join("test.db")), "{written:?}");
    for file in written {
        assert!(folder.path().join(file).starts_with(&data), "{file}");
    }
}

/// ASVS V13.2.4.
#[tokio::test]
async fn a_site_over_redis_connects_to_that_alone() {
    let folder = TempDir::new().expect("a folder");
    let url = shared().url();
    let port: String =
        url.rsplit(':').next().expect("a port").chars().take_while(char::is_ascii_digit).collect();
    let settings = [
        "sessions.store=redis".to_owned(),
        format!("sessions.url={url}"),
        format!("sessions.key_prefix={}", new_prefix()),
    ];
    let trace = Trace::of_a_visit(&folder, &settings).await;
    let redis = format!("sin_port=htons({port}), sin_addr=inet_addr(\"127.0.0.1\")");
    assert!(!trace.connections().is_empty());
    for connection in trace.connections() {
        assert!(connection.contains(&redis), "{connection}");
    }
}
