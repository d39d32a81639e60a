//! Files: at every speed, to PDs of every temper.

use core::time::Duration;
use std::boxed::Box;
use std::vec::Vec;

use super::gadget::PROCESSED;
use super::site::Site;
use crate::osdp::command::code;
use crate::osdp::cp::{
    Event, FILE_PATIENCE, FileFault, FileOffer, FileOutcome, Input, LossCause, OfferError, PdState, line_time,
};
use crate::osdp::file::{FileError, FileProgress, FileStatus};
use crate::osdp::frame::Frame;
use crate::osdp::reply::{NakReason, Reply};
use crate::time::Micros;

const SECOND: Duration = Duration::from_secs(1);

fn site_of(count: usize, seed: u64, baud: u32) -> Site {
    let mut site = Site::new(seed, baud);
    for _ in 0..count {
        site.add();
    }
    site.run_to(60 * SECOND, |site| (0..count).all(|pd| site.status(pd).state == PdState::Ready));
    site.run_for(SECOND);
    site.sent.clear();
    site
}

/// Begins to send `len` bytes to PD 0.
fn begin(site: &mut Site, len: usize) -> Result<(), OfferError> {
    site.files[0] = (0..len).map(|at| (at * 31 % 251) as u8).collect();
    let offer = FileOffer { kind: 1, total: len as u32 };
    site.cp.send_file(site.now, site.pds[0], offer)
}

fn answers(site: &mut Site, answer: impl FnMut(bool) -> Reply<'static> + 'static) {
    site.devices[0].handler.file_answer = Box::new(answer);
}

/// What became of the transfer to PD 0.
fn outcome(site: &Site) -> Option<Result<FileOutcome, FileFault>> {
    site.logs[0].events.iter().rev().find_map(|(_, event)| match *event {
        Event::FileSent { outcome } => Some(Ok(outcome)),
        Event::FileFailed { fault } => Some(Err(fault)),
        _ => None,
    })
}

fn finish(site: &mut Site, within: Duration) -> Result<FileOutcome, FileFault> {
    site.run_to(within, |site| outcome(site).is_some());
    assert_eq!(site.status(0).file, None);
    outcome(site).unwrap()
}

/// Times and codes of the frames to an address.
fn frames_to(site: &Site, address: u8) -> Vec<(Micros, u8)> {
    let frames = site.sent.iter().map(|(at, bytes)| (*at, Frame::parse(&bytes[1..]).unwrap()));
    frames.filter(|(_, f)| f.header().address == address).map(|(at, f)| (at, f.code())).collect()
}

#[test]
fn a_file_arrives_at_every_speed_with_no_frame_sent_twice() {
    for baud in [9600, 19_200, 38_400, 57_600, 115_200, 230_400] {
        for (thinking, buffer) in [(0, 256), (0, 1440), (3, 256), (3, 1440), (190, 256), (190, 1440)] {
            let mut site = Site::new(60, baud);
            site.add();
            site.devices[0].handler.set_buffer(buffer);
            site.devices[0].reply_time = Duration::from_millis(thinking);
            site.run_to(5 * SECOND, |site| site.status(0).state == PdState::Ready);
            begin(&mut site, 4000).unwrap();
            assert_eq!(finish(&mut site, 60 * SECOND), Ok(FileOutcome::Processed));
            assert_eq!(site.devices[0].handler.file, site.files[0]);
            let longest = site.sent.iter().map(|(_, bytes)| bytes.len() - 1).max().unwrap();
            assert!(longest + 16 > usize::from(buffer) && longest <= usize::from(buffer), "{longest} bytes");
            let counters = site.status(0).counters;
            assert_eq!((counters.timeouts, counters.retries, counters.sessions), (0, 0, 1), "{baud} baud");
        }
    }
}

#[test]
fn a_file_leaves_the_line_to_polls_and_urgent_commands() {
    for baud in [9600, 115_200] {
        let mut site = site_of(4, 61, baud);
        begin(&mut site, 20_000).unwrap();
        for _ in 0..10 {
            site.run_for(Duration::from_millis(500));
            site.job(3, 4, true);
        }
        assert_eq!(finish(&mut site, 120 * SECOND), Ok(FileOutcome::Processed));
        let longest = site.sent.iter().map(|(_, bytes)| bytes.len()).max().unwrap();
        assert!(line_time(longest, baud) <= Duration::from_millis(81), "{longest} bytes");
        let bound = Duration::from_millis(82) + line_time(40, baud);
        assert!(site.urgent_waits.iter().all(|wait| *wait <= bound), "{:?}", site.urgent_waits);
        for pd in 0..4 {
            let polls: Vec<Micros> = frames_to(&site, pd)
                .into_iter()
                .filter(|(_, c)| *c == code::POLL)
                .map(|(at, _)| at)
                .collect();
            let longest = polls.windows(2).map(|pair| pair[1].since(pair[0])).max().unwrap();
            assert!(longest < SECOND, "PD {pd} unpolled for {longest:?}");
        }
    }
}

#[test]
fn a_file_and_bulk_commands_to_one_pd_take_turns() {
    let mut site = site_of(2, 62, 115_200);
    site.endless.insert(0, crate::osdp::cp::Demand::Bulk);
    begin(&mut site, 20_000).unwrap();
    assert_eq!(finish(&mut site, 20 * SECOND), Ok(FileOutcome::Processed));
    let codes: Vec<u8> =
        frames_to(&site, 0).into_iter().map(|(_, c)| c).filter(|c| *c != code::POLL).collect();
    let (files, commands) = codes.iter().fold((0, 0), |(files, commands), code| match *code {
        code::FILETRANSFER => (files + 1, commands),
        _ => (files, commands + 1),
    });
    assert!(files > 20 && commands * 5 > files * 4, "{files} fragments, {commands} commands");
}

#[test]
fn a_delay_is_kept_and_filled_with_polls() {
    let mut site = site_of(1, 63, 115_200);
    answers(&mut site, |whole| {
        Reply::FileStatus(if whole { PROCESSED } else { FileStatus { delay_ms: 700, ..FileStatus::PROCEED } })
    });
    begin(&mut site, 3000).unwrap();
    assert_eq!(finish(&mut site, 10 * SECOND), Ok(FileOutcome::Processed));
    let frames = frames_to(&site, 0);
    let parts: Vec<Micros> =
        frames.iter().filter(|(_, c)| *c == code::FILETRANSFER).map(|(at, _)| *at).collect();
    assert!(parts.len() >= 3);
    for pair in parts.windows(2) {
        let gap = pair[1].since(pair[0]).as_millis();
        assert!((700..900).contains(&gap), "{gap} ms");
        let polls =
            frames.iter().filter(|(at, c)| *c == code::POLL && *at > pair[0] && *at < pair[1]).count();
        assert!(polls >= 10, "{polls} polls in a pause");
    }
}

/// A PD that wants nothing but the file until its end, and waits `delay_ms` between the parts.
fn exclusive(site: &mut Site, delay_ms: u16) {
    answers(site, move |whole| {
        let status = FileStatus { may_interleave: false, delay_ms, ..FileStatus::PROCEED };
        Reply::FileStatus(if whole { PROCESSED } else { status })
    });
}

#[test]
fn nothing_goes_between_the_fragments_of_a_pd_that_forbids_it_and_others_are_served() {
    let mut site = site_of(3, 64, 38_400);
    exclusive(&mut site, 300);
    begin(&mut site, 4000).unwrap();
    site.run_to(SECOND, |site| site.status(0).file.is_some_and(|file| file.exclusive));
    let number = site.job(0, 4, false);
    let others = site.job(1, 4, true);
    let from = site.sent.len();
    site.run_for(SECOND);
    assert_eq!(site.logs[1].answered, [others]);
    assert!(site.logs[0].answered.is_empty());
    assert_eq!(finish(&mut site, 60 * SECOND), Ok(FileOutcome::Processed));
    let until = site.sent.len();
    site.run_for(SECOND);
    assert_eq!(site.logs[0].answered[0], number);
    let later = site.sent.split_off(until);
    site.sent.drain(..from);
    assert!(frames_to(&site, 0).iter().all(|(_, c)| *c == code::FILETRANSFER));
    let polls = frames_to(&site, 2).len();
    assert!(polls > 60, "{polls} polls of another PD");
    site.sent = later;
    assert!(frames_to(&site, 0).iter().any(|(_, c)| *c == code::POLL));
}

#[test]
fn something_urgent_ends_a_file_that_leaves_no_room_for_it() {
    for delay_ms in [0, 300] {
        let mut site = site_of(1, 68, 38_400);
        exclusive(&mut site, delay_ms);
        begin(&mut site, 40_000).unwrap();
        site.run_to(SECOND, |site| site.status(0).file.is_some_and(|file| file.exclusive));
        site.sent.clear();
        let number = site.job(0, 4, true);
        site.run_to(SECOND, |site| !site.logs[0].answered.is_empty());
        assert_eq!(
            (outcome(&site), &site.logs[0].answered[..]),
            (Some(Err(FileFault::Overtaken)), &[number][..])
        );
        let codes: Vec<u8> = frames_to(&site, 0).iter().map(|(_, code)| *code).collect();
        assert_eq!(codes, [code::ABORT, code::MFG], "no fragment and no poll before it");
    }
}

#[test]
fn a_pd_that_forbids_polls_for_long_is_kept_in_session_by_empty_fragments() {
    let mut site = site_of(1, 65, 38_400);
    exclusive(&mut site, 20_000);
    begin(&mut site, 1500).unwrap();
    assert_eq!(finish(&mut site, 120 * SECOND), Ok(FileOutcome::Processed));
    assert_eq!(site.status(0).counters.sessions, 1);
    assert_eq!(site.devices[0].handler.file, site.files[0]);
    let gaps = frames_to(&site, 0).windows(2).map(|pair| pair[1].0.since(pair[0].0)).max().unwrap();
    assert!(gaps < 5 * SECOND, "silent for {gaps:?}");
}

#[test]
fn a_pd_that_forbids_polls_and_goes_is_offline_after_eight_seconds() {
    let mut site = site_of(1, 66, 38_400);
    exclusive(&mut site, 60_000);
    begin(&mut site, 1500).unwrap();
    site.run_for(2 * SECOND);
    let gone = site.now;
    site.devices[0].powered = false;
    assert_eq!(finish(&mut site, 12 * SECOND), Err(FileFault::Lost(LossCause::Silent)));
    assert!(site.now.since(gone) <= 9 * SECOND, "{:?}", site.now.since(gone));
    assert!(site.saw(0, |e| matches!(e, Event::Offline { .. })));
}

#[test]
fn a_new_limit_for_fragments_is_kept() {
    let mut site = site_of(1, 67, 115_200);
    answers(&mut site, |whole| {
        Reply::FileStatus(if whole {
            PROCESSED
        } else {
            FileStatus { max_fragment: 50, ..FileStatus::PROCEED }
        })
    });
    begin(&mut site, 2000).unwrap();
    assert_eq!(finish(&mut site, 10 * SECOND), Ok(FileOutcome::Processed));
    let parts = frames_to(&site, 0).iter().filter(|(_, c)| *c == code::FILETRANSFER).count();
    assert!((20..=24).contains(&parts), "{parts} fragments");
    assert_eq!(site.devices[0].handler.file, site.files[0]);
}

#[test]
fn a_pd_that_still_works_is_asked_until_it_has_finished() {
    let mut site = site_of(1, 68, 115_200);
    let mut asked = 0;
    answers(&mut site, move |whole| {
        asked += usize::from(whole);
        let progress = if asked > 20 { FileProgress::Processed } else { FileProgress::Finishing };
        Reply::FileStatus(if whole { FileStatus { progress, ..PROCESSED } } else { FileStatus::PROCEED })
    });
    begin(&mut site, 2000).unwrap();
    site.run_for(2 * SECOND);
    assert_eq!(site.status(0).file.map(|file| file.sent), Some(2000));
    assert_eq!(finish(&mut site, 10 * SECOND), Ok(FileOutcome::Processed));
    let polls = frames_to(&site, 0).iter().filter(|(_, c)| *c == code::POLL).count();
    assert!(polls > 20, "{polls} polls meanwhile");
}

#[test]
fn a_pd_that_never_finishes_is_given_up() {
    let mut site = site_of(1, 69, 115_200);
    let begun = site.now;
    answers(&mut site, |_| Reply::FileStatus(FileStatus { delay_ms: 2000, ..FileStatus::PROCEED }));
    begin(&mut site, 500).unwrap();
    assert_eq!(finish(&mut site, 400 * SECOND), Err(FileFault::Stalled));
    assert!(site.now.since(begun) >= FILE_PATIENCE);
    site.run_for(SECOND);
    assert!(site.devices[0].handler.aborted);
}

#[test]
fn a_pd_that_restarts_with_the_file_comes_back_in_a_new_session() {
    let mut site = site_of(1, 70, 115_200);
    let rebooting = FileStatus { progress: FileProgress::Rebooting, ..FileStatus::PROCEED };
    answers(&mut site, move |whole| Reply::FileStatus(if whole { rebooting } else { FileStatus::PROCEED }));
    begin(&mut site, 5000).unwrap();
    assert_eq!(finish(&mut site, 10 * SECOND), Ok(FileOutcome::Rebooting));
    site.restart(0);
    site.run_to(5 * SECOND, |site| site.status(0).counters.sessions == 2);
}

#[test]
fn every_refusal_is_told_apart_and_the_session_goes_on() {
    let status = |progress| Reply::FileStatus(FileStatus { progress, ..FileStatus::PROCEED });
    let leave = FileStatus { leave_secure: true, ..FileStatus::PROCEED };
    let refusals: [(Reply<'static>, FileFault, bool); 9] = [
        (status(FileProgress::Failed(FileError::Abort)), FileFault::Failed(FileError::Abort), false),
        (
            status(FileProgress::Failed(FileError::Unrecognized)),
            FileFault::Failed(FileError::Unrecognized),
            false,
        ),
        (status(FileProgress::Failed(FileError::Malformed)), FileFault::Failed(FileError::Malformed), false),
        (status(FileProgress::Failed(FileError::Other(-9))), FileFault::Failed(FileError::Other(-9)), false),
        (status(FileProgress::Other(7)), FileFault::Unexpected, true),
        (status(FileProgress::Processed), FileFault::Early, true),
        (Reply::FileStatus(leave), FileFault::LeaveSecure, true),
        (Reply::nak(NakReason::UnknownCommand), FileFault::Refused(NakReason::UnknownCommand), false),
        (Reply::Ack, FileFault::Unexpected, true),
    ];
    for (reply, fault, told) in refusals {
        let mut site = site_of(1, 71, 115_200);
        answers(&mut site, move |_| reply);
        begin(&mut site, 5000).unwrap();
        assert_eq!(finish(&mut site, SECOND), Err(fault));
        assert!(site.devices[0].handler.file.len() < 5000);
        let number = site.job(0, 4, true);
        site.run_for(SECOND);
        assert_eq!(site.logs[0].answered, [number]);
        assert_eq!(site.devices[0].handler.aborted, told, "{fault:?}");
        assert_eq!(site.status(0).counters.sessions, 1);
        assert!(site.sent.iter().all(|(_, bytes)| Frame::parse(&bytes[1..]).unwrap().is_sealed()));
    }
}

#[test]
fn lost_and_damaged_frames_and_busy_cost_a_file_no_byte() {
    let mut site = site_of(2, 72, 115_200);
    site.lose(0.06, 0.06);
    site.polite = false;
    site.devices[0].handler.busy = 3;
    begin(&mut site, 30_000).unwrap();
    assert_eq!(finish(&mut site, 120 * SECOND), Ok(FileOutcome::Processed));
    assert_eq!(site.devices[0].handler.file, site.files[0]);
    assert!(site.status(0).counters.retries > 5);
    assert_eq!(site.status(0).counters.sessions, 1);
}

#[test]
fn a_transfer_ends_with_its_session_and_can_begin_anew() {
    let mut site = site_of(1, 73, 38_400);
    begin(&mut site, 20_000).unwrap();
    site.run_to(10 * SECOND, |site| site.status(0).file.is_some_and(|file| file.sent > 3000));
    site.restart(0);
    assert!(matches!(finish(&mut site, SECOND), Err(FileFault::Lost(LossCause::ClearReply(_)))));
    site.run_to(5 * SECOND, |site| site.status(0).state == PdState::Ready);
    begin(&mut site, 20_000).unwrap();
    site.logs[0].events.clear();
    assert_eq!(finish(&mut site, 20 * SECOND), Ok(FileOutcome::Processed));
    assert_eq!(site.devices[0].handler.file, site.files[0]);
}

#[test]
fn a_transfer_ends_with_the_line() {
    let mut site = site_of(1, 74, 38_400);
    begin(&mut site, 20_000).unwrap();
    site.run_to(10 * SECOND, |site| site.status(0).file.is_some_and(|file| file.sent > 3000));
    site.cp.handle(site.now, Input::LineDown);
    assert_eq!(finish(&mut site, SECOND), Err(FileFault::Lost(LossCause::LineDown)));
    site.run_for(SECOND);
    site.cp.handle(site.now, Input::LineUp);
    site.run_to(5 * SECOND, |site| site.status(0).state == PdState::Ready);
}

#[test]
fn bytes_that_are_not_at_hand_are_waited_for() {
    for forbids_polls in [false, true] {
        let mut site = site_of(1, 75, 115_200);
        if forbids_polls {
            exclusive(&mut site, 0);
        }
        site.at_hand = 5000;
        begin(&mut site, 9000).unwrap();
        site.run_for(FILE_PATIENCE + 10 * SECOND);
        assert_eq!(site.status(0).file.map(|file| file.sent), Some(5000));
        site.at_hand = usize::MAX;
        assert_eq!(finish(&mut site, 10 * SECOND), Ok(FileOutcome::Processed));
        assert_eq!(site.devices[0].handler.file, site.files[0]);
        assert_eq!(site.status(0).counters.sessions, 1);
    }
}

#[test]
fn a_file_can_be_given_up_and_another_sent() {
    let mut site = site_of(1, 76, 38_400);
    exclusive(&mut site, 0);
    begin(&mut site, 20_000).unwrap();
    assert_eq!(begin(&mut site, 30_000), Err(OfferError::UnderWay));
    begin(&mut site, 0).unwrap_err();
    begin(&mut site, 20_000).unwrap_err();
    site.run_for(SECOND);
    site.cp.abort_file(site.pds[0]);
    assert_eq!(begin(&mut site, 100), Err(OfferError::UnderWay), "its end is still to be told to the PD");
    assert_eq!(finish(&mut site, SECOND), Err(FileFault::Aborted));
    site.run_for(SECOND);
    assert!(site.devices[0].handler.aborted);
    site.logs[0].events.clear();
    begin(&mut site, 5000).unwrap();
    assert_eq!(finish(&mut site, 5 * SECOND), Ok(FileOutcome::Processed));
    assert_eq!(site.devices[0].handler.file, site.files[0]);
}

#[test]
fn a_file_is_refused_while_the_pd_is_away_and_when_it_is_empty() {
    let mut site = Site::new(77, 115_200);
    site.add();
    assert_eq!(begin(&mut site, 100), Err(OfferError::NotReady));
    site.run_to(SECOND, |site| site.status(0).state == PdState::Ready);
    assert_eq!(begin(&mut site, 0), Err(OfferError::Empty));
}
