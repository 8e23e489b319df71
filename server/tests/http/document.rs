//! `docs/security.md` says what the program does.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use app::routes::{Access, PAGES};
use reqwest::Method;
use server::config::{Config, ConfigArgs};

use crate::app::TestApp;

/// What a form that asks for something sends.
const FIELDS: [(&str, &str); 5] =
    [("handle", "x"), ("username", "x"), ("password", "x"), ("current_password", "x"), ("new_password", "x")];

fn text(path: &str) -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the workspace");
    fs::read_to_string(root.join(path)).expect(path)
}

/// The rows of the first table below this heading, cell by cell.
pub fn table(heading: &str) -> Vec<Vec<String>> {
    let text = text("docs/security.md");
    let (_, section) = text.split_once(&format!("\n## {heading}\n")).expect(heading);
    let rows =
        section.lines().skip_while(|line| !line.starts_with('|')).take_while(|line| line.starts_with('|'));
    let cells = |row: &str| row.trim_matches('|').split(" | ").map(|cell| cell.trim().to_owned()).collect();
    rows.skip(2).map(cells).collect()
}

fn plain(cell: &str) -> &str {
    cell.trim_matches('`')
}

/// `16 KiB`, `8 * 1024`, `Duration::from_secs(10)` and `10 s` as bytes, milliseconds or a plain count.
fn number(text: &str) -> u64 {
    if let Some((_, call)) = text.rsplit_once("Duration::") {
        let (unit, count) = call.trim_end_matches(')').split_once('(').expect("a call");
        return number(count) * milliseconds(unit.trim_start_matches("from_"));
    }
    if let Some((one, other)) = text.split_once('*') {
        return number(one) * number(other);
    }
    match text.trim().split_once(' ') {
        Some((count, "KiB")) => number(count) * 1024,
        Some((count, "MiB")) => number(count) * 1024 * 1024,
        Some((count, unit)) => number(count) * milliseconds(unit),
        None => text.trim().replace([',', '_'], "").parse().expect("a number"),
    }
}

fn milliseconds(unit: &str) -> u64 {
    match unit {
        "secs" | "seconds" | "s" => 1_000,
        "mins" | "minutes" | "min" => 60_000,
        "hours" | "h" => 3_600_000,
        "days" | "d" => 86_400_000,
        _ => 1,
    }
}

/// ASVS V2.1.3, V6.1.1, V7.1.2, V13.1.2, V13.1.3, V15.1.3.
#[test]
fn each_number_is_that_of_the_constant() {
    let rows = table("Numbers that cannot");
    assert!(rows.len() > 20);
    for row in rows {
        let [_, said, place] = row.as_slice() else { unreachable!("{row:?}") };
        let (file, constant) = place.split_once(' ').expect("a file and a constant");
        let (name, value) = plain(constant).split_once(" = ").expect("a name and a value");
        let source = text(plain(file));
        let declared = source.lines().find(|line| line.contains(&format!("const {name}:"))).expect(constant);
        assert!(declared.ends_with(&format!("= {value};")), "{declared} is not {value}");
        assert_eq!(number(said), number(value), "{row:?}");
    }
}

/// ASVS V7.1.1, V6.1.1, V2.1.3.
#[test]
fn each_default_is_that_of_the_settings() {
    let config =
        Config::load(
            &ConfigArgs::default(),
            std::iter::empty(),
            |_| Err(std::io::ErrorKind::NotFound.into()),
        );
    let config = config.expect("nothing needs to be set");
    for row in table("Numbers that can be set") {
        let [setting, default, _] = row.as_slice() else { unreachable!("{row:?}") };
        let effective = config.explain().setting(plain(setting)).expect(setting);
        assert_eq!(&effective.value, default, "{setting}");
    }
}

fn documented_routes() -> Vec<(String, String)> {
    let rows = table("Who may do what");
    let pair = |row: Vec<String>| match row.as_slice() {
        [route, who] => (plain(route).to_owned(), who.clone()),
        _ => unreachable!("{row:?}"),
    };
    rows.into_iter().map(pair).collect()
}

/// ASVS V8.1.1, V6.1.3, V6.3.6, V15.2.3.
#[tokio::test]
async fn each_route_is_named_and_no_other() {
    let app = TestApp::start().await;
    let document = app.program().get("/api/openapi.json").await.json();
    let mut routes = BTreeSet::from(["GET /api/openapi.json".to_owned()]);
    for (path, operations) in document["paths"].as_object().expect("paths") {
        let methods = operations.as_object().expect("operations").keys();
        routes.extend(methods.map(|method| format!("{} {path}", method.to_uppercase())));
    }
    let functions = Path::new(env!("CARGO_MANIFEST_DIR")).join("../app/src/server_fns");
    for file in fs::read_dir(functions).expect("a folder") {
        let name = file.expect("a file").path().file_stem().expect("a name").to_string_lossy().into_owned();
        routes.insert(format!("POST /api/fn/{name}"));
    }
    routes.extend(PAGES.iter().map(|page| page.path.to_owned()));
    let documented: BTreeSet<_> = documented_routes().into_iter().map(|(route, _)| route).collect();
    assert_eq!(documented, routes);
}

/// ASVS V8.1.1, V8.2.1, V14.2.4.
#[tokio::test]
async fn a_guest_is_refused_exactly_where_it_is_said() {
    let app = TestApp::start().await;
    for (route, who) in documented_routes() {
        let is_for_members = who.starts_with("members");
        let Some((method, path)) = route.split_once(' ') else {
            let page = PAGES.iter().find(|page| page.path == route).expect("a page");
            assert_eq!(page.access == Access::SignedIn, is_for_members, "{route}");
            assert_eq!(page.access == Access::GuestOnly, who == "guests", "{route}");
            let answer = app.plain_browser().get(&route).await;
            assert_eq!(answer.status == 303, is_for_members, "{route}: {}", answer.status);
            continue;
        };
        let (mut guest, mut browser) = (app.program(), app.browser());
        let answer = if path.starts_with("/api/fn/") {
            browser.form(path, &FIELDS).await
        } else {
            let request = guest.bare(Method::from_bytes(method.as_bytes()).expect("a method"), path);
            guest.send(request.header("content-type", "application/json").body("{}")).await
        };
        let is_refused = answer.status == 401 && answer.body.contains("sign_in_required");
        assert_eq!(is_refused, is_for_members, "{route}: {}", answer.status);
    }
}

/// ASVS V2.1.1, V2.1.2.
#[test]
fn each_rule_of_a_field_names_the_limits_that_hold() {
    let rows = table("What a field may be");
    let rule = |field: &str| {
        let row = rows.iter().find(|row| row[0].starts_with(field)).expect(field);
        row[1].replace(',', "")
    };
    for limit in [contract::USERNAME_MINIMUM, contract::USERNAME_MAXIMUM] {
        assert!(rule("`username`").contains(&limit.to_string()));
    }
    for limit in [contract::PASSWORD_MAXIMUM, contract::PASSWORD_MAXIMUM_BYTES] {
        assert!(rule("`password` (new)").contains(&limit.to_string()));
    }
    for (field, words) in [("`language`", ["en", "de", "fr"]), ("`theme`", ["system", "light", "dark"])] {
        for word in words {
            assert!(rule(field).contains(&format!("`{word}`")), "{field} {word}");
        }
    }
    let cross = rows.iter().find(|row| row[0].contains("with other fields")).expect("a row");
    for part in ["username", "site's name", "common", "zxcvbn", "breach", "differs"] {
        assert!(cross[1].contains(part), "{part}");
    }
}

/// ASVS V11.1.2, V11.1.3, V11.2.1.
#[test]
fn every_crate_that_does_cryptography_is_named_with_its_purpose() {
    const KINDS: [&str; 24] = [
        "aead", "aes", "argon2", "aws-lc", "bcrypt", "blake", "chacha20", "cipher", "crypto", "digest",
        "ecdsa", "ed25519", "hkdf", "hmac", "md-5", "openssl", "poly1305", "ring", "rsa", "rustls", "scrypt",
        "sha", "subtle", "zeroize",
    ];
    /// Names that begin alike.
    const OTHERS: [&str; 1] = ["sharded-slab"];
    let rows = table("Cryptography");
    let named: BTreeSet<_> =
        rows.iter().flat_map(|row| row[0].split(", ").map(plain).map(str::to_owned)).collect();
    let used = used_by_the_server();
    for name in &used {
        let is_one = KINDS.iter().any(|kind| name.starts_with(kind)) && !OTHERS.contains(&name.as_str());
        assert!(!is_one || named.contains(name), "{name} is used and not named");
    }
    for name in named {
        assert!(used.contains(&name), "{name} is named and not used");
    }
}

/// The packages that the server is built of, as cargo resolves them.
fn used_by_the_server() -> BTreeSet<String> {
    let mut cargo = std::process::Command::new(env!("CARGO"));
    cargo.args(["tree", "--offline", "--package", "server", "--edges", "normal", "--prefix", "none"]);
    let output = cargo.current_dir(env!("CARGO_MANIFEST_DIR")).output().expect("cargo answers");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let lines = String::from_utf8(output.stdout).expect("text");
    lines.lines().filter_map(|line| line.split(' ').next()).map(str::to_owned).collect()
}

/// ASVS V3.1.1, V6.1.2, V8.1.2, V8.1.3, V8.1.4, V11.1.1, V11.1.4, V13.1.1, V13.1.4, V14.1.1.
/// ASVS V14.1.2, V15.1.1, V15.1.4, V15.1.5.
#[test]
fn what_only_a_document_can_hold_is_written_down() {
    let text = text("docs/security.md");
    for part in [
        "## What a browser must have",
        "Words of the site that a password must not contain",
        "A field that an answer has is listed in `/api/openapi.json`",
        "Address and device (from the `User-Agent`) are shown to the account's owner and used for throttles",
        "**Keys.**",
        "**What comes after.**",
        "## What it talks to",
        "replaces it once a year",
        "| class | what | where | protection |",
        "| severity | mended within |",
        "Dependencies that parse hostile input",
        "## What costs much, and what is dangerous",
    ] {
        assert!(text.contains(part), "{part}");
    }
}
