//! A Redis that has no memory left: nobody begins, and everybody can still leave.

use std::sync::Arc;

use sessions::store::redis::RedisStore;
use sessions::{AccountKey, Clock as _, FixedClock, Loaded, Policy, Reason, Record, SessionId, Store as _};

use crate::PATIENCE;
use crate::servers::redis::Redis;

/// ASVS V7.4.1.
#[tokio::test]
async fn sessions_end_although_redis_has_no_memory_left() {
    let server = Redis::start(&[]);
    let clock = FixedClock::default();
    let account = AccountKey::random();
    let record = Record { account: Some(account), ..Record::new(Policy::SIGNED_IN, clock.now()) };
    let store = RedisStore::open(&server.url(), "", PATIENCE, Arc::new(clock)).await.expect("opens");
    let keys: [_; 3] = std::array::from_fn(|_| SessionId::random().key(""));
    let [first, second, late] = &keys;
    for key in [first, second] {
        assert!(store.insert(key, &record).await.expect("inserts"));
    }
    let mut operator = server.connect().expect("connects");
    let () = redis::cmd("CONFIG").arg(&["SET", "maxmemory", "1"]).query(&mut operator).expect("is set");
    assert!(store.insert(late, &record).await.is_err(), "there is no memory left");
    store.end(first, Reason::SignedOut).await.expect("ends");
    let ended = store.end_of_account(account, None, Reason::PasswordChanged).await.expect("ends");
    assert_eq!(ended, 1, "the first has ended before");
    for (key, told) in [(first, Reason::SignedOut), (second, Reason::PasswordChanged)] {
        let loaded = store.load(key).await.expect("loads");
        assert!(matches!(loaded, Loaded::Ended { reason, .. } if reason == told), "{loaded:?}");
    }
}
