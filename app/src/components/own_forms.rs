//! The forms of the account page, and the dialog that asks for the password once more.
//!
//! They are HTML as text under one set of event handlers; as components they would be 0.8 KB more for every visitor
//! to download (brotli; leptos 0.8.23).

use std::cell::RefCell;
use std::collections::VecDeque;

use contract::{ApiError, Field, Language, Whoami};
use leptos::ev::{Event, MouseEvent, SubmitEvent};
use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use leptos::wasm_bindgen::JsCast;
use leptos_router::NavigateOptions;
use leptos_router::hooks::use_navigate;
use web_sys::{Element, FormData, HtmlFormElement, HtmlInputElement};

use super::AccountLists;
use super::field::marks;
use crate::browser::in_browser;
use crate::confirmation::{self, DIALOG};
use crate::markup::Markup;
use crate::routes::REMOVED;
use crate::server_fns::{ChangePassword, Confirm, RemoveAccount};
use crate::strength::{Strength, name_beside, new_password};
use crate::submission::Submission;
use crate::text::Text;
use crate::visitor::CurrentVisitor;

/// The form that changes the password, as the page's address names it.
const PASSWORD: &str = "password";
/// The form that removes the account, likewise.
const REMOVAL: &str = "removal";

/// Instead of a form: the password was said once more, and the new one can be typed again.
const AGAIN: &str = "again";
/// The fields of the forms that are typed into.
const TYPED: &str = ":is(#password, #removal) .revealing input";

/// What the page's address says of a form that was sent without JavaScript.
#[derive(Clone, Debug, Default)]
pub struct Asked {
    /// The form that it is about.
    pub form: String,
    /// Why it failed.
    pub failure: Option<ApiError>,
    /// The session that ends after the password was said once more; see `server_fns::confirm`.
    pub end: String,
    /// Whether the password was changed.
    pub done: bool,
}

/// The dialog and the forms, and what becomes of them.
#[component]
pub fn OwnForms(lists: AccountLists, asked: Asked) -> impl IntoView {
    let visitor = CurrentVisitor::current();
    let submission = Submission::new(None);
    let navigate = use_navigate();
    let changed = RwSignal::new(asked.done);
    let drawn = StoredValue::new(None);
    let html = move || {
        if is_translated(drawn, visitor) {
            keep_typed();
        }
        let page = Page { asked: &asked, text: visitor.text(), username: visitor.username() };
        page.html(changed.get(), visitor.password_minimum())
    };
    in_browser(Box::new(move || {
        let error = submission.failure.get();
        show(error.as_ref(), visitor.text());
        let is_pending = submission.pending.get();
        // The dialog's own button, too, which has lost the mark to what it goes on with.
        each(if is_pending { "[data-sent] .wide" } else { ".wide[disabled]" }, |button| {
            let _ = button.toggle_attribute_with_force("disabled", is_pending);
        });
    }));
    on_cleanup(confirmation::forget);
    let on_submit = move |event: SubmitEvent| {
        let form = event.target().map(JsCast::unchecked_into::<HtmlFormElement>);
        let Some(form) = form.filter(|form| form.method() != "dialog") else { return };
        hide_passwords();
        let (name, navigate) = (form.name(), navigate.clone());
        let on_success = move |whoami: Whoami, _: FormData| {
            if name == REMOVAL {
                // In this order: a guest who still stood on a members' page would be asked to sign in.
                navigate(REMOVED, NavigateOptions::default());
                visitor.remember_username(None);
            }
            visitor.update(whoami);
            if name == PASSWORD {
                changed.set(true);
            }
            // What was interrupted may change the id of the session once more, and asks for the lists itself.
            let goes_on = name == DIALOG && confirmation::go_on();
            if name != REMOVAL && !goes_on {
                lists.refresh();
            }
        };
        submission.send(&event, Box::new(on_success));
    };
    view! { <div inner_html=html on:submit=on_submit on:click=|event| reveal(&event) on:input=move |event| advise(&event, visitor)></div> }
}

/// The page as it is written.
struct Page<'a> {
    asked: &'a Asked,
    text: &'static Text,
    username: Option<String>,
}

impl Page<'_> {
    fn html(&self, changed: bool, minimum: usize) -> String {
        let own = &self.text.own;
        let html = Markup::default().html("<dialog id=\"confirm\" class=\"card\" aria-labelledby=\"asks\"");
        let html = self.open(html, DIALOG).html("><h2 id=\"asks\">").text(own.confirm_heading).html("</h2>");
        let html = self.form(html, DIALOG, Confirm::url(), own.confirm_lead);
        let html =
            html.html("<input type=\"hidden\" name=\"end\" value=\"").text(&self.asked.end).html("\">");
        let html = self.field(html, DIALOG, Field::Password, self.text.password, None);
        let html = button(html, own.confirm);
        let html = html.html("<form method=\"dialog\"><button class=\"quiet\">").text(own.cancel);
        let html = html.html("</button></form></dialog><section class=\"card\" id=\"password\"><h2>");
        let html = html.text(self.text.password).html("</h2><p class=\"done\" role=\"status\">");
        let html = html.text(self.done(changed)).html("</p>");
        let html = self.form(html, PASSWORD, ChangePassword::url(), own.change_lead);
        let html = self.field(html, PASSWORD, Field::CurrentPassword, own.current_password, None);
        let hint = Strength::Empty.words(self.text, minimum);
        let html = self.field(html, PASSWORD, Field::NewPassword, own.new_password, Some(&hint));
        let html = button(html, own.change).html("</section><details class=\"card\" id=\"removal\"");
        let html = self.open(html, REMOVAL).html("><summary>").text(own.remove_heading).html("</summary>");
        let html = self.form(html, REMOVAL, RemoveAccount::url(), own.remove_lead);
        let html = self.field(html, REMOVAL, Field::Password, self.text.password, None);
        button(html, own.remove).html("</details>").into_string()
    }

    fn failure(&self, form: &str) -> Option<&ApiError> {
        self.asked.failure.as_ref().filter(|_| self.asked.form == form)
    }

    /// What was done; without JavaScript a new password cannot wait until the one before was said once more.
    fn done(&self, changed: bool) -> &'static str {
        match (changed, &*self.asked.form) {
            (true, _) => self.text.own.changed,
            (false, AGAIN) => self.text.own.again,
            _ => "",
        }
    }

    fn open(&self, html: Markup, form: &str) -> Markup {
        if self.asked.form == form { html.html(" open") } else { html }
    }

    /// The beginning of a form. The name in it is for password managers, which ask for it (HTML, section
    /// 4.10.18.7.1).
    fn form(&self, html: Markup, name: &str, action: &str, lead: &str) -> Markup {
        let html = html.html("<form method=\"post\" name=\"").text(name).html("\" action=\"").text(action);
        let html = html.html("\"><p class=\"hint\">").text(lead);
        let html = html.html("</p><p class=\"alert\" role=\"alert\" tabindex=\"-1\" id=\"").text(name);
        let html = html.html("-alert\">").text(&sentence(self.failure(name), self.text));
        let html = html.html("</p><input type=\"text\" autocomplete=\"username\" readonly hidden value=\"");
        html.text(self.username.as_deref().unwrap_or_default()).html("\">")
    }

    /// A field for today's password or, with a hint, for a new one.
    fn field(&self, html: Markup, form: &str, field: Field, label: &str, hint: Option<&str>) -> Markup {
        let name = field.as_str();
        let id = [form, "-", name].concat();
        let html = html.html("<div class=\"field\"><label for=\"").text(&id).html("\">").text(label);
        let html = html.html("</label><div class=\"revealing\"><input type=\"password\" required autocapitalize=\"none\" spellcheck=\"false\" id=\"");
        let html = html.text(&id).html("\" name=\"").text(name).html("\" autocomplete=\"");
        let html =
            html.text(if hint.is_some() { "new" } else { "current" }).html("-password\" aria-describedby=\"");
        let html = html.text(&id).html("-hint ").text(form).html("-alert\"");
        let is_marked = self.failure(form).is_some_and(|error| marks(error, field));
        let html = if is_marked { html.html(" aria-invalid=\"true\"") } else { html };
        let html = html
            .html("><button type=\"button\" class=\"reveal quiet\" aria-pressed=\"false\" aria-controls=\"");
        let html = html
            .text(&id)
            .html("\">")
            .text(self.text.show_password)
            .html("</button></div><p class=\"hint\" id=\"");
        html.text(&id).html("-hint\">").text(hint.unwrap_or_default()).html("</p></div>")
    }
}

/// The end of a form.
fn button(html: Markup, label: &str) -> Markup {
    html.html("<button class=\"wide\">").text(label).html("</button></form>")
}

/// What a failure says; of refused fields, what is wrong with the first.
fn sentence(error: Option<&ApiError>, text: &Text) -> String {
    let Some(error) = error else { return String::new() };
    error.fields().first().map_or_else(|| text.error(error), |field| text.fault(field.fault))
}

/// Says why the form that was sent last has failed, or nothing.
fn show(error: Option<&ApiError>, text: &Text) {
    each("[data-sent] [role=alert]", |alert| alert.set_text_content(Some(&sentence(error, text))));
    each("[data-sent] [name]", |input| {
        let field = input.get_attribute("name").and_then(|name| name.parse().ok());
        if field.is_some_and(|field| error.is_some_and(|error| marks(error, field))) {
            let _ = input.set_attribute("aria-invalid", "true");
        } else {
            let _ = input.remove_attribute("aria-invalid");
        }
    });
}

/// Whether the same person's forms are drawn once more, in another language.
fn is_translated(drawn: StoredValue<Option<(Language, Option<String>)>>, visitor: CurrentVisitor) -> bool {
    let (language, username) = (visitor.language(), visitor.username());
    let is_translated = drawn.with_value(|before| {
        before.as_ref().is_some_and(|before| before.0 != language && before.1 == username)
    });
    drawn.set_value(Some((language, username)));
    is_translated
}

/// What is typed, and whether the removal is unfolded, outlasts the drawing of the forms in another language; not
/// the change to another person, who may have signed in from another tab.
fn keep_typed() {
    let typed = RefCell::new(VecDeque::new());
    each(TYPED, |input| typed.borrow_mut().push_back(value_of(input)));
    let is_unfolded = document().get_element_by_id(REMOVAL).is_some_and(|one| one.has_attribute("open"));
    request_animation_frame(move || {
        each(TYPED, |input| {
            let input: &HtmlInputElement = input.unchecked_ref();
            input.set_value(&typed.borrow_mut().pop_front().unwrap_or_default());
        });
        each("#removal", |one| drop(one.toggle_attribute_with_force("open", is_unfolded)));
    });
}

fn value_of(input: &Element) -> String {
    input.unchecked_ref::<HtmlInputElement>().value()
}

/// Hides all passwords that are shown.
fn hide_passwords() {
    each(".revealing input", |input| drop(input.set_attribute("type", "password")));
    each(".reveal", |button| drop(button.set_attribute("aria-pressed", "false")));
}

/// Shows or hides a password, if it was its button that was pressed.
fn reveal(event: &MouseEvent) {
    let button = event.target().map(JsCast::unchecked_into::<Element>);
    let Some(button) = button.filter(|button| button.class_list().contains("reveal")) else { return };
    if let Some(input) = button.previous_element_sibling() {
        let is_hidden = input.get_attribute("type").as_deref() == Some("password");
        let (kind, pressed) = if is_hidden { ("text", "true") } else { ("password", "false") };
        let _ = input.set_attribute("type", kind);
        let _ = button.set_attribute("aria-pressed", pressed);
    }
}

/// Says how good a new password is while it is typed.
fn advise(event: &Event, visitor: CurrentVisitor) {
    if let Some(typed) = new_password(event) {
        let minimum = visitor.password_minimum();
        let words = Strength::of(&typed, minimum, &name_beside()).words(visitor.text(), minimum);
        each("#password-new_password-hint", |hint| hint.set_text_content(Some(&words)));
    }
}

fn each(selector: &str, act: impl Fn(&Element)) {
    let Ok(found) = document().query_selector_all(selector) else { return };
    for index in 0..found.length() {
        if let Some(node) = found.get(index) {
            act(&node.unchecked_into());
        }
    }
}
