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

/// A store whose clock can be moved.
fn open_at(folder: &tempfile::TempDir, clock: &Arc<FixedClock>) -> FilesystemStore {
    FilesystemStore::open(folder.path(), "", Arc::clone(clock) as _).expect("opens")
}

/// As many sessions of an account, the first with a folder in its file's place, which is due.
async fn with_a_folder_in_place(store: &FilesystemStore, account: AccountKey) -> Vec<Key> {
    let mut keys = Vec::new();
    for _ in 0..5 {
        let key = SessionId::random().key("");
        let record =
            Record { account: Some(account), ..Record::new(Policy::SIGNED_IN, FixedClock::default().now()) };
        store.insert(&key, &record).await.expect("inserts");
        keys.push(key);
    }
    let path = store.inner.record_path(keys.first().expect("five"));
    fs::remove_file(&path).expect("removes");
    fs::create_dir(&path).expect("creates");
    let due = SystemTime::from(FixedClock::default().now());
    File::open(&path).and_then(|folder| folder.set_modified(due)).expect("is due");
    keys
}

#[tokio::test]
async fn what_cannot_be_swept_keeps_no_other_from_it() {
    let (folder, clock) = (tempfile::tempdir().expect("a folder"), Arc::new(FixedClock::default()));
    let store = open_at(&folder, &clock);
    let keys = with_a_folder_in_place(&store, AccountKey::random()).await;
    let [in_the_way, others @ ..] = &keys[..] else { unreachable!("five") };
    clock.advance(time::Duration::hours(1));
    store.inner.sweeps_from.store(shard_of(in_the_way), Ordering::Relaxed);
    assert_eq!(store.sweep(100, &Pauses::brisk()).await.expect("sweeps the others"), 4);
    for key in others {
        assert!(matches!(store.load(key).await, Ok(Loaded::Ended { reason: Reason::Idle, .. })));
    }
    let left = store.sweep(100, &Pauses::brisk()).await;
    assert!(matches!(left, Err(StoreError::Unavailable(_))), "somebody has to look at it: {left:?}");
}

/// ASVS V7.4.3.
#[tokio::test]
async fn what_cannot_be_ended_keeps_no_other_session_of_its_account_alive() {
    let (folder, clock) = (tempfile::tempdir().expect("a folder"), Arc::new(FixedClock::default()));
    let (store, account) = (open_at(&folder, &clock), AccountKey::random());
    let keys = with_a_folder_in_place(&store, account).await;
    assert_eq!(store.end_of_account(account, None, Reason::PasswordChanged).await.expect("ends"), 4);
    for key in &keys {
        assert!(!matches!(store.load(key).await, Ok(Loaded::Living(_))));
    }
    assert_eq!(store.end_of_account(account, None, Reason::PasswordChanged).await.expect("is over"), 0);
}

/// As a crash between the two writes of an insert leaves it, or one after the record of a session was removed.
#[tokio::test]
async fn a_name_too_many_in_an_account_s_index_is_passed_over() {
    let folder = tempfile::tempdir().expect("a folder");
    let (store, account) = (open(&folder), AccountKey::random());
    let record =
        Record { account: Some(account), ..Record::new(Policy::SIGNED_IN, FixedClock::default().now()) };
    let (begun, lost) = (SessionId::random().key(""), SessionId::random().key(""));
    assert!(store.insert(&begun, &record).await.expect("inserts"));
    store.inner.add_to_index(account, &lost).expect("adds");
    let listed = store.of_account(account).await.expect("lists");
    assert_eq!(listed.iter().map(|one| one.key).collect::<Vec<_>>(), [begun]);
    assert_eq!(store.end_of_account(account, None, Reason::Revoked).await.expect("ends"), 1);
    assert_eq!(store.of_account(account).await.expect("lists"), []);
    assert!(store.insert(&lost, &record).await.expect("the key is free"));
    assert_eq!(store.end_of_account(account, None, Reason::Revoked).await.expect("ends"), 1);
    assert!(matches!(store.load(&lost).await, Ok(Loaded::Ended { reason: Reason::Revoked, .. })));
}

#[cfg(unix)]
#[tokio::test]
async fn files_and_folders_are_for_their_owner_alone() {
    use std::os::unix::fs::PermissionsExt as _;
    fn check(folder: &Path) -> usize {
        let mode = |path: &Path| fs::metadata(path).expect("is there").permissions().mode() & 0o777;
        assert_eq!(mode(folder), 0o700, "{}", folder.display());
        let mut files = 0;
        for entry in fs::read_dir(folder).expect("lists") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                files += check(&path);
            } else {
                assert_eq!(mode(&path), 0o600, "{}", path.display());
                files += 1;
            }
        }
        files
    }
    let folder = tempfile::tempdir().expect("a folder");
    let root = folder.path().join("sessions");
    let store = FilesystemStore::open(&root, "", Arc::new(FixedClock::default())).expect("opens");
    let record = Record::new(Policy::SIGNED_IN, FixedClock::default().now());
    let record = Record { account: Some(AccountKey::random()), ..record };
    let (living, ended) = (SessionId::random().key(""), SessionId::random().key(""));
    for key in [living, ended] {
        store.insert(&key, &record).await.expect("inserts");
        store.touch(&key, record.last_seen).await.expect("touches");
    }
    store.end(&ended, Reason::SignedOut).await.expect("ends");
    assert!(check(&root) > 3);
}

/// With a whole record in it, where a process was killed.
///
/// ASVS V14.2.7.
#[tokio::test]
async fn what_a_writer_left_is_cleared_away_by_a_sweep() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = open(&folder);
    let key = living(&store).await;
    let path = store.inner.record_path(&key);
    let beside = path.with_extension("new");
    fs::copy(&path, &beside).expect("copies");
    assert_eq!(store.sweep(100, &Pauses::brisk()).await.expect("sweeps"), 0);
    assert!(!beside.exists() && path.exists());
    assert!(matches!(store.load(&key).await, Ok(Loaded::Living(_))));
}

/// A process that was stopped while it wrote has the lock for as long as it stands.
#[tokio::test]
async fn nobody_waits_for_ever_for_a_writer_who_was_stopped() {
    let folder = tempfile::tempdir().expect("a folder");
    let (here, elsewhere) = (open(&folder), open(&folder));
    let key = living(&here).await;
    let turn = elsewhere.inner.lock(shard_of(&key)).expect("locks");
    let began = Instant::now();
    let ended = here.end(&key, Reason::SignedOut).await;
    assert!(matches!(ended, Err(StoreError::Unavailable(_))), "{ended:?}");
    assert!(began.elapsed() < 2 * PATIENCE);
    drop(turn);
    assert!(here.end(&key, Reason::SignedOut).await.expect("ends").is_some());
}

/// As a backup that was restored in part leaves it.
#[tokio::test]
async fn that_the_lists_of_all_accounts_are_missing_is_an_error_and_no_empty_list() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = open(&folder);
    let account = AccountKey::random();
    let record =
        Record { account: Some(account), ..Record::new(Policy::SIGNED_IN, FixedClock::default().now()) };
    let key = SessionId::random().key("");
    store.insert(&key, &record).await.expect("inserts");
    assert_eq!(store.of_account(AccountKey::random()).await.expect("lists"), []);
    std::fs::remove_dir_all(store.inner.accounts()).expect("removes");
    let ended = store.end_of_account(account, None, Reason::PasswordChanged).await;
    assert!(matches!(ended, Err(StoreError::Unavailable(_))), "{ended:?}");
    let inserted = store.insert(&SessionId::random().key(""), &record).await;
    assert!(matches!(inserted, Err(StoreError::Unavailable(_))), "or the loss would be hidden: {inserted:?}");
}
