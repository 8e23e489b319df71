//! Whether anything changed: files boiled down to one number.

use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

/// A number that differs when a file's name or content, or the set of files, does.
/// Missing paths count as empty. Neither a secret nor kept for long, so the standard library's hash will do.
pub fn of_contents(paths: &[PathBuf]) -> Result<u64> {
    of_files(paths, |file, hasher| {
        fs::read(file)?.hash(hasher);
        Ok(())
    })
}

/// As [`of_contents`], by size and time of change instead of content.
pub fn of_dates(paths: &[PathBuf]) -> Result<u64> {
    of_files(paths, |file, hasher| {
        let metadata = fs::metadata(file)?;
        (metadata.len(), metadata.modified()?).hash(hasher);
        Ok(())
    })
}

/// The same for a text.
pub fn of_text(text: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    text.hash(&mut hasher);
    hasher.finish()
}

fn of_files(
    paths: &[PathBuf],
    digest: impl Fn(&Path, &mut DefaultHasher) -> std::io::Result<()>,
) -> Result<u64> {
    let mut files = Vec::new();
    for path in paths {
        gather(path, &mut files)?;
    }
    files.sort();
    let mut hasher = DefaultHasher::new();
    for file in files {
        file.hash(&mut hasher);
        digest(&file, &mut hasher).with_context(|| format!("cannot read {}", file.display()))?;
    }
    Ok(hasher.finish())
}

fn gather(path: &Path, files: &mut Vec<PathBuf>) -> Result<()> {
    if path.is_file() {
        files.push(path.to_path_buf());
    } else if path.is_dir() {
        for entry in fs::read_dir(path).with_context(|| format!("cannot list {}", path.display()))? {
            gather(&entry?.path(), files)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_changed_byte_changes_the_fingerprint() {
        let folder = std::env::temp_dir().join(format!("fingerprint-{}", std::process::id()));
        let file = folder.join("deep/file");
        fs::create_dir_all(folder.join("deep")).unwrap();
        fs::write(&file, "one").unwrap();
        let before = of_contents(std::slice::from_ref(&folder)).unwrap();
        assert_eq!(before, of_contents(std::slice::from_ref(&folder)).unwrap());
        fs::write(&file, "two").unwrap();
        assert_ne!(before, of_contents(std::slice::from_ref(&folder)).unwrap());
        fs::remove_dir_all(folder).unwrap();
    }
}
