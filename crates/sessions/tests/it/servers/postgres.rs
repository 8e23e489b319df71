//! One PostgreSQL for all tests of this process, and a schema for each test.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

use local_servers::Postgres;
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

fn server() -> &'static Postgres {
    static SERVER: OnceLock<Postgres> = OnceLock::new();
    SERVER.get_or_init(|| Postgres::start(&SETTINGS).expect("these tests need PostgreSQL"))
}

/// These tests are not about crashes.
const SETTINGS: [&str; 5] = [
    "max_connections=1000",
    "shared_buffers=32MB",
    "fsync=off",
    "synchronous_commit=off",
    "full_page_writes=off",
];
