//! A serial port: 8N1, for this process alone, and gone the moment it says so.

use std::io::{self, ErrorKind};
use std::path::Path;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::timeout;
use tokio_serial::{ClearBuffer, DataBits, FlowControl, Parity, SerialPort, SerialStream, StopBits};

use super::limits::WRITE_TIMEOUT;

/// An open port.
#[derive(Debug)]
pub(super) struct Port {
    stream: SerialStream,
}

impl Port {
    /// Opens the device and throws away what has come before.
    ///
    /// # Errors
    /// When it isn't there, is in use (`ResourceBusy`), or can't be set up.
    pub(super) fn open(path: &Path, baud: u32) -> io::Result<Self> {
        let path =
            path.to_str().ok_or_else(|| io::Error::new(ErrorKind::InvalidInput, "the path is no text"))?;
        let builder = tokio_serial::new(path, baud)
            .data_bits(DataBits::Eight)
            .parity(Parity::None)
            .stop_bits(StopBits::One)
            .flow_control(FlowControl::None)
            .exclusive(true);
        let stream = SerialStream::open(&builder).map_err(opening)?;
        stream.clear(ClearBuffer::Input).map_err(io::Error::from)?;
        Ok(Self { stream })
    }

    /// Changes the rate and throws away what has come at the old one.
    ///
    /// # Errors
    /// When the port has gone, or knows no such rate.
    pub(super) fn set_baud(&mut self, baud: u32) -> io::Result<()> {
        self.stream.set_baud_rate(baud).map_err(io::Error::from)?;
        self.stream.clear(ClearBuffer::Input).map_err(io::Error::from)
    }

    /// Waits for bytes and takes what is there, one at least. May be abandoned without losing any.
    ///
    /// # Errors
    /// When the port has gone. An unplugged adapter reads as an empty file for ever.
    pub(super) async fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self.stream.read(buffer).await? {
            0 => Err(io::Error::new(ErrorKind::UnexpectedEof, "the device has been unplugged")),
            len => Ok(len),
        }
    }

    /// Hands a frame to the system.
    ///
    /// # Errors
    /// When the port has gone, or takes no bytes.
    pub(super) async fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        match timeout(WRITE_TIMEOUT, self.stream.write_all(bytes)).await {
            Ok(written) => written,
            Err(_) => Err(io::Error::new(ErrorKind::TimedOut, "the device takes no bytes")),
        }
    }
}

/// The library's "no device" means a lock that somebody else holds; a device that isn't there has another kind.
fn opening(error: tokio_serial::Error) -> io::Error {
    match error.kind() {
        tokio_serial::ErrorKind::NoDevice => {
            io::Error::new(ErrorKind::ResourceBusy, "another program uses the device")
        }
        _ => error.into(),
    }
}

/// What to do about a port that can't be had.
pub(super) fn remedy(error: &io::Error) -> &'static str {
    match error.kind() {
        ErrorKind::NotFound | ErrorKind::UnexpectedEof => {
            "plug the adapter in; a path under /dev/serial/by-id stays the same from one time to the next"
        }
        ErrorKind::PermissionDenied => "add the service's user to the group that owns the device",
        ErrorKind::ResourceBusy => "stop that program",
        _ => "the line goes on by itself when the port is back",
    }
}
