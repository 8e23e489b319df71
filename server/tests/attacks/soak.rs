//! Many requests, and many connections that break off: what they took is given back.

use std::fs;
use std::io::Write as _;
use std::net::TcpStream;
use std::time::Duration;

use futures_util::future::join_all;
use reqwest::Client;
use serde_json::json;
use tempfile::TempDir;

use crate::app::PASSWORD;
use crate::process::Process;

const CALLERS: usize = 8;
/// A server whose tables and pools have reached their size.
const WARM_UP: Round = Round { requests: 1_600, broken: 300 };
const LOAD: Round = Round { requests: 4_800, broken: 1_000 };

#[derive(Clone, Copy)]
struct Round {
    requests: usize,
    broken: usize,
}

/// Descriptors that the process has open.
fn descriptors(process: &Process) -> usize {
    fs::read_dir(format!("/proc/{}/fd", process.id())).expect("it runs").count()
}

/// Memory of the process, in KiB.
fn memory(process: &Process) -> usize {
    let status = fs::read_to_string(format!("/proc/{}/status", process.id())).expect("it runs");
    let resident = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("a size");
    resident.trim().trim_end_matches(" kB").parse().expect("a number")
}

/// One person on one connection: whoami, and every fiftieth time a page.
async fn ask(client: Client, origin: String, requests: usize) {
    for number in 0..requests {
        let path = if number % 50 == 0 { "/about" } else { "/api/v1/whoami" };
        let answer = client.get(format!("{origin}{path}")).send().await.expect("answers");
        assert_eq!(answer.status(), 200);
        answer.bytes().await.expect("a body");
    }
}

/// Breaks off before, within and after a request.
fn break_off(process: &Process, number: usize) {
    let address = process.origin.trim_start_matches("http://");
    let mut connection = TcpStream::connect(address).expect("connects");
    let request = format!("GET /?{number} HTTP/1.1\r\nhost: {address}\r\n\r\n");
    let sent = number % 3 * request.len() / 2;
    let sent = request.as_bytes().get(..sent).expect("no more than there is");
    connection.write_all(sent).expect("sends");
}

async fn round(process: &Process, members: &[Client], Round { requests, broken }: Round) {
    let asking = members
        .iter()
        .map(|client| tokio::spawn(ask(client.clone(), process.origin.clone(), requests / CALLERS)));
    let asking: Vec<_> = asking.collect();
    for number in 0..broken {
        break_off(process, number);
        tokio::task::yield_now().await;
    }
    for asked in join_all(asking).await {
        asked.expect("all are answered");
    }
}

async fn member(process: &Process, name: String) -> Client {
    let client = Client::builder().cookie_store(true).build().expect("a client");
    let body = json!({ "username": name, "password": PASSWORD });
    let answer = client.post(format!("{}/api/v1/register", process.origin)).json(&body).send().await;
    assert_eq!(answer.expect("answers").status(), 201);
    client
}

/// ASVS V1.4.3.
#[tokio::test(flavor = "multi_thread")]
async fn descriptors_and_memory_are_given_back() {
    let folder = TempDir::new().expect("a folder");
    let process = Process::start(&folder, &["throttle.address_registration=off".to_owned()]);
    let members = join_all((0..CALLERS).map(|number| member(&process, format!("ada-{number}")))).await;
    round(&process, &members, WARM_UP).await;
    let open_for = async |most: usize| {
        let mut waits = 0;
        while descriptors(&process) > most && waits < 200 {
            tokio::time::sleep(Duration::from_millis(50)).await;
            waits += 1;
        }
        descriptors(&process)
    };
    let most = open_for(0).await;
    let before = memory(&process);
    round(&process, &members, LOAD).await;
    assert!(open_for(most).await <= most, "descriptors stay open");
    let after = memory(&process);
    assert!(after * 10 <= before * 11, "{before} KiB have become {after} KiB");
}
