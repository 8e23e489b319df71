//! What a call of an embedded store costs, in this thread and without HTTP.

use std::hint::black_box;
use std::sync::Arc;
use std::time::Duration;

use criterion::{BatchSize, Criterion};
use serde_json::Value;
use sessions::store::filesystem::FilesystemStore;
use sessions::store::memory::MemoryStore;
use sessions::store::sqlite::SqliteStore;
use sessions::{AccountKey, Change, Clock, FixedClock, Key, Policy, Record, SessionId, Store};
use tokio::runtime::{Builder, Runtime};

/// How many sessions are there already.
const STORED: usize = 1_000;

fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    let folder = tempfile::tempdir().expect("a folder");
    let clock: Arc<dyn Clock> = Arc::new(FixedClock::default());
    let files = FilesystemStore::open(&folder.path().join("files"), "", Arc::clone(&clock));
    let patience = Duration::from_secs(30);
    let sqlite = SqliteStore::open(&folder.path().join("sessions.db"), "", patience, Arc::clone(&clock));
    let memory = MemoryStore::new(Arc::clone(&clock));
    calls(&mut criterion, &memory, clock.as_ref());
    let empty = || Arc::new(MemoryStore::new(Arc::clone(&clock))) as Arc<dyn Store>;
    insert(&mut criterion, "memory", clock.as_ref(), empty);
    for store in [Arc::new(files.expect("opens")) as Arc<dyn Store>, Arc::new(sqlite.expect("opens"))] {
        calls(&mut criterion, store.as_ref(), clock.as_ref());
        insert(&mut criterion, store.capabilities().name, clock.as_ref(), || Arc::clone(&store));
    }
    criterion.final_summary();
}

fn calls(criterion: &mut Criterion, store: &dyn Store, clock: &dyn Clock) {
    let runtime = Builder::new_current_thread().enable_all().build().expect("a runtime");
    let (name, now) = (store.capabilities().name, clock.now());
    let record = record(now);
    let keys = fill(store, &runtime, &record);
    let mut turn = keys.iter().cycle();
    let mut next = || *turn.next().expect("a cycle has no end");

    criterion.bench_function(&format!("{name}, load"), |bench| {
        bench.iter_batched(&mut next, |key| runtime.block_on(store.load(&key)), BatchSize::SmallInput);
    });
    let mut count = 0_u64;
    criterion.bench_function(&format!("{name}, apply"), |bench| {
        let change = || {
            count += 1;
            (next(), Change::set("value", Value::from(count), now))
        };
        let apply = |(key, change)| runtime.block_on(store.apply(&key, &change));
        bench.iter_batched(change, apply, BatchSize::SmallInput);
    });
    criterion.bench_function(&format!("{name}, touch"), |bench| {
        bench.iter_batched(&mut next, |key| runtime.block_on(store.touch(&key, now)), BatchSize::SmallInput);
    });
}

/// Into what `store` gives: memory, which would fill up, begins anew each time.
fn insert(criterion: &mut Criterion, name: &str, clock: &dyn Clock, store: impl Fn() -> Arc<dyn Store>) {
    let runtime = Builder::new_current_thread().enable_all().build().expect("a runtime");
    let record = record(clock.now());
    criterion.bench_function(&format!("{name}, insert"), |bench| {
        bench.iter_batched_ref(
            || (store(), random_key()),
            |(store, key)| runtime.block_on(store.insert(key, black_box(&record))),
            BatchSize::SmallInput,
        );
    });
}

fn fill(store: &dyn Store, runtime: &Runtime, record: &Record) -> Vec<Key> {
    let keys: Vec<Key> = std::iter::repeat_with(random_key).take(STORED).collect();
    for key in &keys {
        runtime.block_on(store.insert(key, record)).expect("inserts");
    }
    keys
}

fn random_key() -> Key {
    SessionId::random().key("")
}

fn record(now: time::OffsetDateTime) -> Record {
    let mut record = Record::new(Policy::SIGNED_IN, now);
    record.account = Some(AccountKey::from_bytes([1; 16]));
    record.values = [("name", "ada"), ("theme", "dark"), ("device", "Firefox on Linux")].into();
    record
}
