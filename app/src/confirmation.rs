//! Asking for the password once more, and then going on with what was interrupted.

use std::cell::RefCell;

use leptos::prelude::*;
use leptos::wasm_bindgen::JsCast;
use web_sys::{HtmlDialogElement, HtmlElement};

/// The id of the dialog that asks, on the page that has one.
pub(crate) const DIALOG: &str = "confirm";

thread_local! {
    /// What waits for the password, with what was typed: a browser shows one document, so one thing at most.
    static INTERRUPTED: RefCell<Option<Box<dyn FnOnce()>>> = const { RefCell::new(None) };
}

/// Opens the dialog; its answer leads on to `interrupted`.
pub(crate) fn ask(interrupted: Box<dyn FnOnce()>) {
    let Some(dialog) = dialog() else { return };
    INTERRUPTED.set(Some(interrupted));
    let _ = dialog.show_modal();
    if let Ok(Some(field)) = dialog.query_selector("[name=password]") {
        let _ = field.unchecked_into::<HtmlElement>().focus();
    }
}

/// Whether this page has the dialog.
pub(crate) fn can_ask() -> bool {
    dialog().is_some()
}

/// Closes the dialog, and goes on. Whether there was something to go on with.
pub(crate) fn go_on() -> bool {
    if let Some(dialog) = dialog() {
        dialog.close();
    }
    let interrupted = INTERRUPTED.take();
    let was_interrupted = interrupted.is_some();
    if let Some(go_on) = interrupted {
        go_on();
    }
    was_interrupted
}

/// Keeps nothing in memory of a page that is left.
pub(crate) fn forget() {
    INTERRUPTED.set(None);
}

fn dialog() -> Option<HtmlDialogElement> {
    document().get_element_by_id(DIALOG).map(JsCast::unchecked_into)
}
