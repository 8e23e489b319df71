//! The interface, built twice from the same sources: for the server, which renders pages (feature
//! `ssr`), and for the browser, which takes them over (feature `hydrate`).
//!
//! Who is here is known before anything is rendered: the server provides a [`Visit`], [`App`] carries
//! it to the browser, and guards decide by it at once on both sides. Every form works without
//! JavaScript, since it posts to a server function by itself; with it, [`Submission`] sends the same
//! fields to the same address and no page is reloaded.
//!
//! [`Submission`]: submission::Submission

pub mod app;
mod browser;
pub mod components;
mod confirmation;
mod eager;
mod handed;
mod inspection;
mod markup;
pub mod pages;
mod requests;
pub mod routes;
pub mod server_fns;
#[cfg(feature = "ssr")]
pub mod ssr;
mod strength;
pub mod submission;
pub mod text;
mod visit;
pub mod visitor;

pub use app::App;
pub use visit::Visit;
