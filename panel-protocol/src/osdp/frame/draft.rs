//! A frame being written into a caller's buffer.
//!
//! The room for data is computed when the draft begins, with check, MAC and padding already set aside, so that
//! nothing can fail once the data is in. Used by [`emit`](super::emit), by the session's sealing and by the PD
//! machine, whose handler writes its answer straight into the frame.

use super::Payload;
use super::header::{CRC_BIT, Check, HEADER_LEN, Header, MAC_LEN, MARK, REPLY_BIT, SCB_BIT, SOM, Scb};
use crate::osdp::bytes::{Full, Writer};
use crate::osdp::crc::{checksum, crc16};
use crate::osdp::secure::BLOCK;

/// What stands between the control byte and the code.
#[derive(Clone, Copy)]
pub(crate) enum Shape<'a> {
    Clear,
    Handshake(Scb<'a>),
    Sealed,
}

/// Length of a sealed frame's security block.
const SEALED_SCB_LEN: usize = 2;

/// A frame being written; SOM is `buf[1]`, behind the mark.
pub(crate) struct Draft<'b> {
    buf: &'b mut [u8],
    check: Check,
    code_at: usize,
    data_len: usize,
    data_room: usize,
}

/// Most data bytes that a frame of `frame_len` bytes (mark not counted) can carry: in clear, or sealed in a session.
///
/// `None` when not even a frame without data fits.
#[must_use]
pub(crate) fn max_data(frame_len: usize, sealed: bool, check: Check) -> Option<usize> {
    let scb = if sealed { SEALED_SCB_LEN } else { 0 };
    room(frame_len, HEADER_LEN + scb + 1, sealed, check)
}

/// Data bytes left in a frame of `frame_len` bytes whose data begins at `data_at`.
fn room(frame_len: usize, data_at: usize, sealed: bool, check: Check) -> Option<usize> {
    let tail = check.byte_len() + if sealed { MAC_LEN } else { 0 };
    let bytes = frame_len.checked_sub(data_at + tail)?;
    // Sealed data is always padded by one byte at least, to whole blocks.
    Some(if sealed { (bytes / BLOCK * BLOCK).saturating_sub(1) } else { bytes })
}

impl<'b> Draft<'b> {
    /// Writes everything up to the code, and finds out how much data may follow.
    pub(crate) fn new(buf: &'b mut [u8], header: Header, shape: Shape<'_>) -> Result<Self, Full> {
        let (kind, extra): (Option<u8>, &[u8]) = match shape {
            Shape::Clear => (None, &[]),
            Shape::Handshake(scb) => (Some(scb.kind), scb.data),
            Shape::Sealed => (Some(0), &[]),
        };
        let address = header.address | if header.reply { REPLY_BIT } else { 0 };
        let control = header.sequence
            | if header.check == Check::Crc { CRC_BIT } else { 0 }
            | if kind.is_some() { SCB_BIT } else { 0 };
        let frame_len = buf.len().min(usize::from(u16::MAX)).checked_sub(1).ok_or(Full)?;
        let mut out = Writer::new(buf);
        out.put(&[MARK, SOM, address, 0, 0, control])?;
        if let Some(kind) = kind {
            let len = u8::try_from(SEALED_SCB_LEN + extra.len()).map_err(|_| Full)?;
            out.put(&[len, kind])?;
            out.put(extra)?;
        }
        let code_at = out.len();
        let sealed = matches!(shape, Shape::Sealed);
        let data_room = room(frame_len, code_at, sealed, header.check).ok_or(Full)?;
        Ok(Self { buf, check: header.check, code_at, data_len: 0, data_room })
    }

    /// Code and data in one.
    pub(crate) fn fill(&mut self, payload: &impl Payload) -> Result<(), Full> {
        let mut out = Writer::new(self.data_room());
        payload.emit(&mut out)?;
        let len = out.len();
        self.set(payload.code(), len);
        Ok(())
    }

    /// Where data may be written, before [`set`](Self::set) says how much of it was.
    pub(crate) fn data_room(&mut self) -> &mut [u8] {
        &mut self.buf[self.code_at + 1..][..self.data_room]
    }

    /// Most bytes of data it can take.
    pub(crate) fn max_data_len(&self) -> usize {
        self.data_room
    }

    /// Sets the code, and the first `data_len` bytes of the room as its data.
    pub(crate) fn set(&mut self, code: u8, data_len: usize) {
        self.buf[self.code_at] = code;
        self.data_len = data_len.min(self.data_room);
    }

    /// The code as it was set.
    pub(crate) fn code(&self) -> u8 {
        self.buf[self.code_at]
    }

    /// The data as it was set.
    pub(crate) fn data(&self) -> &[u8] {
        &self.buf[self.code_at + 1..self.data_end()]
    }

    /// Bytes of data so far.
    pub(crate) fn data_len(&self) -> usize {
        self.data_len
    }

    /// Whether the frame goes from PD to CP.
    pub(crate) fn is_reply(&self) -> bool {
        self.buf[2] & REPLY_BIT != 0
    }

    /// Names the security block of a sealed draft.
    pub(crate) fn set_scs(&mut self, kind: u8) {
        self.buf[HEADER_LEN + 2] = kind;
    }

    /// The data, padded with 0x80 and zeros to whole blocks.
    pub(crate) fn pad(&mut self) -> &mut [u8] {
        let padded = (self.data_len / BLOCK + 1) * BLOCK;
        let data = &mut self.buf[self.code_at + 1..][..padded];
        data[self.data_len] = 0x80;
        data[self.data_len + 1..].fill(0);
        self.data_len = padded;
        data
    }

    /// Writes the final length, and gives what the MAC is computed over.
    pub(crate) fn authenticated(&mut self) -> &[u8] {
        self.put_len(MAC_LEN);
        &self.buf[1..self.data_end()]
    }

    /// Puts MAC and check behind the data.
    pub(crate) fn finish_sealed(mut self, mac: [u8; MAC_LEN]) -> &'b [u8] {
        let at = self.data_end();
        self.put_len(MAC_LEN);
        self.buf[at..at + MAC_LEN].copy_from_slice(&mac);
        self.put_check(at + MAC_LEN)
    }

    /// Puts the check behind the data.
    pub(crate) fn finish(mut self) -> &'b [u8] {
        let at = self.data_end();
        self.put_len(0);
        self.put_check(at)
    }

    fn data_end(&self) -> usize {
        self.code_at + 1 + self.data_len
    }

    fn put_len(&mut self, mac_len: usize) {
        let len = self.data_end() - 1 + mac_len + self.check.byte_len();
        let len = u16::try_from(len).unwrap_or(u16::MAX); // `new` bounds the frame to what 16 bits can say
        self.buf[3..5].copy_from_slice(&len.to_le_bytes());
    }

    fn put_check(self, at: usize) -> &'b [u8] {
        let (body, tail) = self.buf.split_at_mut(at);
        match self.check {
            Check::Checksum => tail[0] = checksum(&body[1..]),
            Check::Crc => tail[..2].copy_from_slice(&crc16(&body[1..]).to_le_bytes()),
        }
        &self.buf[..at + self.check.byte_len()]
    }
}
