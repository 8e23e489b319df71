//! The inside of the visitor's own session.

use contract::{CookieContents, CookieView, EventKind, EventView, InspectionView, LimitView, RecordView};
use sessions::history::{Event, Happening};
use sessions::{Holds, Inspection, Record, Sessions};
use time::{Duration, OffsetDateTime};

use super::{Visitor, view};
use crate::AuthError;

impl Visitor {
    /// The inside of this session, a guest's too. Looking keeps nobody signed in.
    ///
    /// # Errors
    /// [`AuthError::Sessions`] if the store does not answer.
    pub async fn inspect(&self) -> Result<InspectionView, AuthError> {
        let inspection = self.session.inspect().await?;
        let sessions = self.session.sessions();
        let now = sessions.settings().clock.now();
        let record = inspection.presence.record();
        let capabilities = sessions.capabilities();
        Ok(InspectionView {
            kind: view::kind(capabilities),
            store: capabilities.name.to_owned(),
            cookie: cookie(sessions, &inspection, now),
            record: record.map(|record| record_view(record, now)),
            events: inspection.events.iter().map(event).collect(),
        })
    }
}

fn cookie(sessions: &Sessions, inspection: &Inspection, now: OffsetDateTime) -> CookieView {
    let cookie = &sessions.settings().cookie;
    let kept = inspection.presence.record().filter(|record| record.policy.persistent);
    let set = cookie.set("", kept.map(|record| record.absolute_deadline() - now));
    CookieView {
        name: cookie.name.clone(),
        attributes: set.split("; ").skip(1).map(str::to_owned).collect(),
        size: inspection.cookie_size.map(|size| u32::try_from(size).unwrap_or(u32::MAX)),
        holds: match inspection.holds {
            Holds::Id => CookieContents::Id,
            Holds::SignedId => CookieContents::SignedId,
            Holds::Encrypted => CookieContents::Encrypted,
            Holds::Signed => CookieContents::Signed,
            Holds::Unknown => CookieContents::Unknown,
            Holds::OneOfSeveral => CookieContents::OneOfSeveral,
        },
        payload: inspection.payload.clone(),
    }
}

fn record_view(record: &Record, now: OffsetDateTime) -> RecordView {
    let limit = |length: Duration, end: OffsetDateTime| LimitView {
        ends_at: view::timestamp(end),
        seconds: seconds(length),
        left: seconds(end - now),
    };
    RecordView {
        values: record.values.clone().into_iter().collect(),
        version: record.version,
        permanent: record.policy.persistent,
        created_at: view::timestamp(record.created_at),
        last_seen: view::timestamp(record.last_seen),
        idle: limit(record.policy.idle, record.idle_deadline()),
        absolute: limit(record.policy.absolute, record.absolute_deadline()),
    }
}

fn seconds(duration: Duration) -> u32 {
    u32::try_from(duration.whole_seconds().max(0)).unwrap_or(u32::MAX)
}

fn event(event: &Event) -> EventView {
    let (kind, reason, keys) = match &event.happening {
        Happening::Began => (EventKind::Began, None, &[][..]),
        Happening::IdChanged => (EventKind::IdChanged, None, &[][..]),
        Happening::SignedIn => (EventKind::SignedIn, None, &[][..]),
        Happening::Changed(keys) => (EventKind::Changed, None, keys.as_slice()),
        Happening::Used => (EventKind::Used, None, &[][..]),
        Happening::Ended(reason) => (EventKind::Ended, Some(reason.as_str().to_owned()), &[][..]),
    };
    EventView { at: view::timestamp(event.at), event: kind, reason, keys: keys.to_vec() }
}
