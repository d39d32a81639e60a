//! Bytes to [`Deframer`]: whatever a line brings, in whatever pieces, is taken apart as it should be.
//!
//! The input is a line's bytes, but for four escapes (0xF0 to 0xF3) that make what chance would never make: frames
//! whose check is right, long frames, and silences. What is found must be what a plain search through all the bytes
//! finds, and the same for every way of cutting them; so every byte is accounted for, in a frame or in a counter.

mod search;

use std::time::Duration;

use panel_protocol::limits::MAX_FRAME_LEN;
use panel_protocol::osdp::command::Command;
use panel_protocol::osdp::deframe::{Counters, Deframed, Deframer, Refused};
use panel_protocol::osdp::frame::{self, Check, Frame, Header, Payload};
use panel_protocol::osdp::reply::Reply;
use panel_protocol::osdp::timing::CHARACTER_GAP;
use panel_protocol::time::Micros;

use super::choices::Choices;
use super::sound_frame::sound_frame;

/// Bytes that come at once.
struct Burst {
    at: Micros,
    bytes: Vec<u8>,
}

/// What was found in a stream.
#[derive(PartialEq, Eq, Debug)]
enum Found {
    Frame(Vec<u8>),
    Refused(Refused),
}

/// What was found in a whole stream, and what was counted.
#[derive(PartialEq, Eq, Default, Debug)]
struct Outcome {
    found: Vec<Found>,
    tally: Tally,
}

/// What a deframer counts, but for refusals with a right check: those are found, each with its cause.
#[derive(PartialEq, Eq, Default, Debug)]
struct Tally {
    frames: u32,
    noise_bytes: u32,
    bad_length: u32,
    too_long: u32,
    bad_check: u32,
    cut_short: u32,
}

impl From<Counters> for Tally {
    fn from(counters: Counters) -> Self {
        let Counters { frames, noise_bytes, bad_length, too_long, bad_check, cut_short, .. } = counters;
        Self { frames, noise_bytes, bad_length, too_long, bad_check, cut_short }
    }
}

/// Panics unless the deframer does with these bytes what it promises.
pub fn check(input: &[u8]) {
    let bursts = stream(input);
    check_buffer::<128>(input, &bursts);
    check_buffer::<1440>(input, &bursts);
}

fn check_buffer<const N: usize>(input: &[u8], bursts: &[Burst]) {
    let expected = search::outcome(N, bursts);
    assert_eq!(deframed::<N>(bursts, |_| usize::MAX), expected, "whole bursts, {N} bytes of buffer");
    assert_eq!(deframed::<N>(bursts, |_| 1), expected, "byte by byte, {N} bytes of buffer");
    let cut = |at: usize| 1 + usize::from(input[at % input.len()] % 32);
    assert_eq!(deframed::<N>(bursts, cut), expected, "in pieces, {N} bytes of buffer");
    for found in &expected.found {
        if let Found::Frame(bytes) = found {
            check_payload(&Frame::parse(bytes).expect("handed out as a frame"));
        }
    }
}

/// What the deframer finds when it gets each burst in pieces, the n-th of them `piece(n)` bytes long.
fn deframed<const N: usize>(bursts: &[Burst], piece: impl Fn(usize) -> usize) -> Outcome {
    let mut deframer = Deframer::<N>::new();
    let mut found = Vec::new();
    let mut pieces = 0;
    let mut now = Micros(0);
    for burst in bursts {
        now = burst.at;
        let mut rest = burst.bytes.as_slice();
        while !rest.is_empty() {
            let (head, tail) = rest.split_at(piece(pieces).min(rest.len()));
            take(&mut deframer, now, head, &mut found);
            (pieces, rest) = (pieces + 1, tail);
        }
    }
    let over = now + CHARACTER_GAP + Duration::from_micros(1);
    assert!(deframer.deadline().is_none_or(|deadline| deadline <= over), "waits beyond the gap");
    take(&mut deframer, over, &[], &mut found);
    assert_eq!(deframer.deadline(), None, "waits after the gap");
    Outcome { found, tally: deframer.counters().into() }
}

fn take<const N: usize>(deframer: &mut Deframer<N>, now: Micros, mut bytes: &[u8], found: &mut Vec<Found>) {
    while let Some(one) = deframer.next(now, &mut bytes) {
        found.push(match one {
            Deframed::Frame(frame) => Found::Frame(frame.view().bytes().to_vec()),
            Deframed::Refused(refused) => Found::Refused(refused),
        });
    }
    assert!(bytes.is_empty(), "bytes were left behind");
}

/// What a frame carries is read without panic, and what is read is written as what reads the same.
fn check_payload(frame: &Frame<'_>) {
    let (code, data) = (frame.code(), frame.data());
    let _ = format!("{frame:?}");
    if let Ok(command) = Command::parse(code, data) {
        let again = emitted(&command);
        let again = Frame::parse(&again).expect("emitted");
        assert_eq!(Command::parse(again.code(), again.data()), Ok(command));
    }
    if let Ok(reply) = Reply::parse(code, data) {
        let again = emitted(&reply);
        let again = Frame::parse(&again).expect("emitted");
        assert_eq!(Reply::parse(again.code(), again.data()), Ok(reply));
    }
}

fn emitted(payload: &impl Payload) -> Vec<u8> {
    let header = Header { check: Check::Checksum, ..Header::command(0, 0) };
    let mut room = [0; MAX_FRAME_LEN + 1];
    let wire = frame::emit(&mut room, header, None, payload).expect("no longer than it was");
    wire[1..].to_vec()
}

/// The line's bytes and their times.
fn stream(input: &[u8]) -> Vec<Burst> {
    let mut choices = Choices::new(input);
    let mut bursts = vec![Burst { at: Micros(0), bytes: Vec::new() }];
    while !choices.is_over() {
        let (at, last) = bursts.last_mut().map(|burst| (burst.at, &mut burst.bytes)).expect("never empty");
        match choices.byte() {
            0xF0 => last.extend(sound_frame(choices.byte(), choices.byte(), choices.list())),
            0xF1 => {
                let (address, control, len) = (choices.byte(), choices.byte(), choices.u16());
                let pattern = choices.list();
                let body: Vec<u8> = pattern.iter().copied().cycle().take(usize::from(len % 1500)).collect();
                last.extend(sound_frame(address, control, &body));
            }
            0xF2 => {
                let at = at + Duration::from_millis(u64::from(choices.byte() % 64));
                bursts.push(Burst { at, bytes: Vec::new() });
            }
            0xF3 => last.extend(choices.list()),
            byte => last.push(byte),
        }
    }
    bursts.retain(|burst| !burst.bytes.is_empty());
    bursts
}
