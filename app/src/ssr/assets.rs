//! The addresses of style sheet, script and WebAssembly.

use std::path::Path;
use std::{fs, io};

/// Where a page finds its files. Read once at the start: `HydrationScripts` and `HashedStylesheet` of
/// leptos 0.8.23 open the file of hashes anew for every page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Assets {
    /// Path of the style sheet.
    pub css: String,
    /// Path of the script.
    pub js: String,
    /// Path of the WebAssembly module.
    pub wasm: String,
}

impl Assets {
    /// The names in a build without `hash-files`.
    #[must_use]
    pub fn unhashed() -> Self {
        Self::named(|extension| format!("/pkg/anteroom.{extension}"))
    }

    /// Reads the file of hashes that cargo-leptos puts beside the executable (`hash.txt`, lines like
    /// `css: 0nVt…`). Without that file the names are [`unhashed`](Self::unhashed).
    ///
    /// # Errors
    /// The file is there and cannot be read, or lacks one of the three hashes.
    pub fn read(hash_file: &Path) -> io::Result<Self> {
        let lines = match fs::read_to_string(hash_file) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Self::unhashed()),
            lines => lines?,
        };
        let hash_of = |extension: &str| {
            let pairs = lines.lines().filter_map(|line| line.split_once(':'));
            pairs
                .into_iter()
                .find(|(file, _)| file.trim() == extension)
                .map(|(_, hash)| hash.trim().to_owned())
        };
        let (Some(css), Some(js), Some(wasm)) = (hash_of("css"), hash_of("js"), hash_of("wasm")) else {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "css, js or wasm is missing"));
        };
        Ok(Self::named(|extension| {
            let hash = match extension {
                "css" => &css,
                "js" => &js,
                _ => &wasm,
            };
            format!("/pkg/anteroom.{hash}.{extension}")
        }))
    }

    fn named(name: impl Fn(&str) -> String) -> Self {
        Self { css: name("css"), js: name("js"), wasm: name("wasm") }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hashes_become_part_of_the_names() {
        let file = std::env::temp_dir().join(format!("anteroom-hashes-{}", std::process::id()));
        fs::write(&file, "js: J1\nwasm: W2\ncss: C3\n").expect("is written");
        let assets = Assets::read(&file).expect("is read");
        assert_eq!(assets.js, "/pkg/anteroom.J1.js");
        assert_eq!(assets.wasm, "/pkg/anteroom.W2.wasm");
        assert_eq!(assets.css, "/pkg/anteroom.C3.css");
        fs::write(&file, "js: J1\n").expect("is written");
        assert!(Assets::read(&file).is_err());
        fs::remove_file(&file).expect("is removed");
        assert_eq!(Assets::read(&file).expect("falls back"), Assets::unhashed());
    }
}
