//! Stores across a network: the way to them is protected, and leads to nobody else.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use local_servers::{Postgres, Redis};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use server::application::Application;
use server::config::{Config, ConfigArgs};
use sessions::SystemClock;

use crate::app::TestApp;

/// An authority, and what it has signed for one host.
struct Authority {
    issuer: CertifiedIssuer<'static, KeyPair>,
}

impl Authority {
    fn new() -> Self {
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().expect("a key");
        Self { issuer: CertifiedIssuer::self_signed(params, key).expect("a certificate") }
    }

    /// A certificate for this host and its key, in PEM form.
    fn sign(&self, host: &str) -> (String, String) {
        let key = KeyPair::generate().expect("a key");
        let params = CertificateParams::new([host.to_owned()]).expect("a name");
        let certificate = params.signed_by(&key, &self.issuer).expect("is signed");
        (certificate.pem(), key.serialize_pem())
    }

    fn write(&self, folder: &Path, name: &str) -> PathBuf {
        let path = folder.join(name);
        std::fs::write(&path, self.issuer.pem()).expect("writes");
        path
    }
}

fn place(kind: &str, url: &str, authority: &Path) -> [String; 3] {
    let authority = authority.display();
    [format!("sessions.store={kind}"), format!("sessions.url={url}"), format!("sessions.tls_ca={authority}")]
}

/// Whether a server with these settings starts, and why not.
async fn start(settings: &[String]) -> Result<(), String> {
    let folder = tempfile::tempdir().expect("a folder");
    let database = format!("database.url=sqlite://{}", folder.path().join("test.db").display());
    // The last of several values counts.
    let set = [&["server.address=127.0.0.1:0".to_owned(), database][..], settings].concat();
    let args = ConfigArgs { set, ..ConfigArgs::default() };
    let config = Config::load(&args, std::iter::empty(), |_| Err(std::io::ErrorKind::NotFound.into()));
    let config = config.map_err(|errors| errors.to_string())?;
    let started = Application::build(&config, Arc::new(SystemClock)).await;
    started.map(drop).map_err(|error| error.to_string())
}

/// Somebody can sign in by way of this store, and only by way of this store.
async fn is_judged(kind: &str, url: impl Fn(&str) -> String, folder: &Path, authority: &Authority) {
    let ours = authority.write(folder, "ours.pem");
    let settings = place(kind, &url("localhost"), &ours);
    let app = TestApp::with(&settings.each_ref().map(String::as_str)).await;
    assert!(app.member("ada").await.whoami().await.get("username").is_some_and(|name| name == "ada"));

    let theirs = Authority::new().write(folder, "theirs.pem");
    let text = start(&place(kind, &url("localhost"), &theirs)).await.expect_err("another authority");
    assert!(text.contains("UnknownIssuer") || text.contains("certificate"), "{kind}: {text}");
    let text = start(&place(kind, &url("127.0.0.1"), &ours)).await.expect_err("another host");
    assert!(text.contains("NotValidForName") || text.contains("not valid for name"), "{kind}: {text}");
    let [store, url, _] = place(kind, &url("localhost"), &ours);
    assert!(start(&[store, url]).await.is_err(), "{kind}: nobody has heard of this authority");
}

/// ASVS V12.3.2, V12.3.4.
#[tokio::test(flavor = "multi_thread")]
async fn redis_is_believed_by_the_named_authority_for_its_own_name_alone() {
    let folder = tempfile::tempdir().expect("a folder");
    let authority = Authority::new();
    let (certificate, key) = authority.sign("localhost");
    let (_redis, port) = Redis::start_with_tls(&certificate, &key).expect("Redis starts");
    is_judged("redis", |host| format!("rediss://{host}:{port}/"), folder.path(), &authority).await;
}

/// ASVS V12.3.2.
#[tokio::test(flavor = "multi_thread")]
async fn postgres_is_believed_by_the_named_authority_for_its_own_name_alone() {
    let folder = tempfile::tempdir().expect("a folder");
    let authority = Authority::new();
    let (certificate, key) = authority.sign("localhost");
    let postgres = Postgres::start_with_tls(&certificate, &key).expect("PostgreSQL starts");
    let port = postgres.port();
    let url = |host: &str| format!("postgres://postgres@{host}:{port}/postgres?sslmode=verify-full");
    is_judged("postgres", url, folder.path(), &authority).await;
}

/// ASVS V12.3.2.
#[tokio::test(flavor = "multi_thread")]
async fn the_accounts_postgres_is_judged_likewise() {
    let folder = tempfile::tempdir().expect("a folder");
    let authority = Authority::new();
    let (certificate, key) = authority.sign("localhost");
    let postgres = Postgres::start_with_tls(&certificate, &key).expect("PostgreSQL starts");
    let url = |host: &str| {
        let port = postgres.port();
        format!("database.url=postgres://postgres@{host}:{port}/postgres?sslmode=verify-full")
    };
    let ours = format!("database.tls_ca={}", authority.write(folder.path(), "ours.pem").display());
    let app = TestApp::with(&[&url("localhost"), &ours]).await;
    app.member("ada").await;
    let text = start(&[url("127.0.0.1"), ours]).await.expect_err("another host");
    assert!(text.contains("NotValidForName") || text.contains("not valid for name"), "{text}");
    assert!(start(&[url("localhost")]).await.is_err(), "nobody has heard of this authority");
}

#[tokio::test]
async fn an_authority_that_cannot_be_read_stops_the_start() {
    let settings = place("redis", "rediss://localhost:1/", Path::new("nowhere/ca.pem"));
    let text = start(&settings).await.expect_err("missing");
    assert!(text.starts_with("cannot read nowhere/ca.pem: "), "{text}");
}
