//! Asks a service such as Have I Been Pwned whether a password was found in a breach.
//!
//! The service learns five of the forty digits of the password's SHA-1, which half a thousand others share
//! (k-anonymity), and answers with all of theirs. It asks for padding, so that not even the answer's size
//! tells which. SHA-1 is the service's choice and protects nothing here.

use std::fmt::Write as _;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use auth::BreachedPasswords;
use axum::body::Bytes;
use axum::http::{Request, StatusCode, Uri};
use contract::Password;
use http_body_util::{BodyExt as _, Empty, Limited};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::{Client, connect::HttpConnector};
use hyper_util::rt::TokioExecutor;
use sha1::{Digest as _, Sha1};
use tokio::sync::Semaphore;

use crate::config::BreachUrl;

/// Longest time that somebody waits for the service.
const BUDGET: Duration = Duration::from_secs(1);
/// Digits of the hash that the service is told.
const TOLD: usize = 5;
/// Most bytes of an answer; padded ones have about 40 KiB.
const MOST_BYTES: usize = 512 * 1024;
/// Most questions at once; whoever comes beyond is not checked.
const MOST_QUESTIONS: usize = 16;

type Failure = Box<dyn std::error::Error + Send + Sync>;

/// A service that speaks Have I Been Pwned's range protocol.
#[derive(Debug)]
pub struct RangeService {
    url: BreachUrl,
    client: Client<HttpsConnector<HttpConnector>, Empty<Bytes>>,
    questions: Semaphore,
    is_away: AtomicBool,
}

impl RangeService {
    /// The service at this address; nothing is asked yet.
    #[must_use]
    pub fn new(url: BreachUrl) -> Self {
        let provider = rustls::crypto::ring::default_provider();
        let connector = HttpsConnectorBuilder::new()
            .with_provider_and_webpki_roots(provider)
            .unwrap_or_else(|_| HttpsConnectorBuilder::new().with_webpki_roots());
        let connector = connector.https_or_http().enable_http1().build();
        Self {
            url,
            client: Client::builder(TokioExecutor::new()).build(connector),
            questions: Semaphore::new(MOST_QUESTIONS),
            is_away: AtomicBool::new(false),
        }
    }

    async fn lists(&self, password: &Password) -> Result<bool, Failure> {
        let _place = self.questions.try_acquire()?;
        let hash = hex(&Sha1::digest(password.expose()));
        let (told, kept) = hash.split_at_checked(TOLD).unwrap_or_default();
        Ok(is_among(kept, &tokio::time::timeout(BUDGET, self.ask(told)).await??))
    }

    async fn ask(&self, told: &str) -> Result<String, Failure> {
        let uri: Uri = format!("{}{told}", self.url.as_str()).parse()?;
        let request = Request::get(uri).header("add-padding", "true").header("user-agent", "anteroom");
        let response = self.client.request(request.body(Empty::new())?).await?;
        if response.status() != StatusCode::OK {
            return Err(format!("it answered {}", response.status()).into());
        }
        let body = Limited::new(response.into_body(), MOST_BYTES).collect().await?;
        Ok(String::from_utf8(body.to_bytes().to_vec())?)
    }

    /// Once for each time that it goes away or comes back.
    fn note(&self, failure: Option<&Failure>) {
        let was_away = self.is_away.swap(failure.is_some(), Ordering::Relaxed);
        match failure {
            Some(error) if !was_away => {
                tracing::warn!(event = "breach_service_away", %error, "new passwords are not checked against breaches");
            }
            None if was_away => {
                tracing::info!(
                    event = "breach_service_back",
                    "new passwords are checked against breaches again"
                );
            }
            _ => {}
        }
    }
}

#[async_trait]
impl BreachedPasswords for RangeService {
    async fn contains(&self, password: &Password) -> bool {
        let verdict = self.lists(password).await;
        self.note(verdict.as_ref().err());
        verdict.unwrap_or(false)
    }
}

/// Whether a line has these digits with a count; padding has the count 0.
fn is_among(kept: &str, answer: &str) -> bool {
    answer.lines().filter_map(|line| line.trim().split_once(':')).any(|(digits, count)| {
        digits.eq_ignore_ascii_case(kept) && count.trim().parse::<u64>().is_ok_and(|count| count > 0)
    })
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        // Writing into a string never fails.
        let _ = write!(text, "{byte:02X}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_counts_unless_it_is_padding() {
        let answer = "0018A45C4D1DEF81644B54AB7F969B88D65:10\r\n00D4F6E8FA6EECAD2A3AA415EEC418D38EC:0\r\n";
        assert!(is_among("0018A45C4D1DEF81644B54AB7F969B88D65", answer));
        assert!(is_among("0018a45c4d1def81644b54ab7f969b88d65", answer));
        assert!(!is_among("00D4F6E8FA6EECAD2A3AA415EEC418D38EC", answer));
        assert!(!is_among("0018A45C4D1DEF81644B54AB7F969B88D66", answer));
        assert!(!is_among("", "<html>:1:2</html>\n:\n"));
    }

    /// The example of the service's own documentation.
    #[test]
    fn the_hash_is_written_as_the_service_writes_it() {
        assert_eq!(hex(&Sha1::digest("P@ssw0rd")), "21BD12DC183F740EE76F27B78EB39C8AD972A757");
    }
}
