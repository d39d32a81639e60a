//! What carries bytes to the boards of one line, shared by the library and by `codec`, one exchange at a time.
//!
//! It keeps what was received during an exchange, so that a fault can be told by its cause, and takes away what an adapter
//! repeats of our own bytes. That an adapter does so shows at a reading, whose answer never begins like its question; the
//! answer to a written value looks exactly like the question.

use std::fmt;
use std::future::poll_fn;
use std::io::{self, ErrorKind};
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::limits::MAX_REPLY_LEN;

/// A port, or a connection.
pub(super) trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

/// A handle to the stream.
#[derive(Clone)]
pub(super) struct Wire(Arc<Mutex<Inner>>);

struct Inner {
    stream: Box<dyn Stream>,
    /// The adapter repeats what we send.
    repeats: bool,
    /// Reading has failed.
    has_gone: bool,
    exchange: Exchange,
}

/// One exchange so far.
#[derive(Debug, Default)]
struct Exchange {
    sent: Vec<u8>,
    received: Vec<u8>,
    /// So many of the received bytes have been handed on, or were our own.
    passed: usize,
    /// So many of them were our own.
    repeated: usize,
    /// The answer begins otherwise than the question.
    is_reading: bool,
    /// It is known whether our own bytes come first.
    is_settled: bool,
}

impl Wire {
    pub(super) fn new(stream: impl Stream + 'static) -> Self {
        let exchange = Exchange::default();
        let stream = Box::new(stream);
        Self(Arc::new(Mutex::new(Inner { stream, repeats: false, has_gone: false, exchange })))
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Begins an exchange. Says how many bytes had come that nobody asked for.
    ///
    /// # Errors
    /// When the stream has ended, or bytes come without end.
    pub(super) async fn begin(&self, is_reading: bool) -> io::Result<usize> {
        let unasked = poll_fn(|cx| self.lock().drain(cx)).await?;
        self.lock().exchange = Exchange { is_reading, ..Exchange::default() };
        Ok(unasked)
    }

    /// Whether the stream is to blame for an error, and not what was received.
    pub(super) fn has_gone(&self) -> bool {
        self.lock().has_gone
    }

    /// What was received in this exchange, without our own bytes.
    pub(super) fn received(&self) -> Vec<u8> {
        let inner = self.lock();
        inner.exchange.received[inner.exchange.repeated..].to_vec()
    }
}

impl Inner {
    /// Throws away what is there.
    fn drain(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<usize>> {
        let mut count = 0;
        while count <= MAX_REPLY_LEN {
            match self.read(cx) {
                Poll::Pending => return Poll::Ready(Ok(count)),
                Poll::Ready(chunk) => count += chunk?.len(),
            }
        }
        Poll::Ready(Err(too_much()))
    }

    fn read(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<Vec<u8>>> {
        let mut bytes = [0; MAX_REPLY_LEN];
        let mut buffer = ReadBuf::new(&mut bytes);
        let read = ready!(Pin::new(&mut self.stream).poll_read(cx, &mut buffer));
        self.has_gone = read.is_err() || buffer.filled().is_empty();
        read?;
        Poll::Ready(match buffer.filled() {
            [] => Err(io::Error::new(
                ErrorKind::UnexpectedEof,
                "the device has been unplugged, or its peer hung up",
            )),
            bytes => Ok(bytes.to_vec()),
        })
    }

    /// Takes away our own bytes, if they come first. False: more must come to tell.
    fn settle(&mut self) -> bool {
        let exchange = &mut self.exchange;
        if exchange.is_settled {
            return true;
        }
        let len = exchange.received.len().min(exchange.sent.len());
        let is_alike = exchange.received[..len] == exchange.sent[..len];
        if is_alike && (self.repeats || exchange.is_reading) {
            if len < exchange.sent.len() {
                return false;
            }
            (exchange.passed, exchange.repeated) = (len, len);
        }
        if exchange.is_reading {
            self.repeats = is_alike;
        }
        exchange.is_settled = true;
        true
    }
}

fn too_much() -> io::Error {
    io::Error::new(ErrorKind::InvalidData, "more bytes came than any reply has")
}

impl AsyncRead for Wire {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let mut inner = self.lock();
        loop {
            let has_bytes = !inner.exchange.received.is_empty();
            if has_bytes && inner.settle() && inner.exchange.passed < inner.exchange.received.len() {
                let ready = &inner.exchange.received[inner.exchange.passed..];
                let len = ready.len().min(buffer.remaining());
                buffer.put_slice(&ready[..len]);
                inner.exchange.passed += len;
                return Poll::Ready(Ok(()));
            }
            let bytes = ready!(inner.read(cx))?;
            inner.exchange.received.extend(bytes);
            if inner.exchange.received.len() > MAX_REPLY_LEN {
                return Poll::Ready(Err(too_much()));
            }
        }
    }
}

impl AsyncWrite for Wire {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let mut inner = self.lock();
        let written = ready!(Pin::new(&mut inner.stream).poll_write(cx, bytes));
        inner.has_gone |= written.is_err();
        let len = written?;
        inner.exchange.sent.extend(&bytes[..len]);
        Poll::Ready(Ok(len))
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.lock().stream).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.lock().stream).poll_shutdown(cx)
    }
}

impl fmt::Debug for Wire {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Wire").finish_non_exhaustive()
    }
}
