//! Who waits for a store, waits for so long and no longer; a sweep leaves time to others.

use std::convert::Infallible;
use std::future::pending;
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};
use std::time::{Duration as Wait, Instant};

use async_trait::async_trait;
use http::header::COOKIE;
use http::{HeaderMap, Request, Response};
use parking_lot::Mutex;
use tower_layer::Layer as _;
use tower_service::Service as _;

use super::*;
use crate::current::SetCookie;
use crate::revocations::memory::MemoryRevocations;
use crate::revocations::{EndedBy, EndedEarly, Raised, Standing};
use crate::store::memory::MemoryStore;
use crate::{
    AccountKey, Change, Clock, CurrentSession, FixedClock, Key, Lifecycle, Lifecycles, Loaded, Pauses,
    Policy, Presence, Reason, SessionLayer, SessionsBuilder, SignIn, Summary, TypedKey, Values,
};

/// Never answers.
#[derive(Debug)]
struct Silent;

#[async_trait]
impl Store for Silent {
    async fn insert(&self, _: &Key, _: &Record) -> Result<bool, StoreError> {
        pending().await
    }

    async fn load(&self, _: &Key) -> Result<Loaded, StoreError> {
        pending().await
    }

    async fn apply(&self, _: &Key, _: &Change) -> Result<Option<Record>, StoreError> {
        pending().await
    }

    async fn touch(&self, _: &Key, _: OffsetDateTime) -> Result<bool, StoreError> {
        pending().await
    }

    async fn end(&self, _: &Key, _: Reason) -> Result<Option<Record>, StoreError> {
        pending().await
    }

    async fn of_account(&self, _: AccountKey) -> Result<Vec<Summary>, StoreError> {
        pending().await
    }

    async fn end_of_account(&self, _: AccountKey, _: Option<&Key>, _: Reason) -> Result<u64, StoreError> {
        pending().await
    }

    async fn sweep(&self, _: usize, _: &Pauses) -> Result<u64, StoreError> {
        pending().await
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities {
            name: "silent",
            is_client_side: false,
            survives_restart: false,
            shared: false,
            listable: true,
            expires_by_itself: false,
        }
    }
}

#[async_trait]
impl Revocations for Silent {
    async fn standing(&self, _: &Key, _: Option<AccountKey>) -> Result<Standing, StoreError> {
        pending().await
    }

    async fn end(&self, _: &EndedEarly) -> Result<EndedBy, StoreError> {
        pending().await
    }

    async fn raise(&self, _: AccountKey, _: Reason, _: OffsetDateTime) -> Result<Raised, StoreError> {
        pending().await
    }

    async fn sweep(&self, _: OffsetDateTime, _: usize) -> Result<u64, StoreError> {
        pending().await
    }
}

/// The engine over a store that never answers, and over such revocations.
fn silent() -> [Sessions; 2] {
    let codec = ClientSide::new(Sealing::Signed, KeyRing::new([[1; 32]]).expect("a key"));
    let client = ClientBacking::new(codec, Arc::new(Silent), Duration::ZERO);
    [Backing::Server { store: Arc::new(Silent), signer: None }, Backing::Client(client)].map(|backing| {
        let clock = Arc::new(FixedClock::default());
        let store_timeout = Wait::from_millis(10);
        SessionsBuilder { clock, store_timeout, ..SessionsBuilder::over(backing) }.build()
    })
}

/// What a call answers that should have been given up long before.
async fn answer_of<T>(call: impl Future<Output = Result<T, StoreError>>) -> Result<T, StoreError> {
    tokio::time::timeout(Wait::from_secs(10), call).await.expect("it is given up in time")
}

fn is_unavailable<T>(answer: &Result<T, StoreError>) -> bool {
    matches!(answer, Err(StoreError::Unavailable(_)))
}

#[tokio::test]
async fn nobody_waits_for_ever_to_end_an_account_s_sessions() {
    let account = AccountKey::random();
    for sessions in silent() {
        let record = Record::new(Policy::SIGNED_IN, sessions.now());
        let living = Living { id: SessionId::random(), record: &record, epoch: 0 };
        assert!(is_unavailable(&answer_of(sessions.end_of_account(account, Reason::Revoked)).await));
        assert!(is_unavailable(&answer_of(sessions.end_others(living, account, Reason::Revoked)).await));
    }
}

/// ASVS V15.4.3.
#[tokio::test]
async fn nobody_waits_for_ever_for_an_account_s_sessions() {
    let [over_a_store, _] = silent();
    assert!(is_unavailable(&answer_of(over_a_store.of_account(AccountKey::random())).await));
}

/// Answers for a handler that takes too long, and keeps it until it is dropped itself: as tower-http 0.7's timeout does.
struct GivenUp(Pin<Box<dyn Future<Output = ()> + Send>>);

impl Future for GivenUp {
    type Output = Result<Response<()>, Infallible>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        assert!(self.0.as_mut().poll(context).is_pending(), "the store is silent");
        Poll::Ready(Ok(Response::new(())))
    }
}

#[tokio::test]
async fn nobody_waits_for_ever_for_a_handler_that_was_given_up() {
    let [sessions, _] = silent();
    let inner = tower::service_fn(|request: Request<()>| {
        let current = request.extensions().get::<CurrentSession>().cloned().expect("is given");
        GivenUp(Box::pin(async move { drop(current.presence().await) }))
    });
    let cookie = format!("__Host-id={}", SessionId::random().encode());
    let request = Request::get("/").header(COOKIE, cookie).body(()).expect("a request");
    let answer = SessionLayer::new(sessions).layer(inner).call(request);
    let answer = tokio::time::timeout(Wait::from_secs(10), answer).await.expect("is answered in time");
    assert_eq!(answer.expect("never fails").status(), 200);
}

/// The engine over a store, and over cookies.
fn in_memory(clock: &Arc<FixedClock>) -> [Sessions; 2] {
    let codec = ClientSide::new(Sealing::Signed, KeyRing::new([[1; 32]]).expect("a key"));
    let client = ClientBacking::new(codec, Arc::new(MemoryRevocations::default()), Duration::ZERO);
    let store = Arc::new(MemoryStore::new(Arc::clone(clock) as _));
    [Backing::Server { store, signer: None }, Backing::Client(client)].map(|backing| {
        SessionsBuilder { clock: Arc::clone(clock) as _, ..SessionsBuilder::over(backing) }.build()
    })
}

#[tokio::test]
async fn a_gentle_sweep_hears_of_each_session_that_is_begun() {
    for sessions in in_memory(&Arc::default()) {
        let pauses = sessions.pauses(Pace::Gentle);
        let mut pause = pauses.pieces(Wait::from_millis(1), 0);
        assert!(pause.next().is_some());
        sessions.insert(&Record::new(Policy::ANONYMOUS, sessions.now())).await.expect("is stored");
        assert_eq!(pause.next(), None);
    }
}

#[tokio::test]
async fn a_gentle_sweep_pauses_between_its_steps() {
    let clock = Arc::new(FixedClock::default());
    let [sessions, _] = in_memory(&clock);
    for _ in 0..200 {
        sessions.insert(&Record::new(Policy::ANONYMOUS, sessions.now())).await.expect("is stored");
    }
    clock.advance(Policy::ANONYMOUS.absolute);
    let began = Instant::now();
    assert_eq!(sessions.sweep(200, Pace::Gentle).await.expect("sweeps"), 200);
    assert!(
        began.elapsed() > Wait::from_millis(50),
        "some hundred steps, and a timer's millisecond after each"
    );
}

/// A store that something happens to in the middle of a call.
#[derive(Debug)]
struct Meddled {
    store: MemoryStore,
    clock: Arc<FixedClock>,
    /// So many loads get no answer.
    fails: AtomicUsize,
    /// So many inserts find their key taken.
    taken: AtomicUsize,
    /// Ends when the next record has been inserted.
    ends_next: Mutex<Option<Key>>,
    /// Is changed when the next record has been inserted.
    changes_next: Mutex<Option<(Key, Change)>>,
    /// All of whose sessions end before the next change.
    all_end_next: Mutex<Option<AccountKey>>,
    /// So many ends of an account's sessions come just before a session goes on under another id.
    missed: AtomicUsize,
    /// So many ends are done, and their answers lost.
    unheard: AtomicUsize,
    /// So many inserts likewise.
    unheard_inserts: AtomicUsize,
}

impl Meddled {
    fn new() -> Arc<Self> {
        let clock = Arc::new(FixedClock::default());
        Arc::new(Self {
            store: MemoryStore::new(Arc::clone(&clock) as Arc<dyn Clock>),
            clock,
            fails: AtomicUsize::new(0),
            taken: AtomicUsize::new(0),
            missed: AtomicUsize::new(0),
            unheard: AtomicUsize::new(0),
            unheard_inserts: AtomicUsize::new(0),
            ends_next: Mutex::default(),
            changes_next: Mutex::default(),
            all_end_next: Mutex::default(),
        })
    }

    fn engine(self: &Arc<Self>) -> Sessions {
        let clock = Arc::clone(&self.clock) as Arc<dyn Clock>;
        let lifecycles = Lifecycles::default().declare(&TypedKey::<String>::new("theme", Lifecycle::BROWSER));
        SessionsBuilder { clock, lifecycles, ..SessionsBuilder::new(Arc::clone(self) as _) }.build()
    }
}

fn unless_unheard<T>(left: &AtomicUsize, answer: T) -> Result<T, StoreError> {
    if one_less(left) { Err(StoreError::unavailable("too late")) } else { Ok(answer) }
}

fn one_less(left: &AtomicUsize) -> bool {
    left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1)).is_ok()
}

#[async_trait]
impl Store for Meddled {
    async fn insert(&self, key: &Key, record: &Record) -> Result<bool, StoreError> {
        if one_less(&self.taken) {
            return Ok(false);
        }
        let inserted = self.store.insert(key, record).await?;
        let ends = self.ends_next.lock().take();
        if let Some(ends) = ends {
            self.store.end(&ends, Reason::SignedOut).await?;
        }
        let changes = self.changes_next.lock().take();
        if let Some((key, change)) = changes {
            self.store.apply(&key, &change).await?;
        }
        unless_unheard(&self.unheard_inserts, inserted)
    }

    async fn load(&self, key: &Key) -> Result<Loaded, StoreError> {
        if one_less(&self.fails) {
            return Err(StoreError::unavailable("no answer"));
        }
        self.store.load(key).await
    }

    fn at_hand(&self, key: &Key) -> Option<Arc<Record>> {
        if self.fails.load(Ordering::Relaxed) > 0 { None } else { self.store.at_hand(key) }
    }

    async fn apply(&self, key: &Key, change: &Change) -> Result<Option<Record>, StoreError> {
        let all_end = self.all_end_next.lock().take();
        if let Some(account) = all_end {
            self.store.end_of_account(account, None, Reason::Revoked).await?;
        }
        self.store.apply(key, change).await
    }

    async fn touch(&self, key: &Key, seen: OffsetDateTime) -> Result<bool, StoreError> {
        self.store.touch(key, seen).await
    }

    async fn end(&self, key: &Key, reason: Reason) -> Result<Option<Record>, StoreError> {
        unless_unheard(&self.unheard, self.store.end(key, reason).await?)
    }

    async fn of_account(&self, account: AccountKey) -> Result<Vec<Summary>, StoreError> {
        self.store.of_account(account).await
    }

    async fn end_of_account(
        &self,
        account: AccountKey,
        except: Option<&Key>,
        reason: Reason,
    ) -> Result<u64, StoreError> {
        if one_less(&self.missed) {
            return Ok(0);
        }
        self.store.end_of_account(account, except, reason).await
    }

    async fn sweep(&self, limit: usize, pauses: &Pauses) -> Result<u64, StoreError> {
        self.store.sweep(limit, pauses).await
    }

    fn capabilities(&self) -> Capabilities {
        self.store.capabilities()
    }
}

/// The session of a request with the cookie of a new session of `account`, and its key.
async fn signed_in(sessions: &Sessions, account: AccountKey) -> (CurrentSession, Key) {
    let record = Record { account: Some(account), ..Record::new(Policy::SIGNED_IN, sessions.now()) };
    let (id, epoch) = sessions.insert(&record).await.expect("is stored");
    let cookie = sessions.cookie_value(Living { id, record: &record, epoch }, None).expect("fits");
    (request_with(sessions, &format!("__Host-id={cookie}")), sessions.key(&id))
}

fn request_with(sessions: &Sessions, cookie: &str) -> CurrentSession {
    let headers = HeaderMap::from_iter([(COOKIE, cookie.parse().expect("a header"))]);
    CurrentSession::of_request(sessions.clone(), &headers)
}

/// The session of the request that comes next.
async fn next_request(current: &CurrentSession) -> CurrentSession {
    let SetCookie(cookie) = current.visit.settle().await.expect("settles").set_cookie.expect("is handed out");
    request_with(current.sessions(), cookie.split(';').next().unwrap_or_default())
}

#[tokio::test]
async fn an_id_that_is_taken_draws_another() {
    let store = Meddled::new();
    let sessions = store.engine();
    store.taken.store(3, Ordering::Relaxed);
    let record = Record::new(Policy::ANONYMOUS, sessions.now());
    let (id, _) = sessions.insert(&record).await.expect("is stored under the fourth");
    assert_eq!(store.load(&sessions.key(&id)).await.expect("loads"), Loaded::Living(record.into()));
    assert_eq!(store.taken.load(Ordering::Relaxed), 0);
}

/// ASVS V7.4.1, V15.4.2.
#[tokio::test]
async fn a_session_that_ends_while_its_id_changes_has_ended_under_both() {
    let store = Meddled::new();
    let (sessions, account) = (store.engine(), AccountKey::random());
    let (current, key) = signed_in(&sessions, account).await;
    current.presence().await.expect("lives");
    *store.ends_next.lock() = Some(key);
    assert!(!current.cycle_id().await.expect("answers"));
    assert_eq!(sessions.of_account(account).await.expect("lists"), Some(vec![]));
    assert_eq!(current.visit.settle().await.expect("settles").set_cookie, None);
    assert!(matches!(current.presence().await, Ok(Presence::Ended { in_flight: true, .. })));
}

/// Whoever has shown a password is signed in, whatever becomes of what their browser had before.
#[tokio::test]
async fn a_sign_in_needs_no_session_before_it() {
    let store = Meddled::new();
    let (sessions, account) = (store.engine(), AccountKey::random());
    let (current, key) = signed_in(&sessions, account).await;
    *store.ends_next.lock() = Some(key);
    let sign_in = SignIn { account, policy: Policy::SIGNED_IN, values: Values::new() };
    current.sign_in(sign_in).await.expect("signs in");
    assert!(current.visit.settle().await.expect("settles").set_cookie.is_some());
    assert_eq!(sessions.of_account(account).await.expect("lists").expect("can be listed").len(), 1);
}

/// ASVS V15.4.2.
#[tokio::test]
async fn what_others_change_while_the_id_changes_goes_on() {
    let store = Meddled::new();
    let sessions = store.engine();
    let change = Change { removed: ["b".to_owned()].into(), ..Change::set("a", 2.into(), sessions.now()) };
    for signs_in in [false, true] {
        let account = AccountKey::random();
        let (current, key) = signed_in(&sessions, account).await;
        let values = Values::from([("a", 1), ("b", 1), ("c", 1)]);
        current.change(values, []).await.expect("is stored");
        *store.changes_next.lock() = Some((key, change.clone()));
        if signs_in {
            let sign_in = SignIn { account, policy: Policy::SIGNED_IN, values: Values::new() };
            current.sign_in(sign_in).await.expect("signs in");
        } else {
            assert!(current.cycle_id().await.expect("answers"));
        }
        let kept = Values::from([("a", 2), ("c", 1)]);
        assert_eq!(current.presence().await.expect("lives").record().expect("lives").values, kept);
        let [one] = &*sessions.of_account(account).await.expect("lists").expect("can be listed") else {
            unreachable!("it is one session")
        };
        assert_eq!(one.record.values, kept);
        assert_ne!(one.key, key);
    }
}

/// ASVS V7.4.1, V15.4.2.
#[tokio::test]
async fn a_session_whose_account_is_signed_out_while_its_id_changes_has_ended() {
    let store = Meddled::new();
    let (sessions, account) = (store.engine(), AccountKey::random());
    let (current, key) = signed_in(&sessions, account).await;
    current.presence().await.expect("lives");
    *store.changes_next.lock() = Some((key, Change::set("a", 1.into(), sessions.now())));
    current.change(Values::from([("b", 1)]), []).await.expect("is stored");
    *store.all_end_next.lock() = Some(account);
    assert!(!current.cycle_id().await.expect("answers"));
    assert_eq!(sessions.of_account(account).await.expect("lists"), Some(vec![]));
    assert_eq!(current.visit.settle().await.expect("settles").set_cookie, None);
}

/// ASVS V15.4.2.
#[tokio::test]
async fn a_sign_out_keeps_the_theme_that_was_chosen_meanwhile() {
    let store = Meddled::new();
    let sessions = store.engine();
    let (current, key) = signed_in(&sessions, AccountKey::random()).await;
    current.presence().await.expect("lives");
    store.apply(&key, &Change::set("theme", "dark".into(), sessions.now())).await.expect("is stored");
    current.sign_out().await.expect("signs out");
    let presence = current.presence().await.expect("goes on");
    assert_eq!(presence.record().expect("a guest").values, Values::from([("theme", "dark")]));
}

/// The browser has the newer cookie by now, or will have it.
///
/// ASVS V7.4.1, V15.4.2.
#[tokio::test]
async fn a_sign_out_after_a_change_of_id_takes_no_newer_cookie_away() {
    let store = Meddled::new();
    let sessions = store.engine();
    let (current, key) = signed_in(&sessions, AccountKey::random()).await;
    current.presence().await.expect("lives");
    store.end(&key, Reason::Cycled).await.expect("ends");
    current.sign_out().await.expect("answers");
    assert_eq!(current.visit.settle().await.expect("settles").set_cookie, None);
}

/// ASVS V16.3.4.
#[tokio::test]
async fn what_is_at_hand_shows_that_the_store_is_back() {
    let store = Meddled::new();
    let sessions = store.engine();
    let (current, _) = signed_in(&sessions, AccountKey::random()).await;
    store.fails.store(1, Ordering::Relaxed);
    assert!(current.presence().await.is_err() && sessions.is_away());
    store.clock.advance(Duration::seconds(5));
    current.presence().await.expect("lives");
    assert!(!sessions.is_away());
}

/// A session that goes on under another id just then is in no list: its new id is not there yet, and later its old one
/// has ended.
///
/// ASVS V7.4.3, V15.4.2.
#[tokio::test]
async fn the_end_of_all_sessions_is_asked_for_until_there_is_none() {
    let store = Meddled::new();
    let (sessions, account) = (store.engine(), AccountKey::random());
    signed_in(&sessions, account).await;
    store.missed.store(3, Ordering::Relaxed);
    assert_eq!(sessions.end_of_account(account, Reason::Revoked).await.expect("ends"), Some(1));
    assert_eq!(sessions.of_account(account).await.expect("lists"), Some(vec![]));
}

/// Whoever gave up waiting knows nothing of it.
#[tokio::test]
async fn a_session_that_began_and_nobody_was_told_of_ends() {
    let store = Meddled::new();
    let (sessions, account) = (store.engine(), AccountKey::random());
    let record = Record { account: Some(account), ..Record::new(Policy::SIGNED_IN, sessions.now()) };
    store.unheard_inserts.store(1, Ordering::Relaxed);
    assert!(is_unavailable(&sessions.insert(&record).await));
    for _ in 0..1000 {
        if sessions.of_account(account).await.expect("lists") == Some(vec![]) {
            return;
        }
        tokio::time::sleep(Wait::from_millis(1)).await;
    }
    unreachable!("it is ended");
}

/// Revocations that note so many ends, and whose answers are lost.
#[derive(Debug, Default)]
struct Unheard(MemoryRevocations, AtomicUsize);

#[async_trait]
impl Revocations for Unheard {
    async fn standing(&self, key: &Key, account: Option<AccountKey>) -> Result<Standing, StoreError> {
        self.0.standing(key, account).await
    }

    async fn end(&self, ended: &EndedEarly) -> Result<EndedBy, StoreError> {
        unless_unheard(&self.1, self.0.end(ended).await?)
    }

    async fn raise(
        &self,
        account: AccountKey,
        reason: Reason,
        at: OffsetDateTime,
    ) -> Result<Raised, StoreError> {
        unless_unheard(&self.1, self.0.raise(account, reason, at).await?)
    }

    async fn sweep(&self, now: OffsetDateTime, limit: usize) -> Result<u64, StoreError> {
        self.0.sweep(now, limit).await
    }
}

fn over_unheard() -> (Sessions, Arc<Unheard>) {
    let codec = ClientSide::new(Sealing::Signed, KeyRing::new([[1; 32]]).expect("a key"));
    let unheard = Arc::new(Unheard::default());
    let client = ClientBacking::new(codec, Arc::clone(&unheard) as _, Duration::ZERO);
    (SessionsBuilder::over(Backing::Client(client)).build(), unheard)
}

/// Else both ids would be dead, and the browser signed out by an answer that says to try again.
///
/// ASVS V16.5.3.
#[tokio::test]
async fn a_change_of_id_that_was_done_and_not_told_in_time_goes_on() {
    let store = Meddled::new();
    let (over_cookies, unheard) = over_unheard();
    for (sessions, left) in [(store.engine(), &store.unheard), (over_cookies, &unheard.1)] {
        let (current, key) = signed_in(&sessions, AccountKey::random()).await;
        current.presence().await.expect("lives");
        left.store(1, Ordering::Relaxed);
        assert!(current.cycle_id().await.expect("is done"));
        let next = next_request(&current).await;
        assert!(next.presence().await.expect("lives").record().is_some());
        assert_ne!(next.key().await.expect("lives"), Some(key));
    }
}

/// ASVS V16.5.3.
#[tokio::test]
async fn whoever_ends_all_others_stays_though_that_was_not_told_in_time() {
    let (sessions, unheard) = over_unheard();
    let account = AccountKey::random();
    let ((current, _), (other, _)) =
        (signed_in(&sessions, account).await, signed_in(&sessions, account).await);
    let record = current.presence().await.expect("lives").record().expect("lives").clone();
    let living = Living { id: SessionId::random(), record: &record, epoch: 0 };
    unheard.1.store(1, Ordering::Relaxed);
    let epoch = sessions.end_others(living, account, Reason::Revoked).await.expect("is done");
    assert!(epoch.is_some_and(|epoch| epoch > 0));
    assert!(other.presence().await.expect("answers").record().is_none());
}

/// ASVS V16.2.5.
#[tokio::test]
async fn a_cookie_that_is_to_be_handed_out_is_not_shown() {
    let (over_cookies, _) = over_unheard();
    for sessions in [Meddled::new().engine(), over_cookies] {
        let (current, _) = signed_in(&sessions, AccountKey::random()).await;
        assert!(current.cycle_id().await.expect("lives"));
        let shown = format!("{current:?}");
        let settled = current.visit.settle().await.expect("settles");
        let shown = shown + &format!("{settled:?}");
        let SetCookie(cookie) = settled.set_cookie.expect("is handed out");
        let value = cookie.split(['=', ';']).nth(1).expect("has a value");
        assert!(shown.contains("SetCookie") && !shown.contains(value), "{shown}");
    }
}

/// Another server that is always a moment faster; so many rises of an epoch are not told.
#[derive(Debug, Default)]
struct Faster(MemoryRevocations, AtomicUsize);

#[async_trait]
impl Revocations for Faster {
    async fn standing(&self, key: &Key, account: Option<AccountKey>) -> Result<Standing, StoreError> {
        self.0.standing(key, account).await
    }

    async fn end(&self, ended: &EndedEarly) -> Result<EndedBy, StoreError> {
        self.0.end(ended).await?;
        self.0.end(ended).await
    }

    async fn raise(
        &self,
        account: AccountKey,
        reason: Reason,
        at: OffsetDateTime,
    ) -> Result<Raised, StoreError> {
        self.0.raise(account, reason, at).await?;
        unless_unheard(&self.1, self.0.raise(account, reason, at).await?)
    }

    async fn sweep(&self, now: OffsetDateTime, limit: usize) -> Result<u64, StoreError> {
        self.0.sweep(now, limit).await
    }
}

/// It was asked whether it lives, and that was true.
#[tokio::test]
async fn a_cookie_that_another_server_ends_at_the_same_moment_does_not_go_on() {
    let codec = ClientSide::new(Sealing::Signed, KeyRing::new([[1; 32]]).expect("a key"));
    let faster = Arc::new(Faster::default());
    let client = ClientBacking::new(codec, Arc::clone(&faster) as _, Duration::ZERO);
    let sessions = SessionsBuilder::over(Backing::Client(client)).build();
    let account = AccountKey::random();
    let record = Record { account: Some(account), ..Record::new(Policy::SIGNED_IN, sessions.now()) };
    let living = Living { id: SessionId::random(), record: &record, epoch: 0 };
    assert_eq!(sessions.end_living(living, Reason::SignedOut).await.expect("answers"), None);
    let living = Living { id: SessionId::random(), ..living };
    assert_eq!(sessions.end_to_go_on(living, &record, 0).await.expect("answers"), None);
    for unheard in [0, 1] {
        faster.1.store(unheard, Ordering::Relaxed);
        let (account, id) = (AccountKey::random(), SessionId::random());
        let record = Record { account: Some(account), ..record.clone() };
        let living = Living { id, record: &record, epoch: 0 };
        assert_eq!(sessions.end_others(living, account, Reason::Revoked).await.expect("answers"), None);
        assert_eq!(faster.1.load(Ordering::Relaxed), 0);
    }
}
