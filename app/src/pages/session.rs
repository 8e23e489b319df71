//! The session inspector: what a browser's tools and a base64 decoder would show, on one page, live.

use std::cell::Cell;
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
use crate::text::{Text, around, say};
use crate::visitor::CurrentVisitor;

/// Seconds between two looks at the server.
const REFRESH: u32 = 5;

/// What is kept of this visit, and what happened.
#[component]
pub fn Session() -> impl IntoView {
    let live = Live::new();
    view! {
        <h1 tabindex="-1">{say(|text| text.session)}</h1>
        <p class="lead">{say(|text| text.session_lead)}</p>
        <div class="sheet">
            <div inner_html=move || live.sheet()></div>
            <section class="card limits" hidden=move || live.record().is_none() inner_html=move || live.limits()></section>
        </div>
    }
}

/// What is shown, and how old it is.
#[derive(Clone, Copy)]
struct Live {
    /// As JSON.
    shown: RwSignal<Option<String>>,
    read: fn(&str) -> Option<Inspection>,
    /// Seconds since the server said so: limits are counted down by its clock, not by the browser's.
    elapsed: StoredValue<u32>,
    /// Changes each second.
    beat: RwSignal<bool>,
    visitor: CurrentVisitor,
}

impl Live {
    fn new() -> Self {
        let (shown, reader) = handed();
        let (elapsed, beat) = (StoredValue::new(0), RwSignal::new(false));
        let visitor = CurrentVisitor::current();
        let live = Self { shown, read: reader.inspection, elapsed, beat, visitor };
        let is_first = Cell::new(true);
        in_browser(Box::new(move || {
            // Whoever signs out, or chooses a theme, changes the session.
            let _ = (visitor.username(), visitor.language(), visitor.theme());
            if !is_first.replace(false) || live.shown.with_untracked(Option::is_none) {
                live.refresh();
            }
            if let Ok(ticking) = set_interval_with_handle(move || live.tick(), Duration::from_secs(1)) {
                on_cleanup(move || ticking.clear());
            }
        }));
        live
    }

    fn tick(self) {
        self.elapsed.update_value(|elapsed| *elapsed = elapsed.saturating_add(1));
        self.beat.update(|beat| *beat = !*beat);
        if self.elapsed.get_value() >= REFRESH && !document().hidden() {
            self.refresh();
        }
    }

    fn refresh(self) {
        in_background(Box::pin(async move {
            // The visitor may have left the page meanwhile, and the signals with it.
            if let Ok(json) = requests::get(INSPECTION).await
                && self.elapsed.try_set_value(0).is_none()
            {
                self.shown.set(Some(json));
                self.visitor.notice(self.record().is_none());
            }
        }));
    }

    fn inspection(self) -> Option<Inspection> {
        self.shown.with(|json| json.as_deref().and_then(self.read))
    }

    fn record(self) -> Option<InspectedRecord> {
        self.inspection().and_then(|shown| shown.record)
    }

    fn sheet(self) -> String {
        let text = self.visitor.text();
        let cards = self.inspection().map(|shown| {
            [cookie_card(&shown, text), record_card(&shown, text), events_card(&shown.events, text)]
        });
        Markup::default().each(cards.into_iter().flatten(), card).into_string()
    }

    fn limits(self) -> String {
        self.beat.track();
        let (words, elapsed) = (&self.visitor.text().inspector, self.elapsed.get_value());
        let limits = self
            .record()
            .map(|record| [(words.idle_limit, record.idle), (words.absolute_limit, record.absolute)]);
        let countdown = |html: Markup, (name, limit): (&'static str, Limit)| {
            let left = limit.left.saturating_sub(elapsed);
            let html = html.html("<div><p>").text(name).html(": ");
            let html = html.text(&around(words.left, &clock(left, words.day))).html("</p><progress max=\"");
            let html = html.text(&limit.seconds.to_string()).html("\" value=\"").text(&left.to_string());
            html.html("\" aria-label=\"").text(name).html("\"></progress></div>")
        };
        Markup::default().each(limits.into_iter().flatten(), countdown).into_string()
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
        (None, _) => words.no_cookie,
        (_, CookieContents::Id) => words.holds_id,
        (_, CookieContents::SignedId) => words.holds_signed_id,
        (_, CookieContents::Encrypted) => words.holds_encrypted,
        (_, CookieContents::Signed) => words.holds_signed,
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
    let Some(InspectedRecord { values, version, created_at, last_seen, .. }) = &inspection.record else {
        return Card { hint: words.nothing, ..card };
    };
    let mut lines = card.lines;
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
        line(&moment(&event.at), &[what, " ", &event.detail].concat())
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
