use super::super::cached::Cached;
use super::*;
use crate::{FixedClock, Policy, SessionId};

fn open(folder: &tempfile::TempDir) -> FilesystemStore {
    FilesystemStore::open(folder.path(), "", Arc::new(FixedClock::default())).expect("opens")
}

/// A session of which there is a record.
async fn living(store: &FilesystemStore) -> Key {
    let key = SessionId::random().key("");
    let record = Record::new(Policy::SIGNED_IN, FixedClock::default().now());
    assert!(store.insert(&key, &record).await.expect("inserts"));
    key
}

#[tokio::test]
async fn a_change_is_told_until_its_writer_is_done_or_gone() {
    let folder = tempfile::tempdir().expect("a folder");
    let (here, elsewhere) = (open(&folder), open(&folder));
    here.foreign_writes().await.expect("answers");
    let key = living(&elsewhere).await;
    let turn = elsewhere.inner.lock(shard_of(&key)).expect("locks");
    elsewhere.inner.announce(&key).expect("announces");
    for _ in 0..3 {
        assert_eq!(here.foreign_writes().await.expect("answers"), Foreign::Keys(vec![key]));
    }
    drop(turn);
    assert_eq!(here.foreign_writes().await.expect("answers"), Foreign::Keys(vec![key]), "once more");
    assert_eq!(here.foreign_writes().await.expect("answers"), Foreign::Keys(vec![]));
}

/// Its process may be stopped between the two, or killed after them before it has acknowledged anything.
#[tokio::test]
async fn what_is_read_between_an_announcement_and_its_change_is_not_kept() {
    let folder = tempfile::tempdir().expect("a folder");
    let (here, elsewhere) = (open(&folder), open(&folder));
    let here = Cached::new(here, 1 << 20, Arc::new(FixedClock::default()));
    let key = living(&elsewhere).await;
    tokio::time::sleep(std::time::Duration::from_millis(300)).await;
    let turn = elsewhere.inner.lock(shard_of(&key)).expect("locks");
    elsewhere.inner.announce(&key).expect("announces");
    tokio::time::sleep(std::time::Duration::from_millis(600)).await;
    assert!(matches!(here.load(&key).await, Ok(Loaded::Living(_))));
    let ended = Document::Ended { reason: Reason::Revoked, at: FixedClock::default().now() };
    elsewhere.inner.put(&key, &ended, Durability::Synchronised).expect("puts");
    drop(turn);
    tokio::time::sleep(std::time::Duration::from_secs(1)).await;
    assert!(matches!(here.load(&key).await, Ok(Loaded::Ended { reason: Reason::Revoked, .. })));
}
