//! Files to a PD, through frames, with the CP's side moved by hand.

use std::time::Duration;

use crate::bench::{Bench, Device, MAX_FRAGMENT, card, presented};
use crate::flash::{CAPACITY, Flash, KIND};
use panel_protocol::osdp::command::Command;
use panel_protocol::osdp::file::{FileError, FileFragment, FileProgress, FileStatus};
use panel_protocol::osdp::pd::{Finish, REPEAT_WITHIN};
use panel_protocol::osdp::reply::Reply;
use panel_protocol::osdp::secure::{KeyKind, Scbk};

const KEY: Scbk = Scbk::new(*b"sixteen byte key");
const MALFORMED: FileProgress = FileProgress::Failed(FileError::Malformed);

fn secured() -> Bench {
    Bench::secured(Device::with_key(&KEY))
}

fn slow(write_time: Duration) -> Bench {
    Bench::secured(Device { flash: Flash { write_time, ..Flash::default() }, ..Device::with_key(&KEY) })
}

/// A file of which no two pieces are alike.
fn file(len: usize) -> Vec<u8> {
    (0..len).map(|at| (at * 7 + at / 251) as u8).collect()
}

fn fragment(file: &[u8], offset: usize, len: usize) -> FileFragment<'_> {
    let (total, end) = (file.len() as u32, file.len().min(offset + len));
    FileFragment { kind: KIND, total, offset: offset as u32, data: &file[offset..end] }
}

fn status(bench: &mut Bench, fragment: FileFragment<'_>) -> FileStatus {
    match bench.ask(&Command::FileTransfer(fragment)).reply() {
        Reply::FileStatus(status) => status,
        other => panic!("no FTSTAT: {other:?}"),
    }
}

fn progress(bench: &mut Bench, fragment: FileFragment<'_>) -> FileProgress {
    status(bench, fragment).progress
}

/// Sends a whole file in pieces of `len` bytes with a POLL between them, honouring every delay; how it ended.
fn send(bench: &mut Bench, file: &[u8], len: usize) -> FileProgress {
    let mut offset = 0;
    loop {
        let piece = fragment(file, offset, len);
        offset += piece.data.len();
        let status = status(bench, piece);
        assert!(status.may_interleave && !status.leave_secure);
        assert_eq!(bench.ask(&Command::Poll).reply(), Reply::Ack);
        bench.wait(Duration::from_millis(status.delay_ms.into()));
        if !matches!(status.progress, FileProgress::Proceed | FileProgress::Finishing) {
            return status.progress;
        }
    }
}

/// The CP loses its session and opens another.
fn begin_anew(bench: &mut Bench) {
    bench.sequence = 0;
    bench.open_channel(KeyKind::Installed, &KEY).expect("a channel");
}

#[test]
fn files_of_any_length_arrive_whole_and_are_written_once() {
    for (len, piece) in [(0, 100), (1, 100), (99, 100), (100, 100), (101, 100), (300, 1), (65_536, 201)] {
        let (mut bench, file) = (secured(), file(len));
        assert_eq!(send(&mut bench, &file, piece), FileProgress::Processed, "{len} bytes");
        let flash = &bench.device.flash;
        assert!(flash.bytes == file, "{len} bytes");
        assert_eq!((flash.begun, flash.written, flash.finished), (1, len, 1));
    }
}

#[test]
fn a_second_file_follows_the_first() {
    let mut bench = secured();
    for len in [150, 0, 150, 40] {
        assert_eq!(send(&mut bench, &file(len), 64), FileProgress::Processed);
        assert_eq!(bench.device.flash.bytes.len(), len);
        bench.wait(Duration::from_secs(7));
        bench.ask(&Command::Poll);
    }
}

#[test]
fn the_longest_fragment_is_announced() {
    let (mut bench, file) = (secured(), file(500));
    let status = status(&mut bench, fragment(&file, 0, 10));
    assert_eq!(status.max_fragment, MAX_FRAGMENT);
    let longest = usize::from(MAX_FRAGMENT);
    assert_eq!(progress(&mut bench, fragment(&file, 10, longest)), FileProgress::Proceed, "it fits a frame");
}

#[test]
fn a_slow_device_tells_its_delay_and_answers_polls_meanwhile() {
    let (mut bench, file) = (slow(Duration::from_micros(350_001)), file(1000));
    assert_eq!(
        status(&mut bench, fragment(&file, 0, 100)).delay_ms,
        352,
        "rounded up, and one for a coarse clock"
    );
    bench.show(card(1));
    bench.wait(Duration::from_millis(150));
    assert_eq!(presented(&bench.ask(&Command::Poll)), Some(card(1)));
    let asked = status(&mut bench, FileFragment { offset: 100, ..fragment(&file, 0, 0) });
    assert_eq!((asked.delay_ms, asked.progress), (202, FileProgress::Proceed), "an empty fragment asks");
    let again = status(&mut bench, fragment(&file, 0, 100));
    assert_eq!((again.delay_ms, bench.device.flash.written), (202, 100));
    bench.wait(Duration::from_millis(201));
    assert_eq!(progress(&mut bench, fragment(&file, 100, 100)), FileProgress::Proceed);
    let mut bench = slow(Duration::from_millis(350));
    assert_eq!(send(&mut bench, &file, 100), FileProgress::Processed);
    let mut bench = slow(Duration::from_secs(600));
    assert_eq!(status(&mut bench, fragment(&file, 0, 100)).delay_ms, u16::MAX);
}

#[test]
fn a_fragment_before_its_time_is_put_off() {
    let (mut bench, file) = (slow(Duration::from_millis(300)), file(200));
    assert_eq!(status(&mut bench, fragment(&file, 0, 100)).delay_ms, 301);
    let frame = bench.frame(&Command::FileTransfer(fragment(&file, 100, 100)));
    let reply = bench.wire(&frame).unwrap();
    assert_eq!(bench.listen(&reply).reply(), Reply::Busy);
    bench.wait(Duration::from_millis(300));
    let reply = bench.wire(&frame).unwrap();
    let Reply::FileStatus(status) = bench.listen(&reply).reply() else { panic!("no FTSTAT") };
    assert_eq!(status.progress, FileProgress::Processed);
    assert_eq!(bench.device.flash.bytes, file);
}

#[test]
fn a_device_that_needs_time_to_begin_gets_the_first_fragment_again() {
    let (mut bench, file) = (secured(), file(100));
    bench.device.flash.begin_time = Duration::from_millis(400);
    let frame = bench.frame(&Command::FileTransfer(fragment(&file, 0, 100)));
    for _ in 0..4 {
        let reply = bench.wire(&frame).unwrap();
        assert_eq!(bench.listen(&reply).reply(), Reply::Busy);
        bench.wait(Duration::from_millis(100));
    }
    let reply = bench.wire(&frame).unwrap();
    let Reply::FileStatus(status) = bench.listen(&reply).reply() else { panic!("no FTSTAT") };
    assert_eq!(status.progress, FileProgress::Processed);
    assert_eq!((&bench.device.flash.bytes, bench.device.flash.begun), (&file, 1));
}

#[test]
fn a_waiting_card_is_announced_between_the_fragments() {
    let (mut bench, file) = (secured(), file(200));
    assert!(!status(&mut bench, fragment(&file, 0, 100)).has_news);
    bench.show(card(1));
    assert!(status(&mut bench, fragment(&file, 0, 100)).has_news);
    assert_eq!(presented(&bench.ask(&Command::Poll)), Some(card(1)));
    assert!(!status(&mut bench, fragment(&file, 100, 100)).has_news);
}

#[test]
fn a_transfer_survives_the_loss_of_its_session_at_every_fragment() {
    let (mut bench, file) = (secured(), file(1000));
    for offset in (0..1000).step_by(100) {
        let first = progress(&mut bench, fragment(&file, offset, 100));
        begin_anew(&mut bench);
        assert_eq!(progress(&mut bench, fragment(&file, offset, 100)), first, "the answer was lost");
        begin_anew(&mut bench);
        bench.wait(Duration::from_secs(9));
        begin_anew(&mut bench);
    }
    let flash = &bench.device.flash;
    assert_eq!((flash.begun, flash.written, flash.finished), (1, 1000, 1));
    assert_eq!(flash.bytes, file);
}

#[test]
fn a_file_that_is_over_is_not_processed_twice_unless_it_is_sent_again_later() {
    for len in [0, 80] {
        let (mut bench, file) = (secured(), file(len));
        let whole = |bench: &mut Bench| progress(bench, fragment(&file, 0, 100));
        assert_eq!(whole(&mut bench), FileProgress::Processed);
        bench.wait(REPEAT_WITHIN);
        begin_anew(&mut bench);
        assert_eq!((whole(&mut bench), bench.device.flash.finished), (FileProgress::Processed, 1));
        bench.wait(Duration::from_millis(1));
        assert_eq!((whole(&mut bench), bench.device.flash.finished), (FileProgress::Processed, 2));
    }
}

#[test]
fn another_file_of_the_same_length_is_another_file() {
    let (mut bench, one) = (secured(), file(80));
    let other: Vec<u8> = one.iter().rev().copied().collect();
    for file in [&one, &other] {
        assert_eq!(progress(&mut bench, fragment(file, 0, 100)), FileProgress::Processed);
        assert_eq!(bench.device.flash.bytes, *file);
    }
    assert_eq!(progress(&mut bench, fragment(&one, 0, 40)), FileProgress::Proceed);
    assert_eq!(progress(&mut bench, fragment(&other, 0, 40)), FileProgress::Proceed, "begun anew");
    assert_eq!(progress(&mut bench, fragment(&other, 40, 40)), FileProgress::Processed);
    assert_eq!(bench.device.flash.bytes, other);
}

#[test]
fn a_cp_may_begin_again_at_any_time() {
    let (mut bench, file) = (secured(), file(300));
    for offset in [0, 100] {
        assert_eq!(progress(&mut bench, fragment(&file, offset, 100)), FileProgress::Proceed);
    }
    assert_eq!(send(&mut bench, &file, 150), FileProgress::Processed);
    assert_eq!(bench.device.flash.bytes, file);
}

#[test]
fn gaps_overlaps_and_lies_end_the_transfer() {
    let long = file(300);
    let next = fragment(&long, 100, 100);
    let wrong = [
        FileFragment { offset: 101, ..next },
        FileFragment { offset: 99, ..next },
        FileFragment { offset: 200, ..next },
        FileFragment { total: 301, ..next },
        FileFragment { kind: 2, ..next },
        FileFragment { offset: 201, ..next },
        FileFragment { offset: u32::MAX, ..next },
        FileFragment { total: 199, ..next },
    ];
    for wrong in wrong {
        let mut bench = secured();
        assert_eq!(progress(&mut bench, fragment(&long, 0, 100)), FileProgress::Proceed);
        assert_eq!(progress(&mut bench, wrong), MALFORMED, "{wrong:?}");
        assert_eq!(progress(&mut bench, next), MALFORMED, "it is over");
        assert_eq!(bench.device.flash.written, 100);
        assert_eq!(send(&mut bench, &long, 100), FileProgress::Processed, "a new one is welcome");
    }
    let mut bench = secured();
    assert_eq!(progress(&mut bench, next), MALFORMED, "it never began");
    let beyond = FileFragment { total: 99, ..fragment(&long, 0, 100) };
    assert_eq!(progress(&mut bench, beyond), MALFORMED);
    assert_eq!(bench.device.flash.begun, 0);
}

#[test]
fn a_device_refuses_what_it_does_not_know_or_can_not_hold() {
    let mut bench = secured();
    let some = FileFragment { kind: 9, total: 4, offset: 0, data: b"file" };
    assert_eq!(progress(&mut bench, some), FileProgress::Failed(FileError::Unrecognized));
    let large = FileFragment { kind: KIND, total: CAPACITY + 1, ..some };
    assert_eq!(progress(&mut bench, large), FileProgress::Failed(FileError::Abort));
    assert_eq!(bench.device.flash.written, 0);
}

#[test]
fn a_device_may_stop_in_the_middle_and_refuse_at_the_end() {
    let (mut bench, file) = (secured(), file(300));
    bench.device.flash.breaks_at = Some(200);
    assert_eq!(send(&mut bench, &file, 100), FileProgress::Failed(FileError::Abort));
    assert_eq!(progress(&mut bench, fragment(&file, 200, 100)), MALFORMED, "it is over");
    bench.device.flash.breaks_at = None;
    bench.device.flash.verdicts.push_back(Err(FileError::Malformed));
    assert_eq!(send(&mut bench, &file, 100), MALFORMED);
    assert_eq!(progress(&mut bench, fragment(&file, 200, 100)), MALFORMED, "asked again");
    assert_eq!(bench.device.flash.finished, 1);
}

#[test]
fn a_device_that_needs_time_at_the_end_is_asked_with_empty_fragments() {
    for (last, expected) in
        [(Finish::Processed, FileProgress::Processed), (Finish::Rebooting, FileProgress::Rebooting)]
    {
        let (mut bench, file) = (slow(Duration::from_millis(40)), file(200));
        bench.device.flash.verdicts.extend([Ok(Finish::Working), Ok(Finish::Working), Ok(last)]);
        assert_eq!(progress(&mut bench, fragment(&file, 0, 100)), FileProgress::Proceed);
        bench.wait(Duration::from_millis(40));
        let finishing = status(&mut bench, fragment(&file, 100, 100));
        assert_eq!((finishing.progress, finishing.delay_ms), (FileProgress::Finishing, 41));
        let question = FileFragment { offset: 200, data: &[], ..fragment(&file, 0, 0) };
        assert_eq!(bench.ask(&Command::Poll).reply(), Reply::Ack);
        assert_eq!(progress(&mut bench, question), FileProgress::Finishing);
        begin_anew(&mut bench);
        assert_eq!(progress(&mut bench, question), expected);
        assert_eq!(progress(&mut bench, question), expected, "as often as it is asked");
        assert_eq!(bench.device.flash.finished, 3);
    }
}

#[test]
fn an_abort_ends_the_transfer() {
    let (mut bench, file) = (secured(), file(300));
    assert_eq!(progress(&mut bench, fragment(&file, 0, 100)), FileProgress::Proceed);
    assert_eq!(bench.ask(&Command::Abort).reply(), Reply::Ack);
    assert_eq!(progress(&mut bench, fragment(&file, 100, 100)), MALFORMED);
}
