//! What the program is made of, as far as its own files tell.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the workspace")
}

fn text(path: &str) -> String {
    fs::read_to_string(root().join(path)).expect(path)
}

/// Every Rust file of these folders, with what is in it.
fn sources(folders: &[&str]) -> Vec<(PathBuf, String)> {
    let mut waiting: Vec<_> = folders.iter().map(|folder| root().join(folder)).collect();
    let mut found = Vec::new();
    while let Some(folder) = waiting.pop() {
        for entry in fs::read_dir(&folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                waiting.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let source = fs::read_to_string(&path).expect("text");
                found.push((path, source));
            }
        }
    }
    found
}

/// What runs at a visitor's: everything that the server and the browser are built of, without tests.
const PROGRAM: [&str; 6] = [
    "app/src",
    "crates/auth/src",
    "crates/contract/src",
    "crates/sessions/src",
    "frontend/src",
    "server/src",
];

/// ASVS V1.2.5.
#[test]
fn the_program_starts_no_other() {
    for (path, source) in sources(&PROGRAM) {
        for part in ["process::Command", "Command::new", "libc::exec"] {
            assert!(!source.contains(part), "{part} in {}", path.display());
        }
    }
}

/// ASVS V1.4.1.
#[test]
fn nothing_of_ours_is_unsafe() {
    let manifest = text("Cargo.toml");
    assert!(manifest.contains("unsafe_code = \"forbid\""));
    for member in
        ["app", "bench", "crates/auth", "crates/contract", "crates/sessions", "frontend", "server", "xtask"]
    {
        assert!(text(&format!("{member}/Cargo.toml")).contains("[lints]\nworkspace = true"), "{member}");
    }
}

/// ASVS V1.3.2, V3.2.2.
#[test]
fn no_text_becomes_markup_or_code_but_through_what_escapes_it() {
    let allowed = BTreeSet::from(["app/src/markup.rs"].map(|path| root().join(path)));
    for (path, source) in sources(&["app/src", "frontend/src"]) {
        for part in ["set_inner_html", "insert_adjacent_html", "outer_html", "js_sys::eval", "Function::new"]
        {
            assert!(!source.contains(part) || allowed.contains(&path), "{part} in {}", path.display());
        }
    }
}

/// ASVS V15.2.4, V15.1.2.
#[test]
fn every_dependency_comes_from_the_one_registry_and_is_named_with_its_hash() {
    let lock = text("Cargo.lock");
    let foreign: Vec<_> = lock.split("[[package]]").filter(|package| package.contains("source = ")).collect();
    let source =
        |package: &str| package.lines().find(|line| line.starts_with("source = ")).map(str::to_owned);
    let registries: BTreeSet<_> = foreign.iter().filter_map(|package| source(package)).collect();
    assert!(registries.len() == 1 && registries.iter().all(|one| one.starts_with("source = \"registry+")));
    for package in foreign {
        assert!(package.contains("checksum = "), "{package}");
    }
    assert!(!text("end2end/package-lock.json").contains("\"resolved\": \"git"));
}

/// ASVS V11.3.1, V11.3.2, V11.4.1.
#[test]
fn weak_algorithms_are_banned_but_where_another_s_protocol_asks_for_them() {
    let rules = text("deny.toml");
    for name in ["rsa", "md-5", "sha1", "des", "rc4", "openssl"] {
        assert!(rules.contains(&format!("{{ name = \"{name}\"")), "{name}");
    }
    for line in rules.lines().filter(|line| line.contains("wrappers")) {
        assert!(line.contains("reason = "), "{line}");
    }
}

/// Of a type, what it derives, and how it compares by itself.
fn comparison(file: &str, name: &str) -> (String, Option<String>) {
    let source = text(file);
    let (before, _) = source.split_once(&format!("struct {name}")).expect(name);
    let derived = before.rsplit("#[derive(").next().unwrap_or_default();
    let own = source.split_once(&format!("impl PartialEq for {name} {{"));
    let own = own.map(|(_, body)| body.split("\n}").next().unwrap_or_default().to_owned());
    (derived.to_owned(), own)
}

/// ASVS V11.2.4.
#[test]
fn secrets_that_strangers_send_are_compared_in_constant_time_or_not_at_all() {
    for (file, name) in [
        ("crates/auth/src/known_device.rs", "DeviceToken"),
        ("crates/contract/src/password.rs", "Password"),
        ("crates/sessions/src/id.rs", "SessionId"),
    ] {
        let (derived, own) = comparison(file, name);
        assert!(!derived.contains("PartialEq"), "{name} derives its comparison");
        assert!(own.is_none_or(|body| body.contains(".ct_eq(")), "{name}");
    }
}

/// Two new passwords of one person are no secret to each other.
///
/// ASVS V11.2.4.
#[test]
fn nothing_that_is_exposed_or_computed_from_a_key_is_compared_with_an_operator() {
    let allowed = "current.expose() == new.expose()";
    for (path, source) in sources(&PROGRAM) {
        let program = source.split("#[cfg(test)]").next().unwrap_or_default();
        for line in program.lines().filter(|line| line.contains(" == ") || line.contains(" != ")) {
            let is_secret = ["expose()", "finalize()", "into_bytes()", "as_phc()", ".encode()"];
            let is_secret = is_secret.iter().any(|part| line.contains(part));
            assert!(!is_secret || line.contains(allowed), "{}: {line}", path.display());
        }
    }
}
