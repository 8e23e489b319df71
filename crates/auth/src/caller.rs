//! What the network and the browser say of a request, before anybody knows whose it is.

use std::fmt;

use http::HeaderValue;

use crate::{ClientAddress, DeviceToken};

/// Where a request comes from.
#[derive(Clone, Debug)]
pub struct Caller {
    /// Its address, as far as throttling cares.
    pub address: ClientAddress,
    /// What the program says of itself; put into words only where it is needed.
    pub user_agent: Option<HeaderValue>,
    /// By what a browser is known that has signed in before.
    pub device: Option<DeviceToken>,
    /// Which request it is, for the log.
    pub request: RequestId,
}

/// The number of a request: all that the log says of one request has the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RequestId(pub u64);

impl fmt::Display for RequestId {
    /// Sixteen hexadecimal digits.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}
