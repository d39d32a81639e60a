//! Where a gateway finds a line: a pseudo-terminal, or a TCP port.

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;

use rustix::fd::{AsFd, BorrowedFd};

use super::LineSetup;
use super::pty::{Pty, Read};
use super::tcp::TcpEnd;

/// Where a gateway finds a line.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Reach {
    /// A serial port that it opens.
    Port(PathBuf),
    /// An address that it connects to.
    Address(SocketAddr),
}

/// The line's side of it.
#[derive(Debug)]
pub(super) enum Port {
    Pty(Pty),
    Tcp(TcpEnd),
}

impl Port {
    pub(super) fn open(setup: &LineSetup) -> io::Result<Self> {
        if let Some(address) = setup.listen {
            return TcpEnd::open(address).map(Self::Tcp);
        }
        let mut pty = Pty::open(setup.baud)?;
        if let Some(link) = &setup.symlink {
            pty.link(link).map_err(|error| {
                io::Error::new(error.kind(), format!("symbolic link {}: {error}", link.display()))
            })?;
        }
        Ok(Self::Pty(pty))
    }

    pub(super) fn reach(&self) -> io::Result<Reach> {
        match self {
            Self::Pty(pty) => Ok(Reach::Port(pty.path().to_path_buf())),
            Self::Tcp(tcp) => tcp.address().map(Reach::Address),
        }
    }

    pub(super) fn read(&mut self, buffer: &mut [u8]) -> Read {
        match self {
            Self::Pty(pty) => pty.read(buffer),
            Self::Tcp(tcp) => tcp.read(buffer),
        }
    }

    pub(super) fn write(&mut self, bytes: &[u8]) -> usize {
        match self {
            Self::Pty(pty) => pty.write(bytes),
            Self::Tcp(tcp) => tcp.write(bytes),
        }
    }

    /// Whether another gateway is there than before, as far as that can be seen.
    pub(super) fn has_changed(&mut self) -> bool {
        match self {
            Self::Pty(_) => false,
            Self::Tcp(tcp) => tcp.has_changed(),
        }
    }

    /// Forgets what a gateway that has gone had not read.
    pub(super) fn discard(&self) {
        if let Self::Pty(pty) = self {
            pty.discard();
        }
    }

    /// The rate that the gateway has set, where there is one to set.
    pub(super) fn gateway_baud(&self) -> Option<u32> {
        match self {
            Self::Pty(pty) => pty.gateway_baud(),
            Self::Tcp(_) => None,
        }
    }

    /// What has something to read when a gateway writes or comes. A pseudo-terminal that nobody has open always has.
    pub(super) fn watched(&self, plugged: bool) -> Vec<BorrowedFd<'_>> {
        match self {
            Self::Pty(pty) => plugged.then(|| pty.as_fd()).into_iter().collect(),
            Self::Tcp(tcp) => tcp.watched().collect(),
        }
    }
}
