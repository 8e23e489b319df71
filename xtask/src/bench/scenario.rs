//! What is asked of the site, and what it is compared with.

use anyhow::{Context, Result, bail};

use super::http;
use super::load::{Generator, Request, Sample};
use super::pinning::Pinning;
use super::program::Program;
use super::yardstick::Yardstick;
use crate::say;

const ACCOUNT: &str = r#"{"username":"ada","password":"nine brass kettles hum"}"#;
/// Signs in so often that its oldest sessions end: not the one that the other rows come with.
const SIGNS_IN: &str = r#"{"username":"grace","password":"nine brass kettles hum"}"#;
const CONNECTIONS: u16 = 64;
/// Enough to keep the hash busy, few enough for the queue in front of it.
const SIGN_IN_CONNECTIONS: u16 = 4;

/// One row of the table.
pub struct Scenario {
    /// Its first column.
    pub name: &'static str,
    request: Request,
    measure_against: Yard,
}

/// What sets the pace.
#[derive(Clone, Copy)]
enum Yard {
    Json { bytes: usize },
    Html { bytes: usize },
    Argon2,
}

/// What was measured for one row, a sample for each round.
pub struct Row {
    /// Its first column.
    pub name: &'static str,
    /// The site.
    pub site: Vec<Sample>,
    /// Bare axum, or what Argon2id alone allows.
    pub bare: Vec<Sample>,
}

impl Scenario {
    /// All rows. Registers the accounts that they need.
    pub fn all(server: &Program) -> Result<Vec<Self>> {
        let cookie = register(server, ACCOUNT)?;
        register(server, SIGNS_IN)?;
        let sign_in = Request {
            path: "/api/v1/login".to_owned(),
            cookie: None,
            body: Some(SIGNS_IN.to_owned()),
            connections: SIGN_IN_CONNECTIONS,
        };
        Ok(vec![
            Self::resource("whoami, guest", server, "/api/v1/whoami", None)?,
            Self::resource("whoami, signed in", server, "/api/v1/whoami", Some(&cookie))?,
            Self::resource("home, guest", server, "/", None)?,
            Self::resource("About, signed in", server, "/about", Some(&cookie))?,
            Self { name: "sign-in", request: sign_in, measure_against: Yard::Argon2 },
        ])
    }

    /// A resource, to be compared with a constant of the same size.
    fn resource(name: &'static str, server: &Program, path: &str, cookie: Option<&str>) -> Result<Self> {
        let headers: Vec<(&str, &str)> = cookie.map(|cookie| ("Cookie", cookie)).into_iter().collect();
        let answer = http::get(&server.address, path, &headers)?;
        if answer.status != 200 {
            bail!("{path} answers {}", answer.status);
        }
        let bytes = answer.body.len();
        let is_html = answer.header("content-type").is_some_and(|kind| kind.starts_with("text/html"));
        Ok(Self {
            name,
            request: Request {
                path: path.to_owned(),
                cookie: cookie.map(str::to_owned),
                body: None,
                connections: CONNECTIONS,
            },
            measure_against: if is_html { Yard::Html { bytes } } else { Yard::Json { bytes } },
        })
    }
}

/// What measures.
pub struct Equipment {
    /// The load generator.
    pub generator: Generator,
    /// What the site is compared with.
    pub yardstick: Yardstick,
    /// Who gets which core.
    pub pinning: Pinning,
}

impl Equipment {
    /// Measures site and yardstick in turn, round by round, so that a busy moment of the machine hits both.
    pub fn measure(&self, server: &Program, scenarios: &[Scenario], rounds: u64) -> Result<Vec<Row>> {
        let mut rows: Vec<Row> = scenarios
            .iter()
            .map(|scenario| Row { name: scenario.name, site: vec![], bare: vec![] })
            .collect();
        for round in 1..=rounds {
            say::progress(&format!("Measuring, round {round} of {rounds}"));
            for (row, scenario) in rows.iter_mut().zip(scenarios) {
                row.site.push(self.generator.measure(server, &scenario.request, &self.pinning)?);
                row.bare.push(self.measure_bare(scenario.measure_against)?);
            }
        }
        Ok(rows)
    }

    fn measure_bare(&self, yard: Yard) -> Result<Sample> {
        let (path, json_bytes, html_bytes) = match yard {
            Yard::Json { bytes } => ("/json", bytes, 0),
            Yard::Html { bytes } => ("/html", 0, bytes),
            Yard::Argon2 => return self.yardstick.hashing(self.generator.seconds, &self.pinning),
        };
        let server = self.yardstick.serve(json_bytes, html_bytes, &self.pinning)?;
        let request = Request { path: path.to_owned(), cookie: None, body: None, connections: CONNECTIONS };
        self.generator.measure(&server, &request, &self.pinning)
    }
}

/// Creates an account. The answer is the cookie that signs it in.
fn register(server: &Program, account: &str) -> Result<String> {
    let answer = http::post_json(&server.address, "/api/v1/register", account)?;
    if answer.status != 201 {
        bail!("registration answers {}: {}", answer.status, String::from_utf8_lossy(&answer.body));
    }
    answer.session_cookie().map(str::to_owned).context("registration sets no session cookie")
}
