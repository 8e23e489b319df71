//! What the system tells a running server.

use std::io;
use std::sync::Arc;

use crate::tls::Tls;

/// Done at Ctrl-C or SIGTERM.
pub(super) async fn stopped() {
    let interrupted = tokio::signal::ctrl_c();
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        if let Ok(mut terminated) = signal(SignalKind::terminate()) {
            tokio::select! {
                _ = interrupted => {}
                _ = terminated.recv() => {}
            }
            return;
        }
    }
    // Without a signal handler there is nothing to wait for but the process's end.
    if interrupted.await.is_err() {
        std::future::pending::<()>().await;
    }
}

/// At each SIGHUP the certificate is read anew, for the connections to come. One that cannot be used is
/// reported, and the one before stays.
#[cfg(unix)]
pub(super) fn reload_at_hangup(tls: Arc<Tls>) -> io::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut hangups = signal(SignalKind::hangup())?;
    tokio::spawn(async move {
        while hangups.recv().await.is_some() {
            match tls.reload() {
                Ok(()) => tracing::info!(event = "certificate_loaded", "the certificate was read anew"),
                Err(error) => {
                    tracing::error!(event = "certificate_refused", %error, "the certificate before stays in use");
                }
            }
        }
    });
    Ok(())
}

/// Only Unix has a SIGHUP.
#[cfg(not(unix))]
pub(super) fn reload_at_hangup(_: Arc<Tls>) -> io::Result<()> {
    Ok(())
}
