//! The crates depend on each other in one direction, and only the server brings stores and drivers.

use std::collections::BTreeSet;
use std::process::Command;

/// What `package` is built from, by name.
fn dependencies(package: &str, more: &[&str]) -> BTreeSet<String> {
    let arguments = ["tree", "--locked", "--edges", "normal", "--prefix", "none", "--package", package];
    let tree = Command::new(env!("CARGO")).args(arguments).args(more).output().expect("cargo runs");
    assert!(tree.status.success(), "{}", String::from_utf8_lossy(&tree.stderr));
    let lines = String::from_utf8(tree.stdout).expect("text");
    let names = lines.lines().filter_map(|line| line.split_whitespace().next());
    names.map(str::to_owned).filter(|name| name != package).collect()
}

fn assert_without(package: &str, more: &[&str], unwanted: &[&str]) {
    let found = dependencies(package, more);
    for name in unwanted {
        assert!(!found.contains(*name), "{package} is built from {name}");
    }
}

#[test]
fn the_contract_knows_nobody_and_does_no_io() {
    assert_without("contract", &[], &["auth", "app", "server", "sessions", "tokio", "axum", "rusqlite"]);
}

#[test]
fn the_session_engine_is_useful_without_the_rest() {
    assert_without("sessions", &[], &["contract", "auth", "app", "server", "axum", "leptos"]);
}

#[test]
fn the_domain_knows_no_pages_and_no_router() {
    assert_without("auth", &[], &["app", "server", "axum", "leptos", "rusqlite"]);
}

#[test]
fn the_interface_knows_no_server_and_no_driver() {
    assert_without("app", &["--features", "ssr"], &["server", "clap", "rusqlite"]);
}

#[test]
fn the_server_has_one_implementation_of_tls() {
    assert_without("server", &[], &["aws-lc-rs", "aws-lc-sys", "native-tls", "openssl", "openssl-sys"]);
}

#[test]
fn the_browser_gets_nothing_of_the_server() {
    let target = ["--target", "wasm32-unknown-unknown"];
    let unwanted = ["auth", "sessions", "server", "tokio", "axum", "rusqlite", "argon2", "leptos_axum"];
    assert_without("frontend", &target, &unwanted);
}
