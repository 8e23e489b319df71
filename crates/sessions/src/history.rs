//! What has happened to sessions of late, so that their owners can be shown it.

use std::collections::{HashMap, VecDeque};

use parking_lot::Mutex;
use time::OffsetDateTime;

use crate::{Key, Reason};

/// Events that are kept of one session; then the oldest goes.
const EVENTS: usize = 16;
/// Sessions of which events are kept; then the one that was quiet for longest goes.
const SESSIONS: usize = 1024;

/// Names of changed values that one event keeps.
const NAMES: usize = 16;
/// Bytes of the longest name that is kept: an application may let visitors choose them.
const NAME: usize = 64;

/// One thing that happened to a session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// When.
    pub at: OffsetDateTime,
    /// What.
    pub happening: Happening,
}

impl Event {
    pub(crate) fn is_end(&self) -> bool {
        matches!(self.happening, Happening::Ended(_))
    }
}

/// What can happen to a session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Happening {
    /// It began.
    Began,
    /// It got a new id.
    IdChanged,
    /// An account was signed in to it.
    SignedIn,
    /// Values with these keys were set or removed.
    Changed(Vec<String>),
    /// Its use was noted, which moved its idle deadline.
    Used,
    /// It ended.
    Ended(Reason),
}

/// The last events of sessions, as this process saw them: in memory, bounded, gone with the process. It is
/// for looking at (`SessionsBuilder::history`); what an operator must be able to prove goes into the log.
#[derive(Debug, Default)]
pub struct History(Mutex<HashMap<Key, VecDeque<Event>>>);

impl History {
    /// The events of a session, the oldest first.
    #[must_use]
    pub fn of(&self, key: &Key) -> Vec<Event> {
        self.0.lock().get(key).into_iter().flatten().cloned().collect()
    }

    pub(crate) fn note(&self, key: Key, mut event: Event) {
        if let Happening::Changed(names) = &mut event.happening {
            names.retain(|name| name.len() <= NAME);
            names.truncate(NAMES);
        }
        let mut kept = self.0.lock();
        if kept.len() >= SESSIONS && !kept.contains_key(&key) {
            let quietest = kept.iter().min_by_key(|(_, events)| events.back().map(|event| event.at));
            if let Some(quietest) = quietest.map(|(key, _)| *key) {
                kept.remove(&quietest);
            }
        }
        let events = kept.entry(key).or_default();
        // Each later request with this id finds out again.
        if event.is_end() && events.back().is_some_and(Event::is_end) {
            return;
        }
        if events.len() == EVENTS {
            events.pop_front();
        }
        events.push_back(event);
    }

    /// Goes on under a new key: with all events or, where the new session may be somebody else's, with no more
    /// than the end of the old one.
    pub(crate) fn hand_on(&self, old: &Key, new: Key, whole: bool) {
        let mut kept = self.0.lock();
        if let Some(mut events) = kept.remove(old) {
            if !whole {
                events = events.pop_back().filter(Event::is_end).into_iter().collect();
            }
            kept.insert(new, events);
        }
    }
}

#[cfg(test)]
mod tests {
    use time::Duration;

    use super::*;
    use crate::{Clock as _, FixedClock, SessionId};

    fn key() -> Key {
        SessionId::random().key("")
    }

    fn event(seconds: i64, happening: Happening) -> Event {
        Event { at: FixedClock::default().now() + Duration::seconds(seconds), happening }
    }

    #[test]
    fn the_last_events_of_the_last_sessions_are_kept() {
        let history = History::default();
        let keys: Vec<Key> = (0..=SESSIONS).map(|_| key()).collect();
        for (second, key) in (0..).zip(&keys) {
            for _ in 0..=EVENTS {
                history.note(*key, event(second, Happening::Used));
            }
        }
        let counts: Vec<usize> = keys.iter().map(|key| history.of(key).len()).collect();
        assert_eq!((counts.first(), counts.get(1), counts.last()), (Some(&0), Some(&EVENTS), Some(&EVENTS)));
    }

    #[test]
    fn names_that_visitors_choose_take_little_room() {
        let (history, key) = (History::default(), key());
        let names =
            std::iter::repeat_n("x".repeat(NAME + 1), 9).chain((0..99).map(|number| number.to_string()));
        history.note(key, event(0, Happening::Changed(names.collect())));
        let kept = (0..NAMES).map(|number| number.to_string()).collect();
        assert_eq!(history.of(&key), [event(0, Happening::Changed(kept))]);
    }

    #[test]
    fn a_session_ends_once() {
        let (history, key) = (History::default(), key());
        history.note(key, event(0, Happening::Ended(Reason::Idle)));
        history.note(key, event(9, Happening::Ended(Reason::Idle)));
        assert_eq!(history.of(&key), [event(0, Happening::Ended(Reason::Idle))]);
    }

    #[test]
    fn somebody_else_is_told_of_the_end_alone() {
        let [signed_in, ended] =
            [event(0, Happening::SignedIn), event(1, Happening::Ended(Reason::SignedOut))];
        for (whole, noted, told) in [
            (true, vec![&signed_in, &ended], vec![&signed_in, &ended]),
            (false, vec![&signed_in, &ended], vec![&ended]),
            (false, vec![&signed_in], vec![]),
        ] {
            let (history, old, new) = (History::default(), key(), key());
            for event in noted {
                history.note(old, event.clone());
            }
            history.hand_on(&old, new, whole);
            assert_eq!(history.of(&old), []);
            assert_eq!(history.of(&new).iter().collect::<Vec<_>>(), told);
        }
    }
}
