//! A reader of announcements, from where it began.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::io::{self, ErrorKind, Read as _, Seek as _, SeekFrom};
use std::path::Path;

use super::{ANNOUNCEMENT, Foreign, Key, Log, Writer, is_whole, shard_of};

/// What is known of others' changes.
#[derive(Debug, Default)]
pub(super) struct Follower {
    /// `None` until the first call, after one that failed, and while there is nothing to read.
    place: Option<Place>,
    /// Shards in which changes may be on their way that were announced where nobody has read.
    unread: BTreeSet<u8>,
    /// What has been announced, by shard, until that has been seen free.
    announced: BTreeMap<u8, HashSet<Key>>,
}

/// How far a file has been read.
#[derive(Debug)]
struct Place {
    log: Log,
    /// Where the next announcement begins.
    end: u64,
    /// The one before it. If it is not there any more, the file has been cut, and has perhaps grown again.
    last: Option<[u8; ANNOUNCEMENT]>,
}

impl Follower {
    /// Reads what has been announced since the last call, save by `own`.
    pub(super) fn read(&mut self, path: &Path, own: &Writer) -> io::Result<()> {
        if let Some(mut place) = self.place.take()
            && place.log.size_at(path)?.is_some()
            && let Some(announcements) = place.read_on()?
        {
            self.place = Some(place);
            for key in announcements.iter().filter_map(|announcement| foreign_key(announcement, own)) {
                self.announced.entry(shard_of(&key)).or_default().insert(key);
            }
            return Ok(());
        }
        self.announced.clear();
        self.unread = (0..=u8::MAX).collect();
        self.place = Place::at_the_end(path)?;
        Ok(())
    }

    /// What is to be dropped now; of that, what is in a shard that is free need not be dropped again.
    pub(super) fn report(&mut self, is_free: impl Fn(u8) -> bool) -> Foreign {
        let foreign = if self.unread.is_empty() {
            Foreign::Keys(self.announced.values().flatten().copied().collect())
        } else {
            Foreign::Anything
        };
        self.unread.retain(|shard| !is_free(*shard));
        self.announced.retain(|shard, _| !is_free(*shard));
        foreign
    }
}

impl Place {
    /// `None` where there is no such file, or one of which nobody knows where an announcement begins.
    fn at_the_end(path: &Path) -> io::Result<Option<Self>> {
        let log = match Log::existing(path) {
            Ok(log) => log,
            // A folder that is gone says nothing about its sessions.
            Err(error) if error.kind() == ErrorKind::NotFound && path.parent().is_some_and(Path::is_dir) => {
                return Ok(None);
            }
            Err(error) => return Err(error),
        };
        let end = log.file.metadata()?.len();
        if !is_whole(end) {
            return Ok(None);
        }
        let mut place = Self { log, end: end.saturating_sub(ANNOUNCEMENT as u64), last: None };
        Ok(place.read_on()?.map(|_| place))
    }

    /// The announcements since the last call; `None` if the file is not as it was.
    fn read_on(&mut self) -> io::Result<Option<Vec<[u8; ANNOUNCEMENT]>>> {
        let again = self.last.map_or(0, |last| last.len() as u64);
        let mut bytes = Vec::new();
        let mut file = &self.log.file;
        file.seek(SeekFrom::Start(self.end - again))?;
        file.read_to_end(&mut bytes)?;
        let (announcements, rest) = bytes.as_chunks();
        let mut announcements = announcements.iter();
        if !rest.is_empty() || self.last.is_some_and(|last| announcements.next() != Some(&last)) {
            return Ok(None);
        }
        let announcements: Vec<_> = announcements.copied().collect();
        self.end += announcements.len() as u64 * ANNOUNCEMENT as u64;
        self.last = announcements.last().copied().or(self.last);
        Ok(Some(announcements))
    }
}

fn foreign_key(announcement: &[u8], own: &Writer) -> Option<Key> {
    let (key, rest) = announcement.split_first_chunk()?;
    (!rest.starts_with(own)).then(|| Key::from_bytes(*key))
}
