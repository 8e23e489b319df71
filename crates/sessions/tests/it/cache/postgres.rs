//! The same over PostgreSQL, which tells what was written record by record.

use std::time::Duration;

use super::*;
use crate::servers::postgres::Schema;
use sessions::store::postgres::PostgresStore;

async fn open(schema: &Schema) -> PostgresStore {
    let clock = Arc::new(FixedClock::default());
    PostgresStore::open(&schema.url, "", PATIENCE, clock).await.expect("opens")
}

#[tokio::test]
async fn a_session_ended_by_another_process_is_over_within_a_second() {
    let schema = Schema::apart().await;
    is_over_within_a_second(open(&schema).await, open(&schema).await).await;
}

#[tokio::test]
async fn a_session_ended_while_the_connection_is_lost_is_over_within_a_second() {
    let schema = Schema::apart().await;
    let (here, elsewhere) = (open(&schema).await, open(&schema).await);
    let here = Cached::new(here, 1 << 20, Arc::new(FixedClock::default()));
    for _ in 0..5 {
        let key = key();
        here.insert(&key, &record()).await.expect("inserts");
        tokio::time::sleep(Duration::from_millis(500)).await;
        assert!(matches!(here.load(&key).await, Ok(Loaded::Living(_))));
        schema.disconnect_listeners().await;
        elsewhere.end(&key, Reason::Revoked).await.expect("ends");
        tokio::time::sleep(Duration::from_secs(1)).await;
        let loaded = here.load(&key).await;
        assert!(matches!(loaded, Ok(Loaded::Ended { reason: Reason::Revoked, .. })), "{loaded:?}");
    }
}

#[tokio::test]
async fn all_that_was_acknowledged_before_the_question_is_in_the_answer() {
    let schema = Schema::apart().await;
    let (here, elsewhere) = (open(&schema).await, open(&schema).await);
    assert_eq!(here.foreign_writes().await.expect("answers"), Foreign::Anything, "nothing is known at first");
    for round in 0..300 {
        let (ended, changed) = (key(), key());
        for key in [&ended, &changed] {
            elsewhere.insert(key, &record()).await.expect("inserts");
        }
        let change = Change::set("a", round.into(), record().created_at);
        elsewhere.apply(&changed, &change).await.expect("applies");
        elsewhere.end(&ended, Reason::Revoked).await.expect("ends");
        let Foreign::Keys(told) = here.foreign_writes().await.expect("answers") else { continue };
        assert!(told.contains(&ended) && told.contains(&changed), "round {round}: {told:?}");
    }
}

#[tokio::test]
async fn after_a_lost_connection_anything_may_have_been_written_and_then_it_is_told_again() {
    let schema = Schema::apart().await;
    let here = open(&schema).await;
    here.foreign_writes().await.expect("answers");
    assert!(matches!(here.foreign_writes().await, Ok(Foreign::Keys(_))));
    schema.disconnect_listeners().await;
    let mut answer = here.foreign_writes().await;
    if answer.is_err() {
        answer = here.foreign_writes().await;
    }
    assert_eq!(answer.expect("it connects again"), Foreign::Anything);
    assert!(matches!(here.foreign_writes().await, Ok(Foreign::Keys(_))));
}

#[tokio::test]
async fn an_end_of_all_of_an_account_is_told_session_by_session() {
    let schema = Schema::apart().await;
    let (here, elsewhere) = (open(&schema).await, open(&schema).await);
    let (account, keys) = (AccountKey::random(), [key(), key(), key()]);
    for key in &keys {
        let record = Record { account: Some(account), ..record() };
        elsewhere.insert(key, &record).await.expect("inserts");
    }
    here.foreign_writes().await.expect("answers");
    elsewhere.end_of_account(account, Some(&keys[0]), Reason::Revoked).await.expect("ends");
    match here.foreign_writes().await.expect("answers") {
        Foreign::Keys(told) => assert_eq!(keys.map(|key| told.contains(&key)), [false, true, true]),
        Foreign::Anything => unreachable!("three are not too many to tell"),
    }
}

#[tokio::test]
async fn more_than_a_thousand_ends_at_once_are_told_as_anything() {
    let schema = Schema::apart().await;
    let (here, elsewhere) = (open(&schema).await, open(&schema).await);
    let account = AccountKey::random();
    let record = Record { account: Some(account), ..record() };
    elsewhere.insert(&key(), &record).await.expect("inserts");
    let copy = "INSERT INTO sessions
        SELECT sha256(number::text::bytea), application, account, value, idle, absolute, persistent, created,
            seen, deadline, version, ended
        FROM sessions, generate_series(1, 1000) AS number";
    sqlx::query(copy).execute(&mut schema.connect().await).await.expect("copies");
    here.foreign_writes().await.expect("answers");
    assert_eq!(elsewhere.end_of_account(account, None, Reason::Revoked).await.expect("ends"), 1001);
    assert_eq!(here.foreign_writes().await.expect("answers"), Foreign::Anything);
}

#[tokio::test]
async fn what_was_told_to_a_question_that_was_dropped_is_not_lost() {
    let schema = Schema::apart().await;
    a_dropped_question_loses_nothing(open(&schema).await, open(&schema).await).await;
}
