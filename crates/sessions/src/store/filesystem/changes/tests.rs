use std::collections::HashSet;
use std::fs::File;

use tempfile::TempDir;

use super::*;

/// One who writes and another who follows, who has read all there was.
struct Two {
    folder: TempDir,
    writer: Changes,
    follower: Changes,
}

impl Two {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let [writer, follower] = [(); 2].map(|()| Changes::open(folder.path()).expect("opens"));
        let two = Self { folder, writer, follower };
        assert_eq!(two.told(), Foreign::Anything, "at first nobody knows");
        assert_eq!(two.told(), Foreign::Keys(vec![]));
        two
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("changes")
    }

    /// What the follower is told while nobody has a lock.
    fn told(&self) -> Foreign {
        self.follower.foreign(|| true, |_| true).expect("answers")
    }

    fn announces(&self) -> Key {
        let key = key();
        self.writer.announce(&key).expect("announces");
        key
    }

    /// Everything is dropped once, and then only what is announced.
    fn begins_anew(&self) {
        assert_eq!(self.told(), Foreign::Anything);
        let key = self.announces();
        assert_eq!(self.told(), Foreign::Keys(vec![key]));
        assert_eq!(self.told(), Foreign::Keys(vec![]));
    }
}

fn key() -> Key {
    SessionId::random().key("")
}

#[test]
fn what_others_announce_is_told_once_and_ones_own_never() {
    let two = Two::new();
    two.follower.announce(&key()).expect("announces");
    let key = two.announces();
    assert_eq!(two.told(), Foreign::Keys(vec![key]));
    assert_eq!(two.told(), Foreign::Keys(vec![]));
}

#[test]
fn until_its_shard_has_been_seen_free_a_change_may_be_on_its_way_and_is_told_again() {
    let two = Two::new();
    let key = two.announces();
    let is_free = |shard| shard != shard_of(&key);
    for is_free in [&is_free as &dyn Fn(u8) -> bool, &is_free, &|_| true] {
        assert_eq!(two.follower.foreign(|| true, is_free).expect("answers"), Foreign::Keys(vec![key]));
    }
    assert_eq!(two.told(), Foreign::Keys(vec![]));
}

#[test]
fn who_begins_while_a_change_is_on_its_way_knows_nothing_until_its_shard_has_been_seen_free() {
    let two = Two::new();
    let shard = shard_of(&two.announces());
    let late = Changes::open(two.folder.path()).expect("opens");
    let not_in_one = |it| it != shard;
    for is_free in [&not_in_one as &dyn Fn(u8) -> bool, &|_| false, &|_| true] {
        assert_eq!(late.foreign(|| true, is_free).expect("answers"), Foreign::Anything);
    }
    assert_eq!(late.foreign(|| true, |_| false).expect("answers"), Foreign::Keys(vec![]));
}

#[test]
fn a_file_that_was_removed_tells_nothing_until_somebody_writes() {
    let two = Two::new();
    fs::remove_file(two.path()).expect("removes");
    assert_eq!(two.told(), Foreign::Anything);
    assert_eq!(two.told(), Foreign::Anything, "there is none to follow");
    two.announces();
    two.begins_anew();
}

#[test]
fn a_file_that_was_cut_tells_nothing_even_if_it_has_grown_again() {
    let two = Two::new();
    for announcements in [0, 1, 2, 5] {
        two.announces();
        two.told();
        File::options().write(true).truncate(true).open(two.path()).expect("cuts");
        for _ in 0..announcements {
            two.announces();
        }
        two.begins_anew();
    }
}

#[test]
fn half_an_announcement_tells_nothing_and_the_next_writer_puts_the_file_right() {
    let two = Two::new();
    let mut file = File::options().append(true).open(two.path()).expect("opens");
    file.write_all(&[0; ANNOUNCEMENT / 2]).expect("writes");
    assert_eq!(two.told(), Foreign::Anything);
    assert_eq!(two.told(), Foreign::Anything);
    two.announces();
    two.begins_anew();
}

#[test]
fn another_file_in_its_place_tells_nothing() {
    let two = Two::new();
    two.announces();
    let backup = two.path().with_extension("backup");
    fs::copy(two.path(), &backup).expect("copies");
    two.told();
    fs::rename(backup, two.path()).expect("restores");
    two.begins_anew();
}

#[test]
fn without_its_folder_nobody_is_told_anything_and_nobody_announces() {
    let two = Two::new();
    fs::remove_dir_all(two.folder.path()).expect("removes");
    assert!(two.follower.foreign(|| true, |_| true).is_err());
    assert!(two.writer.announce(&key()).is_err());
}

#[test]
fn a_full_file_is_replaced_and_everybody_goes_on_with_the_new_one() {
    let two = Two::new();
    for _ in 0..FULL / ANNOUNCEMENT as u64 {
        two.announces();
    }
    assert_eq!(fs::metadata(two.path()).expect("is there").len(), 0);
    two.begins_anew();
}

#[test]
fn of_eight_who_write_at_once_each_is_heard() {
    let two = Two::new();
    let mut announced = std::thread::scope(|scope| {
        let announce = || {
            let writer = Changes::open(two.folder.path()).expect("opens");
            (0..200)
                .map(|_| key())
                .inspect(|key| writer.announce(key).expect("announces"))
                .collect::<Vec<_>>()
        };
        let writers: Vec<_> = (0..8).map(|_| scope.spawn(announce)).collect();
        writers.into_iter().flat_map(|writer| writer.join().expect("writes")).collect::<HashSet<_>>()
    });
    let Foreign::Keys(told) = two.told() else { unreachable!("nobody has replaced the file") };
    assert!(told.iter().all(|key| announced.remove(key)) && announced.is_empty());
}

#[test]
fn what_nobody_waits_for_any_more_is_told_to_the_next() {
    let two = Two::new();
    let key = two.announces();
    assert!(two.follower.foreign(|| false, |_| true).is_err());
    assert_eq!(two.told(), Foreign::Keys(vec![key]));
}
