//! What a line may carry: frames whole, damaged and cut, and noise between them.

use panel_protocol::osdp::command::Command;
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
