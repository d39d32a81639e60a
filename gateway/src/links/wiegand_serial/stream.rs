//! Where an adapter's characters come from.

use std::fmt;
use std::io::{self, ErrorKind};
use std::path::PathBuf;

use rustix::net::sockopt;
use tokio::io::AsyncReadExt;
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::limits::{CONNECT_WITHIN, PEER_PROBED_AFTER, PROBE_EVERY, PROBES};
use crate::links::serial_port::{self, Port};

/// Where an adapter is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Place {
    /// On a serial port, 8N1.
    Serial {
        /// The device.
        port: PathBuf,
        /// Bits a second.
        baud: u32,
    },
    /// Behind an address that takes TCP connections.
    Tcp {
        /// Host and port.
        peer: String,
    },
}

/// An open one.
#[derive(Debug)]
pub(super) enum Stream {
    Serial(Port),
    Tcp(TcpStream),
}

impl Place {
    /// # Errors
    /// When the port can't be opened, or nobody takes the connection.
    pub(super) async fn open(&self) -> io::Result<Stream> {
        match self {
            Self::Serial { port, baud } => Port::open(port, *baud).map(Stream::Serial),
            Self::Tcp { peer } => {
                let late = |_| io::Error::new(ErrorKind::TimedOut, "nobody answers there");
                let stream = timeout(CONNECT_WITHIN, TcpStream::connect(peer)).await.map_err(late)??;
                watch_over(&stream)?;
                Ok(Stream::Tcp(stream))
            }
        }
    }

    /// What to do about one that can't be had.
    pub(super) fn remedy(&self, error: &io::Error) -> &'static str {
        match self {
            Self::Serial { .. } => serial_port::remedy(error),
            Self::Tcp { .. } => {
                "check the adapter's power, its network and the address; it is tried again and again"
            }
        }
    }
}

/// An adapter says nothing for hours, so the system asks whether it is still there.
fn watch_over(stream: &TcpStream) -> io::Result<()> {
    sockopt::set_socket_keepalive(stream, true)?;
    sockopt::set_tcp_keepidle(stream, PEER_PROBED_AFTER)?;
    sockopt::set_tcp_keepintvl(stream, PROBE_EVERY)?;
    sockopt::set_tcp_keepcnt(stream, PROBES)?;
    Ok(())
}

impl Stream {
    /// Waits for bytes and takes what is there, one at least. May be abandoned without losing any.
    ///
    /// # Errors
    /// When the other side has gone.
    pub(super) async fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Serial(port) => port.read(buffer).await,
            Self::Tcp(stream) => match stream.read(buffer).await? {
                0 => Err(io::Error::new(ErrorKind::UnexpectedEof, "the adapter has ended the connection")),
                len => Ok(len),
            },
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Serial { port, .. } => port.display().fmt(f),
            Self::Tcp { peer } => f.write_str(peer),
        }
    }
}
