//! What a cookie costs: reading the header, checking an id, opening and sealing a record.

use std::hint::black_box;

use criterion::{BatchSize, Criterion};
use http::header::{COOKIE, HeaderMap, HeaderValue};
use sessions::{
    AccountKey, ClientSide, Clock as _, Contents, Cookie, FixedClock, KeyRing, Policy, Record, Sealing,
    SessionId, signed_id,
};

fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    headers(&mut criterion);
    ids(&mut criterion);
    for sealing in [Sealing::Encrypted, Sealing::Signed] {
        records(&mut criterion, sealing);
    }
    criterion.final_summary();
}

fn headers(criterion: &mut Criterion) {
    let cookie = Cookie::secure();
    let id = SessionId::random().encode();
    let value = format!("theme=dark; __Host-id={id}; consent=all%20of%20it");
    let value = HeaderValue::try_from(value).expect("visible ASCII");
    let headers: HeaderMap = [(COOKIE, value)].into_iter().collect();
    criterion.bench_function("header, three cookies", |bench| {
        bench.iter(|| cookie.read(black_box(&headers)).is_some());
    });
    criterion.bench_function("Set-Cookie", |bench| bench.iter(|| cookie.set(black_box(&id), None)));
}

fn ids(criterion: &mut Criterion) {
    let (ring, id) = (ring(), SessionId::random());
    let (plain, signed) = (id.encode(), signed_id::sign(&ring, "__Host-id", &id));
    criterion.bench_function("id, parse", |bench| bench.iter(|| SessionId::parse(black_box(&plain))));
    criterion.bench_function("id, key", |bench| bench.iter(|| black_box(&id).key("session:")));
    criterion.bench_function("signed id, make", |bench| {
        bench.iter(|| signed_id::sign(&ring, "__Host-id", black_box(&id)));
    });
    criterion.bench_function("signed id, check", |bench| {
        bench.iter(|| signed_id::verify(&ring, "__Host-id", black_box(&signed)));
    });
}

fn records(criterion: &mut Criterion, sealing: Sealing) {
    let (codec, cookie) = (ClientSide::new(sealing, ring()), Cookie::secure());
    let contents = Contents { id: SessionId::random(), record: record(), epoch: 0 };
    let sealed = codec.seal(&cookie, &contents, None).expect("it fits");
    criterion.bench_function(&format!("{sealing:?}, seal"), |bench| {
        bench.iter_batched(
            || contents.clone(),
            |contents| codec.seal(&cookie, &contents, None),
            BatchSize::SmallInput,
        );
    });
    criterion.bench_function(&format!("{sealing:?}, open"), |bench| {
        bench.iter(|| codec.open("__Host-id", black_box(&sealed)));
    });
}

fn ring() -> KeyRing {
    KeyRing::new([[7; 32]]).expect("it has a key")
}

fn record() -> Record {
    let mut record = Record::new(Policy::SIGNED_IN, FixedClock::default().now());
    record.account = Some(AccountKey::from_bytes([1; 16]));
    record.values = [("name", "ada"), ("theme", "dark"), ("device", "Firefox on Linux")].into();
    record
}
