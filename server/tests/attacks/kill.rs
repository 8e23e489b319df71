//! The server is killed while it writes, again and again: what it has acknowledged holds.

use std::time::Duration;

use reqwest::header::{COOKIE, SET_COOKIE};
use reqwest::{Client, Method};
use serde_json::{Value, json};

use crate::app::PASSWORD;
use crate::process::Process;
use crate::servers::postgres::Schema;

const ROUNDS: usize = 200;
/// Visitors who write at once.
const VISITORS: usize = 4;

/// Somebody who chooses languages, signs out now and then, and remembers what was acknowledged: a guest, or a member
/// who signs in again after it.
#[derive(Debug, Default)]
struct Visitor {
    /// The name of a member.
    name: Option<String>,
    cookie: Option<String>,
    /// What was acknowledged last, and what was asked for since.
    language: Option<&'static str>,
    asked: Option<&'static str>,
    /// Cookies of sessions whose end was acknowledged.
    ended: Vec<String>,
    /// A sign-out, or a sign-in, without an answer: it may have been done.
    is_leaving: bool,
    steps: usize,
}

/// What was acknowledged.
#[derive(Clone, Copy, Debug, Default)]
struct Acknowledged {
    choices: usize,
    ends: usize,
}

impl Visitor {
    /// A guest, or a member of this name.
    fn new(name: Option<String>, steps: usize) -> Self {
        Self { name, steps, ..Self::default() }
    }

    /// Goes on until nobody answers any more. Returns what was acknowledged.
    async fn go_on(&mut self, client: &Client, origin: &str) -> Acknowledged {
        let mut acknowledged = Acknowledged::default();
        loop {
            let ends = self.ended.len();
            if self.step(client, origin).await.is_none() {
                return acknowledged;
            }
            acknowledged.choices += 1;
            acknowledged.ends += self.ended.len() - ends;
        }
    }

    async fn step(&mut self, client: &Client, origin: &str) -> Option<()> {
        self.steps += 1;
        if self.name.is_some() && self.cookie.is_none() {
            self.enter(client, origin).await
        } else if self.steps.is_multiple_of(5) && self.cookie.is_some() {
            self.leave(client, origin).await
        } else {
            self.choose(client, origin).await
        }
    }

    async fn choose(&mut self, client: &Client, origin: &str) -> Option<()> {
        let language = ["de", "fr", "en"].into_iter().cycle().nth(self.steps)?;
        self.asked = Some(language);
        let request = client.request(Method::PATCH, format!("{origin}/api/v1/preferences"));
        self.send(request.json(&json!({ "language": language }))).await?;
        (self.language, self.asked) = (Some(language), None);
        Some(())
    }

    async fn enter(&mut self, client: &Client, origin: &str) -> Option<()> {
        self.is_leaving = true;
        let body = json!({ "username": self.name, "password": PASSWORD });
        self.send(client.post(format!("{origin}/api/v1/login")).json(&body)).await?;
        self.is_leaving = false;
        Some(())
    }

    async fn leave(&mut self, client: &Client, origin: &str) -> Option<()> {
        let before = self.cookie.clone()?;
        self.is_leaving = true;
        self.send(client.post(format!("{origin}/api/v1/logout"))).await?;
        self.is_leaving = false;
        self.ended.push(before);
        if self.name.is_some() {
            // What a signed-out member keeps is another session, a guest's.
            (self.cookie, self.language, self.asked) = (None, None, None);
        }
        Some(())
    }

    /// Sends it with the cookie and keeps the new one; `None` if no whole answer came.
    async fn send(&mut self, request: reqwest::RequestBuilder) -> Option<Value> {
        let request = match &self.cookie {
            Some(cookie) => request.header(COOKIE, cookie),
            None => request,
        };
        let answer = request.send().await.ok()?;
        assert!(answer.status().is_success(), "{answer:?}");
        let all = answer.headers().get_all(SET_COOKIE).into_iter().filter_map(|set| set.to_str().ok());
        let set = all.filter(|set| set.starts_with("id=")).map(str::to_owned).next();
        let body = answer.bytes().await.ok()?;
        if let Some(set) = set {
            let pair = set.split(';').next().unwrap_or_default().to_owned();
            self.cookie = (!pair.ends_with('=')).then_some(pair);
        }
        Some(serde_json::from_slice(&body).unwrap_or_default())
    }

    /// Whether the server that came after knows all that the one before has acknowledged.
    async fn checks(&mut self, client: &Client, origin: &str) {
        let whoami = || client.get(format!("{origin}/api/v1/whoami"));
        for ended in self.ended.drain(..) {
            let mut thief = Self { cookie: Some(ended), ..Self::default() };
            let found = thief.send(whoami()).await.expect("answers");
            assert_eq!(found.get("session"), Some(&Value::Null), "a session that was signed out is over");
        }
        if std::mem::take(&mut self.is_leaving) {
            // Nobody knows whether that was done, and which cookie is the right one.
            *self = Self::new(self.name.take(), self.steps);
            return;
        }
        if self.cookie.is_some() {
            let found = self.send(whoami()).await.expect("answers");
            let name = self.name.as_deref();
            assert_eq!(found.get("username").and_then(Value::as_str), name, "a sign-in holds");
            let language = found.get("language").and_then(Value::as_str).expect("a language");
            // A member may have chosen nothing yet.
            let known = [self.language.or(Some("en")), self.asked];
            let found = known.into_iter().flatten().find(|known| *known == language);
            assert!(
                found.is_some(),
                "{language}, but of {known:?} the first was acknowledged, the other asked for"
            );
            self.language = found;
            if name.is_some() {
                let listed =
                    self.send(client.get(format!("{origin}/api/v1/sessions"))).await.expect("answers");
                let listed = listed.get("sessions").and_then(Value::as_array).expect("a list");
                let here = listed.iter().filter(|one| one.get("current") == Some(&Value::Bool(true)));
                assert_eq!(here.count(), 1, "a session that lives is on its account's list");
            }
        }
        self.asked = None;
        self.steps += 1;
    }

    /// Makes the account of a member.
    async fn register(&self, client: &Client, origin: &str) {
        let body = json!({ "username": self.name, "password": PASSWORD });
        let made =
            client.post(format!("{origin}/api/v1/register")).json(&body).send().await.expect("answers");
        assert!(made.status().is_success(), "{made:?}");
    }
}

async fn what_was_acknowledged_holds(settings: &[String]) {
    let no_throttle = ["address_sign_in=off", "account=false"].map(|setting| format!("throttle.{setting}"));
    let settings = &[settings, &no_throttle].concat();
    let folder = tempfile::tempdir().expect("a folder");
    let name = |number: usize| (number % 2 == 1).then(|| format!("member{number}"));
    let mut visitors: Vec<Visitor> = (0..VISITORS).map(|number| Visitor::new(name(number), 0)).collect();
    let mut acknowledged = Acknowledged::default();
    {
        let process = Process::start(&folder, settings);
        for member in visitors.iter().filter(|visitor| visitor.name.is_some()) {
            member.register(&Client::new(), &process.origin).await;
        }
    }
    for round in 0..ROUNDS {
        let client = Client::new();
        let process = Process::start(&folder, settings);
        for visitor in &mut visitors {
            visitor.checks(&client, &process.origin).await;
        }
        let origin = process.origin.clone();
        let writing = visitors.into_iter().map(|mut visitor| {
            let (client, origin) = (client.clone(), origin.clone());
            tokio::spawn(async move {
                let count = visitor.go_on(&client, &origin).await;
                (visitor, count)
            })
        });
        let writing: Vec<_> = writing.collect();
        // At another moment of the work each time.
        tokio::time::sleep(Duration::from_millis(5 + (round as u64 * 7) % 40)).await;
        tokio::task::spawn_blocking(move || process.kill()).await.expect("is killed");
        visitors = Vec::new();
        for writing in writing {
            let (visitor, count) = writing.await.expect("nothing was refused");
            visitors.push(visitor);
            acknowledged.choices += count.choices;
            acknowledged.ends += count.ends;
        }
    }
    let Acknowledged { choices, ends } = acknowledged;
    assert!(choices > ROUNDS / 2 && ends > ROUNDS / 10, "too few to judge by: {acknowledged:?}");
}

/// ASVS V7.4.1.
#[tokio::test(flavor = "multi_thread")]
async fn sqlite_holds_what_it_has_acknowledged() {
    what_was_acknowledged_holds(&["sessions.store=sqlite".to_owned()]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_filesystem_holds_what_it_has_acknowledged() {
    what_was_acknowledged_holds(&["sessions.store=filesystem".to_owned()]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn postgres_holds_what_it_has_acknowledged() {
    let schema = Schema::create().await;
    what_was_acknowledged_holds(&[
        "sessions.store=postgres".to_owned(),
        format!("sessions.url={}", schema.url),
    ])
    .await;
}

/// The cookies are with their browsers; what has ended is beside the accounts.
#[tokio::test(flavor = "multi_thread")]
async fn sign_outs_of_sessions_in_cookies_hold() {
    what_was_acknowledged_holds(&["sessions.store=encrypted".to_owned()]).await;
}
