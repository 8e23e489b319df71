//! The conformance rules, one line for each store.

use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use parking_lot::Mutex;
use redis::Commands as _;
use sessions::conformance::{Browsers, Fixture, InCookies};
use sessions::revocations::sqlite::SqliteRevocations;
use sessions::store::cached::{Cached, Watched};
use sessions::store::filesystem::FilesystemStore;
use sessions::store::memory::MemoryStore;
use sessions::store::postgres::PostgresStore;
use sessions::store::redis::RedisStore;
use sessions::store::sqlite::{SqliteStore, file};
use sessions::{
    AccountKey, Change, ClientBacking, ClientSide, Clock, FixedClock, Key, KeyRing, Loaded, Policy, Reason,
    Record, Sealing, SessionId, Store, StoreError, SystemClock,
};
use tempfile::TempDir;

use crate::PATIENCE;
use crate::servers::postgres::Schema;
use crate::servers::redis as servers;

/// Something whose store may stand behind a cache.
#[async_trait]
trait Cacheable: Fixture {
    type Store: Watched;

    async fn store(&self, prefix: &str, clock: Arc<dyn Clock>) -> Self::Store;
}

/// The same, behind a cache.
struct Behind<F>(F);

#[async_trait]
impl<F: Cacheable> Fixture for Behind<F> {
    async fn open(&self, prefix: &str, clock: Arc<dyn Clock>) -> Arc<dyn Store> {
        Arc::new(Cached::new(self.0.store(prefix, Arc::clone(&clock)).await, 1 << 20, clock))
    }

    async fn dump(&self) -> Option<Vec<u8>> {
        self.0.dump().await
    }

    async fn damage(&self, key: &Key) -> bool {
        self.0.damage(key).await
    }

    async fn take_away(&self) -> bool {
        self.0.take_away().await
    }
}

struct Memory;

#[async_trait]
impl Fixture for Memory {
    async fn open(&self, _: &str, clock: Arc<dyn Clock>) -> Arc<dyn Store> {
        Arc::new(MemoryStore::new(clock))
    }
}

struct Filesystem(TempDir);

impl Filesystem {
    fn new() -> Self {
        Self(folder())
    }

    fn path(&self) -> PathBuf {
        self.0.path().join("sessions")
    }
}

#[async_trait]
impl Cacheable for Filesystem {
    type Store = FilesystemStore;

    async fn store(&self, prefix: &str, clock: Arc<dyn Clock>) -> FilesystemStore {
        FilesystemStore::open(&self.path(), prefix, clock).expect("opens")
    }
}

#[async_trait]
impl Fixture for Filesystem {
    async fn open(&self, prefix: &str, clock: Arc<dyn Clock>) -> Arc<dyn Store> {
        Arc::new(self.store(prefix, clock).await)
    }

    async fn dump(&self) -> Option<Vec<u8>> {
        Some(files(&self.path()).iter().flat_map(|path| describe(path)).collect())
    }

    async fn damage(&self, key: &Key) -> bool {
        let name = hex(key.as_bytes());
        let records = files(&self.path()).into_iter().filter(|path| {
            path.ends_with(&name) && path.components().any(|part| part.as_os_str() == "records")
        });
        assert_eq!(records.map(|path| fs::write(path, "{\"values\":").expect("writes")).count(), 1);
        true
    }

    async fn take_away(&self) -> bool {
        fs::remove_dir_all(self.path()).expect("takes it away");
        true
    }
}

struct Sqlite(TempDir);

impl Sqlite {
    fn new() -> Self {
        Self(folder())
    }

    fn path(&self) -> PathBuf {
        self.0.path().join("sessions.db")
    }
}

#[async_trait]
impl Cacheable for Sqlite {
    type Store = SqliteStore;

    async fn store(&self, prefix: &str, clock: Arc<dyn Clock>) -> SqliteStore {
        SqliteStore::open(&self.path(), prefix, PATIENCE, clock).expect("opens")
    }
}

#[async_trait]
impl Fixture for Sqlite {
    async fn open(&self, prefix: &str, clock: Arc<dyn Clock>) -> Arc<dyn Store> {
        Arc::new(self.store(prefix, clock).await)
    }

    /// Without the shared memory file, in which readers note their presence.
    async fn dump(&self) -> Option<Vec<u8>> {
        let files = ["sessions.db", "sessions.db-wal"].map(|name| self.0.path().join(name));
        Some(files.iter().flat_map(|path| describe(path)).collect())
    }

    async fn damage(&self, key: &Key) -> bool {
        let connection = file::connect(&self.path(), PATIENCE).expect("connects");
        let damaged = connection.execute("UPDATE sessions SET value = '{' WHERE key = ?1", [key.as_bytes()]);
        assert_eq!(damaged.expect("damages"), 1);
        true
    }

    /// An open file cannot be taken away; its table can.
    async fn take_away(&self) -> bool {
        let connection = file::connect(&self.path(), PATIENCE).expect("connects");
        connection.execute_batch("DROP TABLE sessions").expect("takes it away");
        true
    }
}

struct Postgres(Schema);

impl Postgres {
    async fn new() -> Self {
        Self(Schema::create().await)
    }
}

#[async_trait]
impl Cacheable for Postgres {
    type Store = PostgresStore;

    async fn store(&self, prefix: &str, clock: Arc<dyn Clock>) -> PostgresStore {
        PostgresStore::open(&self.0.url, prefix, PATIENCE, clock).await.expect("opens")
    }
}

#[async_trait]
impl Fixture for Postgres {
    async fn open(&self, prefix: &str, clock: Arc<dyn Clock>) -> Arc<dyn Store> {
        Arc::new(self.store(prefix, clock).await)
    }

    /// Each row as text with the transaction that wrote it and its place, and its bytes as they are.
    async fn dump(&self) -> Option<Vec<u8>> {
        let rows = "
            SELECT convert_to(xmin::text || ctid::text || one::text, 'UTF8') || key || coalesce(account, '')
            FROM sessions AS one
            UNION ALL SELECT convert_to(xmin::text || ctid::text || one::text, 'UTF8')
            FROM sessions_migrations AS one
            ORDER BY 1";
        let rows: Vec<(Vec<u8>,)> =
            sqlx::query_as(rows).fetch_all(&mut self.0.connect().await).await.expect("reads");
        Some(rows.into_iter().flat_map(|(row,)| row).collect())
    }

    async fn damage(&self, key: &Key) -> bool {
        let damage = sqlx::query("UPDATE sessions SET value = '{' WHERE key = $1").bind(key.as_bytes());
        let damaged = damage.execute(&mut self.0.connect().await).await.expect("damages");
        assert_eq!(damaged.rows_affected(), 1);
        true
    }

    async fn take_away(&self) -> bool {
        self.0.take_away().await;
        true
    }
}

/// Cookies, and a file for what has ended before its time.
struct Cookies {
    folder: TempDir,
    sealing: Sealing,
    browsers: Browsers,
}

impl Cookies {
    fn new(sealing: Sealing) -> Self {
        Self { folder: folder(), sealing, browsers: Browsers::default() }
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("ended.db")
    }
}

#[async_trait]
impl Fixture for Cookies {
    async fn open(&self, prefix: &str, clock: Arc<dyn Clock>) -> Arc<dyn Store> {
        let revocations =
            SqliteRevocations::open(&self.path(), prefix, PATIENCE, clock.now()).expect("opens");
        let codec = ClientSide::new(self.sealing, KeyRing::new([[7; 32]]).expect("has a key"));
        // Asked anew each time, as if each end came from another server.
        let backing = ClientBacking::new(codec, Arc::new(revocations), time::Duration::ZERO);
        Arc::new(InCookies::new(backing, prefix, clock, self.browsers.clone()))
    }

    async fn dump(&self) -> Option<Vec<u8>> {
        let files = ["ended.db", "ended.db-wal"].map(|name| self.folder.path().join(name));
        Some(files.iter().flat_map(|path| describe(path)).collect())
    }

    /// An open file cannot be taken away; its tables can.
    async fn take_away(&self) -> bool {
        let connection = file::connect(&self.path(), PATIENCE).expect("connects");
        let tables = "DROP TABLE ended_sessions; DROP TABLE session_epochs";
        connection.execute_batch(tables).expect("takes it away");
        true
    }
}

/// A Redis of its own, so that it can be taken away.
struct Redis(Mutex<Option<servers::Redis>>);

impl Redis {
    fn new() -> Self {
        Self(Mutex::new(Some(servers::Redis::start(&[]))))
    }

    fn connect(&self) -> Option<redis::Connection> {
        self.0.lock().as_ref().map(|server| server.connect().expect("connects"))
    }
}

#[async_trait]
impl Cacheable for Redis {
    type Store = RedisStore;

    async fn store(&self, prefix: &str, clock: Arc<dyn Clock>) -> RedisStore {
        let url = self.0.lock().as_ref().expect("is there").url();
        RedisStore::open(&url, prefix, PATIENCE, clock).await.expect("opens")
    }
}

#[async_trait]
impl Fixture for Redis {
    async fn open(&self, prefix: &str, clock: Arc<dyn Clock>) -> Arc<dyn Store> {
        Arc::new(self.store(prefix, clock).await)
    }

    async fn dump(&self) -> Option<Vec<u8>> {
        Some(redis_dump(&mut self.connect().expect("is there"), ""))
    }

    async fn damage(&self, key: &Key) -> bool {
        assert!(redis_damage(&mut self.connect().expect("is there"), "", key));
        true
    }

    async fn take_away(&self) -> bool {
        assert!(self.0.lock().take().is_some());
        true
    }
}

/// A part of the cluster that all tests share, and a user of its own there, who can be sent away.
struct RedisCluster(String);

impl RedisCluster {
    fn new() -> Self {
        let fixture = Self(servers::new_prefix());
        Self::on_each_node(&["SETUSER", fixture.user(), "on", ">s3same", "~*", "&*", "+@all"]);
        fixture
    }

    fn user(&self) -> &str {
        self.0.trim_end_matches(':')
    }

    fn on_each_node(acl: &[&str]) {
        for node in servers::cluster() {
            let mut open = node.connect().expect("connects");
            redis::cmd("ACL").arg(acl).exec(&mut open).expect("is done");
        }
    }
}

#[async_trait]
impl Fixture for RedisCluster {
    async fn open(&self, prefix: &str, clock: Arc<dyn Clock>) -> Arc<dyn Store> {
        let [node, ..] = servers::cluster();
        let prefix = format!("{}{prefix}", self.0);
        let url = node.url().replacen("redis://", &format!("redis://{}:s3same@", self.user()), 1);
        let store = RedisStore::open(&url, &prefix, PATIENCE, clock).await.expect("opens");
        assert!(store.is_cluster());
        Arc::new(store)
    }

    async fn dump(&self) -> Option<Vec<u8>> {
        let nodes = servers::cluster().iter().map(|node| node.connect().expect("connects"));
        Some(nodes.flat_map(|mut open| redis_dump(&mut open, &self.0)).collect())
    }

    async fn damage(&self, key: &Key) -> bool {
        let nodes = servers::cluster().iter().map(|node| node.connect().expect("connects"));
        assert_eq!(
            nodes.map(|mut open| redis_damage(&mut open, &self.0, key)).filter(|damaged| *damaged).count(),
            1
        );
        true
    }

    async fn take_away(&self) -> bool {
        Self::on_each_node(&["DELUSER", self.user()]);
        true
    }
}

/// All keys under a prefix with what is in them, and when they go.
fn redis_dump(open: &mut redis::Connection, prefix: &str) -> Vec<u8> {
    let mut keys: Vec<String> = open.keys(format!("{prefix}*")).expect("lists");
    keys.sort();
    let mut dump = Vec::new();
    for key in keys {
        let content: Option<Vec<u8>> = redis::cmd("DUMP").arg(&key).query(open).expect("dumps");
        let until: i64 = redis::cmd("PEXPIRETIME").arg(&key).query(open).expect("has an end");
        dump.extend(format!("{key} {until} ").into_bytes());
        dump.extend(content.unwrap_or_default());
        // `DUMP` may compress; the plain text shows what can be read.
        dump.extend(open.get::<_, Vec<u8>>(&key).unwrap_or_default());
    }
    dump
}

fn redis_damage(open: &mut redis::Connection, prefix: &str, key: &Key) -> bool {
    let place = format!("{prefix}{}", hex(key.as_bytes()));
    let Ok(Some(text)) = open.get::<_, Option<String>>(&place) else { return false };
    // Without the moment at which it began.
    let words: Vec<_> =
        text.split(' ').enumerate().filter(|(at, _)| *at != 2).map(|(_, word)| word).collect();
    open.set(&place, words.join(" ")) == Ok(())
}

/// Nobody sweeps Redis: each key says when it goes.
///
/// ASVS V14.2.7.
#[tokio::test]
async fn each_key_in_redis_has_its_own_expiry_alone_and_in_a_cluster() {
    const DAY: Duration = Duration::from_hours(24);
    let (alone, cluster) = (Redis::new(), RedisCluster::new());
    let clock = Arc::new(FixedClock::default());
    let opened: [Arc<dyn Store>; 2] = [
        alone.open("", Arc::clone(&clock) as Arc<dyn Clock>).await,
        cluster.open("", Arc::clone(&clock) as Arc<dyn Clock>).await,
    ];
    let nodes = servers::cluster().iter().map(|node| node.connect().expect("connects")).collect();
    let open: [Vec<redis::Connection>; 2] = [vec![alone.connect().expect("is there")], nodes];
    for ((store, mut nodes), prefix) in opened.into_iter().zip(open).zip(["", &cluster.0]) {
        let account = AccountKey::random();
        let record = Record { account: Some(account), ..Record::new(Policy::SIGNED_IN, clock.now()) };
        let [living, touched, ended] = [(); 3].map(|()| SessionId::random().key(""));
        for key in [living, touched, ended] {
            store.insert(&key, &record).await.expect("inserts");
        }
        clock.advance(time::Duration::minutes(10));
        store.touch(&touched, clock.now()).await.expect("touches");
        store.end(&ended, Reason::SignedOut).await.expect("ends");
        let mut left = |name: String| {
            let mut of = |open: &mut redis::Connection| {
                let left: i64 = redis::cmd("PTTL").arg(format!("{prefix}{name}")).query(open).unwrap_or(-2);
                u64::try_from(left).ok().map(Duration::from_millis)
            };
            nodes.iter_mut().find_map(&mut of).expect("has an expiry")
        };
        let idle = Duration::from_mins(30);
        for (key, lasts) in [(living, idle + DAY), (touched, idle + DAY), (ended, DAY)] {
            let left = left(hex(key.as_bytes()));
            assert!(left <= lasts && left + Duration::from_mins(1) > lasts, "{left:?} of {lasts:?}");
        }
        let left = left(format!("account:{}", hex(account.as_bytes())));
        assert!(left <= 2 * DAY && left > DAY, "{left:?}, until the last of them is over and forgotten");
    }
}

/// As a crash between the two writes of an insert may leave it, or another account's insert of the same key.
#[tokio::test]
async fn a_name_too_many_in_an_account_s_index_is_passed_over_alone_and_in_a_cluster() {
    let (alone, cluster) = (Redis::new(), RedisCluster::new());
    let clock = Arc::new(FixedClock::default());
    let opened: [Arc<dyn Store>; 2] = [
        alone.open("", Arc::clone(&clock) as Arc<dyn Clock>).await,
        cluster.open("", Arc::clone(&clock) as Arc<dyn Clock>).await,
    ];
    let nodes = servers::cluster().iter().map(|node| node.connect().expect("connects")).collect();
    let open: [Vec<redis::Connection>; 2] = [vec![alone.connect().expect("is there")], nodes];
    for ((store, mut nodes), prefix) in opened.into_iter().zip(open).zip(["", &cluster.0]) {
        let [ada, bob] = [AccountKey::random(), AccountKey::random()];
        let [adas, bobs, lost] = [(); 3].map(|()| SessionId::random().key(""));
        for (key, account) in [(&adas, ada), (&bobs, bob)] {
            let record = Record { account: Some(account), ..Record::new(Policy::SIGNED_IN, clock.now()) };
            store.insert(key, &record).await.expect("inserts");
        }
        let index = format!("{prefix}account:{}", hex(ada.as_bytes()));
        for key in [bobs, lost] {
            let () = at_its_node(&mut nodes, |open| open.zadd(&index, &key.as_bytes()[..], i64::MAX));
        }
        let listed = store.of_account(ada).await.expect("lists");
        assert_eq!(listed.iter().map(|one| one.key).collect::<Vec<_>>(), [adas]);
        assert_eq!(store.end_of_account(ada, None, Reason::Revoked).await.expect("ends"), 1);
        assert!(matches!(store.load(&bobs).await, Ok(Loaded::Living(_))));
        let names = |nodes: &mut [redis::Connection]| {
            at_its_node(nodes, |open| open.zrange::<_, Vec<Vec<u8>>>(&index, 0, -1))
        };
        assert_eq!(names(&mut nodes), [lost.as_bytes()], "which may be about to begin");
        let () = at_its_node(&mut nodes, |open| open.zadd(&index, &lost.as_bytes()[..], 1));
        let later = SessionId::random().key("");
        let record = Record { account: Some(ada), ..Record::new(Policy::SIGNED_IN, clock.now()) };
        store.insert(&later, &record).await.expect("inserts");
        assert_eq!(names(&mut nodes), [later.as_bytes()], "and has not begun in its time");
    }
}

/// What the node answers that has the key; the others say where it is.
fn at_its_node<T>(
    nodes: &mut [redis::Connection],
    mut ask: impl FnMut(&mut redis::Connection) -> redis::RedisResult<T>,
) -> T {
    nodes.iter_mut().find_map(|open| ask(open).ok()).expect("one of them has it")
}

/// Redis's own clock is right meanwhile.
#[tokio::test]
async fn a_session_that_begins_while_the_clock_is_ahead_is_listed_for_as_long_as_it_may_live() {
    let fixture = Redis::new();
    let clock = Arc::new(FixedClock::default());
    let store = fixture.store("", Arc::clone(&clock) as Arc<dyn Clock>).await;
    let (account, key) = (AccountKey::random(), SessionId::random().key(""));
    // Of the real clock, by which Redis goes.
    clock.advance(SystemClock.now() - clock.now() + time::Duration::days(400));
    let record = Record { account: Some(account), ..Record::new(Policy::SIGNED_IN, clock.now()) };
    store.insert(&key, &record).await.expect("inserts");
    let mut open = fixture.connect().expect("is there");
    let listed_until: i64 =
        open.zscore(format!("account:{}", hex(account.as_bytes())), &key.as_bytes()[..]).expect("is listed");
    let over = record.absolute_deadline().unix_timestamp();
    assert!(listed_until > over * 1000, "{listed_until} for {over}");
}

/// Neither by a script, which could write a text that nobody can read, nor by whoever reads it.
#[tokio::test]
async fn a_record_in_redis_whose_end_is_missing_is_damaged_and_stays_as_it_is() {
    let fixture = Redis::new();
    let clock = Arc::new(FixedClock::default());
    let store = fixture.store("", Arc::clone(&clock) as Arc<dyn Clock>).await;
    let key = SessionId::random().key("");
    let mut record = Record::new(Policy::SIGNED_IN, clock.now());
    record.values.insert("theme", "dark");
    store.insert(&key, &record).await.expect("inserts");
    let mut open = fixture.connect().expect("is there");
    let name = open.keys::<_, Vec<Vec<u8>>>("*").expect("lists").pop().expect("one key");
    let text: Vec<u8> = open.get(&name).expect("is there");
    let cut = &text[..text.len() - 1];
    let () = open.set(&name, cut).expect("is cut");
    let change = Change::set("language", "de".into(), clock.now());
    assert!(matches!(store.load(&key).await, Err(StoreError::Corrupt(_))));
    assert!(matches!(store.apply(&key, &change).await, Err(StoreError::Corrupt(_))));
    assert_eq!(open.get::<_, Vec<u8>>(&name).expect("is there"), cut);
}

#[tokio::test]
async fn a_redis_that_asks_for_a_password_is_told_at_once() {
    let server = servers::Redis::start(&[]);
    let mut operator = server.connect().expect("connects");
    let () =
        redis::cmd("CONFIG").arg(&["SET", "requirepass", "s3same"]).query(&mut operator).expect("is set");
    let open = async |url: &str| RedisStore::open(url, "", PATIENCE, Arc::new(FixedClock::default())).await;
    let refused = open(&server.url()).await.expect_err("wants a password");
    assert!(std::error::Error::source(&refused).expect("why").to_string().contains("NOAUTH"), "{refused:?}");
    let url = server.url().replacen("redis://", "redis://:s3same@", 1);
    open(&url).await.expect("opens");
}

mod redis_alone {
    sessions::conformance_tests!(super::Redis::new());
}

mod redis_cached {
    sessions::conformance_tests!(super::Behind(super::Redis::new()));
}

mod redis_cluster {
    sessions::conformance_tests!(super::RedisCluster::new());
}

mod cached_filesystem {
    sessions::conformance_tests!(super::Behind(super::Filesystem::new()));
}

mod cached_postgres {
    sessions::conformance_tests!(super::Behind(super::Postgres::new().await));
}

mod cached_sqlite {
    sessions::conformance_tests!(super::Behind(super::Sqlite::new()));
}

mod encrypted {
    sessions::conformance_tests!(super::Cookies::new(sessions::Sealing::Encrypted));
}

mod filesystem {
    sessions::conformance_tests!(super::Filesystem::new());
}

mod memory {
    sessions::conformance_tests!(super::Memory);
}

mod postgres {
    sessions::conformance_tests!(super::Postgres::new().await);
}

mod signed {
    sessions::conformance_tests!(super::Cookies::new(sessions::Sealing::Signed));
}

mod sqlite {
    sessions::conformance_tests!(super::Sqlite::new());
}

pub fn hex<const N: usize>(bytes: &[u8; N]) -> String {
    bytes.map(|byte| format!("{byte:02x}")).concat()
}

fn folder() -> TempDir {
    tempfile::tempdir().expect("a temporary folder")
}

/// All files below a folder, in a fixed order.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).expect("lists") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            found.push(path);
        }
    }
    found.sort();
    found
}

/// A file's name, identity (a file renamed over it has another), date and content.
fn describe(path: &Path) -> Vec<u8> {
    let about = fs::metadata(path).expect("is there");
    let modified = about.modified().expect("a date");
    let mut text = format!("{} {} {modified:?}\n", path.display(), about.ino()).into_bytes();
    text.extend(fs::read(path).expect("reads"));
    text
}
