//! A PD that knows the key and can say anything with it. It shares no code with the crate but AES.

use core::time::Duration;
use std::boxed::Box;
use std::vec::Vec;

use aes::Aes128;
use aes::cipher::{BlockCipherEncrypt, KeyInit};

use super::site::key;
use crate::osdp::command::{Command, code};
use crate::osdp::cp::{
    Cp, Demand, Event, Input, LineConfig, Output, PdConfig, PdIndex, PdKey, PdState, PdStatus,
};
use crate::osdp::frame::Frame;
use crate::time::Micros;

const ADDRESS: u8 = 5;
const RND_B: [u8; 8] = *b"not rand";
const CLIENT_CRYPTOGRAM: u8 = 0x12;
const INITIAL_MAC: u8 = 0x14;
pub(super) const REPLY_MAC: u8 = 0x16;
pub(super) const REPLY_ENCRYPTED: u8 = 0x18;
pub(super) const ACK: u8 = 0x40;
pub(super) const KEYPAD: u8 = 0x53;

/// A reply before it becomes bytes: every part can be made to lie.
#[derive(Clone)]
pub(super) struct Answer {
    pub address: u8,
    pub sequence: u8,
    /// Type and data of the security block; none for a frame in clear.
    pub scb: Vec<u8>,
    pub code: u8,
    pub data: Vec<u8>,
    /// Whether the data is padded and encrypted, whatever the security block says.
    pub encrypted: bool,
    /// Bytes of the right MAC that follow.
    pub mac_len: usize,
}

type Lie = Box<dyn FnMut(u8, &mut Answer)>;

/// The liar, and the CP that listens to it.
pub(super) struct Liar {
    cp: Cp<1, 256, Box<dyn FnMut() -> [u8; 8]>>,
    pub pd: PdIndex,
    now: Micros,
    keys: [Aes128; 3],
    chain: [u8; 16],
    random: [u8; 8],
    /// What it does to its answer to a command with this code.
    pub lie: Lie,
    /// What it sends instead of its answer.
    pub instead: Option<Vec<u8>>,
    /// All that it sent: the command's code, and the reply.
    pub sent: Vec<(u8, Vec<u8>)>,
    pub events: Vec<Event>,
    /// Replies and news that the CP has handed out.
    pub delivered: usize,
    pub failed: usize,
    pub wants_turn: bool,
}

impl Liar {
    pub(super) fn new(lie: impl FnMut(u8, &mut Answer) + 'static) -> Self {
        let mut counter = 0u64;
        let random = move || {
            counter += 1;
            counter.wrapping_mul(0x9E37_79B9_7F4A_7C15).to_le_bytes()
        };
        let mut cp = Cp::new(
            LineConfig { stale_after: None, ..LineConfig::new(115_200) },
            Box::new(random) as Box<dyn FnMut() -> [u8; 8]>,
        );
        let config = PdConfig { address: ADDRESS, key: PdKey::Scbk(key(1)), check: None, expected: None };
        let pd = cp.add_pd(config).unwrap();
        Self {
            cp,
            pd,
            now: Micros(1_000_000),
            keys: derive([0; 8]),
            chain: [0; 16],
            random: [0; 8],
            lie: Box::new(lie),
            instead: None,
            sent: Vec::new(),
            events: Vec::new(),
            delivered: 0,
            failed: 0,
            wants_turn: false,
        }
    }

    pub(super) fn status(&self) -> PdStatus {
        self.cp.status(self.pd).unwrap()
    }

    pub(super) fn is_ready(&self) -> bool {
        self.status().state == PdState::Ready
    }

    pub(super) fn run_for(&mut self, span: Duration) {
        let end = self.now + span;
        loop {
            self.cp.set_demand(self.pd, if self.wants_turn { Demand::Urgent } else { Demand::None });
            match self.cp.poll_output(self.now) {
                Output::Transmit(bytes) => {
                    let command = bytes[1..].to_vec();
                    self.answer(&command);
                }
                Output::Turn { pd, .. } => {
                    self.wants_turn = false;
                    self.cp.send(self.now, pd, &Command::LocalStatus).unwrap();
                }
                Output::Fragment { .. } => unreachable!("no file was offered"),
                Output::Reply { .. } | Output::Unsolicited { .. } => self.delivered += 1,
                Output::Failed { .. } => self.failed += 1,
                Output::Event { event, .. } => self.events.push(event),
                Output::Wait(until) => match until.filter(|until| *until <= end) {
                    Some(until) => self.now = until,
                    None => break,
                },
            }
        }
        self.now = end;
    }

    fn answer(&mut self, command: &[u8]) {
        let frame = Frame::parse(command).unwrap();
        let mut answer = self.honest(&frame);
        (self.lie)(frame.code(), &mut answer);
        let reply = self.instead.take().unwrap_or_else(|| self.encode(&answer));
        self.sent.push((frame.code(), reply.clone()));
        self.now = self.now + Duration::from_millis(5);
        self.cp.handle(self.now, Input::Received(&reply));
    }

    /// What an honest PD would answer.
    fn honest(&mut self, command: &Frame<'_>) -> Answer {
        let in_clear = |scb: &[u8], code, data: &[u8]| Answer {
            address: ADDRESS,
            sequence: command.header().sequence,
            scb: scb.to_vec(),
            code,
            data: data.to_vec(),
            encrypted: false,
            mac_len: 0,
        };
        match command.code() {
            code::ID => in_clear(&[], 0x45, &[1, 2, 3, 1, 1, 9, 0, 0, 0, 1, 0, 0]),
            code::CAP => in_clear(&[], 0x46, &[9, 1, 1]),
            code::CHLNG => {
                self.random = command.data().try_into().unwrap();
                self.keys = derive(self.random);
                let proof = cipher(&self.keys[0], join(self.random, RND_B));
                let data = [&[7; 8][..], &RND_B, &proof].concat();
                in_clear(&[CLIENT_CRYPTOGRAM, 1], 0x76, &data)
            }
            code::SCRYPT => {
                let server = cipher(&self.keys[0], join(RND_B, self.random));
                self.chain = cipher(&self.keys[2], cipher(&self.keys[1], server));
                in_clear(&[INITIAL_MAC, 1], 0x78, &self.chain)
            }
            _ => {
                let bytes = command.bytes();
                self.chain = self.mac(&bytes[..bytes.len() - 6]);
                Answer { mac_len: 4, ..in_clear(&[REPLY_MAC], ACK, &[]) }
            }
        }
    }

    fn encode(&mut self, answer: &Answer) -> Vec<u8> {
        let Answer { address, sequence, scb, code, data, encrypted, mac_len } = answer.clone();
        let mut body = Vec::new();
        if !scb.is_empty() {
            body.push(scb.len() as u8 + 1);
            body.extend(&scb);
        }
        body.push(code);
        body.extend(if encrypted { self.encrypt(data) } else { data });
        let len = (5 + body.len() + mac_len + 2) as u16;
        let control = sequence | 4 | if scb.is_empty() { 0 } else { 8 };
        let mut frame = [&[0x53, address | 0x80][..], &len.to_le_bytes(), &[control], &body].concat();
        if mac_len > 0 {
            self.chain = self.mac(&frame);
            frame.extend(&self.chain[..mac_len]);
        }
        let check = crate::osdp::crc::crc16(&frame);
        frame.extend(check.to_le_bytes());
        frame
    }

    fn mac(&self, message: &[u8]) -> [u8; 16] {
        let mut padded = message.to_vec();
        if !padded.len().is_multiple_of(16) {
            padded.push(0x80);
            padded.resize(padded.len().next_multiple_of(16), 0);
        }
        let last = padded.len() / 16 - 1;
        padded.chunks(16).enumerate().fold(self.chain, |chain, (at, block)| {
            let mixed = core::array::from_fn(|i| chain[i] ^ block[i]);
            cipher(&self.keys[if at == last { 2 } else { 1 }], mixed)
        })
    }

    fn encrypt(&self, mut data: Vec<u8>) -> Vec<u8> {
        data.push(0x80);
        data.resize(data.len().next_multiple_of(16), 0);
        let mut chain = self.chain.map(|byte| !byte);
        let mut out = Vec::new();
        for block in data.chunks(16) {
            chain = cipher(&self.keys[0], core::array::from_fn(|i| chain[i] ^ block[i]));
            out.extend(chain);
        }
        out
    }
}

/// S-ENC, S-MAC1 and S-MAC2 (Annex D.4.1).
fn derive(random: [u8; 8]) -> [Aes128; 3] {
    let base = Aes128::new(key(1).expose().into());
    [0x82, 0x01, 0x02].map(|label| {
        let mut seed = [0; 16];
        (seed[0], seed[1]) = (1, label);
        seed[2..8].copy_from_slice(&random[..6]);
        Aes128::new((&cipher(&base, seed)).into())
    })
}

fn cipher(key: &Aes128, mut block: [u8; 16]) -> [u8; 16] {
    key.encrypt_block((&mut block).into());
    block
}

fn join(first: [u8; 8], second: [u8; 8]) -> [u8; 16] {
    core::array::from_fn(|i| if i < 8 { first[i] } else { second[i - 8] })
}
