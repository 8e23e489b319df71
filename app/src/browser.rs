//! What only a browser does. Each is compiled once, whoever asks: as generic functions they would be compiled
//! anew for each caller, and a visitor would download them all.

use std::pin::Pin;

use leptos::prelude::*;
use leptos::task::spawn_local;

/// Runs in the browser, never on the server: once the page is there, and again when a signal that it has read
/// changes.
pub(crate) fn in_browser(run: Box<dyn Fn()>) {
    Effect::new(run);
}

/// Goes on by itself.
pub(crate) fn in_background(task: Pin<Box<dyn Future<Output = ()>>>) {
    spawn_local(task);
}
