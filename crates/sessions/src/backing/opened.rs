//! Cookies that were opened lately: a browser comes with the same one again and again, and to open it costs more
//! than all else that is done with it.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use parking_lot::Mutex;

use crate::{Contents, Key, Opened, Record, Refused, SessionId};

/// Bytes that are kept at most, about.
const ROOM: usize = 16 << 20;
/// What a record takes beside its values, about.
const RECORD: usize = 768;

/// What a genuine cookie holds. Whether it has expired or was ended is judged anew each time.
pub(crate) struct OpenCookie {
    pub id: SessionId,
    /// What its end is noted under.
    pub key: Key,
    pub record: Arc<Record>,
    /// The account's epoch when it was sealed.
    pub epoch: u64,
    /// Whether it is to be sealed anew.
    pub stale_key: bool,
}

impl OpenCookie {
    pub(super) fn new(opened: Opened, key: impl FnOnce(&SessionId) -> Key) -> Self {
        let Contents { id, record, epoch } = opened.contents;
        Self { id, key: key(&id), record: Arc::new(record), epoch, stale_key: opened.stale_key }
    }

    /// As it was sealed.
    pub(crate) fn contents(&self) -> Contents {
        Contents { id: self.id, record: Record::clone(&self.record), epoch: self.epoch }
    }
}

impl fmt::Debug for OpenCookie {
    /// Without the record: whose session it is and what it holds are not for logs.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OpenCookie").field("id", &self.id).finish_non_exhaustive()
    }
}

/// By their whole values, of one engine: that is of one ring and one cookie name. Only what the server itself has
/// sealed is kept, so strangers can fill it with nothing.
#[derive(Default)]
pub(crate) struct OpenedLately(Mutex<Kept>);

#[derive(Default)]
struct Kept {
    cookies: HashMap<Box<str>, Arc<OpenCookie>>,
    weight: usize,
}

impl OpenedLately {
    /// What the value holds, by `open` if it is not known.
    pub(super) fn get(
        &self,
        value: &str,
        open: impl FnOnce() -> Result<OpenCookie, Refused>,
    ) -> Result<Arc<OpenCookie>, Refused> {
        if let Some(known) = self.0.lock().cookies.get(value) {
            return Ok(Arc::clone(known));
        }
        let opened = Arc::new(open()?);
        // The value, and what it says in plain words.
        let weight = RECORD + 2 * value.len();
        // Before the lock, and so dropped after it: these may be many.
        let mut outgrown = Kept::default();
        let mut kept = self.0.lock();
        if kept.weight + weight > ROOM {
            std::mem::swap(&mut *kept, &mut outgrown);
        }
        if kept.cookies.insert(value.into(), Arc::clone(&opened)).is_none() {
            kept.weight += weight;
        }
        Ok(opened)
    }
}

impl fmt::Debug for OpenedLately {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "OpenedLately({})", self.0.lock().cookies.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Clock as _, FixedClock, Policy};

    fn cookie() -> OpenCookie {
        let record = Record::new(Policy::SIGNED_IN, FixedClock::default().now());
        let contents = Contents { id: SessionId::random(), record, epoch: 0 };
        OpenCookie::new(Opened { contents, stale_key: false }, |id| id.key(""))
    }

    #[test]
    fn a_value_is_opened_once_and_another_is_another() {
        let lately = OpenedLately::default();
        let first = lately.get("a", || Ok(cookie())).expect("opens");
        let again = lately.get("a", || Err(Refused::Forged)).expect("is known");
        assert!(Arc::ptr_eq(&first, &again));
        assert!(lately.get("b", || Err(Refused::Forged)).is_err());
        assert!(lately.get("b", || Err(Refused::Forged)).is_err(), "what is refused is not remembered");
    }

    #[test]
    fn no_more_is_kept_than_there_is_room_for() {
        let lately = OpenedLately::default();
        for number in 0..3 * ROOM / RECORD {
            lately.get(&number.to_string(), || Ok(cookie())).expect("opens");
            assert!(lately.0.lock().cookies.len() <= ROOM / RECORD);
        }
    }
}
