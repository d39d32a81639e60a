//! What must hold for any stream of bytes. A failure prints the case.

use crate::pieces::{Piece, any_frame, any_header, any_piece, any_scb, with_right_check};
use panel_protocol::osdp::command::Command;
use panel_protocol::osdp::deframe::{Deframed, Deframer};
use panel_protocol::osdp::frame::{self, Frame, FrameError, FrameMut, Header, Scb, scs};
use panel_protocol::time::Micros;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};

proptest! {
    #[test]
    fn frames_come_back_as_they_were(
        header in any_header(),
        scb in proptest::option::of(any_scb()),
        code: u8,
        data in vec(any::<u8>(), 0..64),
    ) {
        let scb = scb.as_ref().map(|(kind, data)| Scb { kind: *kind, data });
        let header = match scb.map(|scb| scb.kind) {
            // A step of the handshake has its direction.
            Some(kind @ scs::CHALLENGE..=scs::INITIAL_MAC) => Header { reply: kind % 2 == 0, ..header },
            _ => header,
        };
        let mut buf = [0; 128];
        let wire = frame::emit(&mut buf, header, scb, &Command::Other { code, data: &data }).unwrap();
        let frame = Frame::parse(&wire[1..]).unwrap();
        prop_assert_eq!((frame.header(), frame.scb(), frame.code()), (header, scb, code));
        prop_assert_eq!((frame.data(), frame.mac()), (&data[..], None));
    }

    #[test]
    fn any_bytes_are_a_frame_or_refused(bytes in vec(any::<u8>(), 0..100)) {
        if let Ok(frame) = Frame::parse(&bytes) {
            prop_assert_eq!(frame.bytes(), &bytes[..]);
        }
    }

    #[test]
    fn any_bytes_with_the_right_check_are_a_frame_that_adds_up_or_refused(
        address: u8,
        control in select(vec![0x00u8, 0x04, 0x08, 0x0C, 0x8E, 0x14]),
        block in vec(prop_oneof![0..5u8, 0x10..0x1Au8, any::<u8>()], 2),
        rest in vec(any::<u8>(), 1..60),
    ) {
        let bytes = with_right_check(&[&[0x53, address, 0, 0, control], &block[..], &rest].concat());
        let mut copy = bytes.clone();
        prop_assert_eq!(FrameMut::parse(&mut copy).map(|_| ()), Frame::parse(&bytes).map(|_| ()));
        match Frame::parse(&bytes) {
            Ok(frame) => {
                let scb = frame.scb().map_or(0, |scb| 2 + scb.data.len());
                let mac = frame.mac().map_or(0, |mac| mac.len());
                prop_assert_eq!(frame.is_sealed(), mac > 0);
                let check = frame.header().check.byte_len();
                prop_assert_eq!(5 + scb + 1 + frame.data().len() + mac + check, bytes.len());
            }
            Err(error) => {
                let about_the_bytes_alone = matches!(error, FrameError::TooShort(_) | FrameError::Start(_));
                let about_length_or_check = matches!(error, FrameError::Length { .. } | FrameError::Check(_));
                prop_assert!(!about_the_bytes_alone && !about_length_or_check, "{}", error);
            }
        }
    }

    #[test]
    fn a_single_wrong_bit_never_passes_the_check(data in vec(any::<u8>(), 0..32), bit: Index) {
        let command = Command::Other { code: 0xE1, data: &data };
        let mut buf = [0; 64];
        let mut wire = frame::emit(&mut buf, Header::command(3, 2), None, &command).unwrap().to_vec();
        // The control byte's bit that makes the CRC a checksum is left alone: that check is weaker.
        let bit = bit.index((wire.len() - 1) * 8);
        prop_assume!(bit != 4 * 8 + 2);
        wire[1 + bit / 8] ^= 1 << (bit % 8);
        prop_assert!(Frame::parse(&wire[1..]).is_err());
    }
}

/// What a deframer makes of the pieces, as text; a gap follows the last.
fn deframed<const N: usize>(pieces: &[&[u8]]) -> Vec<String> {
    let mut deframer = Deframer::<N>::new();
    let mut found = Vec::new();
    let end: &[u8] = &[];
    let pieces = pieces.iter().map(|piece| (Micros(0), *piece));
    for (now, mut bytes) in pieces.chain([(Micros(20_001), end)]) {
        while let Some(one) = deframer.next(now, &mut bytes) {
            found.push(match one {
                Deframed::Frame(frame) => format!("{:02X?}", frame.view().bytes()),
                Deframed::Refused(refused) => format!("{refused:?}"),
            });
        }
        assert!(bytes.is_empty());
    }
    assert_eq!(deframer.deadline(), None);
    found.push(format!("{:?}", deframer.counters()));
    found
}

proptest! {
    #[test]
    fn the_pieces_of_a_stream_make_no_difference(
        pieces in vec(any_piece(), 0..12),
        cuts in vec(any::<Index>(), 0..20),
    ) {
        let stream: Vec<u8> = pieces.iter().flat_map(Piece::bytes).collect();
        let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut.index(stream.len() + 1)).collect();
        cuts.sort_unstable();
        let mut split = Vec::new();
        let mut rest: &[u8] = &stream;
        for cut in cuts {
            let (head, tail) = rest.split_at(cut - (stream.len() - rest.len()));
            split.push(head);
            rest = tail;
        }
        split.push(rest);
        let whole = deframed::<1440>(&[&stream]);
        prop_assert_eq!(&deframed::<1440>(&split), &whole);
        prop_assert_eq!(&deframed::<1440>(&stream.chunks(1).collect::<Vec<_>>()), &whole);
        prop_assert_eq!(deframed::<128>(&split), deframed::<128>(&[&stream]));
    }

    #[test]
    fn a_frame_is_found_behind_anything(before in vec(any_piece(), 0..4), frame in any_frame()) {
        let before: Vec<u8> = before.iter().flat_map(Piece::bytes).collect();
        let stream = [before.clone(), frame.clone()].concat();
        // What comes before may hold sound frames, but none that has swallowed a part of this one.
        let swallowed = (0..before.len()).any(|at| {
            (before.len() - at + 1..=stream.len() - at)
                .any(|len| stream.get(at..at + len).is_some_and(|bytes| Frame::parse(bytes).is_ok()))
        });
        prop_assume!(!swallowed);
        let found = deframed::<1440>(&[&stream]);
        let wanted = format!("{:02X?}", &frame[1..]);
        prop_assert!(found.contains(&wanted), "{:?}", found);
    }

    #[test]
    fn a_frame_too_long_for_the_buffer_costs_only_itself(data in vec(any::<u8>(), 130..1400), frame in any_frame()) {
        let long = Command::Other { code: 0xE1, data: &data };
        let mut buf = [0; 1441];
        let long = frame::emit(&mut buf, Header::command(9, 1), None, &long).unwrap();
        let mut deframer = Deframer::<128>::new();
        let stream = [long, &frame].concat();
        let mut bytes: &[u8] = &stream;
        let Some(Deframed::Refused(refused)) = deframer.next(Micros(0), &mut bytes) else {
            panic!("nobody was told");
        };
        prop_assert_eq!((refused.address, refused.error), (9, FrameError::TooLong(long.len() - 1)));
        let Some(Deframed::Frame(found)) = deframer.next(Micros(0), &mut bytes) else {
            panic!("the frame behind was lost");
        };
        prop_assert_eq!(found.view().bytes(), &frame[1..]);
        prop_assert_eq!(deframer.counters().too_long, 1);
    }
}
