//! Ids that an attacker chose, or knew before their victim signed in.

use std::collections::BTreeSet;

use serde_json::json;

use crate::app::{PASSWORD, TestApp};
use crate::backing::Backing;

/// None of these was ever handed out. Some are names of files.
fn invented() -> Vec<String> {
    let given = [
        "",
        "null",
        "None",
        "undefined",
        "0",
        "true",
        "AAAAAAAAAAAAAAAAAAAAAA",
        "__________________--__",
        "../../etc/passwd",
        "..%2f..%2fetc%2fpasswd",
        "%2e%2e/%2e%2e/x",
        "/etc/passwd",
        "....//x",
        "..",
        ".",
        "sessions",
        "*",
        "?",
        "a/b",
        "a\\b",
        "CON",
        "x%00",
        "' OR 1=1 --",
        "{}",
        "[]",
        "%s%n",
    ];
    given.map(str::to_owned).into_iter().chain(["A".repeat(4096), "../".repeat(100)]).collect()
}

/// ASVS V7.2.1, V7.2.4.
#[tokio::test]
async fn an_id_that_we_did_not_hand_out_is_never_adopted() {
    for backing in Backing::all().await {
        let app = backing.start().await;
        app.member("ada").await;
        for id in invented() {
            let mut guest = app.program();
            guest.cookies = vec![("id".to_owned(), id.clone())];
            let visit = guest.get("/").await;
            assert_eq!(
                (visit.status.as_u16(), visit.set_cookies().len()),
                (200, 0),
                "{}: {id}",
                backing.name
            );
            assert_eq!(guest.choose("theme", "dark").await.status, 200, "{}: {id}", backing.name);
            assert_ne!(guest.cookie("id"), Some(&*id), "{}", backing.name);
        }
        let mut victim = app.program();
        victim.cookies = vec![("id".to_owned(), "AAAAAAAAAAAAAAAAAAAAAA".to_owned())];
        let mut attacker = victim.clone();
        victim.login("ada", PASSWORD).await;
        assert_eq!(attacker.whoami().await["authenticated"], json!(false), "{}", backing.name);
    }
}

/// ASVS V7.2.2, V7.2.4.
#[tokio::test]
async fn an_id_known_before_a_sign_in_is_worth_nothing_after() {
    for backing in Backing::all().await {
        let app = backing.start().await;
        app.member("ada").await;
        let mut victim = app.program();
        victim.choose("theme", "dark").await;
        let mut seen = BTreeSet::new();
        for _ in 0..3 {
            let mut attacker = victim.clone();
            assert_eq!(victim.login("ada", PASSWORD).await.status, 200);
            let whoami = attacker.whoami().await;
            assert_eq!(
                [&whoami["authenticated"], &whoami["session"]],
                [&json!(false), &json!(null)],
                "{}",
                backing.name
            );
            assert!(seen.insert(victim.cookie("id").expect("a session").to_owned()), "{}", backing.name);
            victim.logout().await;
            victim.choose("theme", "light").await;
        }
    }
}

/// Every file and folder below one.
fn tree(folder: &std::path::Path) -> BTreeSet<String> {
    let entries = std::fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path());
    entries
        .flat_map(|path| {
            let below = if path.is_dir() { tree(&path) } else { BTreeSet::new() };
            below.into_iter().chain([path.display().to_string()])
        })
        .collect()
}

/// ASVS V1.3.3, V5.3.2.
#[tokio::test]
async fn no_id_names_a_file() {
    let app = TestApp::with(&["sessions.store=filesystem"]).await;
    let mut guest = app.program();
    guest.choose("theme", "dark").await;
    let before = tree(app.folder());
    for id in invented() {
        let mut attacker = app.program();
        attacker.cookies = vec![("id".to_owned(), id)];
        attacker.whoami().await;
        attacker.logout().await;
    }
    assert_eq!(tree(app.folder()), before, "nothing was made, and nothing removed");
    let id = guest.cookie("id").expect("a session");
    assert!(before.iter().all(|path| !path.contains(id)), "files are named by hashes");
}

/// ASVS V7.6.2.
#[tokio::test]
async fn visits_begin_no_session() {
    for backing in Backing::all().await {
        let app = backing.start().await;
        for method in [reqwest::Method::GET, reqwest::Method::HEAD] {
            for path in ["/", "/products", "/login", "/about", "/api/v1/whoami", "/nowhere", "/session"] {
                let mut guest = app.plain_browser();
                let request = guest.bare(method.clone(), path).header("sec-purpose", "prefetch");
                assert_eq!(guest.send(request).await.set_cookies().len(), 0, "{}: {path}", backing.name);
            }
        }
    }
}
