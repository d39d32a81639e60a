//! What a line may carry: frames whole, damaged and cut, and noise between them.

use panel_protocol::osdp::command::Command;
use panel_protocol::osdp::crc::{checksum, crc16};
use panel_protocol::osdp::frame::{self, Check, Header};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};

/// A piece of what a line may carry.
#[derive(Clone, Debug)]
pub(crate) enum Piece {
    Frame(Vec<u8>),
    /// The frame with one byte changed.
    Damaged(Vec<u8>, Index, u8),
    /// Only the frame's first bytes.
    Cut(Vec<u8>, Index),
    Noise(Vec<u8>),
}

impl Piece {
    pub(crate) fn bytes(&self) -> Vec<u8> {
        match self {
            Self::Frame(frame) | Self::Noise(frame) => frame.clone(),
            Self::Damaged(frame, at, mask) => {
                let mut frame = frame.clone();
                let at = at.index(frame.len());
                frame[at] ^= mask;
                frame
            }
            Self::Cut(frame, at) => frame[..at.index(frame.len())].to_vec(),
        }
    }
}

pub(crate) fn any_frame() -> impl Strategy<Value = Vec<u8>> {
    (any_header(), any::<u8>(), vec(any::<u8>(), 0..40)).prop_map(|(header, code, data)| {
        let command = Command::Other { code, data: &data };
        frame::emit(&mut [0; 64], header, None, &command).expect("room").to_vec()
    })
}

pub(crate) fn any_piece() -> impl Strategy<Value = Piece> {
    // Noise that looks like the start of frames, short and long.
    let noise = prop_oneof![3 => select(vec![0x53, 0x00, 0x05, 0x09, 0xFF]), 1 => any::<u8>()];
    prop_oneof![
        any_frame().prop_map(Piece::Frame),
        (any_frame(), any::<Index>(), 1u8..).prop_map(|(f, at, m)| Piece::Damaged(f, at, m)),
        (any_frame(), any::<Index>()).prop_map(|(f, at)| Piece::Cut(f, at)),
        vec(noise, 0..40).prop_map(Piece::Noise),
    ]
}

pub(crate) fn any_header() -> impl Strategy<Value = Header> {
    (0..=0x7Fu8, any::<bool>(), 0..4u8, any::<bool>()).prop_map(|(address, reply, sequence, crc)| Header {
        address,
        reply,
        sequence,
        check: if crc { Check::Crc } else { Check::Checksum },
    })
}

/// A step of the handshake, or a security block that nobody knows: its type and data.
pub(crate) fn any_scb() -> impl Strategy<Value = (u8, Vec<u8>)> {
    prop_oneof![(0x11..=0x14u8, vec(any::<u8>(), 1)), ((0x19..=0xFFu8), vec(any::<u8>(), 0..4)),]
}

/// The bytes, from SOM on, with their length and check put right.
pub(crate) fn with_right_check(body: &[u8]) -> Vec<u8> {
    let mut bytes = body.to_vec();
    let check = if bytes[4] & 0x04 == 0 { Check::Checksum } else { Check::Crc };
    let len = u16::try_from(bytes.len() + check.byte_len()).expect("a frame's length");
    bytes[2..4].copy_from_slice(&len.to_le_bytes());
    match check {
        Check::Checksum => bytes.push(checksum(&bytes)),
        Check::Crc => bytes.extend(crc16(&bytes).to_le_bytes()),
    }
    bytes
}
