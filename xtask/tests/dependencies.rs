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
