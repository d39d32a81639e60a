//! Frames in a stream of bytes, and whatever else is there: nothing is passed over in silence.

use std::time::Duration;

use panel_protocol::limits::MAX_FRAME_LEN;
use panel_protocol::osdp::deframe::{Deframed, Deframer};
use panel_protocol::osdp::frame::{Frame, FrameError, MARK, SOM};
use panel_protocol::time::Micros;

/// Longer than any gap that the deframer waits for.
const SILENCE: Duration = Duration::from_secs(1);

/// Bytes that are looked at together, so that a long stream costs no more a byte than a short one.
const PIECE_LEN: usize = 4096;

/// The bytes of one direction, or of a whole line, in order.
pub(super) struct Stream {
    deframer: Box<Deframer<MAX_FRAME_LEN>>,
    /// Goes on with every silence, and not else.
    clock: Micros,
    /// Bytes that nothing was said about yet.
    pending: Vec<u8>,
    /// How many of them the deframer has taken.
    taken: usize,
    /// How many of them have been shown as part of a damaged frame; another frame may begin among them.
    shown: usize,
}

/// What is in a stream.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Found {
    /// A whole frame, SOM to check.
    Frame(Vec<u8>),
    /// What begins as a frame and is none.
    Damaged { bytes: Vec<u8>, error: FrameError },
    /// Bytes that begin no frame.
    Noise(Vec<u8>),
}

impl Stream {
    pub(super) fn new() -> Self {
        let deframer = Box::new(Deframer::new());
        Self { deframer, clock: Micros(0), pending: Vec::new(), taken: 0, shown: 0 }
    }

    /// Takes the bytes that came next; gives what is found in all that came.
    pub(super) fn take(&mut self, bytes: &[u8]) -> Vec<Found> {
        let pieces = bytes.chunks(PIECE_LEN).flat_map(|piece| {
            self.pending.extend_from_slice(piece);
            self.search()
        });
        pieces.collect()
    }

    /// Nothing more comes that belongs to what is there.
    pub(super) fn end(&mut self) -> Vec<Found> {
        self.clock = self.clock + SILENCE;
        let mut found = self.search();
        let rest = self.pending.len();
        self.pass_over(rest, &mut found);
        self.drop_front(rest);
        found
    }

    fn search(&mut self) -> Vec<Found> {
        let mut found = Vec::new();
        while let Some((len, what)) = self.next() {
            // Of a damaged frame only the first byte is gone; of any other thing all of it.
            let damaged = matches!(what, Found::Damaged { error: FrameError::Check(_), .. });
            let end = self.taken - self.deframer.held();
            let start = match &what {
                Found::Frame(_) => end,
                _ if damaged => end - 1,
                _ => end - len,
            };
            let within_shown = start < self.shown;
            self.pass_over(start, &mut found);
            let behind = start + len;
            if !(damaged && within_shown) {
                self.shown = self.shown.max(behind);
                found.push(self.whole(what, start, behind));
            }
            self.drop_front(if damaged { start } else { behind });
        }
        found
    }

    /// The next thing, and its length by its own word. What is damaged has no bytes yet.
    fn next(&mut self) -> Option<(usize, Found)> {
        let mut input = &self.pending[self.taken..];
        let found = self.deframer.next(self.clock, &mut input).map(|found| match found {
            Deframed::Frame(frame) => {
                let bytes = frame.view().bytes().to_vec();
                (bytes.len(), Found::Frame(bytes))
            }
            Deframed::Refused(refused) => {
                (refused.len, Found::Damaged { bytes: Vec::new(), error: refused.error })
            }
        });
        self.taken = self.pending.len() - input.len();
        found
    }

    fn whole(&self, what: Found, start: usize, end: usize) -> Found {
        match what {
            Found::Damaged { error, .. } => {
                Found::Damaged { bytes: self.pending[start..end].to_vec(), error }
            }
            other => other,
        }
    }

    /// Tells of what lies before `end` and was not shown: noise, and frames that ended early.
    fn pass_over(&mut self, end: usize, found: &mut Vec<Found>) {
        let passed = self.pending.get(self.shown..end).unwrap_or_default();
        let start = passed.iter().position(|byte| *byte == SOM).unwrap_or(passed.len());
        let (noise, cut) = passed.split_at(start);
        let noise: Vec<u8> = noise.iter().copied().filter(|byte| *byte != MARK).collect();
        if !noise.is_empty() {
            found.push(Found::Noise(noise));
        }
        match Frame::parse(cut) {
            _ if cut.is_empty() => {}
            Err(error) if is_begun(cut) => found.push(Found::Damaged { bytes: cut.to_vec(), error }),
            _ => found.push(Found::Noise(cut.to_vec())),
        }
    }

    fn drop_front(&mut self, len: usize) {
        self.pending.drain(..len);
        self.taken -= len;
        self.shown = self.shown.saturating_sub(len);
    }
}

/// Whether the bytes are a header, and fewer than it promises.
fn is_begun(bytes: &[u8]) -> bool {
    let [SOM, _, low, high, _, ..] = *bytes else { return false };
    let claimed = usize::from(u16::from_le_bytes([low, high]));
    claimed > bytes.len() && claimed <= MAX_FRAME_LEN
}

#[cfg(test)]
mod tests {
    use super::*;
    use panel_protocol::osdp::frame::Check;
    use proptest::prelude::*;

    const ID: &[u8] = &[0x53, 0x00, 0x09, 0x00, 0x04, 0x61, 0x00, 0xC0, 0x66];
    const POLL: &[u8] = &[0x53, 0x00, 0x08, 0x00, 0x04, 0x60, 0xEB, 0xAA];

    fn all(bytes: &[u8]) -> Vec<Found> {
        let mut stream = Stream::new();
        let mut found = stream.take(bytes);
        found.extend(stream.end());
        found
    }

    fn frame(bytes: &[u8]) -> Found {
        Found::Frame(bytes.to_vec())
    }

    fn damaged() -> Vec<u8> {
        let mut damaged = ID.to_vec();
        damaged[6] ^= 0x10;
        damaged
    }

    #[test]
    fn frames_marks_and_noise_are_told_apart() {
        let stream = [&[0xFF][..], ID, &[0xFF, 0xFF], b"noise", POLL, b"!"].concat();
        let noise = |bytes: &[u8]| Found::Noise(bytes.to_vec());
        assert_eq!(all(&stream), [frame(ID), noise(b"noise"), frame(POLL), noise(b"!")]);
    }

    #[test]
    fn a_damaged_frame_is_shown_whole_and_once_and_costs_none_behind_it() {
        let stream = [POLL, &damaged(), ID].concat();
        let broken = Found::Damaged { bytes: damaged(), error: FrameError::Check(Check::Crc) };
        assert_eq!(all(&stream), [frame(POLL), broken, frame(ID)]);
    }

    #[test]
    fn a_frame_that_ends_early_is_shown_as_one() {
        let error = FrameError::TooShort(5);
        let cut = || Found::Damaged { bytes: ID[..5].to_vec(), error };
        assert_eq!(all(&ID[..5]), [cut()]);
        let mut stream = Stream::new();
        assert_eq!(stream.take(&ID[..5]), []);
        assert_eq!(stream.end(), [cut()]);
        assert_eq!(stream.take(POLL), [frame(POLL)]);
        assert_eq!(all(&[&ID[..8], POLL].concat()).last(), Some(&frame(POLL)));
    }

    #[test]
    fn what_has_the_right_check_and_no_code_is_shown_with_what_is_wrong() {
        let mut no_block = vec![0x53, 0x00, 0x09, 0x00, 0x0C, 0x01, 0x11];
        no_block.extend(panel_protocol::osdp::crc::crc16(&no_block).to_le_bytes());
        let broken = Found::Damaged { bytes: no_block.clone(), error: FrameError::Scb(1) };
        assert_eq!(all(&[&no_block, POLL].concat()), [broken, frame(POLL)]);
    }

    proptest! {
        #[test]
        fn no_byte_is_lost_and_no_split_matters(
            pieces in prop::collection::vec(prop_oneof![
                Just(ID.to_vec()),
                Just(POLL.to_vec()),
                Just(damaged()),
                prop::collection::vec(prop::sample::select(vec![0x53, 0xFF, 0x00, 0x09, 0x04]), 0..20),
            ], 0..8),
            size in 1usize..30,
        ) {
            let bytes = pieces.concat();
            let whole = all(&bytes);
            let mut stream = Stream::new();
            let mut split: Vec<Found> = bytes.chunks(size).flat_map(|piece| stream.take(piece)).collect();
            split.extend(stream.end());
            prop_assert_eq!(&split, &whole);
            let shown: usize = whole.iter().map(|found| match found {
                Found::Frame(bytes) | Found::Damaged { bytes, .. } | Found::Noise(bytes) => bytes.len(),
            }).sum();
            let marks = bytes.iter().filter(|byte| **byte == MARK).count();
            prop_assert!(shown >= bytes.len() - marks, "{whole:?}");
        }
    }
}
