//! One record on the disk: `length u32 | crc u32 | sequence u64 | payload`, little endian.
//!
//! The length's top bit says that the record went out in the same flush as the one before it. The CRC-32C covers
//! everything but itself, so a length that lies is a record that doesn't check.

use crate::store::limits::MAX_RECORD_BYTES;

/// Bytes before the payload.
pub(in crate::store) const HEADER_LEN: usize = 16;

/// Set in the length of every record of a flush but the first.
const CONTINUES: u32 = 1 << 31;

/// A record that checks.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(in crate::store) struct RecordView<'a> {
    /// Its number.
    pub(in crate::store) sequence: u64,
    /// Whether it went out in the same flush as the record before it.
    pub(in crate::store) continues: bool,
    /// What it carries.
    pub(in crate::store) payload: &'a [u8],
}

/// Why bytes are no record.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(in crate::store) enum NoRecord {
    /// Fewer bytes than it says, or than a header has.
    Short,
    /// It says that it is longer than any record may be.
    TooLong(u32),
    /// The check is wrong.
    Crc,
}

impl<'a> RecordView<'a> {
    /// The record at the start of `bytes`.
    pub(in crate::store) fn parse(bytes: &'a [u8]) -> Result<Self, NoRecord> {
        let (header, rest) = bytes.split_at_checked(HEADER_LEN).ok_or(NoRecord::Short)?;
        let word = word(header, 0);
        let len = word & !CONTINUES;
        if len as usize > MAX_RECORD_BYTES {
            return Err(NoRecord::TooLong(len));
        }
        let payload = rest.get(..len as usize).ok_or(NoRecord::Short)?;
        let sequence = sequence_at(header);
        if check(word, sequence, payload) != self::word(header, 4) {
            return Err(NoRecord::Crc);
        }
        Ok(Self { sequence, continues: word & CONTINUES != 0, payload })
    }

    /// Bytes that it takes on the disk.
    pub(in crate::store) fn disk_len(&self) -> usize {
        HEADER_LEN + self.payload.len()
    }
}

/// Adds a record to `out`. The payload is at most [`MAX_RECORD_BYTES`] long; the journal has checked that.
pub(in crate::store) fn encode(sequence: u64, continues: bool, payload: &[u8], out: &mut Vec<u8>) {
    let len = u32::try_from(payload.len()).unwrap_or(u32::MAX) & !CONTINUES;
    let word = if continues { len | CONTINUES } else { len };
    out.extend_from_slice(&word.to_le_bytes());
    out.extend_from_slice(&check(word, sequence, payload).to_le_bytes());
    out.extend_from_slice(&sequence.to_le_bytes());
    out.extend_from_slice(payload);
}

/// The sequence and length that the header at the start of `bytes` claims, unchecked.
pub(in crate::store) fn claim(bytes: &[u8]) -> Option<(u64, usize)> {
    let header = bytes.get(..HEADER_LEN)?;
    Some((sequence_at(header), (word(header, 0) & !CONTINUES) as usize))
}

fn check(word: u32, sequence: u64, payload: &[u8]) -> u32 {
    let head = crc32c::crc32c_append(crc32c::crc32c(&word.to_le_bytes()), &sequence.to_le_bytes());
    crc32c::crc32c_append(head, payload)
}

fn word(header: &[u8], at: usize) -> u32 {
    u32::from_le_bytes([header[at], header[at + 1], header[at + 2], header[at + 3]])
}

fn sequence_at(header: &[u8]) -> u64 {
    u64::from(word(header, 8)) | u64::from(word(header, 12)) << 32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_comes_back_and_any_flipped_bit_is_seen() {
        let mut bytes = Vec::new();
        encode(7, true, b"payload", &mut bytes);
        let record = RecordView::parse(&bytes).unwrap();
        assert_eq!((record.sequence, record.continues, record.payload), (7, true, &b"payload"[..]));
        assert_eq!(record.disk_len(), bytes.len());
        for bit in 0..bytes.len() * 8 {
            let mut flipped = bytes.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            assert!(RecordView::parse(&flipped).is_err(), "bit {bit}");
        }
    }

    #[test]
    fn zeros_and_lying_lengths_are_no_record() {
        assert_eq!(RecordView::parse(&[0; 64]), Err(NoRecord::Crc));
        assert_eq!(RecordView::parse(&[0xFF; 64]), Err(NoRecord::TooLong(u32::MAX >> 1)));
        assert_eq!(RecordView::parse(&[0; 15]), Err(NoRecord::Short));
    }
}
