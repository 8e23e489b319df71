//! Every place that sessions may be kept in, by its settings.

use server::config::keygen;

use crate::app::TestApp;
use crate::servers::postgres::Schema;
use crate::servers::redis::{cluster, new_prefix, shared};

/// A store of the server's, or the cookie.
pub struct Backing {
    pub name: &'static str,
    pub settings: Vec<String>,
    pub schema: Option<Schema>,
}

impl Backing {
    fn of(name: &'static str, settings: &[&str]) -> Self {
        Self { name, settings: settings.iter().map(|&setting| setting.to_owned()).collect(), schema: None }
    }

    /// Stores that need no server.
    pub fn embedded() -> Vec<Self> {
        vec![
            Self::of("memory", &["sessions.store=memory"]),
            Self::of("filesystem", &["sessions.store=filesystem"]),
            Self::of("sqlite", &["sessions.store=sqlite"]),
            Self::of("signed ids", &["sessions.sign_ids=true", &format!("sessions.keys={}", new_key())]),
        ]
    }

    /// The record in the cookie.
    pub fn client_side() -> Vec<Self> {
        ["encrypted", "signed"].map(|mode| Self::sealed(mode, &new_key())).into()
    }

    /// The record in the cookie, sealed by the first of these keys.
    pub fn sealed(mode: &'static str, keys: &str) -> Self {
        Self::of(mode, &[&format!("sessions.store={mode}"), &format!("sessions.keys={keys}")])
    }

    /// A schema, and a prefix, that no other test has.
    pub async fn elsewhere() -> Vec<Self> {
        let schema = Schema::create().await;
        let (postgres, redis) =
            (format!("sessions.url={}", schema.url), format!("sessions.url={}", shared().url()));
        let [node, ..] = cluster();
        let in_cluster = format!("sessions.url={}", node.url());
        let prefix = format!("sessions.key_prefix={}", new_prefix());
        vec![
            Self { schema: Some(schema), ..Self::of("postgres", &["sessions.store=postgres", &postgres]) },
            Self::of("redis", &["sessions.store=redis", &redis, &prefix]),
            Self::of("redis cluster", &["sessions.store=redis", &in_cluster, &prefix]),
        ]
    }

    /// The record in the cookie, and what has ended in PostgreSQL, with the accounts.
    pub async fn signed_and_postgres() -> Self {
        let (schema, key) = (Schema::create().await, new_key());
        let (accounts, key) = (format!("database.url={}", schema.url), format!("sessions.keys={key}"));
        let settings = ["sessions.store=signed", &key, &accounts];
        Self { schema: Some(schema), ..Self::of("signed, accounts in PostgreSQL", &settings) }
    }

    pub async fn all() -> Vec<Self> {
        let mut all = Self::embedded();
        all.extend(Self::elsewhere().await);
        all.extend(Self::client_side());
        all.push(Self::signed_and_postgres().await);
        all
    }

    pub async fn start(&self) -> TestApp {
        self.start_with(&[]).await
    }

    pub async fn start_with(&self, more: &[&str]) -> TestApp {
        let settings: Vec<_> = self.settings.iter().map(String::as_str).chain(more.iter().copied()).collect();
        TestApp::hashing_weakly(&settings).await
    }
}

pub fn new_key() -> String {
    keygen().expect("randomness")
}
