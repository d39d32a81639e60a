//! A line's end as a TCP port: what a board or an adapter in the network listens on.
//!
//! One peer at a time, as small devices have it: a newer one takes the place of the older.

use std::io::{self, ErrorKind, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};

use rustix::fd::{AsFd, BorrowedFd};

use super::pty::Read;

/// A listener and its peer.
#[derive(Debug)]
pub(super) struct TcpEnd {
    listener: TcpListener,
    peer: Option<TcpStream>,
    /// Somebody else is there since the last look.
    is_new: bool,
}

impl TcpEnd {
    pub(super) fn open(address: SocketAddr) -> io::Result<Self> {
        let listener = TcpListener::bind(address)?;
        listener.set_nonblocking(true)?;
        Ok(Self { listener, peer: None, is_new: false })
    }

    pub(super) fn address(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    /// Whether there is another peer than at the last look.
    pub(super) fn has_changed(&mut self) -> bool {
        std::mem::take(&mut self.is_new)
    }

    /// Takes a peer that waits, and what it has written.
    pub(super) fn read(&mut self, buffer: &mut [u8]) -> Read {
        self.accept();
        let Some(peer) = &mut self.peer else { return Read::Unplugged };
        match peer.read(buffer) {
            Ok(count) if count > 0 => Read::Bytes(count),
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted) => {
                Read::Nothing
            }
            Ok(_) | Err(_) => {
                self.peer = None;
                Read::Unplugged
            }
        }
    }

    fn accept(&mut self) {
        let Ok((peer, _)) = self.listener.accept() else { return };
        match peer.set_nonblocking(true).and_then(|()| peer.set_nodelay(true)) {
            Ok(()) => (self.peer, self.is_new) = (Some(peer), true),
            Err(error) => tracing::warn!(%error, "a connection is given up"),
        }
    }

    /// Hands bytes to the peer and tells how many found room.
    pub(super) fn write(&mut self, bytes: &[u8]) -> usize {
        self.peer.as_mut().map_or(0, |peer| peer.write(bytes).unwrap_or(0))
    }

    /// What has something to read when somebody writes or comes.
    pub(super) fn watched(&self) -> impl Iterator<Item = BorrowedFd<'_>> {
        [Some(self.listener.as_fd()), self.peer.as_ref().map(AsFd::as_fd)].into_iter().flatten()
    }
}
