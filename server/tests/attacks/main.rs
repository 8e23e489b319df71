//! What attackers do and what breaks, tried on the real server: no attack succeeds, and every fault is
//! survived.

#[path = "../http/app.rs"]
#[expect(dead_code, reason = "the other binary uses the rest")]
mod app;
mod backing;
mod disk;
mod process;
mod proxy;
mod raw;
#[path = "../../../crates/sessions/tests/it/servers/mod.rs"]
#[expect(dead_code, reason = "the stores' own tests use the rest")]
mod servers;
mod stopped;

mod clock;
mod cookie_header;
mod cross_site;
mod disk_full;
mod dump;
mod enumeration;
mod fixation;
mod flood;
mod guessing;
mod host;
mod key_ring;
mod kill;
mod next;
mod outages;
mod paths;
mod races;
mod replay;
mod revival;
mod session_files;
mod shared_caches;
mod sizes;
mod slow_clients;
mod smuggling;
#[cfg(target_os = "linux")]
mod soak;
mod stop;
mod store_away;
mod store_down;
mod tampering;
mod timing;
#[cfg(target_os = "linux")]
mod traced;
