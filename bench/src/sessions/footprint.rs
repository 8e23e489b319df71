//! How much room something takes.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};

/// Resident memory of this process, in bytes; 0 where the system does not tell.
pub fn of_this_process() -> Result<u64> {
    let Ok(status) = fs::read_to_string("/proc/self/status") else { return Ok(0) };
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).context("no VmRSS")?;
    let kibibytes: u64 = line.trim().trim_end_matches(" kB").parse().context("VmRSS is no number")?;
    Ok(kibibytes * 1024)
}

/// What the files and folders in a folder take on disk, in bytes.
pub fn of_folder(folder: &Path) -> Result<u64> {
    let mut sum = 0;
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let about = entry.metadata()?;
        sum += on_disk(&about);
        if about.is_dir() {
            sum += of_folder(&entry.path())?;
        }
    }
    Ok(sum)
}

#[cfg(unix)]
fn on_disk(about: &fs::Metadata) -> u64 {
    std::os::unix::fs::MetadataExt::blocks(about) * 512
}

#[cfg(not(unix))]
fn on_disk(about: &fs::Metadata) -> u64 {
    about.len()
}
