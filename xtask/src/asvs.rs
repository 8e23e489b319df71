//! `cargo xtask asvs`: which requirement of OWASP ASVS 5.0.0 is held by which test.
//!
//! `docs/asvs.csv` lists the requirements. A test says which of them it holds in a line of its documentation,
//! `/// ASVS V7.2.3, V7.2.4.`, a Playwright test in a comment above it. From both the table `docs/asvs.md` is made.
//! The test run fails when that table is not what the tests say, so that no requirement loses its test unseen.

mod document;
mod evidence;
mod requirement;

use std::fs;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result, bail};
use clap::Args;

use crate::{say, workspace};
use document::Document;
use evidence::Evidence;
use requirement::Requirement;

/// Flags of `cargo xtask asvs`.
#[derive(Args)]
pub struct Arguments {
    /// Change nothing; fail if docs/asvs.md is not what the tests say
    #[arg(long)]
    check: bool,
}

/// Writes the table and prints how many requirements are held, and each that is not.
pub fn run(arguments: &Arguments) -> Result<ExitCode> {
    let (requirements, evidence) = gather()?;
    let document = Document { requirements: &requirements, evidence: &evidence };
    if arguments.check {
        say::result(&check()?);
    } else {
        fs::write(path("asvs.md"), document.to_string()).context("cannot write docs/asvs.md")?;
    }
    say::result(&document.summary());
    Ok(ExitCode::SUCCESS)
}

/// Compares the table with what the tests say.
pub fn check() -> Result<String> {
    let (requirements, evidence) = gather()?;
    let document = Document { requirements: &requirements, evidence: &evidence };
    let written = fs::read_to_string(path("asvs.md")).context("cannot read docs/asvs.md")?;
    let lost = document.lost_since(&written);
    if !lost.is_empty() {
        bail!("{} had a test according to docs/asvs.md and {} none now", lost.join(", "), have(lost.len()));
    }
    if written != document.to_string() {
        bail!("docs/asvs.md is not what the tests say; `cargo xtask asvs` writes it");
    }
    Ok(document.total())
}

fn gather() -> Result<(Vec<Requirement>, Vec<Evidence>)> {
    let requirements = requirement::read(&path("asvs.csv"))?;
    let evidence = evidence::find(workspace::root())?;
    for held in &evidence {
        for id in &held.ids {
            match requirements.iter().find(|requirement| requirement.id == *id) {
                None => bail!("{} holds {id}, which is no requirement of ASVS 5.0.0", held.name),
                Some(requirement) if !requirement.is_ours() => {
                    bail!("{} holds {id}, which docs/asvs.csv leaves out: {}", held.name, requirement.how)
                }
                Some(_) => {}
            }
        }
    }
    Ok((requirements, evidence))
}

fn path(file: &str) -> PathBuf {
    workspace::root().join("docs").join(file)
}

const fn have(count: usize) -> &'static str {
    if count == 1 { "has" } else { "have" }
}
