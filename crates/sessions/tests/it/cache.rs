//! What a cache may keep to itself, and what not.

mod postgres;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use async_trait::async_trait;
use parking_lot::Mutex;
use sessions::store::cached::{Cached, Foreign, Watched};
use sessions::store::filesystem::FilesystemStore;
use sessions::store::redis::RedisStore;
use sessions::store::sqlite::SqliteStore;
use sessions::{
    AccountKey, Capabilities, Change, Clock, FixedClock, Key, Loaded, Pauses, Policy, Reason, Record,
    SessionId, Store, StoreError, Summary,
};
use tempfile::TempDir;
use time::{Duration, OffsetDateTime};

use crate::PATIENCE;
use crate::servers::redis as servers;

/// A store with one record under every key, which counts how often it is asked.
#[derive(Clone, Debug, Default)]
struct Counting(Arc<Counts>);

#[derive(Debug, Default)]
struct Counts {
    loads: AtomicUsize,
    /// How often it was asked what others have written.
    questions: AtomicUsize,
    /// What others have written, again and again; `None`: nobody knows, since the store is down.
    foreign: Mutex<Option<Foreign>>,
}

impl Counting {
    fn loads(&self) -> usize {
        self.0.loads.load(Ordering::Relaxed)
    }

    fn set_foreign(&self, foreign: Option<Foreign>) {
        *self.0.foreign.lock() = foreign;
    }

    /// Waits until it was asked what others have written, and the answer has been taken.
    async fn has_told(&self) {
        let questions = || self.0.questions.load(Ordering::Relaxed);
        let before = questions();
        let told = async {
            while questions() < before + 2 {
                tokio::time::sleep(std::time::Duration::from_millis(10)).await;
            }
        };
        tokio::time::timeout(PATIENCE, told).await.expect("it is asked five times a second");
    }
}

fn record() -> Record {
    Record::new(Policy::SIGNED_IN, FixedClock::default().now())
}

#[async_trait]
impl Store for Counting {
    async fn insert(&self, _: &Key, _: &Record) -> Result<bool, StoreError> {
        Ok(false)
    }

    async fn load(&self, _: &Key) -> Result<Loaded, StoreError> {
        self.0.loads.fetch_add(1, Ordering::Relaxed);
        Ok(Loaded::Living(record().into()))
    }

    async fn apply(&self, _: &Key, _: &Change) -> Result<Option<Record>, StoreError> {
        Err(StoreError::unavailable("it is not known whether this was done"))
    }

    async fn touch(&self, _: &Key, _: OffsetDateTime) -> Result<bool, StoreError> {
        Ok(true)
    }

    async fn end(&self, _: &Key, _: Reason) -> Result<Option<Record>, StoreError> {
        Ok(None)
    }

    async fn of_account(&self, _: AccountKey) -> Result<Vec<Summary>, StoreError> {
        Ok(Vec::new())
    }

    async fn end_of_account(&self, _: AccountKey, _: Option<&Key>, _: Reason) -> Result<u64, StoreError> {
        Ok(0)
    }

    async fn sweep(&self, _: usize, _: &Pauses) -> Result<u64, StoreError> {
        Ok(0)
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities {
            name: "counting",
            is_client_side: false,
            survives_restart: false,
            shared: true,
            listable: true,
            expires_by_itself: false,
        }
    }
}

#[async_trait]
impl Watched for Counting {
    async fn foreign_writes(&self) -> Result<Foreign, StoreError> {
        self.0.questions.fetch_add(1, Ordering::Relaxed);
        self.0.foreign.lock().clone().ok_or_else(|| StoreError::unavailable("down"))
    }
}

/// A cache of so many bytes, once it knows that nobody else writes.
async fn cache(capacity: usize) -> (Counting, Cached<Counting>) {
    let store = Counting::default();
    store.set_foreign(Some(Foreign::Keys(Vec::new())));
    let clock = Arc::new(FixedClock::default());
    let cache = Cached::new(store.clone(), capacity, clock);
    store.has_told().await;
    (store, cache)
}

fn key() -> Key {
    SessionId::random().key("")
}

/// Loads until the store is asked, for at most two seconds; whether it was.
async fn asks_again(store: &Counting, cache: &Cached<Counting>, key: &Key) -> bool {
    let before = store.loads();
    for _ in 0..200 {
        cache.load(key).await.expect("loads");
        if store.loads() > before {
            return true;
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    false
}

#[tokio::test]
async fn what_was_read_is_not_asked_for_again() {
    let (store, cache) = cache(1 << 20).await;
    let key = key();
    for _ in 0..100 {
        assert_eq!(cache.load(&key).await.expect("loads"), Loaded::Living(record().into()));
    }
    // Once, unless a busy machine has kept the watching thread from its second.
    assert!(store.loads() < 10, "{} loads", store.loads());
}

#[tokio::test]
async fn every_write_is_seen_at_once_even_one_that_may_have_failed() {
    let (store, cache) = cache(1 << 20).await;
    let (key, now) = (key(), record().created_at);
    for write in 0..4 {
        cache.load(&key).await.expect("loads");
        let before = store.loads();
        match write {
            0 => drop(cache.touch(&key, now).await),
            1 => drop(cache.end(&key, Reason::SignedOut).await),
            2 => drop(cache.insert(&key, &record()).await),
            _ => drop(cache.apply(&key, &Change::remove("a", now)).await),
        }
        cache.load(&key).await.expect("loads");
        assert_eq!(store.loads(), before + 1, "write {write}");
    }
}

#[tokio::test]
async fn what_somebody_else_wrote_is_asked_for_again() {
    let (store, cache) = cache(1 << 20).await;
    let key = key();
    cache.load(&key).await.expect("loads");
    for foreign in [Foreign::Keys(vec![key]), Foreign::Anything] {
        store.set_foreign(Some(foreign));
        assert!(asks_again(&store, &cache, &key).await);
    }
}

#[tokio::test]
async fn while_the_store_does_not_say_whether_others_wrote_memory_is_not_believed() {
    let (store, cache) = cache(1 << 20).await;
    let key = key();
    cache.load(&key).await.expect("loads");
    store.set_foreign(None);
    assert!(asks_again(&store, &cache, &key).await);
    let before = store.loads();
    cache.load(&key).await.expect("loads");
    assert_eq!(store.loads(), before + 1, "each time, until it says so again");
}

#[tokio::test]
async fn memory_is_bounded() {
    let (store, cache) = cache(64 * 4096).await;
    let keys: Vec<_> = (0..5000).map(|_| key()).collect();
    // Whoever watches has to come to its turn, too.
    for some in keys.chunks(100) {
        for key in some {
            cache.load(key).await.expect("loads");
        }
        tokio::task::yield_now().await;
    }
    for some in keys.rchunks(100) {
        for key in some.iter().rev() {
            cache.load(key).await.expect("loads");
        }
        tokio::task::yield_now().await;
    }
    let kept = 2 * keys.len() - store.loads();
    assert!((1..=64 * 4096 / 450).contains(&kept), "{kept} records of 450 bytes and more");
}

#[tokio::test]
async fn who_is_here_all_the_time_is_kept_while_others_come_once() {
    let (store, cache) = cache(64 * 7200).await;
    let regulars: Vec<_> = (0..200).map(|_| key()).collect();
    for _ in 0..50 {
        for key in &regulars {
            cache.load(key).await.expect("loads");
        }
        for _ in 0..100 {
            cache.load(&key()).await.expect("loads");
        }
        tokio::task::yield_now().await;
    }
    let again = store.loads() - 50 * 100 - regulars.len();
    assert!(again < 200, "of 10,000 questions for 200 sessions {again} went to the store again");
}

#[tokio::test]
async fn what_is_written_again_and_again_takes_no_more_memory() {
    let (_, cache) = cache(64 * 4096).await;
    let key = key();
    for _ in 0..10_000 {
        cache.load(&key).await.expect("loads");
        cache.touch(&key, FixedClock::default().now()).await.expect("touches");
    }
    assert!(format!("{cache:?}").len() < 100_000);
}

async fn redis(prefix: &str) -> RedisStore {
    let clock = Arc::new(FixedClock::default());
    RedisStore::open(&servers::shared().url(), prefix, PATIENCE, clock).await.expect("opens")
}

#[tokio::test]
async fn redis_is_not_asked_again_for_what_nobody_has_written() {
    let server = servers::Redis::start(&[]);
    let clock: Arc<dyn Clock> = Arc::new(FixedClock::default());
    let store = RedisStore::open(&server.url(), "", PATIENCE, Arc::clone(&clock)).await.expect("opens");
    let cache = Cached::new(store, 1 << 20, clock);
    let key = key();
    cache.insert(&key, &record()).await.expect("inserts");
    tokio::time::sleep(std::time::Duration::from_millis(600)).await;
    for _ in 0..1000 {
        assert!(matches!(cache.load(&key).await, Ok(Loaded::Living(_))));
    }
    let mut open = server.connect().expect("connects");
    let counts: String = redis::cmd("INFO").arg("commandstats").query(&mut open).expect("counts");
    let count = counts.lines().find_map(|line| line.strip_prefix("cmdstat_get:calls="));
    let count = count.and_then(|rest| rest.split(',').next()).and_then(|count| count.parse::<u32>().ok());
    assert!(count.is_some_and(|count| count < 100), "{count:?} of 1000");
}

#[tokio::test]
async fn a_session_ended_over_another_connection_to_redis_is_over_within_a_second() {
    let prefix = servers::new_prefix();
    let (here, elsewhere) = (redis(&prefix).await, redis(&prefix).await);
    let here = Cached::new(here, 1 << 20, Arc::new(FixedClock::default()));
    let key = key();
    here.insert(&key, &record()).await.expect("inserts");
    tokio::time::sleep(std::time::Duration::from_millis(600)).await;
    assert!(matches!(here.load(&key).await, Ok(Loaded::Living(_))));
    elsewhere.end(&key, Reason::Revoked).await.expect("ends");
    tokio::time::sleep(std::time::Duration::from_secs(1)).await;
    assert!(matches!(here.load(&key).await, Ok(Loaded::Ended { reason: Reason::Revoked, .. })));
}

#[tokio::test]
async fn a_lost_connection_to_redis_leaves_nothing_stale() {
    let server = servers::Redis::start(&[]);
    let clock: Arc<dyn Clock> = Arc::new(FixedClock::default());
    let url = server.url();
    let open = || RedisStore::open(&url, "", PATIENCE, Arc::clone(&clock));
    let (here, elsewhere) = (open().await.expect("opens"), open().await.expect("opens"));
    let here = Cached::new(here, 1 << 20, Arc::clone(&clock));
    for _ in 0..5 {
        let key = key();
        here.insert(&key, &record()).await.expect("inserts");
        tokio::time::sleep(std::time::Duration::from_millis(600)).await;
        here.load(&key).await.expect("loads");
        let mut operator = server.connect().expect("connects");
        let () = redis::cmd("CLIENT")
            .arg(&["KILL", "TYPE", "normal", "SKIPME", "yes"])
            .query(&mut operator)
            .expect("kills");
        // The first call after it may find its connection gone.
        while elsewhere.end(&key, Reason::Revoked).await.is_err() {}
        tokio::time::sleep(std::time::Duration::from_secs(1)).await;
        let mut loaded = here.load(&key).await;
        while loaded.is_err() {
            loaded = here.load(&key).await;
        }
        assert!(matches!(loaded, Ok(Loaded::Ended { reason: Reason::Revoked, .. })), "{loaded:?}");
    }
}

#[tokio::test]
async fn a_session_ended_by_another_process_is_over_within_a_second() {
    let folder = tempfile::tempdir().expect("a folder");
    let clock: Arc<dyn Clock> = Arc::new(FixedClock::default());
    let open =
        || SqliteStore::open(&folder.path().join("s.db"), "", PATIENCE, Arc::clone(&clock)).expect("opens");
    is_over_within_a_second(open(), open()).await;
}

fn files(folder: &TempDir) -> FilesystemStore {
    FilesystemStore::open(folder.path(), "", Arc::new(FixedClock::default())).expect("opens")
}

#[tokio::test]
async fn a_session_ended_by_another_process_on_the_same_folder_is_over_within_a_second() {
    let folder = tempfile::tempdir().expect("a folder");
    is_over_within_a_second(files(&folder), files(&folder)).await;
}

#[tokio::test]
async fn on_one_folder_changes_and_ends_are_told_and_what_makes_no_difference_is_not() {
    let folder = tempfile::tempdir().expect("a folder");
    let (here, elsewhere) = (files(&folder), files(&folder));
    assert_eq!(here.foreign_writes().await.expect("answers"), Foreign::Anything);
    let (key, other, now) = (key(), key(), record().created_at);
    let nothing = Foreign::Keys(vec![]);
    for key in [key, other] {
        elsewhere.insert(&key, &record()).await.expect("inserts");
        elsewhere.touch(&key, now).await.expect("touches");
        assert_eq!(here.foreign_writes().await.expect("answers"), nothing);
    }
    elsewhere.apply(&key, &Change::set("a", 1.into(), now)).await.expect("applies");
    assert_eq!(here.foreign_writes().await.expect("answers"), Foreign::Keys(vec![key]));
    elsewhere.end(&other, Reason::Revoked).await.expect("ends");
    assert_eq!(here.foreign_writes().await.expect("answers"), Foreign::Keys(vec![other]));
    assert_eq!(here.foreign_writes().await.expect("answers"), nothing);
}

/// Ends a session `elsewhere` that is in memory `here`.
#[tokio::test]
async fn what_was_told_to_a_question_that_was_dropped_is_not_lost() {
    let folder = TempDir::new().expect("a folder");
    let clock = || Arc::new(FixedClock::default());
    let open = || SqliteStore::open(&folder.path().join("s.db"), "", PATIENCE, clock()).expect("opens");
    a_dropped_question_loses_nothing(open(), open()).await;
    let prefix = servers::new_prefix();
    a_dropped_question_loses_nothing(redis(&prefix).await, redis(&prefix).await).await;
}

async fn a_dropped_question_loses_nothing<S: Watched>(here: S, elsewhere: S) {
    for polls in 0..20 {
        here.foreign_writes().await.expect("answers");
        let key = key();
        elsewhere.insert(&key, &record()).await.expect("inserts");
        elsewhere.end(&key, Reason::Revoked).await.expect("ends");
        let told = if let Some(answer) = polled(polls, here.foreign_writes()).await {
            answer
        } else {
            // What still goes on without anybody who waits for it comes to its end.
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
            here.foreign_writes().await
        };
        match told.expect("answers") {
            Foreign::Keys(told) => assert!(told.contains(&key), "dropped after {polls} polls"),
            Foreign::Anything => {}
        }
    }
}

/// What a call answers within so many polls, after which it is dropped.
async fn polled<T>(polls: usize, call: impl Future<Output = T>) -> Option<T> {
    let mut call = std::pin::pin!(call);
    for _ in 0..polls {
        let poll = std::future::poll_fn(|context| std::task::Poll::Ready(call.as_mut().poll(context))).await;
        if let std::task::Poll::Ready(answer) = poll {
            return Some(answer);
        }
        tokio::task::yield_now().await;
    }
    None
}

async fn is_over_within_a_second<S: Watched>(here: S, elsewhere: S) {
    let here = Cached::new(here, 1 << 20, Arc::new(FixedClock::default()));
    let key = key();
    here.insert(&key, &record()).await.expect("inserts");
    tokio::time::sleep(std::time::Duration::from_millis(300)).await;
    let living = async || match here.load(&key).await {
        Ok(Loaded::Living(record)) => record,
        other => unreachable!("it lives: {other:?}"),
    };
    // Unless a busy machine keeps the watching task from its second: then once more.
    let mut is_in_memory = false;
    for _ in 0..50 {
        is_in_memory = is_in_memory || Arc::ptr_eq(&living().await, &living().await);
    }
    assert!(is_in_memory);
    elsewhere.apply(&key, &Change::set("a", 1.into(), record().last_seen)).await.expect("applies");
    tokio::time::sleep(std::time::Duration::from_secs(1)).await;
    assert_eq!(living().await.version, record().version + 1);
    elsewhere.end(&key, Reason::Revoked).await.expect("ends");
    tokio::time::sleep(std::time::Duration::from_secs(1)).await;
    assert!(matches!(here.load(&key).await, Ok(Loaded::Ended { reason: Reason::Revoked, .. })));
}

/// The clock ran ahead, a sweep ended what seemed over, and the clock was put back.
#[tokio::test]
async fn what_the_store_says_is_over_is_in_memory_no_more() {
    let (folder, clock) = (tempfile::tempdir().expect("a folder"), Arc::new(FixedClock::default()));
    let path = folder.path().join("sessions.db");
    let store = SqliteStore::open(&path, "", PATIENCE, Arc::clone(&clock) as _).expect("opens");
    let cache = Cached::new(store, 1 << 20, Arc::clone(&clock) as _);
    let key = key();
    cache.insert(&key, &record()).await.expect("inserts");
    tokio::time::sleep(std::time::Duration::from_millis(300)).await;
    assert!(matches!(cache.load(&key).await, Ok(Loaded::Living(_))));
    clock.advance(Duration::hours(1));
    assert_eq!(cache.sweep(10, &Pauses::brisk()).await.expect("sweeps"), 1);
    assert!(matches!(cache.load(&key).await, Ok(Loaded::Ended { reason: Reason::Idle, .. })));
    clock.advance(-Duration::hours(1));
    assert!(matches!(cache.load(&key).await, Ok(Loaded::Ended { reason: Reason::Idle, .. })));
}

/// By its own monotonic clock no time has passed; another server may have ended anything.
#[tokio::test]
async fn after_a_machine_has_slept_nothing_is_taken_from_memory_until_the_store_was_asked() {
    let store = Counting::default();
    store.set_foreign(Some(Foreign::Keys(Vec::new())));
    let clock = Arc::new(FixedClock::default());
    let cache = Cached::new(store.clone(), 1 << 20, Arc::clone(&clock) as _);
    store.has_told().await;
    let key = key();
    cache.load(&key).await.expect("loads");
    assert!(cache.at_hand(&key).is_some());
    clock.advance(Duration::seconds(2));
    assert_eq!(cache.at_hand(&key), None);
}

#[tokio::test]
async fn what_others_leave_alone_stays_in_memory() {
    let (store, cache) = cache(1 << 20).await;
    let (key, other) = (key(), key());
    store.set_foreign(Some(Foreign::Keys(vec![other])));
    cache.load(&key).await.expect("loads");
    assert!(asks_again(&store, &cache, &other).await);
    // Unless a busy machine keeps the watching task from its second: then once more.
    for _ in 0..50 {
        let before = store.loads();
        cache.load(&key).await.expect("loads");
        if store.loads() == before {
            return;
        }
    }
    unreachable!("it was asked for every time");
}

#[tokio::test]
async fn after_a_question_without_answer_nothing_in_memory_is_believed() {
    let (store, cache) = cache(1 << 20).await;
    let key = key();
    cache.load(&key).await.expect("loads");
    store.set_foreign(None);
    store.has_told().await;
    store.set_foreign(Some(Foreign::Keys(Vec::new())));
    store.has_told().await;
    let before = store.loads();
    cache.load(&key).await.expect("loads");
    assert_eq!(store.loads(), before + 1);
}
