//! TLS by the server itself.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};

use reqwest::Method;
use server::application::Application;
use server::config::{Config, ConfigArgs};
use sessions::SystemClock;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::app::{Answer, PASSWORD, TestApp};
use crate::secure::{Files, HTTP_1, HTTP_2, Visitor, certificate, connect, self_signed};

fn is_strict(answer: &Answer) {
    assert_eq!(answer.header("strict-transport-security"), Some("max-age=63072000; includeSubDomains"));
    for set in answer.set_cookies() {
        assert!(set.starts_with("__Host-") && set.contains("; Secure"), "{set}");
        assert!(set.contains("; Path=/") && !set.contains("Domain"), "{set}");
    }
}

async fn app_with_files(folder: &tempfile::TempDir) -> TestApp {
    let settings = Files::make(folder.path()).settings();
    TestApp::with(&[&settings[0], &settings[1], "server.profile=development"]).await
}

/// ASVS V3.3.1, V3.4.1.
#[tokio::test]
async fn each_answer_of_a_journey_in_either_protocol_is_strict() {
    let folder = tempfile::tempdir().expect("a folder");
    let app = app_with_files(&folder).await;
    for (protocol, name) in [(HTTP_1, "ada"), (HTTP_2, "bob")] {
        let mut visitor = Visitor::connect(app.address(), protocol).await;
        let account = format!(r#"{{"username":"{name}","password":"{PASSWORD}"}}"#);
        let wrong = format!(r#"{{"username":"{name}","password":"something else entirely"}}"#);
        let form = format!("username={name}&password={PASSWORD}");
        let mut seen = Vec::new();
        seen.push(visitor.json("/api/v1/register", &account).await);
        seen.push(visitor.form("/api/fn/logout", "").await);
        seen.push(visitor.form("/api/fn/login", &form).await);
        seen.push(visitor.get("/contact").await);
        seen.push(visitor.form("/api/fn/set_preferences", "theme=dark").await);
        seen.push(visitor.json("/api/v1/login", &wrong).await);
        seen.push(visitor.json("/api/v1/logout", "").await);
        seen.push(visitor.get("/contact").await);
        seen.push(visitor.get("/nowhere").await);
        seen.push(visitor.get("/pkg/nothing.js").await);
        seen.push(visitor.json("/api/v1/login", &"x".repeat(20_000)).await);
        seen.push(visitor.get(&format!("/{}", "a".repeat(9000))).await);
        let statuses: Vec<u16> = seen.iter().map(|answer| answer.status.as_u16()).collect();
        assert_eq!(statuses, [201, 303, 303, 200, 303, 401, 204, 303, 404, 404, 413, 414], "{protocol}");
        assert!(seen.iter().map(|answer| answer.set_cookies().len()).sum::<usize>() >= 4, "{protocol}");
        seen.iter().for_each(is_strict);
    }
}

/// ASVS V3.4.1.
#[tokio::test]
async fn a_server_whose_store_is_gone_is_strict_too() {
    let folder = tempfile::tempdir().expect("a folder");
    let app = app_with_files(&folder).await;
    let mut ada = Visitor::connect(app.address(), HTTP_2).await;
    ada.json("/api/v1/register", &format!(r#"{{"username":"ada","password":"{PASSWORD}"}}"#)).await;
    let database = rusqlite::Connection::open(app.database()).expect("opens");
    database.execute_batch("ALTER TABLE sessions RENAME TO sessions_gone").expect("breaks it");
    let answer = ada.get("/api/v1/whoami").await;
    assert_eq!(answer.status, 503);
    is_strict(&answer);
}

#[tokio::test]
async fn trying_it_needs_nothing_else_and_browsers_soon_forget_it() {
    let app = self_signed(&[]).await;
    let mut ada = Visitor::connect(app.address(), HTTP_2).await;
    let answer = ada.form("/api/fn/register", &format!("username=ada&password={PASSWORD}")).await;
    assert_eq!(answer.status, 303, "{}", answer.body);
    let names: Vec<_> = answer.set_cookies().iter().filter_map(|set| set.split('=').next()).collect();
    assert_eq!(names, ["__Host-device", "__Host-id"], "{answer:?}");
    assert_eq!(answer.header("strict-transport-security"), Some("max-age=300"));
    assert!(ada.get("/").await.body.contains("ada"));
}

#[tokio::test]
async fn a_form_from_elsewhere_is_refused_over_http_2() {
    let app = self_signed(&[]).await;
    let mut browser = Visitor::connect(app.address(), HTTP_2).await;
    let form = ("content-type", "application/x-www-form-urlencoded");
    for headers in [&[form, ("origin", "https://evil.example")][..], &[form][..], &[][..]] {
        for path in ["/api/fn/login", "/api/v1/login"] {
            let answer = browser.send(Method::POST, path, headers, "username=ada&password=x").await;
            assert_eq!(answer.status, 403, "{path} {headers:?}");
            let length = answer.body.len().to_string();
            assert_eq!(answer.header("content-length"), Some(&*length), "{path} {headers:?}");
        }
    }
}

/// What a server says to a client that has these suites and no newer version than 1.2.
async fn hello(app: &TestApp, version: [u8; 2], suites: &[u16]) -> Vec<u8> {
    let suites: Vec<u8> = suites.iter().flat_map(|suite| suite.to_be_bytes()).collect();
    // P-256 and X25519; no compressed points; ECDSA and RSA with SHA-256.
    let extensions = [
        &[0, 10, 0, 6, 0, 4, 0, 23, 0, 29][..],
        &[0, 11, 0, 2, 1, 0],
        &[0, 13, 0, 8, 0, 6, 4, 3, 8, 4, 4, 1],
    ]
    .concat();
    let length = |bytes: usize| u16::try_from(bytes).expect("short").to_be_bytes();
    let body = [
        &version[..],
        &[7; 32],
        &[0],
        &length(suites.len()),
        &suites,
        &[1, 0],
        &length(extensions.len()),
        &extensions,
    ]
    .concat();
    let message = [&[1, 0][..], &length(body.len()), &body].concat();
    let record = [&[22, 3, 1][..], &length(message.len()), &message].concat();
    let mut stream = TcpStream::connect(app.address()).await.expect("connects");
    stream.write_all(&record).await.expect("sends");
    let mut answer = vec![0; 7];
    stream.read_exact(&mut answer).await.expect("answers");
    answer
}

const HANDSHAKE: u8 = 22;
const ALERT: u8 = 21;

/// ASVS V12.1.1, V12.1.2.
#[tokio::test]
async fn only_tls_1_2_and_1_3_with_forward_secrecy_and_authenticated_encryption_are_spoken() {
    let folder = tempfile::tempdir().expect("a folder");
    let app = app_with_files(&folder).await;
    // ECDHE with AES-GCM and ChaCha20-Poly1305 (RFC 5289, RFC 7905).
    let good = [0xc02b, 0xc02c, 0xc02f, 0xc030, 0xcca8, 0xcca9];
    let others: Vec<u16> = (0..=0x00c5).chain(0xc001..=0xc0ff).chain(0xccaa..=0xccae).collect();
    let others: Vec<u16> = others.into_iter().filter(|suite| !good.contains(suite)).collect();
    let kind = |answer: &[u8]| answer.first().copied();
    assert_eq!(kind(&hello(&app, [3, 3], &good).await), Some(HANDSHAKE));
    assert_eq!(kind(&hello(&app, [3, 3], &others).await), Some(ALERT));
    for old in [[3, 0], [3, 1], [3, 2]] {
        let every: Vec<u16> = good.iter().chain(&others).copied().collect();
        let answer = hello(&app, old, &every).await;
        assert_eq!((kind(&answer), answer.get(5..)), (Some(ALERT), Some(&[2, 70][..])), "protocol_version");
    }
    let modern = connect(app.address(), HTTP_2).await.expect("connects");
    assert_eq!(modern.get_ref().1.protocol_version(), Some(rustls::ProtocolVersion::TLSv1_3));
}

/// ASVS V12.2.1.
#[tokio::test]
async fn plain_http_at_the_address_of_tls_gets_nothing() {
    let app = self_signed(&[]).await;
    let mut stream = TcpStream::connect(app.address()).await.expect("connects");
    stream.write_all(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n").await.expect("sends");
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.expect("ends");
    assert!(answer.len() <= 7 && answer.first() == Some(&ALERT), "an alert at most: {answer:?}");
}

/// ASVS V4.1.2, V12.2.1.
#[tokio::test]
async fn the_plain_address_sends_pages_to_https_and_refuses_programs_without_a_cookie() {
    let app = self_signed(&["server.tls.redirect_address=127.0.0.1:0"]).await;
    let plain = app.redirect_address().expect("listens");
    let client = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build();
    let client = client.expect("a client");
    for (method, path, status) in [
        (Method::GET, "/", 308),
        (Method::HEAD, "/login?next=%2Fcontact", 308),
        (Method::GET, "//evil.example", 308),
        (Method::GET, "/apiary", 308),
        (Method::GET, "/api/v1/whoami", 403),
        (Method::GET, "/api", 403),
        (Method::POST, "/api/v1/login", 403),
        (Method::POST, "/api/fn/login", 403),
        (Method::POST, "/", 403),
    ] {
        let request = client.request(method, format!("http://{plain}{path}")).header("host", "evil.example");
        let answer = request.header("cookie", "__Host-id=x").send().await.expect("answers");
        assert_eq!(answer.status(), status, "{path}");
        let location = answer.headers().get("location").map(|value| value.to_str().expect("text").to_owned());
        assert_eq!(location, (status == 308).then(|| format!("https://{}{path}", app.address())));
        for absent in ["set-cookie", "strict-transport-security"] {
            assert!(!answer.headers().contains_key(absent), "{path}");
        }
        assert!(!answer.text().await.expect("text").contains("<html"), "{path}");
    }
}

#[tokio::test]
async fn clients_that_never_finish_a_handshake_hold_nobody_up() {
    let app = self_signed(&[]).await;
    let mut silent = Vec::new();
    for _ in 0..200 {
        silent.push(TcpStream::connect(app.address()).await.expect("connects"));
    }
    let mut visitor = Visitor::connect(app.address(), HTTP_2).await;
    assert_eq!(visitor.get("/").await.status, 200);
}

async fn refusal(files: &Files) -> String {
    let folder = tempfile::tempdir().expect("a folder");
    let database = format!("database.url=sqlite://{}", folder.path().join("test.db").display());
    let mut set = files.settings().to_vec();
    set.extend(["server.address=127.0.0.1:0".to_owned(), database]);
    let args = ConfigArgs { set, ..ConfigArgs::default() };
    let config = Config::load(&args, std::iter::empty(), |_| Err(std::io::ErrorKind::NotFound.into()));
    let started = Application::build(&config.expect("fine"), std::sync::Arc::new(SystemClock)).await;
    started.err().expect("is refused").to_string()
}

/// ASVS V13.3.2.
#[tokio::test]
async fn a_certificate_that_cannot_be_used_stops_the_start_with_a_sentence() {
    let folder = tempfile::tempdir().expect("a folder");
    let other = tempfile::tempdir().expect("a folder");
    let mut files = Files::make(folder.path());
    files.protect(0o644);
    assert!(refusal(&files).await.contains("site.key can be read by others than its owner"));
    files.protect(0o600);
    files.key = Files::make(other.path()).key;
    assert!(refusal(&files).await.contains("the certificate and its key cannot be used"));
    std::fs::write(&files.key, "hunter2").expect("writes");
    let text = refusal(&files).await;
    assert!(text.contains("site.key has no private key in PEM form in it"), "{text}");
    let sealed = "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n";
    std::fs::write(&files.key, sealed).expect("writes");
    let text = refusal(&files).await;
    assert!(text.contains("site.key has no private key but an encrypted one"), "{text}");
    std::fs::write(&files.certificate, "").expect("writes");
    assert!(refusal(&files).await.contains("site.pem has no certificate in PEM form in it"));
    files.certificate = folder.path().join("nowhere.pem");
    assert!(refusal(&files).await.contains("nowhere.pem cannot be read: "));
}

/// The real program, whose log is read.
struct Process {
    child: Child,
    address: std::net::SocketAddr,
    log: BufReader<std::process::ChildStderr>,
}

impl Process {
    fn start(folder: &tempfile::TempDir, files: &Files) -> Self {
        let database = folder.path().join("data/test.db");
        let mut child = Command::new(env!("CARGO_BIN_EXE_server"))
            .args(files.settings().map(|setting| format!("--set={setting}")))
            .arg(format!("--set=database.url=sqlite://{}", database.display()))
            .args(["--address", "127.0.0.1:0", "--set=log.level=info"])
            .current_dir(folder.path())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the server starts");
        let mut line = String::new();
        BufReader::new(child.stdout.take().expect("output")).read_line(&mut line).expect("a line");
        let (_, address) = line.trim().split_once("https://").expect("its address");
        let log = BufReader::new(child.stderr.take().expect("a log"));
        Self { address: address.parse().expect("an address"), child, log }
    }

    fn hang_up(&self) {
        let sent = Command::new("kill").args(["-HUP", &self.child.id().to_string()]).status();
        assert!(sent.expect("runs").success());
    }

    /// The next line of the log that is about certificates.
    fn next_event(&mut self) -> String {
        loop {
            let mut line = String::new();
            assert!(self.log.read_line(&mut line).expect("a log") > 0, "the log ended");
            if line.contains("certificate_") {
                return line;
            }
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn at_sighup_new_connections_get_the_new_certificate_and_a_bad_one_changes_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let files = Files::make(folder.path());
    let mut server = Process::start(&folder, &files);
    let before = certificate(server.address).await;
    let mut visitor = Visitor::connect(server.address, HTTP_2).await;
    Files::make(folder.path());
    server.hang_up();
    assert!(server.next_event().contains("INFO"));
    let renewed = certificate(server.address).await;
    assert_ne!(before, renewed);
    assert_eq!(visitor.get("/healthz").await.status, 200, "a connection from before goes on");
    std::fs::write(&files.certificate, "no certificate").expect("writes");
    server.hang_up();
    assert!(server.next_event().contains("ERROR"));
    assert_eq!(certificate(server.address).await, renewed);
    Files::make(folder.path());
    server.hang_up();
    assert!(server.next_event().contains("INFO"), "one record for each time");
}
