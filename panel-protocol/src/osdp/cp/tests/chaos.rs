//! Lines at their worst: frames lost, damaged, doubled and late, devices that lose their power, and somebody on the wire
//! who repeats what he heard and makes up frames of his own.
//!
//! What holds whatever happens is asserted by [`Site`] as it goes: no frame goes out before the exchange before it is
//! over, and none again once its command was told to have failed. What a PD tells arrives at least once, and in order:
//! exactly once within a session. It can't be exactly once across sessions, since a PD that begins anew can't know
//! whether its last reply was heard.

use core::time::Duration;
use std::collections::VecDeque;
use std::vec::Vec;

use super::gadget::OUI;
use super::site::{Site, line_bytes};
use crate::osdp::command::{self, Command};
use crate::osdp::cp::{FileOffer, LineConfig, PdState};
use crate::osdp::crc::crc16;
use crate::osdp::frame::{Frame, Header, scs};
use crate::osdp::payload::Manufacturer;
use crate::osdp::reply::{NakReason, Reply, code};
use crate::testing::{Dice, Disorder, Faults};
use crate::time::Micros;

const SECOND: Duration = Duration::from_secs(1);

/// What forged news would tell and forged commands bear, and nobody else does.
const FORGED_DIGIT: u8 = 0xEE;
const FORGED_NUMBER: u32 = 0xDEAD_BEEF;

/// Longest time that a PD may be without a frame: the longest pause between two attempts, and a round of PDs that
/// all don't answer.
const STARVED: Duration = Duration::from_secs(14);

/// A frame that somebody without a key can make, or has heard.
fn forgery(site: &Site, dice: &mut Dice) -> Vec<u8> {
    let pd = dice.below(site.pds.len() as u64) as u8;
    let command = Header::command(pd, dice.below(4) as u8);
    let answer = command.answer();
    match dice.below(9) {
        0 => line_bytes(answer, &Reply::Other { code: code::KEYPAD, data: &[0, 1, FORGED_DIGIT] }),
        1 => line_bytes(answer, &Reply::nak(NakReason::from_byte(dice.below(10) as u8))),
        2 => line_bytes(answer, &Reply::Busy),
        3 => line_bytes(answer, &Reply::Ack),
        4 => sealed(pd | 0x80, answer.sequence, scs::REPLY_ENCRYPTED, code::KEYPAD, dice),
        5 => sealed(pd, command.sequence, scs::COMMAND_ENCRYPTED, command::code::MFG, dice),
        6 => {
            let data = FORGED_NUMBER.to_le_bytes();
            line_bytes(command, &Command::Manufacturer(Manufacturer { oui: OUI, data: &data }))
        }
        7 => repeated(site.sent.iter().map(|(_, bytes)| bytes), dice),
        _ => repeated(site.replied.iter(), dice),
    }
}

/// A sealed frame with the right CRC and a guessed MAC.
fn sealed(address: u8, sequence: u8, kind: u8, code: u8, dice: &mut Dice) -> Vec<u8> {
    let guess = [dice.roll().to_le_bytes(), dice.roll().to_le_bytes(), dice.roll().to_le_bytes()].concat();
    let len = 5 + 2 + 1 + 16 + 4 + 2;
    let mut frame = std::vec![0x53, address, len, 0, sequence | 0x0C, 2, kind, code];
    frame.extend(&guess[..20]);
    let check = crc16(&frame);
    frame.extend(check.to_le_bytes());
    frame.insert(0, 0xFF);
    frame
}

/// One of the frames heard so far, a recent one as a rule.
fn repeated<'a>(heard: impl DoubleEndedIterator<Item = &'a Vec<u8>>, dice: &mut Dice) -> Vec<u8> {
    let back = if dice.chance(800) { dice.below(8) } else { dice.below(400) };
    heard.rev().nth(back as usize).cloned().unwrap_or_default()
}

/// How bad a line is.
#[derive(Clone, Copy)]
struct Weather {
    faults: Faults,
    disorder: Disorder,
    /// Thousandths of the rounds in which somebody makes up a frame, and in which a device loses its power.
    forged: u64,
    restarts: u64,
}

/// Lets commands, news and a file pass over a bad line, heals it, and checks what has become of them.
fn survive(seed: u64, weather: Weather) -> Site {
    let mut dice = Dice(seed ^ 0x000C_4A05);
    let count = 1 + dice.below(8) as usize;
    let baud = [9600, 38_400, 115_200, 230_400][dice.below(4) as usize];
    let mut site = Site::with(seed, LineConfig { stale_after: None, ..LineConfig::new(baud) });
    for _ in 0..count {
        site.add();
    }
    site.set_faults(weather.faults, weather.disorder);
    site.polite = false;
    let mut digits = std::vec![0u8; count];
    for _ in 0..120 {
        let pd = dice.below(count as u64) as usize;
        if dice.chance(300) {
            site.job(pd, 4 + dice.below(200) as usize, dice.chance(300));
        }
        if dice.chance(300) {
            site.devices[pd].handler.to_tell.push_back(digits[pd]);
            digits[pd] += 1;
        }
        if dice.chance(20) {
            site.files[pd] = (0..2000 + pd).map(|at| at as u8).collect();
            let offer = FileOffer { kind: 1, total: site.files[pd].len() as u32 };
            let _ = site.cp.send_file(site.now, site.pds[pd], offer); // it may be away, or have one
        }
        if dice.chance(weather.forged) {
            let frame = forgery(&site, &mut dice);
            site.inject(&frame);
        }
        if dice.chance(weather.restarts) {
            site.restart(pd);
        }
        site.run_for(Duration::from_millis(dice.below(200)));
    }
    site.heal();
    site.run_to(120 * SECOND, |site| {
        let idle = site.jobs.iter().all(VecDeque::is_empty) && site.underway.iter().all(Option::is_none);
        let told = site.devices.iter().all(|device| device.handler.to_tell.is_empty());
        let ready = (0..count).all(|pd| {
            let status = site.status(pd);
            status.state == PdState::Ready && status.file.is_none()
        });
        idle && told && ready
    });
    for (pd, digits) in digits.into_iter().enumerate() {
        check(&site, pd, digits);
    }
    site
}

fn check(site: &Site, pd: usize, digits: u8) {
    let (log, gadget) = (&site.logs[pd], &site.devices[pd].handler);
    let mut once = gadget.executed.clone();
    once.sort_unstable();
    once.dedup();
    assert_eq!(once.len(), gadget.executed.len(), "PD {pd} carried a command out twice");
    assert!(!once.contains(&FORGED_NUMBER), "PD {pd} carried out a forged command");
    assert!(log.answered.iter().all(|number| once.contains(number)), "answered, but not carried out");
    let ended = |number| log.answered.contains(number) || log.failed.contains(number);
    assert!(once.iter().all(ended), "carried out, but neither answered nor failed");
    assert!(log.answered.iter().all(|number| !log.failed.contains(number)), "answered and failed");

    let mut told = log.told.clone();
    told.dedup();
    assert_eq!(told, (0..digits).collect::<Vec<u8>>(), "PD {pd}: news lost, forged or out of order");
    let sessions = site.status(pd).counters.sessions as usize;
    assert!(log.told.len() - told.len() < sessions, "PD {pd}: news told twice inside one session");

    let times: Vec<Micros> = site.sent.iter().filter(|(_, b)| addressed(b, pd)).map(|(at, _)| *at).collect();
    let gap = times.windows(2).map(|pair| pair[1].since(pair[0])).max().unwrap();
    assert!(gap < STARVED, "PD {pd} had no frame for {gap:?}");
}

fn addressed(bytes: &[u8], pd: usize) -> bool {
    usize::from(Frame::parse(&bytes[1..]).unwrap().header().address) == pd
}

#[test]
fn any_line_converges_when_it_heals() {
    for seed in 1000..1012 {
        let mut dice = Dice(seed);
        let mut up_to = |per_mille| dice.below(per_mille) as f64 / 1000.0;
        let faults = Faults { drop_rate: up_to(250), damage_rate: up_to(150), ..Faults::default() };
        let disorder = Disorder { double_rate: up_to(150), late_rate: up_to(150) };
        survive(seed, Weather { faults, disorder, forged: 0, restarts: 15 });
    }
}

#[test]
fn nobody_without_a_key_gets_anything_done_or_told() {
    for seed in 2000..2012 {
        let faults = Faults { drop_rate: 0.02, damage_rate: 0.02, ..Faults::default() };
        survive(seed, Weather { faults, disorder: Disorder::default(), forged: 400, restarts: 5 });
    }
}
