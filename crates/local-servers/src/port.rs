//! Free ports.

use std::collections::BTreeSet;
use std::io;
use std::net::TcpListener;

use parking_lot::Mutex;

/// A port that nobody has at present, and that nobody else in this process is given.
pub(crate) fn free() -> io::Result<u16> {
    static GIVEN: Mutex<BTreeSet<u16>> = Mutex::new(BTreeSet::new());
    loop {
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        if GIVEN.lock().insert(port) {
            return Ok(port);
        }
    }
}
