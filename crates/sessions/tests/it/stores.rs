//! The conformance rules, one line for each store.

use std::sync::Arc;

use sessions::conformance::Fixture;
use sessions::store::memory::MemoryStore;
use sessions::store::sqlite::SqliteStore;
use sessions::{Clock, Store};

struct Memory;

impl Fixture for Memory {
    fn open(&self, _: &str, clock: Arc<dyn Clock>) -> Arc<dyn Store> {
        Arc::new(MemoryStore::new(clock))
    }
}

struct Sqlite(tempfile::TempDir);

impl Sqlite {
    fn new() -> Self {
        Self(tempfile::tempdir().expect("a temporary folder"))
    }
}

impl Fixture for Sqlite {
    fn open(&self, prefix: &str, clock: Arc<dyn Clock>) -> Arc<dyn Store> {
        let path = self.0.path().join("sessions.db");
        Arc::new(SqliteStore::open(&path, prefix, clock).expect("opens"))
    }
}

mod memory {
    sessions::conformance_tests!(super::Memory);
}

mod sqlite {
    sessions::conformance_tests!(super::Sqlite::new());
}
