//! What only a database server can do wrong.

use std::sync::Arc;
use std::time::{Duration, Instant};

use sessions::store::cached::Watched as _;
use sessions::store::postgres::PostgresStore;
use sessions::{
    AccountKey, Change, Clock as _, FixedClock, Loaded, Policy, Reason, Record, SessionId, Store as _,
    StoreError,
};
use sqlx::{AssertSqlSafe, Connection as _, Executor as _};
use time::OffsetDateTime;

use crate::PATIENCE;
use crate::servers::postgres::Schema;

async fn open(url: &str, timeout: Duration) -> Result<PostgresStore, StoreError> {
    PostgresStore::open(url, "", timeout, Arc::new(FixedClock::default())).await
}

fn now() -> OffsetDateTime {
    FixedClock::default().now()
}

#[tokio::test]
async fn four_servers_that_start_at_once_agree_on_the_tables() {
    let schema = Schema::create().await;
    let opening = [0; 4].map(|_| {
        let url = schema.url.clone();
        tokio::spawn(async move { open(&url, PATIENCE).await })
    });
    let key = SessionId::random().key("");
    for (index, opened) in opening.into_iter().enumerate() {
        let store = opened.await.expect("runs").expect("opens");
        let inserted = store.insert(&key, &Record::new(Policy::SIGNED_IN, now())).await;
        assert_eq!(inserted.expect("answers"), index == 0, "they see one table");
    }
}

/// ASVS V13.2.2.
#[tokio::test]
async fn a_role_that_may_not_create_tables_opens_what_is_up_to_date() {
    let schema = Schema::create().await;
    open(&schema.url, PATIENCE).await.expect("opens");
    let (name, key) = (schema.name(), SessionId::random().key(""));
    let grant = format!(
        "CREATE ROLE {name} LOGIN; GRANT USAGE ON SCHEMA {name} TO {name};
         GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA {name} TO {name}"
    );
    sqlx::raw_sql(AssertSqlSafe(grant)).execute(&mut schema.connect().await).await.expect("grants");
    let url = schema.url.replace("postgres@", &format!("{name}@"));
    let store = open(&url, PATIENCE).await.expect("opens");
    assert!(store.insert(&key, &Record::new(Policy::SIGNED_IN, now())).await.expect("inserts"));
}

#[tokio::test]
async fn a_database_that_is_not_there_is_an_error_without_its_password() {
    let refused = "postgres://ada:correct-horse@127.0.0.1:1/sessions";
    for url in
        [refused, "postgres://ada:correct-horse@[", "ada:correct-horse", "postgres://ada:correct-horse@h:x"]
    {
        let error = open(url, Duration::from_millis(500)).await.expect_err("is an error");
        assert!(matches!(error, StoreError::Unavailable(_)));
        let text = format!("{error} {error:?}");
        assert!(!text.contains("correct-horse") && !text.contains("ada"), "{text}");
    }
}

/// ASVS V16.2.5.
#[tokio::test]
async fn a_store_is_printed_without_its_password() {
    let schema = Schema::create().await;
    let url = schema.url.replace("postgres@", "postgres:correct-horse@");
    let store = open(&url, PATIENCE).await.expect("opens");
    assert!(!format!("{store:?}").contains("correct-horse"));
}

#[tokio::test]
async fn a_damaged_row_is_corrupt_and_no_panic() {
    let schema = Schema::create().await;
    let store = open(&schema.url, PATIENCE).await.expect("opens");
    let key = SessionId::random().key("");
    store.insert(&key, &Record::new(Policy::SIGNED_IN, now())).await.expect("inserts");
    for damage in ["value = '{'", "value = '[]'", "value = ''", "value = '{}', account = '\\x00'"] {
        let damage_all = format!("UPDATE sessions SET {damage}");
        schema.connect().await.execute(AssertSqlSafe(damage_all)).await.expect("damages");
        assert!(matches!(store.load(&key).await, Err(StoreError::Corrupt(_))), "{damage}");
    }
    let ended = store.end(&key, Reason::Corrupt).await;
    assert!(ended.is_ok(), "it can be cleared away: {ended:?}");
}

/// ASVS V13.2.6.
#[tokio::test]
async fn writes_that_wait_too_long_fail_in_time_and_take_no_connection_with_them() {
    let schema = Schema::create().await;
    let store = open(&schema.url, Duration::from_millis(500)).await.expect("opens");
    let key = SessionId::random().key("");
    store.insert(&key, &Record::new(Policy::SIGNED_IN, now())).await.expect("inserts");
    let mut other = schema.connect().await;
    let mut holding = other.begin().await.expect("begins");
    holding.execute("SELECT FROM sessions FOR UPDATE").await.expect("locks");
    let begun = Instant::now();
    let waiting = [0; 30].map(|_| {
        let store = store.clone();
        tokio::spawn(async move { store.apply(&key, &Change::remove("a", now())).await })
    });
    for write in waiting {
        assert!(matches!(write.await.expect("runs"), Err(StoreError::Unavailable(_))));
    }
    assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
    assert!(matches!(store.load(&key).await, Ok(Loaded::Living(_))), "readers have connections again");
    holding.rollback().await.expect("lets go");
    assert!(store.apply(&key, &Change::remove("a", now())).await.expect("applies").is_some());
}

#[tokio::test]
async fn a_database_that_was_restarted_is_used_again_at_once() {
    let schema = Schema::create().await;
    let store = open(&schema.url, PATIENCE).await.expect("opens");
    let key = SessionId::random().key("");
    store.insert(&key, &Record::new(Policy::SIGNED_IN, now())).await.expect("inserts");
    tokio::time::sleep(Duration::from_millis(1100)).await;
    schema.disconnect_all().await;
    assert!(matches!(store.load(&key).await, Ok(Loaded::Living(_))));
}

/// ASVS V15.4.3.
#[tokio::test]
async fn two_ends_of_one_account_at_once_do_not_wait_for_each_other_for_ever() {
    let schema = Schema::create().await;
    let opened = [open(&schema.url, PATIENCE).await, open(&schema.url, PATIENCE).await];
    let stores = opened.map(|store| store.expect("opens"));
    let account = AccountKey::random();
    for _ in 0..5 {
        for _ in 0..50 {
            let record = Record { account: Some(account), ..Record::new(Policy::SIGNED_IN, now()) };
            stores[0].insert(&SessionId::random().key(""), &record).await.expect("inserts");
        }
        // Both begin at the same moment: when this one lets go.
        let mut other = schema.connect().await;
        let mut holding = other.begin().await.expect("begins");
        holding.execute("SELECT FROM sessions FOR UPDATE").await.expect("locks");
        let ending = stores.clone().map(|store| {
            tokio::spawn(async move { store.end_of_account(account, None, Reason::Revoked).await })
        });
        tokio::time::sleep(Duration::from_millis(100)).await;
        holding.rollback().await.expect("lets go");
        let mut ended = 0;
        for end in ending {
            ended += end.await.expect("runs").expect("ends");
        }
        assert_eq!(ended, 50, "each by one of them");
    }
}

#[test]
fn a_store_may_be_dropped_where_there_is_no_runtime() {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let store = runtime.block_on(async {
        let store = open(&Schema::create().await.url, PATIENCE).await.expect("opens");
        store.foreign_writes().await.expect("listens");
        store
    });
    drop(store.clone());
    drop(runtime);
    drop(store);
}
