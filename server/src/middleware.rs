//! What stands around the routes.

mod headers;
mod limits;
mod origin;
mod peer;
mod visitor;

pub use headers::{clear_site_data, page_policy, private, security_headers};
pub use limits::{MOST_BODY_BYTES, limit};
pub use origin::{refuse_unknown_origin, refused_by_csrf_layer};
pub use peer::{Peer, client_address};
pub use visitor::recognise;
