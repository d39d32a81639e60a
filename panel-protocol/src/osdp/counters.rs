//! What a deframer counts: one counter for each cause, so that a page can tell a bad wire from a bad device.

use super::frame::FrameError;

/// What a deframer has passed and thrown away, by cause. The counts wrap.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Counters {
    /// Frames handed out.
    pub frames: u32,
    /// Bytes that belonged to no frame, mark bytes apart.
    pub noise_bytes: u32,
    /// Starts whose length field no frame can have.
    pub bad_length: u32,
    /// Frames longer than the buffer.
    pub too_long: u32,
    /// Frames that a silence ended early.
    pub cut_short: u32,
    /// Frames whose CRC or checksum was wrong. All that follow had the right one.
    pub bad_check: u32,
    /// Control bytes with bits set that have no meaning.
    pub bad_control: u32,
    /// Security blocks whose length no frame of that length can have.
    pub bad_scb: u32,
    /// Security blocks with more or less data than their type goes with.
    pub bad_scb_data: u32,
    /// Security blocks of the other direction.
    pub wrong_direction: u32,
    /// Security blocks without a code behind them.
    pub no_code: u32,
    /// Sealed frames without room for their MAC.
    pub no_mac: u32,
    /// Encrypted data that was no whole number of blocks.
    pub bad_blocks: u32,
}

impl Counters {
    /// Nothing so far.
    pub(super) const NONE: Self = Self {
        frames: 0,
        noise_bytes: 0,
        bad_length: 0,
        too_long: 0,
        cut_short: 0,
        bad_check: 0,
        bad_control: 0,
        bad_scb: 0,
        bad_scb_data: 0,
        wrong_direction: 0,
        no_code: 0,
        no_mac: 0,
        bad_blocks: 0,
    };

    /// Frames that arrived undamaged and were refused all the same: their sender is at fault, not the line.
    #[must_use]
    pub fn malformed(&self) -> u32 {
        let causes = [
            self.bad_control,
            self.bad_scb,
            self.bad_scb_data,
            self.wrong_direction,
            self.no_code,
            self.no_mac,
            self.bad_blocks,
        ];
        causes.into_iter().fold(0, u32::wrapping_add)
    }

    /// The counter of a refusal.
    pub(super) fn of(&mut self, error: FrameError) -> &mut u32 {
        match error {
            // A deframer cuts frames by their start and length, so it meets the first of these as noise.
            FrameError::TooShort(_) | FrameError::Start(_) | FrameError::Length { .. } => {
                &mut self.bad_length
            }
            FrameError::TooLong(_) => &mut self.too_long,
            FrameError::Check(_) => &mut self.bad_check,
            FrameError::Control(_) => &mut self.bad_control,
            FrameError::Scb(_) => &mut self.bad_scb,
            FrameError::ScbData { .. } => &mut self.bad_scb_data,
            FrameError::Direction { .. } => &mut self.wrong_direction,
            FrameError::NoCode => &mut self.no_code,
            FrameError::NoMac => &mut self.no_mac,
            FrameError::Blocks(_) => &mut self.bad_blocks,
        }
    }
}

/// Adds one, wrapping.
pub(super) fn count(counter: &mut u32) {
    *counter = counter.wrapping_add(1);
}

#[cfg(test)]
mod tests {
    extern crate std;
    use std::vec::Vec;

    use super::*;
    use crate::osdp::deframe::{Deframed, Deframer};
    use crate::osdp::frame::{Check, Frame, scs};
    use crate::time::Micros;

    /// A frame with the right length and check, whatever it says between.
    fn frame(address: u8, control: u8, rest: &[u8], check: Check) -> Vec<u8> {
        let control = control | if check == Check::Crc { 0x04 } else { 0 };
        let len = u8::try_from(5 + rest.len() + check.byte_len()).unwrap();
        let mut bytes = [&[0x53, address, len, 0, control], rest].concat();
        match check {
            Check::Checksum => bytes.push(crate::osdp::crc::checksum(&bytes)),
            Check::Crc => bytes.extend(crate::osdp::crc::crc16(&bytes).to_le_bytes()),
        }
        bytes
    }

    /// What a deframer makes of the bytes, and what it counted.
    fn deframed(mut bytes: &[u8]) -> (Option<FrameError>, Counters) {
        let mut deframer = Deframer::<128>::new();
        let error = match deframer.next(Micros(0), &mut bytes) {
            Some(Deframed::Refused(refused)) => Some(refused.error),
            Some(Deframed::Frame(_)) => None,
            None => panic!("nothing found"),
        };
        while deframer.next(Micros(0), &mut bytes).is_some() {}
        (error, deframer.counters())
    }

    /// The bytes are refused with this error, and counted where `with_one` counts one.
    fn refused(address: u8, control: u8, rest: &[u8], error: FrameError, with_one: Counters) {
        for check in [Check::Crc, Check::Checksum] {
            let bytes = frame(address, control, rest, check);
            assert_eq!(Frame::parse(&bytes).unwrap_err(), error, "{bytes:02X?}");
            assert_eq!(deframed(&bytes), (Some(error), with_one), "{bytes:02X?}");
            assert_eq!(with_one.malformed(), 1);
        }
    }

    #[test]
    fn control_bits_without_a_meaning() {
        for bit in [0x10, 0x20, 0x40] {
            let bytes = frame(5, bit, &[0x60], Check::Crc);
            let counted = Counters { bad_control: 1, ..Counters::NONE };
            assert_eq!(deframed(&bytes), (Some(FrameError::Control(bit)), counted));
        }
        let old_draft = frame(5, 0x80, &[0x60], Check::Crc);
        assert_eq!(deframed(&old_draft), (None, Counters { frames: 1, ..Counters::NONE }));
    }

    #[test]
    fn a_security_block_whose_length_lies() {
        let counted = Counters { bad_scb: 1, ..Counters::NONE };
        for len in [0, 1, 7, 0xFF] {
            refused(5, 0x08, &[len, scs::COMMAND_MAC, 0x60, 1, 2, 3], FrameError::Scb(len), counted);
        }
    }

    #[test]
    fn a_security_block_with_the_wrong_data() {
        let counted = Counters { bad_scb_data: 1, ..Counters::NONE };
        for (address, kind, data) in [
            (0x05, scs::CHALLENGE, &[][..]),
            (0x05, scs::CHALLENGE, &[1, 1]),
            (0x85, scs::CLIENT_CRYPTOGRAM, &[]),
            (0x05, scs::SERVER_CRYPTOGRAM, &[]),
            (0x85, scs::INITIAL_MAC, &[]),
            (0x05, scs::COMMAND_MAC, &[1]),
            (0x85, scs::REPLY_MAC, &[1]),
            (0x05, scs::COMMAND_ENCRYPTED, &[1]),
            (0x85, scs::REPLY_ENCRYPTED, &[1]),
        ] {
            let len = data.len();
            let block = [&[2 + u8::try_from(len).unwrap(), kind], data, &[0x60, 1, 2, 3, 4]].concat();
            refused(address, 0x08, &block, FrameError::ScbData { kind, len }, counted);
        }
    }

    #[test]
    fn a_security_block_of_the_other_direction() {
        let counted = Counters { wrong_direction: 1, ..Counters::NONE };
        for kind in scs::CHALLENGE..=scs::REPLY_ENCRYPTED {
            let reply = kind % 2 == 1; // odd ones are commands'
            let address = if reply { 0x85 } else { 0x05 };
            let error = FrameError::Direction { kind, reply };
            refused(address, 0x08, &[2, kind, 0x60, 1, 2, 3, 4], error, counted);
        }
    }

    #[test]
    fn nothing_behind_the_security_block() {
        let counted = Counters { no_code: 1, ..Counters::NONE };
        refused(5, 0x08, &[3, scs::CHALLENGE, 1], FrameError::NoCode, counted);
        refused(5, 0x08, &[2, scs::COMMAND_MAC], FrameError::NoCode, counted);
    }

    #[test]
    fn no_room_for_the_mac() {
        let counted = Counters { no_mac: 1, ..Counters::NONE };
        refused(5, 0x08, &[2, scs::COMMAND_MAC, 0x60, 1, 2, 3], FrameError::NoMac, counted);
        refused(0x85, 0x08, &[2, scs::REPLY_ENCRYPTED, 0x40], FrameError::NoMac, counted);
    }

    #[test]
    fn encrypted_data_that_is_no_whole_number_of_blocks() {
        let counted = Counters { bad_blocks: 1, ..Counters::NONE };
        for len in [1, 15, 17] {
            let rest = [&[2, scs::COMMAND_ENCRYPTED, 0x68][..], &[7; 32][..len + 4]].concat();
            refused(5, 0x08, &rest, FrameError::Blocks(len), counted);
        }
        let none_at_all = frame(5, 0x08, &[2, scs::COMMAND_ENCRYPTED, 0x60, 1, 2, 3, 4], Check::Crc);
        assert_eq!(deframed(&none_at_all).0, None, "what opens the frame refuses it");
    }

    #[test]
    fn a_wrong_check() {
        for check in [Check::Crc, Check::Checksum] {
            let mut bytes = frame(5, 0, &[0x60], check);
            bytes[1] ^= 1;
            let noise_bytes = u32::try_from(bytes.len()).unwrap();
            let counted = Counters { bad_check: 1, noise_bytes, ..Counters::NONE };
            assert_eq!(deframed(&bytes), (Some(FrameError::Check(check)), counted));
        }
    }

    #[test]
    fn bytes_that_were_never_cut_into_a_frame() {
        let sound = frame(5, 0, &[0x60], Check::Crc);
        assert_eq!(Frame::parse(&sound[..7]).unwrap_err(), FrameError::TooShort(7));
        let short = [0x53, 5, 6, 0, 0, 0x60];
        assert_eq!(Frame::parse(&short).unwrap_err(), FrameError::TooShort(6));
        let marked = [&[0xFF], &sound[..]].concat();
        assert_eq!(Frame::parse(&marked).unwrap_err(), FrameError::Start(0xFF));
        let longer = [&sound[..], &[0]].concat();
        assert_eq!(Frame::parse(&longer).unwrap_err(), FrameError::Length { claimed: 8, actual: 9 });
    }

    #[test]
    fn an_unknown_security_block_is_for_the_receiver_to_refuse() {
        let second_edition = frame(5, 0x08, &[3, 0x21, 2, 0x76], Check::Crc);
        assert_eq!(deframed(&second_edition), (None, Counters { frames: 1, ..Counters::NONE }));
    }
}
