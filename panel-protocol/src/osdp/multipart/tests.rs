//! Messages cut up and put together, and fragments that don't fit.

extern crate std;
use std::format;
use std::vec::Vec;

use proptest::collection::vec;
use proptest::prelude::*;

use super::*;
use crate::osdp::bytes::Writer;
use crate::osdp::payload::PayloadError;

fn part(total: u16, offset: u16, data: &[u8]) -> Fragment<'_> {
    Fragment { total, offset, data }
}

/// An assembler that has taken the first three of six bytes.
fn half() -> Assembler<8> {
    let mut assembler = Assembler::new();
    assert_eq!(assembler.take(&part(6, 0, b"abc")), Ok(Assembled::Partial { received: 3, total: 6 }));
    assembler
}

/// Refused with this error, and forgotten.
fn refused(mut assembler: Assembler<8>, fragment: Fragment<'_>, error: AssemblyError) {
    assert_eq!(assembler.take(&fragment), Err(error));
    assert_eq!((*assembler.room(), assembler.message()), ([0; 8], None), "wiped");
    let next = assembler.take(&part(6, 3, b"def"));
    assert_eq!(next, Err(AssemblyError::NotBegun { offset: 3 }), "after {error:?}");
}

#[test]
fn a_fragment_is_laid_out_as_the_standard_says() {
    let fragment = part(0x0302, 0x0100, b"xyz");
    let mut room = [0; 9];
    fragment.emit(&mut Writer::new(&mut room)).unwrap();
    assert_eq!(room, [2, 3, 0, 1, 3, 0, b'x', b'y', b'z']);
    assert_eq!(Fragment::parse(&room), Ok(fragment));
    assert_eq!(Fragment::parse(&room[..5]), Err(PayloadError::TooShort { len: 5, min: 6 }));
    assert_eq!(Fragment::parse(&room[..8]), Err(PayloadError::Count { at: 4, says: 3, follow: 2 }));
    let over_the_end = [4, 0, 2, 0, 3, 0, 1, 2, 3];
    assert_eq!(Fragment::parse(&over_the_end), Err(PayloadError::Beyond { at: 4, end: 5, total: 4 }));
}

#[test]
fn a_repeated_fragment_changes_nothing() {
    let mut assembler = half();
    assert_eq!(assembler.take(&part(6, 2, b"cd")), Ok(Assembled::Partial { received: 4, total: 6 }));
    assert_eq!(assembler.take(&part(6, 2, b"c")), Ok(Assembled::Partial { received: 4, total: 6 }));
    assert_eq!(assembler.take(&part(6, 4, b"")), Ok(Assembled::Partial { received: 4, total: 6 }));
    for _ in 0..2 {
        assert_eq!(assembler.take(&part(6, 3, b"def")), Ok(Assembled::Whole(b"abcdef")));
        assert_eq!(assembler.message(), Some(&b"abcdef"[..]));
    }
}

#[test]
fn a_first_fragment_begins_anew_and_wipes_what_was_there() {
    let mut assembler = half();
    assert_eq!(assembler.take(&part(2, 0, b"x")), Ok(Assembled::Partial { received: 1, total: 2 }));
    assert_eq!(*assembler.room(), *b"x\0\0\0\0\0\0\0");
    assert_eq!(assembler.take(&part(2, 1, b"y")), Ok(Assembled::Whole(b"xy")));
}

#[test]
fn a_sender_may_give_up() {
    for end in [Fragment::abandon(6), part(6, 7, b""), part(0, 0, b"")] {
        let mut assembler = half();
        assert!(end.is_abandoned());
        assert_eq!(assembler.take(&end), Ok(Assembled::Abandoned));
        assert_eq!((*assembler.room(), assembler.message()), ([0; 8], None), "wiped");
    }
}

#[test]
fn each_misfit_has_an_error_of_its_own() {
    refused(half(), part(9, 0, b"abc"), AssemblyError::TooLong { total: 9, room: 8 });
    refused(Assembler::new(), part(6, 3, b"def"), AssemblyError::NotBegun { offset: 3 });
    refused(half(), part(7, 3, b"def"), AssemblyError::OtherTotal { expected: 6, given: 7 });
    refused(half(), part(6, 4, b"ef"), AssemblyError::Gap { expected: 3, offset: 4 });
    refused(half(), part(6, 3, b"defg"), AssemblyError::Overrun { end: 7, total: 6 });
    refused(half(), part(6, 2, b"xdef"), AssemblyError::Contradiction { offset: 2 });
}

#[test]
fn what_can_not_be_cut_is_refused() {
    assert_eq!(Fragments::of(&[0; 65_536], 100).unwrap_err(), SplitError::TooLong(65_536));
    assert_eq!(Fragments::of(b"abc", 0).unwrap_err(), SplitError::NoRoom);
    assert_eq!(Fragments::of(&[0; 65_535], 1 << 20).unwrap().count(), 1);
    assert_eq!(Fragments::of(b"", 9).unwrap().count(), 0);
}

#[test]
fn a_message_is_never_printed() {
    let mut assembler = half();
    let whole = assembler.take(&part(3, 0, b"PIN")).unwrap();
    assert_eq!(format!("{whole:?} {:?}", part(3, 0, b"PIN")), "Whole(3 bytes) Fragment(3 bytes at 0 of 3)");
    assert_eq!(format!("{assembler:?}"), "Assembler(3 of 3 bytes)");
}

proptest! {
    #[test]
    fn what_is_cut_up_comes_together(message in vec(any::<u8>(), 1..500), most in 1..600usize) {
        let mut assembler = Assembler::<500>::new();
        let fragments: Vec<_> = Fragments::of(&message, most).unwrap().collect();
        prop_assert_eq!(fragments.len(), message.len().div_ceil(most));
        for fragment in &fragments {
            prop_assert_eq!(assembler.message(), None);
            prop_assert!(!fragment.is_abandoned() && fragment.data.len() <= most);
            assembler.take(fragment).unwrap();
            assembler.take(fragment).unwrap();
        }
        prop_assert_eq!(assembler.message(), Some(&message[..]));
    }

    #[test]
    fn any_fragments_give_a_whole_message_of_their_own_bytes_or_none(
        fragments in vec((0..12u16, 0..12u16, vec(0..3u8, 0..6)), 0..20),
    ) {
        let mut assembler = Assembler::<8>::new();
        for (total, offset, data) in &fragments {
            if let Ok(Assembled::Whole(message)) = assembler.take(&part(*total, *offset, data)) {
                let at = usize::from(*offset);
                prop_assert_eq!(message.len(), usize::from(*total));
                prop_assert_eq!(&message[at..at + data.len()], &data[..]);
            }
        }
    }
}
