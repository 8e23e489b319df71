//! The tests that say which requirements they hold.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

const FOLDERS: [&str; 7] = ["app", "bench", "crates", "end2end/tests", "frontend", "server", "xtask"];
const MARK: &str = "ASVS V";

/// A test, and the requirements that it holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Evidence {
    /// Such as `http::login::a_wrong_password_…`, or a Playwright file and title.
    pub name: String,
    /// What it shows, as a sentence.
    pub shows: String,
    /// Such as `V7.2.3`.
    pub ids: Vec<String>,
}

/// Every test below `root` that names requirements, by name.
pub fn find(root: &Path) -> Result<Vec<Evidence>> {
    let mut files = Vec::new();
    for folder in FOLDERS {
        collect(&root.join(folder), &mut files)?;
    }
    files.sort();
    let mut found = Vec::new();
    for file in files {
        let text = fs::read_to_string(&file).with_context(|| format!("cannot read {}", file.display()))?;
        let source = Source { place: file.strip_prefix(root).unwrap_or(&file), text: &text };
        let parent = file.parent().unwrap_or(root).with_extension("rs");
        let above = fs::read_to_string(&parent).unwrap_or_default();
        let parent = Source { place: parent.strip_prefix(root).unwrap_or(&parent), text: &above };
        found.extend(in_file(source, parent)?);
    }
    found.sort_by(|one, other| one.name.cmp(&other.name));
    Ok(found)
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) -> Result<()> {
    for entry in fs::read_dir(folder).with_context(|| format!("cannot read {}", folder.display()))? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default();
        if path.is_dir() && name != "target" && name != "node_modules" {
            collect(&path, files)?;
        } else if path.extension().is_some_and(|extension| extension == "rs" || extension == "ts") {
            files.push(path);
        }
    }
    Ok(())
}

/// A file of code; without text if there is none.
#[derive(Clone, Copy)]
struct Source<'a> {
    place: &'a Path,
    text: &'a str,
}

impl Source<'_> {
    /// Whether a macro of this file is given the name, on a line of its own.
    fn lists(&self, name: &str) -> bool {
        self.text.lines().any(|line| line.trim() == name)
    }
}

fn in_file(source: Source<'_>, parent: Source<'_>) -> Result<Vec<Evidence>> {
    let Source { place, text } = source;
    let is_rust = place.extension().is_some_and(|extension| extension == "rs");
    let start = if is_rust { "/// " } else { "// " };
    let lines: Vec<&str> = text.lines().map(str::trim).collect();
    let mut found = Vec::new();
    for (number, line) in lines.iter().enumerate() {
        let Some(said) = line.strip_prefix(start).filter(|rest| rest.starts_with(MARK)) else { continue };
        let at = || format!("{}:{}", place.display(), number + 1);
        let ids = ids_of(said).with_context(|| format!("{} must read `ASVS V1.2.3, V4.5.6.`", at()))?;
        let below = lines.get(number + 1..).unwrap_or_default();
        let named = if is_rust { rust_test(source, parent, below) } else { browser_test(place, below) };
        let Some((name, shows)) = named else { bail!("below {} there is no test", at()) };
        found.push(Evidence { name, shows, ids });
    }
    Ok(found)
}

/// The ids of `ASVS V7.2.3, V7.2.4.`; `None` if it is written otherwise.
fn ids_of(line: &str) -> Option<Vec<String>> {
    let ids = line.strip_prefix("ASVS ")?.strip_suffix('.')?.split(", ");
    ids.map(|id| is_id(id).then(|| id.to_owned())).collect()
}

fn is_id(id: &str) -> bool {
    let numbers = id.strip_prefix('V').map(|numbers| numbers.split('.').collect::<Vec<_>>());
    numbers.is_some_and(|numbers| numbers.len() == 3 && numbers.iter().all(|one| one.parse::<u8>().is_ok()))
}

/// The function that follows, if it is a test: by its attribute, or because a macro of this file, or of the module
/// above that shows what is in this one, makes one of its name.
fn rust_test(source: Source<'_>, parent: Source<'_>, below: &[&str]) -> Option<(String, String)> {
    let head = below.iter().take_while(|line| is_before_name(line)).count();
    let name = below.get(head)?.split_once("fn ")?.1.split(['(', '<']).next()?;
    let above = below.get(..head)?;
    let is_marked = above.iter().any(|line| line.starts_with("#[") && line.contains("test"));
    let home = if !is_marked && parent.lists(name) { parent } else { source };
    (is_marked || home.lists(name)).then(|| (format!("{}{name}", module(home, name)), sentence(name)))
}

fn is_before_name(line: &str) -> bool {
    line.starts_with("///") || line.starts_with("#[") || line.starts_with("//")
}

/// `server/tests/http/login.rs` is `http::login::`, `crates/auth/src/keys.rs` is `auth::keys::tests::`.
fn module(Source { place, text }: Source<'_>, name: &str) -> String {
    let parts: Vec<&str> = place.iter().filter_map(|part| part.to_str()).collect();
    let source = parts.iter().position(|part| matches!(*part, "src" | "tests" | "examples"));
    let (before, after) = parts.split_at(source.unwrap_or(0));
    let is_inside = after.first() == Some(&"src");
    let stem = |part: &&str| part.trim_end_matches(".rs").to_owned();
    let inner = after.iter().skip(1).map(stem).filter(|part| !matches!(part.as_str(), "main" | "lib"));
    let package = before.last().filter(|_| is_inside).map(|part| (*part).to_owned());
    let is_in_tests =
        text.find("mod tests {").zip(text.find(&format!("fn {name}"))).is_some_and(|(tests, at)| tests < at);
    let tests = (is_inside && is_in_tests).then(|| "tests".to_owned());
    package.into_iter().chain(inner).chain(tests).map(|part| part + "::").collect()
}

fn browser_test(place: &Path, below: &[&str]) -> Option<(String, String)> {
    let line = below.iter().find(|line| !line.starts_with("//"))?;
    let title = line
        .strip_prefix("test(")
        .or_else(|| line.strip_prefix("for ").and(below.get(1)?.strip_prefix("test(")))?;
    let quote = title.chars().next().filter(|quote| matches!(quote, '\'' | '"' | '`'))?;
    let title = title.get(1..)?.split(quote).next()?;
    let file = place.file_name()?.to_str()?.trim_end_matches(".spec.ts");
    Some((format!("end2end::{file}: {title}"), sentence(title)))
}

fn sentence(name: &str) -> String {
    let words = name.replace('_', " ");
    let mut letters = words.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source<'a>(place: &'a str, text: &'a str) -> Source<'a> {
        Source { place: Path::new(place), text }
    }

    fn names(place: &str, text: &str) -> Result<Vec<(String, Vec<String>)>> {
        let found = in_file(source(place, text), source("", ""))?;
        Ok(found.into_iter().map(|one| (one.name, one.ids)).collect())
    }

    #[test]
    fn a_test_is_named_by_its_module() {
        let text = "/// ASVS V7.2.3, V7.2.4.\n#[tokio::test]\nasync fn ids_differ() {}";
        let ids = vec!["V7.2.3".to_owned(), "V7.2.4".to_owned()];
        let found = names("server/tests/http/login.rs", text).unwrap();
        assert_eq!(found, [("http::login::ids_differ".to_owned(), ids)]);
    }

    #[test]
    fn a_rule_is_named_by_the_module_that_lists_it() {
        let rule =
            "/// ASVS V7.3.1.\npub async fn an_expired_record_does_not_load(fixture: &impl Fixture) {}";
        let rule = source("crates/sessions/src/conformance/limits.rs", rule);
        let list = source("crates/sessions/src/conformance.rs", "    an_expired_record_does_not_load\n");
        let found = in_file(rule, list).unwrap();
        let names: Vec<_> = found.into_iter().map(|one| one.name).collect();
        assert_eq!(names, ["sessions::conformance::an_expired_record_does_not_load"]);
        assert!(in_file(rule, source("", "")).is_err(), "nobody runs it");
    }

    #[test]
    fn a_test_inside_a_crate_has_the_crates_name() {
        let text = "mod tests {\n    /// ASVS V6.2.1.\n    #[test]\n    fn short() {}\n}";
        let found = names("crates/auth/src/password/rules.rs", text).unwrap();
        assert_eq!(found.first().map(|one| one.0.as_str()), Some("auth::password::rules::tests::short"));
    }

    #[test]
    fn a_rule_that_a_macro_runs_is_a_test() {
        let text = "on_each_store! {\n    nothing_revives\n}\n/// Text.\n///\n/// ASVS V7.4.1.\nasync fn nothing_revives(site: Site) {}";
        assert_eq!(names("crates/sessions/tests/it/http.rs", text).unwrap().len(), 1);
    }

    #[test]
    fn a_title_in_any_quotes_names_a_browser_test() {
        for quote in ["'", "\"", "`"] {
            let text = format!("// ASVS V3.2.2.\ntest({quote}text is text{quote}, async () => {{");
            let found = names("end2end/tests/pages.spec.ts", &text).unwrap();
            assert_eq!(found.first().map(|one| one.0.as_str()), Some("end2end::pages: text is text"));
        }
    }

    #[test]
    fn a_line_above_no_test_or_in_another_form_is_an_error() {
        for text in [
            "/// ASVS V7.2.3.\nfn helper() {}",
            "/// ASVS V7.2.3\n#[test]\nfn a() {}",
            "/// ASVS V7.2.\n#[test]\nfn a() {}",
            "/// ASVS V7.2.3; V7.2.4.\n#[test]\nfn a() {}",
        ] {
            assert!(names("server/tests/http/a.rs", text).is_err(), "{text}");
        }
    }
}
