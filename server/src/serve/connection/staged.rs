//! The end of a connection: in stages, or because its client takes nothing.
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
use tokio::time::{Sleep, sleep};

/// Longest time in which a client takes nothing of its answer. One who reads nothing would hold its place for ever: the
/// system says of it that it is there. Linux tells that something was taken when a third of its buffer is free, so who
/// takes megabytes has to take so much in that time; what pages load is smaller than the buffer.
const STALL: Duration = Duration::from_secs(30);
/// How long, and how many bytes, are read that nobody wants. The program of a client in good faith looks for an
/// answer between two pieces that it sends, and what is under way by then is some MiB at most.
const LONGEST: Duration = Duration::from_secs(5);
const MOST_BYTES: usize = 16 * 1024 * 1024;

/// Whether the client may still be sending, as far as the two ends of the server know: what reads bytes, and what
/// knows where a request ends.
#[derive(Clone, Debug, Default)]
pub(super) struct Sending(Arc<AtomicBool>);

impl Sending {
    /// All of a request has come, or of what is before the first.
    pub fn ended(&self) {
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
pub(super) struct Staged<S> {
    stream: S,
    /// `None`: nobody cares.
    sending: Option<Sending>,
    /// Since the client takes nothing.
    stalled: Option<Pin<Box<Sleep>>>,
    /// Since the server has said that it sends no more.
    lingering: Option<Lingering>,
}

/// A connection that ends in stages, and what tells it of its requests.
pub(super) fn staged<S>(stream: S) -> (Staged<S>, Sending) {
    let sending = Sending::default();
    (Staged { stream, sending: Some(sending.clone()), stalled: None, lingering: None }, sending)
}

impl<S> Staged<S> {
    /// For HTTP/2, in which a request is refused without an end of its connection: that ends for those alone who
    /// flood it, and who are not to be listened to any longer.
    pub fn end_at_once(&mut self) {
        self.sending = None;
    }

    /// What becomes of an attempt to write.
    fn within_limit(
        &mut self,
        context: &mut Context<'_>,
        written: Poll<io::Result<usize>>,
    ) -> Poll<io::Result<usize>> {
        if written.is_ready() {
            self.stalled = None;
            return written;
        }
        let stalled = self.stalled.get_or_insert_with(|| Box::pin(sleep(STALL)));
        ready!(stalled.as_mut().poll(context));
        Poll::Ready(Err(io::Error::new(io::ErrorKind::TimedOut, "the client takes nothing of its answer")))
    }
}

#[derive(Debug)]
struct Lingering {
    end: Pin<Box<Sleep>>,
    bytes: usize,
}

impl<S: AsyncRead + Unpin> AsyncRead for Staged<S> {
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

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncWrite for Staged<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(context, bytes);
        self.within_limit(context, written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        pieces: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write_vectored(context, pieces);
        self.within_limit(context, written)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let Self { stream, sending, lingering, .. } = self.get_mut();
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
    fn poll(&mut self, stream: &mut (impl AsyncRead + Unpin), context: &mut Context<'_>) -> Poll<()> {
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

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, duplex};
    use tokio::time::Instant;

    use super::*;

    const ROOM: usize = 1000;

    /// The clock goes on as soon as nobody has anything to do.
    #[tokio::test(start_paused = true)]
    async fn a_client_who_takes_nothing_for_half_a_minute_is_given_up() {
        let (server, client) = duplex(ROOM);
        let began = Instant::now();
        let error = staged(server).0.write_all(&[0; ROOM + 1]).await.expect_err("nobody reads");
        assert_eq!((error.kind(), began.elapsed()), (io::ErrorKind::TimedOut, STALL));
        drop(client);
    }

    #[tokio::test(start_paused = true)]
    async fn a_client_who_reads_slowly_gets_all_of_its_answer() {
        let (server, mut client) = duplex(ROOM);
        let writing = tokio::spawn(async move { staged(server).0.write_all(&[0; 10 * ROOM]).await });
        for _ in 0..10 {
            sleep(STALL * 2 / 3).await;
            client.read_exact(&mut [0; ROOM]).await.expect("comes");
        }
        writing.await.expect("runs").expect("is taken");
    }

    #[tokio::test(start_paused = true)]
    async fn a_client_who_goes_on_sending_is_listened_to_for_so_long_and_no_longer() {
        for (sends_for, taken) in [(LONGEST / 2, true), (3 * LONGEST, false)] {
            let (server, mut client) = duplex(ROOM);
            let mut server = staged(server).0;
            client.write_all(b"GET").await.expect("sends");
            server.read_exact(&mut [0; 3]).await.expect("comes");
            let ending = tokio::spawn(async move { server.shutdown().await });
            let began = Instant::now();
            let mut sent = Ok(());
            while sent.is_ok() && began.elapsed() < sends_for {
                sent = client.write_all(&[0; 10]).await;
                sleep(Duration::from_secs(1)).await;
            }
            assert_eq!(sent.is_ok(), taken);
            drop(client);
            ending.await.expect("runs").expect("ends");
        }
    }
}
