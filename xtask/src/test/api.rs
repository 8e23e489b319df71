//! The REST API by its document: requests that the document allows, and requests that it forbids.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, ensure};

use super::tally::Tally;
use crate::bench::{Program, Scratch, post_json};
use crate::{process, schemathesis};

/// For each operation and each way of making requests up.
const EXAMPLES: &str = "60";
/// Calls after which a member has another session, or none.
const ENDS_THE_SESSION: &str = "^/api/v1/(login|logout|register)$";

/// Tries the API of the server, as a guest and as a member; counts all requests in the tally and in the answer.
pub fn run(server: &Path, tally: &mut Tally) -> Result<Tally> {
    let schemathesis = schemathesis::ensure()?;
    let scratch = Scratch::new()?;
    let mut command = process::command(server);
    command.current_dir(scratch.path());
    let settings = [
        "server.address=127.0.0.1:0",
        "database.url=sqlite://api.db",
        "sessions.store_timeout=30s",
        "throttle.address_sign_in=off",
        "throttle.address_registration=off",
        "throttle.address_anonymous=off",
        "throttle.account=off",
        "log.level=off",
    ];
    command.args(settings.map(|setting| format!("--set={setting}")));
    let program = Program::start(command, "the server")?;
    let cookie = member(&program.address)?;
    let mut sum = Tally::default();
    for who in [None, Some(&*cookie)] {
        let mut tries = tries(&schemathesis, &program.address, who);
        let transcript = process::quietly(&mut tries)?;
        let mut counted = Tally::of_schemathesis(&transcript.lines);
        counted.own_up_to_failure(transcript.succeeded);
        tally.add(counted);
        sum.add(counted);
        transcript.or_fail("Schemathesis")?;
    }
    Ok(sum)
}

/// The session cookie of somebody who has just registered.
fn member(address: &str) -> Result<String> {
    let body = r#"{"username":"ada","password":"correct horse battery staple"}"#;
    let answer = post_json(address, "/api/v1/register", body)?;
    ensure!(answer.status == 201, "registration answers {}", answer.status);
    answer.session_cookie().map(str::to_owned).context("registration sets no session cookie")
}

fn tries(schemathesis: &Path, address: &str, cookie: Option<&str>) -> Command {
    let mut command = process::command(schemathesis);
    command.args(["run", &format!("http://{address}/api/openapi.json")]);
    // No schema says which passwords an attacker tries first.
    command.args(["--checks", "all", "--exclude-checks", "positive_data_acceptance"]);
    command.args(["--phases", "examples,coverage,fuzzing", "--max-examples", EXAMPLES]);
    command.args(["--seed", "7", "--workers", "2", "--no-color", "--suppress-health-check", "all"]);
    // As from one of our own pages: what does not say where it comes from is refused before its method is judged.
    command.args(["--header", "Sec-Fetch-Site: same-origin"]);
    if let Some(cookie) = cookie {
        command.args(["--header", &format!("Cookie: {cookie}"), "--exclude-path-regex", ENDS_THE_SESSION]);
    }
    command
}
