//! What stands around the routes.

mod headers;
mod limits;
mod origin;
mod peer;
mod survive;
mod visitor;

pub use headers::{clear_site_data, page_policy, private, security_headers};
pub use limits::{MOST_BODY_BYTES, limit};
pub use origin::{answer_refusal, refuse_unknown_origin};
pub use peer::{Peer, client_address};
pub use survive::survive;
pub use visitor::recognise;
