//! Maps by keys.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

use crate::Key;

/// A map by keys, which are hashes already: SHA-256 of ids that nobody but the server draws, so that nobody can choose
/// where in the map they come to lie.
pub(crate) type ByKey<V> = HashMap<Key, V, BuildHasherDefault<KeyHasher>>;

/// Takes eight bytes of a key for its hash: the last ones, since the first byte chooses among shards.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct KeyHasher(u64);

impl Hasher for KeyHasher {
    fn write(&mut self, bytes: &[u8]) {
        self.0 = bytes.last_chunk().map_or(self.0, |last| u64::from_ne_bytes(*last));
    }

    /// A slice writes its length first, which all keys share.
    fn write_usize(&mut self, _: usize) {}

    fn finish(&self) -> u64 {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use std::hash::{BuildHasher as _, BuildHasherDefault};

    use super::*;
    use crate::SessionId;

    #[test]
    fn the_hash_of_a_key_is_its_last_eight_bytes() {
        let key = SessionId::random().key("");
        let hash = BuildHasherDefault::<KeyHasher>::default().hash_one(key);
        assert_eq!(key.as_bytes().last_chunk(), Some(&hash.to_ne_bytes()));
    }
}
