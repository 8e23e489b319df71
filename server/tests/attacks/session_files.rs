//! Files of sessions that are damaged, or are something else: whoever they were of is a guest.

use std::fs;
use std::path::{Path, PathBuf};

use crate::app::TestApp;

/// What was read before a file is damaged would be answered from memory.
const FILES: [&str; 2] = ["sessions.store=filesystem", "sessions.cache_bytes=0"];

/// Every file that holds a record.
fn records(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path());
    let found = entries.flat_map(|path| if path.is_dir() { records(&path) } else { vec![path] });
    found
        .filter(|path| fs::read(path).is_ok_and(|bytes| bytes.windows(3).any(|part| part == b"ada")))
        .collect()
}

/// The one file of the one member.
fn record(app: &TestApp) -> PathBuf {
    let found = records(&app.folder().join("data/sessions"));
    let [path] = &found[..] else { unreachable!("one: {found:?}") };
    path.clone()
}

async fn is_a_guest(app: &TestApp, cookies: &[(String, String)], what: &str) {
    let mut caller = app.program();
    caller.cookies = cookies.to_vec();
    let whoami = caller.get("/api/v1/whoami").await;
    assert_eq!(whoami.status, 200, "{what}");
    assert_eq!(whoami.json().get("authenticated"), Some(&false.into()), "{what}");
    let page = caller.get("/").await;
    assert!(page.status == 200 && !page.body.contains("Welcome"), "{what}");
}

#[tokio::test]
async fn a_file_cut_anywhere_is_a_guests() {
    let app = TestApp::with(&FILES).await;
    let ada = app.member("ada").await;
    let path = record(&app);
    let whole = fs::read(&path).expect("reads");
    for length in 0..whole.len() {
        fs::write(&path, &whole[..length]).expect("cuts");
        is_a_guest(&app, &ada.cookies, &format!("{length} bytes")).await;
    }
}

/// Whichever byte it is in: in the name or the account it would be somebody else's, in a moment it would last longer.
#[tokio::test]
async fn a_file_with_a_flipped_bit_is_a_guests() {
    let app = TestApp::with(&FILES).await;
    let mut ada = app.member("ada").await;
    let path = record(&app);
    let whole = fs::read(&path).expect("reads");
    for at in 0..whole.len() {
        let mut flipped = whole.clone();
        flipped[at] ^= 1 << (at % 8);
        fs::write(&path, &flipped).expect("flips");
        is_a_guest(&app, &ada.cookies, &format!("byte {at}")).await;
    }
    fs::write(&path, &whole).expect("mends");
    assert_eq!(ada.standing().await, "ada", "the store goes on");
}

#[tokio::test]
async fn a_folder_or_a_link_in_the_place_of_a_file_is_a_guests() {
    let app = TestApp::with(&FILES).await;
    let ada = app.member("ada").await;
    let path = record(&app);
    let elsewhere = app.folder().join("elsewhere");
    fs::rename(&path, &elsewhere).expect("moves");
    std::os::unix::fs::symlink(&elsewhere, &path).expect("links");
    is_a_guest(&app, &ada.cookies, "a link").await;
    assert!(elsewhere.exists(), "what a link leads to stays");
    let _ = fs::remove_file(&path);
    fs::create_dir(&path).expect("makes a folder");
    is_a_guest(&app, &ada.cookies, "a folder").await;
}
