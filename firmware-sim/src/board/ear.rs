//! What a board makes of the bytes on its line: whole requests, for whomever they are.
//!
//! On a pair, silence of three and a half characters ends a frame and a right check makes it one; answers of other boards are
//! heard too, and are no requests. In the network a header says how long each is.

use std::time::Duration;

use super::modbus::{Envelope, Request, check};
use crate::config::LineProtocol;
use crate::limits::MAX_MODBUS_LEN;
use crate::line::span;

/// Bytes before the address in Modbus TCP: transaction, protocol, length.
const HEADER_LEN: usize = 6;

/// What was heard and is no request yet.
#[derive(Debug)]
pub(super) struct Ear {
    protocol: LineProtocol,
    baud: u32,
    heard: Vec<u8>,
    last: Duration,
}

impl Ear {
    pub(super) const fn new(protocol: LineProtocol, baud: u32) -> Self {
        Self { protocol, baud, heard: Vec::new(), last: Duration::ZERO }
    }

    /// Which line it hears.
    pub(super) const fn of(&self) -> (LineProtocol, u32) {
        (self.protocol, self.baud)
    }

    /// Bytes have passed, the last of them at `at`.
    pub(super) fn hear(&mut self, at: Duration, bytes: &[u8]) {
        let began = at.saturating_sub(span(self.baud, bytes.len()));
        let silence = span(self.baud, 7) / 2;
        if self.protocol != LineProtocol::ModbusTcp && began > self.last + silence {
            self.heard.clear();
        }
        self.last = at;
        self.heard.extend_from_slice(bytes);
    }

    /// The next whole request.
    pub(super) fn request(&mut self) -> Option<Request> {
        let request = match self.protocol {
            LineProtocol::ModbusTcp => self.of_network(),
            _ => self.of_pair(),
        };
        if request.is_none() && self.heard.len() > MAX_MODBUS_LEN {
            self.heard.clear();
        }
        request
    }

    fn of_pair(&mut self) -> Option<Request> {
        let len = match self.heard.get(1)? {
            1..=6 => 8,
            15 | 16 => 9 + usize::from(*self.heard.get(6)?),
            // How long others are only the check tells.
            _ => self.heard.len(),
        };
        let (body, sum) = self.heard.get(..len)?.split_last_chunk::<2>()?;
        let sound = body.len() >= 2 && check(body) == *sum;
        let request =
            sound.then(|| Request { unit: body[0], pdu: body[1..].to_vec(), envelope: Envelope::Rtu });
        if sound {
            self.heard.drain(..len);
        }
        request
    }

    fn of_network(&mut self) -> Option<Request> {
        let header = self.heard.get(..HEADER_LEN)?;
        let transaction = [header[0], header[1]];
        let len = usize::from(u16::from_be_bytes([header[4], header[5]]));
        let whole = HEADER_LEN + len;
        if len < 2 || whole > MAX_MODBUS_LEN {
            self.heard.clear();
            return None;
        }
        let body = self.heard.get(HEADER_LEN..whole)?;
        let request =
            Request { unit: body[0], pdu: body[1..].to_vec(), envelope: Envelope::Tcp { transaction } };
        self.heard.drain(..whole);
        Some(request)
    }
}
