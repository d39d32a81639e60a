//! FILETRANSFER: files of many sizes, in the fragments that libosdp's 256-byte frames hold.

use std::time::Duration;

use libosdp::{OsdpCommand, OsdpCommandFileTx};
use panel_protocol::osdp::cp::{Event, FileOutcome};

use crate::line::Wire;
use crate::pair::{Pair, Setting};

crate::everywhere! {
    our_cp_sends_their_pd_files,
    their_cp_sends_our_pd_files,
    their_cp_gives_our_pd_the_time_that_it_asks_for,
}

/// One that is opaque to the standard.
const KIND: u8 = 1;

/// One byte, one fragment or so, many; and on the wire that nobody waits for, as many as a small firmware has.
fn sizes(wire: Wire) -> &'static [usize] {
    match wire {
        Wire::Memory => &[1, 200, 255, 256, 1_000, 70_000],
        Wire::Pty => &[1, 200, 255, 256, 8_000],
    }
}

fn file(len: usize) -> Vec<u8> {
    (0..len).map(|at| (at * 131 + at / 251 + len) as u8).collect()
}

fn our_cp_sends_their_pd_files(setting: Setting) {
    let mut pair = Pair::we_poll(setting);
    let received = pair.pd.take_files();
    for len in sizes(setting.wire) {
        pair.cp.events.clear();
        pair.cp.send_file(KIND, &file(*len));
        pair.until("the file is sent", |cp, _| !cp.events.is_empty());
        assert!(
            matches!(pair.cp.events[..], [Event::FileSent { outcome: FileOutcome::Processed }]),
            "{:?}",
            pair.cp.events
        );
        assert!(*received.borrow() == file(*len), "{len} bytes arrived as {}", received.borrow().len());
        let told = OsdpCommand::FileTx(OsdpCommandFileTx { id: KIND.into(), flags: 0 });
        assert_eq!(pair.pd.commands().last(), Some(&told));
    }
}

fn their_cp_sends_our_pd_files(setting: Setting) {
    let mut pair = Pair::they_poll(setting);
    for (before, len) in sizes(setting.wire).iter().enumerate() {
        pair.cp.send_file(KIND, &file(*len));
        pair.until("the file is received", |_, pd| pd.device.flash.finished > before);
        assert_eq!(pair.pd.device.flash.kind, KIND);
        assert!(pair.pd.device.flash.file == file(*len), "{len} bytes");
        pair.until("their CP knows it", |cp, _| cp.has_sent_file());
    }
}

/// FtDelay between the fragments, and empty ones to ask whether it has finished. Polls go on meanwhile.
fn their_cp_gives_our_pd_the_time_that_it_asks_for(setting: Setting) {
    let mut pair = Pair::they_poll(setting);
    (pair.pd.device.flash.pace, pair.pd.device.flash.unready) = (Duration::from_millis(120), 2);
    let polls = pair.pd.device.polls;
    pair.cp.send_file(KIND, &file(600));
    pair.until("the file is received", |_, pd| pd.device.flash.finished > 0);
    assert!(pair.pd.device.flash.file == file(600));
    assert_eq!(pair.pd.device.flash.unready, 0);
    assert!(pair.pd.device.polls > polls, "no poll between the fragments");
    pair.until("their CP knows it", |cp, _| cp.has_sent_file());
    assert!(pair.cp.is_online());
}
