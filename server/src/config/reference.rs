//! The reference of all settings, made from the docs beside the fields that hold them.
//!
//! A doc that says `` `section.name`: what it is `` is that setting's, as far as the next `; or` another one.

use std::path::Path;
use std::{fs, io};

use super::{Config, ConfigArgs, ConfigErrors, Effective};

const HEAD: &str = "# Settings

Written by `cargo xtask settings` from the docs in `server/src/config`; a test fails when it is out of date.

From `anteroom.toml`, or the file that `--config` or `ANTEROOM_CONFIG` names; then the environment, where \
`ANTEROOM_SESSIONS__COOKIE__SAME_SITE` is `sessions.cookie.same_site`; then flags such as \
`--set sessions.idle=1h`. Each is stronger than the one before. The entries of a list are separated by commas, \
durations are `500ms`, `30s`, `30m`, `24h` or `14d`, a rate is `10/1m` (10 at once, then 10 a minute) or \
`30+60/1m` (30 at once, then 60 a minute), and an empty value unsets. What is unknown, unreadable, weak or at odds \
with another setting stops the start with a sentence. `server config` prints what is in force, and where each \
value came from.
";

/// Why there is no reference.
#[derive(Debug, thiserror::Error)]
pub enum ReferenceError {
    /// The sources cannot be read.
    #[error("the sources of the settings cannot be read: {0}")]
    Unreadable(#[from] io::Error),
    /// The defaults contradict each other.
    #[error("{0}")]
    Defaults(#[from] ConfigErrors),
    /// Nobody has said what a setting is.
    #[error("no doc in server/src/config says what `{0}` is: write `{0}`: and a sentence")]
    Undocumented(&'static str),
}

/// The reference as Markdown, from the sources in this folder.
///
/// # Errors
/// [`ReferenceError`].
pub fn reference(sources: &Path) -> Result<String, ReferenceError> {
    let mut docs = Vec::new();
    collect(sources, &mut docs)?;
    let missing = |_: &Path| Err(io::ErrorKind::NotFound.into());
    let defaults = Config::load(&ConfigArgs::default(), std::iter::empty(), missing)?;
    let mut text = HEAD.to_owned();
    let mut section = "";
    for setting in defaults.explain().settings() {
        let name = setting.key.split('.').next().unwrap_or_default();
        if name != section {
            text.push_str(&heading(name, &docs));
            section = name;
        }
        text.push_str(&row(setting, &docs)?);
    }
    Ok(text)
}

fn heading(section: &str, docs: &[String]) -> String {
    let start = format!("`{section}.*`: ");
    let about = docs.iter().find_map(|doc| doc.strip_prefix(&start)).unwrap_or_default();
    let about = about.trim_end_matches('.');
    format!("\n## `{section}`: {about}\n\n| setting | default | meaning |\n|---|---|---|\n")
}

fn row(setting: &Effective, docs: &[String]) -> Result<String, ReferenceError> {
    let key = setting.key;
    let meaning = docs.iter().find_map(|doc| meaning(key, doc)).ok_or(ReferenceError::Undocumented(key))?;
    let default = match setting.value.as_str() {
        "unset" | "empty" => "–".to_owned(),
        value => format!("`{value}`"),
    };
    Ok(format!("| `{key}` | {default} | {} |\n", meaning.replace('|', "\\|")))
}

/// What this doc says of this setting.
fn meaning<'d>(key: &str, doc: &'d str) -> Option<&'d str> {
    let (_, rest) = doc.split_once(&format!("`{key}`: "))?;
    let end = rest.find("; or `").unwrap_or(rest.len());
    rest.get(..end).map(|meaning| meaning.trim_end_matches('.'))
}

/// Every doc of every source, in one line each.
fn collect(folder: &Path, docs: &mut Vec<String>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            collect(&path, docs)?;
        } else {
            docs.extend(docs_of(&fs::read_to_string(path)?));
        }
    }
    Ok(())
}

fn docs_of(source: &str) -> Vec<String> {
    let mut docs = vec![String::new()];
    for line in source.lines() {
        let line = line.trim();
        match (line.strip_prefix("///").or_else(|| line.strip_prefix("//!")), docs.last_mut()) {
            (Some(text), Some(doc)) => {
                doc.push_str(if doc.is_empty() { text.trim() } else { text });
            }
            _ => docs.push(String::new()),
        }
    }
    docs.retain(|doc| !doc.is_empty());
    docs
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_reference_in_docs_is_what_the_sources_say() {
        let package = Path::new(env!("CARGO_MANIFEST_DIR"));
        let fresh = reference(&package.join("src/config")).expect("every setting has a doc");
        let kept = fs::read_to_string(package.join("../docs/settings.md")).expect("docs/settings.md");
        assert!(kept == fresh, "docs/settings.md is out of date: run `cargo xtask settings`");
    }

    #[test]
    fn a_doc_may_speak_of_a_setting_and_of_its_file() {
        let doc = "`a.url`: for stores; or `a.url_file`: a file that holds it.";
        assert_eq!(meaning("a.url", doc), Some("for stores"));
        assert_eq!(meaning("a.url_file", doc), Some("a file that holds it"));
        assert_eq!(meaning("a.other", doc), None);
    }
}
