//! The plain search: what is in a stream, found with all of it at hand.

use panel_protocol::limits::MAX_FRAME_LEN;
use panel_protocol::osdp::deframe::Refused;
use panel_protocol::osdp::frame::{Check, Frame, FrameError, MARK, SOM};
use panel_protocol::osdp::timing::CHARACTER_GAP;
use panel_protocol::time::Micros;

use super::super::sound_frame::CRC_BIT;
use super::{Burst, Found, Outcome};

/// What a deframer with a buffer of `room` bytes should find, a silence following the last burst.
pub(super) fn outcome(room: usize, bursts: &[Burst]) -> Outcome {
    let mut outcome = Outcome::default();
    let mut run = Vec::new();
    let mut last = Micros(0);
    for burst in bursts {
        if burst.at.since(last) > CHARACTER_GAP {
            outcome.search(room, &run);
            run.clear();
        }
        run.extend(&burst.bytes);
        last = burst.at;
    }
    outcome.search(room, &run);
    outcome
}

impl Outcome {
    /// Searches bytes between two silences.
    fn search(&mut self, room: usize, run: &[u8]) {
        let mut rest = run;
        // Whether a start was found whose end is not in the run: what follows it was looked at after the silence.
        let mut waited = false;
        while let [first, ..] = rest {
            let step = if *first == SOM { self.at_start(room, rest, &mut waited) } else { 0 };
            if step == 0 {
                self.tally.noise_bytes += u32::from(*first != MARK);
            }
            rest = &rest[step.max(1).min(rest.len())..];
        }
    }

    /// What stands at a SOM: how many bytes it takes, 0 when the SOM is noise.
    fn at_start(&mut self, room: usize, rest: &[u8], waited: &mut bool) -> usize {
        let len = match rest {
            [_, _, low, high, ..] => usize::from(u16::from_le_bytes([*low, *high])),
            _ => usize::MAX,
        };
        let shortest = rest.get(4).map(|control| if control & CRC_BIT == 0 { 7 } else { 8 });
        match shortest {
            Some(shortest) if len < shortest || len > MAX_FRAME_LEN => self.tally.bad_length += 1,
            Some(_) if len > room && !*waited => {
                self.tally.too_long += 1;
                if len <= rest.len() {
                    self.refuse(rest, FrameError::TooLong(len));
                }
                return len;
            }
            Some(_) if len <= room && len <= rest.len() => return self.whole(&rest[..len]),
            _ => {
                *waited = true;
                self.tally.cut_short += 1;
            }
        }
        0
    }

    fn whole(&mut self, bytes: &[u8]) -> usize {
        let Err(error) = Frame::parse(bytes) else {
            self.tally.frames += 1;
            self.found.push(Found::Frame(bytes.to_vec()));
            return bytes.len();
        };
        self.refuse(bytes, error);
        if let FrameError::Check(_) = error {
            self.tally.bad_check += 1;
            return 0;
        }
        bytes.len()
    }

    fn refuse(&mut self, bytes: &[u8], error: FrameError) {
        let (address, control) = (bytes[1], bytes[4]);
        self.found.push(Found::Refused(Refused {
            address: address & 0x7F,
            reply: address & 0x80 != 0,
            sequence: control & 0x03,
            len: usize::from(u16::from_le_bytes([bytes[2], bytes[3]])),
            check: if control & CRC_BIT == 0 { Check::Checksum } else { Check::Crc },
            error,
        }));
    }
}
