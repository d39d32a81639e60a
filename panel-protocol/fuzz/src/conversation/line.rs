//! The line: what is on its way, and what becomes of each frame.

use std::collections::VecDeque;
use std::time::Duration;

use panel_protocol::testing::{self, Flight, Sender};
use panel_protocol::time::Micros;

use super::super::sound_frame::{CRC_BIT, sound_frame};

/// Frames that can be replayed.
const HISTORY: usize = 32;

/// The line of all tests, with a fate of the fuzzer's choice for each frame.
pub(super) struct Line {
    pub(super) baud: u32,
    /// What becomes of the next frames, one byte each; a frame without one arrives whole.
    pub(super) fates: VecDeque<u8>,
    /// The last frames as they were sent.
    pub(super) history: VecDeque<Vec<u8>>,
    wires: testing::Line,
}

impl Line {
    pub(super) fn new(baud: u32) -> Self {
        Self { baud, fates: VecDeque::new(), history: VecDeque::new(), wires: testing::Line::new(usize::MAX) }
    }

    /// Puts a frame on the line. Its fate's low three bits are a kind, the rest says how much.
    pub(super) fn launch(&mut self, start: Micros, from: Sender, bytes: &[u8]) {
        if self.history.len() == HISTORY {
            self.history.pop_front();
        }
        self.history.push_back(bytes.to_vec());
        let fate = self.fates.pop_front().unwrap_or(0);
        let (kind, amount) = (fate & 7, usize::from(fate >> 3));
        let later = start + Duration::from_millis(amount as u64 * 13);
        let mut bytes = bytes.to_vec();
        match kind {
            1 => return,
            2 => {
                let at = amount * 7 % bytes.len();
                bytes[at] ^= 1 << (amount % 8);
            }
            3 => self.fly(later, from, &bytes),
            4 => return self.fly(later, from, &bytes),
            5 => bytes.truncate(bytes.len() * amount / 32),
            6 => {
                let (head, tail) = bytes.split_at(bytes.len() * amount / 32);
                self.fly(start, from, head);
                return self.fly(later, from, tail);
            }
            7 => forge(&mut bytes, amount),
            _ => {}
        }
        self.fly(start, from, &bytes);
    }

    /// Lets bytes arrive as long after `start` as they take on the wire.
    pub(super) fn fly(&mut self, start: Micros, from: Sender, bytes: &[u8]) {
        self.wires.fly(start, from, self.baud, bytes);
    }

    pub(super) fn next_arrival(&self) -> Option<Micros> {
        self.wires.next_arrival()
    }

    /// What has arrived, in order.
    pub(super) fn land(&mut self, now: Micros) -> Vec<Flight> {
        self.wires.land(now)
    }
}

/// Changes a byte behind the address and makes the check right again, as somebody in the middle would.
fn forge(bytes: &mut Vec<u8>, amount: usize) {
    let [_, _, address, _, _, control, body @ ..] = bytes.as_mut_slice() else { return };
    let len = body.len() - if *control & CRC_BIT == 0 { 1 } else { 2 };
    let body = &mut body[..len];
    match amount {
        0 => *control ^= 0x01,
        1 => *control ^= 0x02,
        _ => body[amount % len] ^= 0x40,
    }
    *bytes = sound_frame(*address, *control, body);
}
