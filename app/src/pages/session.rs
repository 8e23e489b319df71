//! The session inspector: what a browser's tools and a base64 decoder would show, on one page, live.

use std::cell::RefCell;
use std::time::Duration;

use contract::{CookieContents, EventKind};
use leptos::prelude::*;

use crate::browser::{in_background, in_browser};
use crate::components::moment;
use crate::handed::handed;
use crate::inspection::{InspectedEvent, InspectedRecord, Inspection, Limit};
use crate::markup::Markup;
use crate::requests;
use crate::routes::INSPECTION;
use crate::text::{Inspector, Text, around, say};
use crate::visitor::CurrentVisitor;

/// Seconds between two looks at the server.
const REFRESH: u32 = 5;

/// What is handed over, and shown, in the place of an answer while there is none.
const NO_ANSWER: &str = "null";

/// What is kept of this visit, and what happened.
#[component]
pub fn Session() -> impl IntoView {
    let live = Live::new();
    view! {
        <h1 tabindex="-1">{say(|text| text.session)}</h1>
        <p class="lead">{say(|text| text.session_lead)}</p>
        <div class="sheet">
            <div inner_html=move || live.sheet()></div>
            <section class="card limits" hidden=move || live.record().is_none()>
                {live.countdown(|words| words.idle_limit, |record| record.idle)}
                {live.countdown(|words| words.absolute_limit, |record| record.absolute)}
            </section>
        </div>
    }
}

/// What is shown, and how old it is.
#[derive(Clone, Copy)]
struct Live {
    /// As JSON.
    shown: RwSignal<Option<String>>,
    read: fn(&str) -> Option<Inspection>,
    pace: StoredValue<Pace>,
    /// Changes each second.
    beat: RwSignal<bool>,
    visitor: CurrentVisitor,
}

/// When the server was asked, and when it answered.
#[derive(Clone, Copy, Default)]
struct Pace {
    /// Seconds since what is shown was true: limits are counted down by the server's clock, not by the
    /// browser's.
    age: u32,
    /// Seconds since the server was asked last.
    waited: u32,
    /// Counts the questions: an answer that was overtaken is worth nothing.
    asked: u32,
    /// Whether the last question is without an answer.
    is_pending: bool,
}

impl Live {
    fn new() -> Self {
        let (shown, reader) = handed();
        let visitor = CurrentVisitor::current();
        let (pace, beat) = (StoredValue::new(Pace::default()), RwSignal::new(false));
        let live = Self { shown, read: reader.inspection, pace, beat, visitor };
        let seen = RefCell::new(None);
        in_browser(Box::new(move || {
            // Whoever signs in or out, or chooses a theme, changes the session.
            let now = Some((visitor.username(), visitor.language(), visitor.theme()));
            let before = seen.replace(now.clone());
            if before.as_ref().is_some_and(|(username, ..)| Some(username) != now.as_ref().map(|now| &now.0))
            {
                // What is shown was somebody else's.
                live.shown.set(None);
            }
            if before.is_some() || live.shown.with_untracked(Option::is_none) {
                live.refresh();
            }
            if let Ok(ticking) = set_interval_with_handle(move || live.tick(), Duration::from_secs(1)) {
                on_cleanup(move || ticking.clear());
            }
        }));
        live
    }

    fn tick(self) {
        self.pace.update_value(|pace| (pace.age, pace.waited) = (pace.age + 1, pace.waited + 1));
        self.beat.update(|beat| *beat = !*beat);
        let pace = self.pace.get_value();
        if pace.waited >= REFRESH && !pace.is_pending && !document().hidden() {
            self.refresh();
        }
    }

    fn refresh(self) {
        let asked = self.pace.get_value().asked.wrapping_add(1);
        self.pace.update_value(|pace| *pace = Pace { asked, waited: 0, is_pending: true, age: pace.age });
        in_background(Box::pin(async move {
            let answer = requests::get(INSPECTION).await;
            // The visitor may have left the page meanwhile, and the signals with it.
            let Some(pace) = self.pace.try_get_value().filter(|pace| pace.asked == asked) else { return };
            let age = if answer.is_ok() { 0 } else { pace.age };
            self.pace.set_value(Pace { is_pending: false, age, ..pace });
            let is_answer = answer.is_ok();
            let json = answer.unwrap_or_else(|_| NO_ANSWER.to_owned());
            let record = (self.read)(&json).and_then(|shown| shown.record);
            self.shown.set(Some(json));
            if is_answer {
                self.visitor.notice(record.as_ref().and_then(InspectedRecord::username));
            }
        }));
    }

    fn inspection(self) -> Option<Inspection> {
        self.shown.with(|json| json.as_deref().and_then(self.read))
    }

    fn record(self) -> Option<InspectedRecord> {
        self.inspection().and_then(|shown| shown.record)
    }

    /// The elements stay, so that they can be read while they count.
    fn countdown(
        self,
        name: fn(&Inspector) -> &'static str,
        limit: fn(&InspectedRecord) -> Limit,
    ) -> impl IntoView {
        let limit = move || self.record().as_ref().map(limit).unwrap_or_default();
        let left = move || {
            self.beat.track();
            limit().left.saturating_sub(self.pace.get_value().age)
        };
        let words = move || {
            let words = &self.visitor.text().inspector;
            [name(words), ": ", &around(words.left, &clock(left(), words.day))].concat()
        };
        let label = move || name(&self.visitor.text().inspector);
        let whole = move || limit().seconds.max(1).to_string();
        view! {
            <div>
                <p>{words}</p>
                <progress max=whole value=move || left().to_string() aria-label=label></progress>
            </div>
        }
    }

    fn sheet(self) -> String {
        let text = self.visitor.text();
        if self.shown.with(|json| json.as_deref() == Some(NO_ANSWER)) {
            return Markup::default()
                .html("<p role=\"status\">")
                .text(text.trouble)
                .html("</p>")
                .into_string();
        }
        let cards = self.inspection().map(|shown| {
            [cookie_card(&shown, text), record_card(&shown, text), events_card(&shown.events, text)]
        });
        Markup::default().each(cards.into_iter().flatten(), card).into_string()
    }
}

/// One part of the page.
#[derive(Default)]
struct Card {
    heading: &'static str,
    /// Names and what they stand for.
    lines: Vec<(String, String)>,
    hint: &'static str,
    /// What a decoder shows; mostly nothing.
    payload: String,
}

fn card(html: Markup, card: Card) -> Markup {
    let html = html.html("<section class=\"card\"><h2>").text(card.heading).html("</h2><dl>");
    let html = html.each(card.lines, |html, (name, value)| {
        html.html("<dt>").text(&name).html("</dt><dd>").text(&value).html("</dd>")
    });
    let html = html.html("</dl><p class=\"hint\">").text(card.hint).html("</p>");
    // It may have to be scrolled, with the keyboard too.
    let html = if card.payload.is_empty() {
        html
    } else {
        html.html("<pre tabindex=\"0\">").text(&card.payload).html("</pre>")
    };
    html.html("</section>")
}

fn cookie_card(inspection: &Inspection, text: &'static Text) -> Card {
    let words = &text.inspector;
    let holds = match (inspection.size, inspection.holds) {
        (_, CookieContents::OneOfSeveral) => words.one_of_several,
        (None, _) => words.no_cookie,
        (_, CookieContents::Id) => words.holds_id,
        (_, CookieContents::SignedId) => words.holds_signed_id,
        (_, CookieContents::Encrypted) => words.holds_encrypted,
        (_, CookieContents::Signed) => words.holds_signed,
        (_, CookieContents::Unknown) => words.holds_unknown,
    };
    let mut lines = vec![line(words.cookie, &inspection.cookie), line(words.holds, holds)];
    if let Some(size) = inspection.size {
        lines.push(line(words.size, &around(words.bytes, &size.to_string())));
    }
    lines.push(line(words.attributes, &inspection.attributes.join("; ")));
    let payload = inspection.payload.clone().unwrap_or_default();
    let hint = if payload.is_empty() { "" } else { words.payload };
    Card { heading: words.in_browser, lines, hint, payload }
}

fn record_card(inspection: &Inspection, text: &'static Text) -> Card {
    let words = &text.inspector;
    let (heading, hint) = if inspection.is_client_side {
        (words.in_cookie, words.kept_in_cookie)
    } else {
        (words.on_server, words.kept_on_server)
    };
    let card = Card { heading, lines: vec![line(words.store, &inspection.store)], ..Card::default() };
    let Some(record) = &inspection.record else {
        return Card { hint: words.nothing, ..card };
    };
    let InspectedRecord { values, version, created_at, last_seen, .. } = record;
    let kind = match (record.username(), record.permanent) {
        (None, _) => words.kind_guest,
        (Some(_), false) => words.kind_member,
        (Some(_), true) => words.kind_kept,
    };
    let mut lines = card.lines;
    lines.push(line(words.kind, kind));
    lines.extend(values.iter().cloned());
    lines.push(line(words.version, version));
    lines.push(line(words.created, &moment(created_at)));
    lines.push(line(text.devices.last_seen, &moment(last_seen)));
    Card { heading, lines, hint, ..Card::default() }
}

fn events_card(events: &[InspectedEvent], text: &'static Text) -> Card {
    let words = &text.inspector;
    let newest_first = events.iter().rev().map(|event| {
        let what = match event.event {
            EventKind::Began => words.began,
            EventKind::IdChanged => words.id_changed,
            EventKind::SignedIn => words.signed_in,
            EventKind::Changed => words.changed,
            EventKind::Used => words.used,
            EventKind::Ended => words.ended,
        };
        let detail = if event.event == EventKind::Ended {
            [text.ended_for(&event.detail), " (", &event.detail, ")"].concat()
        } else {
            event.detail.clone()
        };
        line(&moment(&event.at), &[what, " ", &detail].concat())
    });
    Card { heading: words.events, lines: newest_first.collect(), hint: words.events_hint, ..Card::default() }
}

fn line(name: &str, value: &str) -> (String, String) {
    (name.to_owned(), value.to_owned())
}

/// `1:02:03`, with days before it if there are any.
fn clock(seconds: u32, day: &str) -> String {
    let (days, hours, minutes, seconds) =
        (seconds / 86_400, seconds / 3600 % 24, seconds / 60 % 60, seconds % 60);
    let two = |number: u32| [if number < 10 { "0" } else { "" }, &number.to_string()].concat();
    let start = if days > 0 { [&days.to_string(), day, " "].concat() } else { String::new() };
    [&start, &hours.to_string(), ":", &two(minutes), ":", &two(seconds)].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_is_told_as_a_clock_tells_it() {
        for (seconds, told) in [
            (0, "0:00:00"),
            (59, "0:00:59"),
            (3723, "1:02:03"),
            (86_399, "23:59:59"),
            (90_061, "1 d 1:01:01"),
        ] {
            assert_eq!(clock(seconds, " d"), told);
        }
    }
}
