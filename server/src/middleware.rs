//! What stands around the routes, one concern per file; [`Edge`](crate::edge::Edge) puts them in order.

mod framing;
mod headers;
mod limits;
mod origin;
mod peer;
mod visitor;

pub use framing::check_framing;
pub use headers::{StrictTransport, add_security_headers, clear_site_data, page_policy, private};
pub use limits::{MOST_BODY_BYTES, check_size};
pub use origin::{check_origin, check_refusal};
pub use peer::{Peer, client_address, request_id};
pub use visitor::recognise;
