//! A session store elsewhere freezes, goes down and comes back.

use std::time::{Duration, Instant};

use ::redis::cmd;
use local_servers::Postgres;
use serde_json::json;
use sqlx::{Connection as _, PgConnection};
use tokio::time::timeout;

use crate::app::{Caller, TestApp};
use crate::proxy::{Way, by_way_of_a_proxy};
use crate::servers::postgres::Schema;
use crate::servers::redis;
use crate::stopped::Stopped;

/// A store call is given up after half a second, and what was read is believed for one. The rest is for
/// machines that stall.
const REFUSED_WITHIN: Duration = Duration::from_secs(5);
/// A machine that stalls does not do so each time.
const REFUSED_ONCE_WITHIN: Duration = Duration::from_secs(1);
const BACK_WITHIN: Duration = Duration::from_secs(5);

const WAYS: [Way; 3] = [Way::Frozen, Way::Down, Way::Frozen];

/// A member's requests are refused soon, whatever was kept in memory; they lose no cookie by it.
async fn is_refused(member: &mut Caller<'_>, name: &str) {
    let begun = Instant::now();
    loop {
        let answer = timeout(REFUSED_WITHIN, member.get("/api/v1/protected")).await.expect(name);
        assert_eq!(answer.set_cookies().len(), 0, "{name}: the cookie stays");
        if answer.status == 503 {
            assert_eq!(answer.header("retry-after"), Some("1"), "{name}");
            break;
        }
        // What was read less than a second before is still believed.
        assert_eq!(answer.status, 200, "{name}");
        assert!(begun.elapsed() < REFUSED_WITHIN, "{name}: answered from memory for ever");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    for _ in 0..5 {
        let begun = Instant::now();
        assert_eq!(member.get("/api/v1/protected").await.status, 503, "{name}");
        if begun.elapsed() < REFUSED_ONCE_WITHIN {
            return;
        }
    }
    unreachable!("{name}: never refused within {REFUSED_ONCE_WITHIN:?}");
}

/// Without a restart, and without the member's doing.
async fn comes_back(member: &mut Caller<'_>, name: &str) {
    let back = async {
        while member.get("/api/v1/protected").await.status != 200 {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    timeout(BACK_WITHIN, back).await.expect(name);
}

/// What comes between the site and its store in each of these ways, one after the other.
async fn the_site_survives(store: &str, url: &str, ways: &[Way], set: impl Fn(Way)) {
    for cache in ["0", "1048576"] {
        let settings = [
            format!("sessions.store={store}"),
            format!("sessions.url={url}"),
            format!("sessions.cache_bytes={cache}"),
            "sessions.store_timeout=500ms".to_owned(),
        ];
        let app = TestApp::with(&settings.each_ref().map(String::as_str)).await;
        let mut ada = app.member("ada").await;
        assert_eq!(ada.get("/api/v1/protected").await.status, 200);
        for &way in ways {
            let name = format!("{store}, cache of {cache}, {way:?}");
            set(way);
            is_refused(&mut ada, &name).await;
            let home = ada.get("/").await;
            assert_eq!((home.status.as_u16(), home.body.contains("ada")), (200, false), "{name}: as a guest");
            let mut guest = app.program();
            assert_eq!(guest.get("/api/v1/whoami").await.status, 200, "{name}");
            assert_eq!(guest.get("/readyz").await.status, 503, "{name}");
            let sign_out = timeout(REFUSED_WITHIN, ada.logout()).await.expect(&name);
            assert_eq!((sign_out.status.as_u16(), sign_out.set_cookies().len()), (503, 0), "{name}");
            set(Way::Open);
            comes_back(&mut ada, &name).await;
            assert_eq!(ada.whoami().await.get("username"), Some(&json!("ada")), "{name}");
            assert_eq!(guest.get("/readyz").await.status, 200, "{name}");
        }
    }
}

#[tokio::test]
async fn redis() {
    let (url, proxy) = by_way_of_a_proxy(&redis::shared().url()).await;
    the_site_survives("redis", &url, &WAYS, |way| proxy.set(way)).await;
}

#[tokio::test]
async fn postgres() {
    let schema = Schema::apart().await;
    let (url, proxy) = by_way_of_a_proxy(&schema.url).await;
    the_site_survives("postgres", &url, &WAYS, |way| proxy.set(way)).await;
}

#[tokio::test]
async fn a_stopped_redis() {
    let redis = redis::Redis::start(&[]);
    let about: String =
        cmd("INFO").arg("server").query(&mut redis.connect().expect("connects")).expect("tells");
    let process = about.lines().find_map(|line| line.strip_prefix("process_id:")).expect("its process");
    let stopped = Stopped::of(process.trim());
    the_site_survives("redis", &redis.url(), &[Way::Frozen], |way| stopped.set(way)).await;
}

#[tokio::test]
async fn a_stopped_postgres() {
    let postgres = Postgres::start(&["fsync=off"]).expect("starts");
    let url = postgres.url("postgres");
    let mut connection = PgConnection::connect(&url).await.expect("connects");
    let about: String = sqlx::query_scalar("SELECT pg_read_file('postmaster.pid')")
        .fetch_one(&mut connection)
        .await
        .expect("tells its process");
    let stopped = Stopped::of(about.lines().next().expect("its number"));
    the_site_survives("postgres", &url, &[Way::Frozen], |way| stopped.set(way)).await;
}
