//! Stores sessions before anybody asks for one.

use std::fs::{self, File};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use anyhow::{Context, Result, ensure};
use sessions::{Clock as _, Store, SystemClock};
use time::OffsetDateTime;
use tokio::task::JoinSet;

use super::store::{Kind, Place};
use crate::population;

/// How many are inserted at once.
const TASKS: u64 = 64;
/// How many sessions in files are made in memory before they are copied to the disk.
const PIECE: u64 = 100_000;
/// Where Linux keeps files in memory.
const IN_MEMORY: &str = "/dev/shm";

/// Stores sessions with the numbers below `count`. Returns the store, if that is where they are.
///
/// A store on disk waits for it at each insert. So what is a folder is made in memory and copied, where the
/// system has such a place; the files are the same.
pub async fn fill(place: &Place, count: u64) -> Result<Option<Arc<dyn Store>>> {
    let now = SystemClock.now();
    let memory = Path::new(IN_MEMORY);
    if let Place::Folder { kind, folder } = place
        && kind.sealing().is_none()
        && memory.is_dir()
    {
        // A database is one file, and grows as a whole.
        let piece = if *kind == Kind::Filesystem { PIECE } else { count.max(1) };
        for first in (0..count).step_by(usize::try_from(piece)?) {
            let beside = Beside::new(memory)?;
            let twin = place.in_folder(&beside.0).context("it is a folder")?;
            let store = twin.store().await?.context("it has a store")?;
            insert(&store, first..count.min(first + piece), now).await?;
            drop(store);
            beside.copy_to(folder).context("the sessions cannot be copied to the disk")?;
        }
        Command::new("sync").status().context("sync runs")?;
        return Ok(None);
    }
    let Some(store) = place.store().await? else { return Ok(None) };
    insert(&store, 0..count, now).await?;
    Ok(Some(store))
}

async fn insert(store: &Arc<dyn Store>, numbers: std::ops::Range<u64>, now: OffsetDateTime) -> Result<()> {
    let mut tasks = JoinSet::new();
    for task in 0..TASKS {
        let (store, numbers) = (Arc::clone(store), numbers.clone());
        tasks.spawn(async move {
            for number in numbers.filter(|number| number % TASKS == task) {
                let key = population::id(number).key(population::PREFIX);
                ensure!(store.insert(&key, &population::record(number, now)).await?, "an id was taken");
            }
            Ok(())
        });
    }
    while let Some(done) = tasks.join_next().await {
        done??;
    }
    Ok(())
}

/// A temporary folder, removed when dropped.
struct Beside(PathBuf);

impl Beside {
    fn new(parent: &Path) -> Result<Self> {
        let folder = parent.join(format!("anteroom-bench-{}", std::process::id()));
        fs::create_dir_all(&folder).context("no folder in memory can be made")?;
        Ok(Self(folder))
    }

    /// Moments are part of what is stored.
    fn copy_to(&self, folder: &Path) -> io::Result<()> {
        copy(&self.0, folder)
    }
}

fn copy(from: &Path, to: &Path) -> io::Result<()> {
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let (about, twin) = (entry.metadata()?, to.join(entry.file_name()));
        if about.is_dir() {
            let made = fs::create_dir(&twin);
            made.or_else(|error| if error.kind() == ErrorKind::AlreadyExists { Ok(()) } else { Err(error) })?;
            copy(&entry.path(), &twin)?;
        } else {
            let mut file = File::create(twin)?;
            if about.len() > 0 {
                io::copy(&mut File::open(entry.path())?, &mut file)?;
            }
            file.set_modified(about.modified()?)?;
        }
    }
    Ok(())
}

impl Drop for Beside {
    fn drop(&mut self) {
        // A folder left behind in memory is no reason to fail; the next start begins with another name.
        let _ = fs::remove_dir_all(&self.0);
    }
}
