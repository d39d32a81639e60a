//! Finds frames in a stream of bytes.
//!
//! Bytes come in pieces of any size, with noise, mark bytes and other devices' frames between; out come whole,
//! checked frames, and refusals for those that arrived damaged. A damaged frame is searched for another frame's start,
//! so one bad byte never costs the frame behind it. The pieces' borders make no difference. Never panics, never
//! allocates, never blocks.

use core::time::Duration;

use zeroize::Zeroize;

use super::counters::count;
use super::frame::{
    CRC_BIT, Check, FrameError, FrameMut, HEADER_LEN, Layout, MARK, REPLY_BIT, SEQUENCE_BITS, SOM,
};
use super::timing::CHARACTER_GAP;
use crate::limits::{MAX_FRAME_LEN, MIN_FRAME_LEN};
use crate::time::Micros;

pub use super::counters::Counters;

/// Takes bytes, gives frames of at most `N` bytes (128 to 1440).
///
/// ```
/// use panel_protocol::{osdp::deframe::{Deframed, Deframer}, time::Micros};
///
/// let mut deframer = Deframer::<128>::new();
/// let mut bytes: &[u8] = b"noise\xFF\x53\x00\x09\x00\x04\x61\x00\xC0\x66";
/// while let Some(found) = deframer.next(Micros(0), &mut bytes) {
///     let Deframed::Frame(frame) = found else { panic!("damaged") };
///     assert_eq!(frame.view().code(), 0x61);
/// }
/// assert!(bytes.is_empty());
/// assert_eq!(deframer.counters().noise_bytes, 5);
/// ```
#[derive(Debug)]
pub struct Deframer<const N: usize> {
    buffer: [u8; N],
    /// Bytes of the buffer in use.
    len: usize,
    /// Bytes of the buffer's front that the last call handed out.
    handed_out: usize,
    /// A frame too long for the buffer that is still coming.
    passing: Option<Passing>,
    gap: Duration,
    last_byte: Micros,
    /// Whether a gap has ended what is in the buffer: nothing more will come to complete it.
    ended: bool,
    counters: Counters,
}

/// What a deframer found.
#[derive(Debug)]
pub enum Deframed<'a> {
    /// A whole frame, checked.
    Frame(FrameMut<'a>),
    /// Something that had a frame's start and length, and was none.
    Refused(Refused),
}

/// A frame that arrived damaged, as far as its header can be believed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Refused {
    /// The address it bears, 0 to 0x7F.
    pub address: u8,
    /// Whether it says that a PD sent it.
    pub reply: bool,
    /// The control byte's sequence number, 0 to 3.
    pub sequence: u8,
    /// How many bytes it has by its length field, SOM to check.
    pub len: usize,
    /// The check that the control byte announces.
    pub check: Check,
    /// What is wrong with it.
    pub error: FrameError,
}

/// A frame too long for the buffer, on its way past.
#[derive(Clone, Copy, Debug)]
struct Passing {
    refused: Refused,
    /// Bytes still to come.
    left: usize,
}

/// What the front of the buffer is.
enum Front {
    /// Not enough to say: this many bytes are needed in all.
    Incomplete(usize),
    /// Not a frame's start.
    BadLength,
    /// A frame of this many bytes, longer than the buffer.
    TooLong(usize),
    /// A frame of this many bytes, all there.
    Whole(usize),
}

impl<const N: usize> Deframer<N> {
    const BOUNDS: () =
        assert!(N >= MIN_FRAME_LEN && N <= MAX_FRAME_LEN, "a frame buffer has 128 to 1440 bytes");

    /// An empty deframer with the standard's gap of 20 ms.
    #[must_use]
    pub const fn new() -> Self {
        Self::with_gap(CHARACTER_GAP)
    }

    /// An empty deframer that ends a frame after `gap` without bytes: longer than the standard's where a serial
    /// adapter hands bytes over late.
    #[must_use]
    pub const fn with_gap(gap: Duration) -> Self {
        let () = Self::BOUNDS;
        Self {
            buffer: [0; N],
            len: 0,
            handed_out: 0,
            passing: None,
            gap,
            last_byte: Micros(0),
            ended: false,
            counters: Counters::NONE,
        }
    }

    /// Takes from `input`, which arrived at `now`, until something is found; `None` when all is taken. Call it until
    /// then. With an empty `input` it learns that time has passed.
    pub fn next(&mut self, now: Micros, input: &mut &[u8]) -> Option<Deframed<'_>> {
        self.next_since(now, now, input)
    }

    /// As [`next`](Self::next), for bytes that a port has kept: they came between `quiet_at`, when there were none yet, and
    /// `now`. Whoever looks late doesn't make a gap.
    pub fn next_since(&mut self, quiet_at: Micros, now: Micros, input: &mut &[u8]) -> Option<Deframed<'_>> {
        self.forget_handed_out();
        self.notice_gap(if input.is_empty() { now } else { quiet_at });
        loop {
            if let Some(passed) = self.passing.take_if(|passing| passing.left == 0) {
                return Some(Deframed::Refused(passed.refused));
            }
            match self.front() {
                Front::Whole(len) => match Layout::of(&self.buffer[..len]) {
                    Ok(layout) => return Some(Deframed::Frame(self.hand_out(layout, len))),
                    Err(error) => return Some(Deframed::Refused(self.refuse(error, len))),
                },
                Front::BadLength => {
                    count(&mut self.counters.bad_length);
                    self.drop_noise(1);
                }
                Front::TooLong(_) | Front::Incomplete(_) if self.ended && self.len > 0 => {
                    count(&mut self.counters.cut_short);
                    self.drop_noise(1);
                }
                Front::TooLong(len) => self.let_pass(len),
                Front::Incomplete(_) if input.is_empty() => return None,
                Front::Incomplete(needed) => self.fill(now, input, needed),
            }
        }
    }

    /// When a silence will have ended what is in the buffer; `None` when nothing waits for more.
    #[must_use]
    pub fn deadline(&self) -> Option<Micros> {
        let waiting = self.len > self.handed_out || self.passing.is_some();
        waiting.then(|| self.last_byte + self.gap + Duration::from_micros(1))
    }

    /// How many of the bytes taken last are still looked at: those of the frame just handed out, and what came behind
    /// it or may begin another.
    #[must_use]
    pub fn held(&self) -> usize {
        self.len
    }

    /// What passed and what was thrown away since the start.
    #[must_use]
    pub fn counters(&self) -> Counters {
        self.counters
    }

    /// Forgets and wipes what is in the buffer, as after a change of speed; the counters stay.
    pub fn clear(&mut self) {
        self.buffer.zeroize();
        (self.len, self.handed_out, self.passing, self.ended) = (0, 0, None, false);
    }

    /// What the buffer starts with, once noise before the first possible start is gone.
    fn front(&mut self) -> Front {
        self.align();
        let [_, _, low, high, control, ..] = self.buffer[..self.len] else {
            return Front::Incomplete(HEADER_LEN);
        };
        let len = usize::from(u16::from_le_bytes([low, high]));
        let shortest = HEADER_LEN + 1 + if control & CRC_BIT == 0 { 1 } else { 2 };
        match len {
            _ if len < shortest || len > MAX_FRAME_LEN => Front::BadLength,
            _ if len > N => Front::TooLong(len),
            _ if len > self.len => Front::Incomplete(len),
            _ => Front::Whole(len),
        }
    }

    /// Throws away what stands before the first SOM.
    fn align(&mut self) {
        let used = &self.buffer[..self.len];
        let noise = used.iter().position(|byte| *byte == SOM).unwrap_or(self.len);
        self.drop_noise(noise);
    }

    /// Takes as much from `input` as is missing to `needed` bytes.
    fn fill(&mut self, now: Micros, input: &mut &[u8], needed: usize) {
        self.last_byte = now;
        self.ended = false;
        if let Some(passing) = &mut self.passing {
            let passed = passing.left.min(input.len());
            passing.left -= passed;
            *input = &input[passed..];
            return;
        }
        let (taken, rest) = input.split_at((needed - self.len).min(input.len()));
        self.buffer[self.len..][..taken.len()].copy_from_slice(taken);
        self.len += taken.len();
        *input = rest;
    }

    /// Wipes the last frame, which may have been opened where it stands and show a key.
    fn forget_handed_out(&mut self) {
        self.buffer[..self.handed_out].zeroize();
        self.drop_front(self.handed_out);
        self.handed_out = 0;
    }

    fn hand_out(&mut self, layout: Layout, len: usize) -> FrameMut<'_> {
        count(&mut self.counters.frames);
        self.handed_out = len;
        FrameMut::new(&mut self.buffer[..len], layout)
    }

    /// A frame with a wrong check may be noise around another frame's start, so only its first byte goes. One with
    /// the right check is what its sender meant, and goes whole.
    fn refuse(&mut self, error: FrameError, len: usize) -> Refused {
        let refused = self.refusal(error, len);
        count(self.counters.of(error));
        match error {
            FrameError::Check(_) => self.drop_noise(1),
            _ => self.drop_front(len),
        }
        refused
    }

    /// Lets a frame pass that is for somebody with a larger buffer. Refused once it has: until then its sender speaks.
    fn let_pass(&mut self, len: usize) {
        let error = FrameError::TooLong(len);
        count(self.counters.of(error));
        self.passing = Some(Passing { refused: self.refusal(error, len), left: len - self.len });
        self.drop_front(self.len);
    }

    /// What the header at the front says of a frame of `len` bytes that is none.
    fn refusal(&self, error: FrameError, len: usize) -> Refused {
        Refused {
            address: self.buffer[1] & !REPLY_BIT,
            reply: self.buffer[1] & REPLY_BIT != 0,
            sequence: self.buffer[4] & SEQUENCE_BITS,
            len,
            check: if self.buffer[4] & CRC_BIT == 0 { Check::Checksum } else { Check::Crc },
            error,
        }
    }

    fn notice_gap(&mut self, now: Micros) {
        if now.since(self.last_byte) > self.gap {
            self.ended = true;
            self.passing = None;
        }
    }

    /// Throws away `n` bytes and counts them, marks apart.
    fn drop_noise(&mut self, n: usize) {
        let noise = self.buffer[..n].iter().filter(|byte| **byte != MARK).count();
        self.counters.noise_bytes =
            self.counters.noise_bytes.wrapping_add(u32::try_from(noise).unwrap_or(u32::MAX));
        self.drop_front(n);
    }

    fn drop_front(&mut self, n: usize) {
        self.buffer.copy_within(n..self.len, 0);
        self.len -= n;
    }
}

impl<const N: usize> Default for Deframer<N> {
    fn default() -> Self {
        Self::new()
    }
}

impl<const N: usize> Drop for Deframer<N> {
    /// The last frame may have been opened where it stands.
    fn drop(&mut self) {
        self.buffer.zeroize();
    }
}

#[cfg(test)]
mod tests {
    extern crate std;
    use std::borrow::ToOwned;

    use super::*;

    const ID: &[u8] = &[0x53, 0x00, 0x09, 0x00, 0x04, 0x61, 0x00, 0xC0, 0x66];

    fn frames(deframer: &mut Deframer<128>, now: Micros, mut bytes: &[u8]) -> usize {
        let mut found = 0;
        while let Some(one) = deframer.next(now, &mut bytes) {
            found += usize::from(matches!(one, Deframed::Frame(_)));
        }
        found
    }

    #[test]
    fn a_silence_ends_a_frame_and_shows_the_one_inside() {
        let mut deframer = Deframer::new();
        assert_eq!(frames(&mut deframer, Micros(0), &[0x53, 0x00, 0x40, 0x00, 0x04]), 0);
        assert_eq!(frames(&mut deframer, Micros(1000), ID), 0, "may be the longer frame's data");
        assert_eq!(deframer.deadline(), Some(Micros(21_001)));
        assert_eq!(frames(&mut deframer, Micros(21_000), &[]), 0);
        assert_eq!(frames(&mut deframer, Micros(21_001), &[]), 1);
        assert_eq!((deframer.counters().cut_short, deframer.deadline()), (1, None));
    }

    #[test]
    fn a_silence_ends_a_frame_too_long_for_the_buffer() {
        let mut deframer = Deframer::new();
        assert_eq!(frames(&mut deframer, Micros(0), &[0x53, 0x00, 0x00, 0x04, 0x04, 0x80]), 0);
        assert_eq!(frames(&mut deframer, Micros(20_001), ID), 1);
        // A start that was hidden in another frame's data, and has no more to come.
        assert_eq!(frames(&mut deframer, Micros(30_000), &[0x53, 0, 10, 0, 0x53, 0x53, 0, 5, 4]), 0);
        assert_eq!(frames(&mut deframer, Micros(60_000), ID), 1);
    }

    #[test]
    fn whoever_looks_late_makes_no_gap() {
        let late = Micros(90_000);
        for (quiet_at, found) in [(0, 1), (20_000, 1), (20_001, 0)] {
            let mut deframer = Deframer::<128>::new();
            assert_eq!(frames(&mut deframer, Micros(0), &ID[..4]), 0);
            let whole = deframer.next_since(Micros(quiet_at), late, &mut &ID[4..]).is_some();
            assert_eq!(usize::from(whole), found, "nothing had come by {quiet_at} us");
        }
    }

    #[test]
    fn a_long_gap_can_be_allowed_for() {
        let mut deframer = Deframer::with_gap(Duration::from_millis(50));
        assert_eq!(frames(&mut deframer, Micros(0), &ID[..4]), 0);
        assert_eq!(frames(&mut deframer, Micros(50_000), &ID[4..]), 1);
    }

    #[test]
    fn what_was_opened_in_the_buffer_is_wiped_with_the_next_call() {
        type Forget = fn(&mut Deframer<128>);
        let forgets: [Forget; 2] =
            [|deframer| assert!(deframer.next(Micros(0), &mut &[][..]).is_none()), Deframer::clear];
        for forget in forgets {
            let mut deframer = Deframer::new();
            let Some(Deframed::Frame(frame)) = deframer.next(Micros(0), &mut &*ID) else {
                panic!("no frame")
            };
            frame.into_payload().1.fill(0x5E);
            assert!(deframer.buffer.contains(&0x5E));
            forget(&mut deframer);
            assert_eq!(deframer.buffer, [0; 128]);
        }
    }

    #[test]
    fn a_frame_too_long_is_refused_once_it_has_passed() {
        let mut deframer = Deframer::<128>::new();
        let long = [&[0x53, 0x05, 129, 0, 0x02, 0x80], &[0; 123][..]].concat();
        assert!(deframer.next(Micros(0), &mut &long[..128]).is_none(), "its sender is still speaking");
        let Some(Deframed::Refused(refused)) = deframer.next(Micros(0), &mut &long[128..]) else {
            panic!("nobody was told")
        };
        let error = FrameError::TooLong(129);
        let (address, reply, sequence, len, check) = (5, false, 2, 129, Check::Checksum);
        assert_eq!(refused, Refused { address, reply, sequence, len, check, error });
    }

    #[test]
    fn what_is_thrown_away_is_counted_by_cause() {
        let mut deframer = Deframer::new();
        let mut damaged = ID.to_owned();
        damaged[6] ^= 1;
        for bytes in [b"\xFFnoise", &damaged[..], &[0x53, 0, 3, 0, 4], ID] {
            frames(&mut deframer, Micros(0), bytes);
        }
        let counters = deframer.counters();
        assert_eq!((counters.frames, counters.bad_check, counters.bad_length), (1, 1, 1));
        assert_eq!(counters.noise_bytes, 5 + 9 + 5);
    }
}
