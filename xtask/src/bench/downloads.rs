//! How many bytes a browser loads before the page can be used, and before it is hydrated.

use anyhow::{Result, bail};

use super::http;
use super::program::Program;
use super::yardstick::Yardstick;

/// Bytes as brotli; headers are not counted.
pub struct Downloads {
    /// The home page's HTML and its style sheets.
    pub usable: usize,
    /// All that, scripts and WebAssembly.
    pub hydrated: usize,
}

impl Downloads {
    /// Loads the home page and what it names under `/pkg/`.
    pub fn of(server: &Program, yardstick: &Yardstick) -> Result<Self> {
        let page = http::get(&server.address, "/", &[])?;
        let html = String::from_utf8_lossy(&page.body).into_owned();
        let mut usable = load("/", server, yardstick)?;
        let mut hydrated = 0;
        for asset in assets(&html) {
            let size = load(asset, server, yardstick)?;
            if has_extension(asset, "css") { usable += size } else { hydrated += size }
        }
        Ok(Self { usable, hydrated: hydrated + usable })
    }
}

/// The size as sent, or as it would be if the server compressed it.
fn load(path: &str, server: &Program, yardstick: &Yardstick) -> Result<usize> {
    let answer = http::get(&server.address, path, &[("Accept-Encoding", "br")])?;
    if answer.status != 200 {
        bail!("{path} answers {}", answer.status);
    }
    match answer.header("content-encoding") {
        Some("br") => Ok(answer.body.len()),
        _ => yardstick.brotli_size(&answer.body),
    }
}

/// Each quoted path under `/pkg/` that names a file, once.
fn assets(html: &str) -> Vec<&str> {
    let mut found: Vec<&str> = html
        .split(['"', '\'', '`'])
        .filter(|text| text.starts_with("/pkg/"))
        .filter(|path| ["css", "js", "wasm"].iter().any(|extension| has_extension(path, extension)))
        .collect();
    found.sort_unstable();
    found.dedup();
    found
}

fn has_extension(path: &str, extension: &str) -> bool {
    path.rsplit_once('.').is_some_and(|(_, found)| found == extension)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_asset_is_counted_once() {
        let html = r#"<link href="/pkg/a.1.css"><link href="/pkg/a.2.js"><script>import('/pkg/a.2.js'); "/pkg/a.3.wasm"; "/pkg/"</script>"#;
        assert_eq!(assets(html), ["/pkg/a.1.css", "/pkg/a.2.js", "/pkg/a.3.wasm"]);
    }
}
