//! The end of a connection, in stages.
//!
//! A server that refuses a request before all of it has come closes the connection, and the client goes on
//! sending. A system that closes a socket with bytes in it that nobody has read, or to which more come, tells the
//! other end that the connection was reset, which then fails to send and may never look at the answer that lies
//! before it. So the server says that it sends no more, reads on for a while what nobody wants, and closes then
//! (RFC 9112, section 9.6). hyper 1.12 does not.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use hyper::body::{Body, Frame, Incoming, SizeHint};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::{Sleep, sleep};

/// How long, and how many bytes, are read that nobody wants. The program of a client in good faith looks for an
/// answer between two pieces that it sends, and what is under way by then is some MiB at most.
const LONGEST: Duration = Duration::from_secs(5);
const MOST_BYTES: usize = 16 * 1024 * 1024;

/// Whether the client may still be sending, as far as the two ends of the server know: what reads bytes, and what
/// knows where a request ends.
#[derive(Clone, Debug, Default)]
pub(super) struct Sending(Arc<AtomicBool>);

impl Sending {
    /// All of a request has come.
    fn ended(&self) {
        self.0.store(false, Ordering::Relaxed);
    }

    /// Notes when all of this body has come.
    pub fn watch(&self, body: Incoming) -> Watched {
        if body.is_end_stream() {
            self.ended();
        }
        Watched { body, sending: self.clone() }
    }
}

/// A request's body, of which is known when all of it has come.
#[derive(Debug)]
pub(super) struct Watched {
    body: Incoming,
    sending: Sending,
}

impl Body for Watched {
    type Data = <Incoming as Body>::Data;
    type Error = <Incoming as Body>::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Self::Data>, Self::Error>>> {
        let frame = ready!(Pin::new(&mut self.body).poll_frame(context));
        if frame.is_none() || self.body.is_end_stream() {
            self.sending.ended();
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// A connection that ends in stages if the client may still be sending, and at once otherwise.
#[derive(Debug)]
pub(super) struct Staged {
    stream: TcpStream,
    /// `None`: nobody cares.
    sending: Option<Sending>,
    /// Since the server has said that it sends no more.
    lingering: Option<Lingering>,
}

/// A connection that ends in stages, and what tells it of its requests.
pub(super) fn staged(stream: TcpStream) -> (Staged, Sending) {
    let sending = Sending::default();
    (Staged { stream, sending: Some(sending.clone()), lingering: None }, sending)
}

impl Staged {
    /// For HTTP/2, in which a request is refused without an end of its connection: that ends for those alone who
    /// flood it, and who are not to be listened to any longer.
    pub fn end_at_once(&mut self) {
        self.sending = None;
    }
}

#[derive(Debug)]
struct Lingering {
    end: Pin<Box<Sleep>>,
    bytes: usize,
}

impl AsyncRead for Staged {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        ready!(Pin::new(&mut self.stream).poll_read(context, buffer))?;
        if let Some(sending) = &self.sending {
            sending.0.store(buffer.filled().len() > before, Ordering::Relaxed);
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Staged {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        pieces: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(context, pieces)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let Self { stream, sending, lingering } = self.get_mut();
        if lingering.is_none() {
            ready!(Pin::new(&mut *stream).poll_shutdown(context))?;
            if !sending.as_ref().is_some_and(|sending| sending.0.load(Ordering::Relaxed)) {
                return Poll::Ready(Ok(()));
            }
        }
        let lingering =
            lingering.get_or_insert_with(|| Lingering { end: Box::pin(sleep(LONGEST)), bytes: 0 });
        lingering.poll(stream, context).map(Ok)
    }
}

impl Lingering {
    /// Done when the client has closed its side, too, or has had its time.
    fn poll(&mut self, stream: &mut TcpStream, context: &mut Context<'_>) -> Poll<()> {
        let mut unwanted = [0; 8 * 1024];
        while self.bytes < MOST_BYTES && self.end.as_mut().poll(context).is_pending() {
            let mut buffer = ReadBuf::new(&mut unwanted);
            match ready!(Pin::new(&mut *stream).poll_read(context, &mut buffer)) {
                Ok(()) if !buffer.filled().is_empty() => self.bytes += buffer.filled().len(),
                Ok(()) | Err(_) => break,
            }
        }
        Poll::Ready(())
    }
}
