//! One question of a scan: its frame, and what came back.

use std::time::Duration;

use panel_protocol::osdp::command::Command;
use panel_protocol::osdp::cp::line_time;
use panel_protocol::osdp::frame::{BROADCAST, Check, Frame, Header, emit};
use panel_protocol::osdp::reply::Reply;
use panel_protocol::osdp::timing::REPLY_TIMEOUT;
use panel_protocol::time::Micros;

use super::Device;
use super::limits::{GAP, LEAST_ANSWER, LISTENING, LONGEST_ANSWER};

/// Mark, header, code, one byte of data, CRC.
const FRAME_LEN: usize = 10;

/// What is asked.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Question {
    /// Nothing: does anybody speak?
    Listen,
    /// ID to all.
    Everybody(Check),
    /// ID to one.
    Id(u8, Check),
    /// CAP to one that has said who it is, and ends its frames like this.
    Capabilities(Device, Check),
}

/// A question that is on its way, and what has been heard since.
#[derive(Debug)]
pub(super) struct Asked {
    pub(super) question: Question,
    /// How often it was put before.
    pub(super) repeats: u8,
    /// Without the mark.
    sent: Vec<u8>,
    /// When nothing more is waited for, if nothing more comes.
    pub(super) until: Micros,
    /// When nothing more is waited for, whatever comes.
    latest: Micros,
    /// Bytes heard, our own echo apart.
    heard: usize,
    /// Bytes of those that belonged to whole frames.
    understood: usize,
}

impl Question {
    /// The address that is asked; `None`: all, or nobody.
    pub(super) fn address(&self) -> Option<u8> {
        match self {
            Self::Listen | Self::Everybody(_) => None,
            Self::Id(address, _) => Some(*address),
            Self::Capabilities(device, _) => Some(device.address),
        }
    }

    /// The frame with its mark; empty when nothing is asked.
    pub(super) fn frame(&self) -> Vec<u8> {
        let (address, sequence, check, command) = match *self {
            Self::Listen => return Vec::new(),
            Self::Everybody(check) => (BROADCAST, 0, check, Command::Id),
            Self::Id(address, check) => (address, 0, check, Command::Id),
            Self::Capabilities(device, check) => (device.address, 1, check, Command::Capabilities),
        };
        let header = Header { check, ..Header::command(address, sequence) };
        let mut buffer = [0; FRAME_LEN];
        emit(&mut buffer, header, None, &command).map(<[u8]>::to_vec).unwrap_or_default()
    }
}

impl Asked {
    /// `frame` is handed to the port now, at `baud`.
    pub(super) fn new(now: Micros, baud: u32, question: Question, repeats: u8, frame: &[u8]) -> Self {
        let wait = if question == Question::Listen { LISTENING } else { REPLY_TIMEOUT };
        let until = now + line_time(frame.len(), baud) + wait;
        let sent = frame.get(1..).unwrap_or_default().to_vec();
        Self { question, repeats, sent, until, latest: until + LONGEST_ANSWER, heard: 0, understood: 0 }
    }

    /// Bytes have come: an answer that has begun is heard to its end.
    pub(super) fn hear(&mut self, now: Micros, bytes: usize) {
        self.heard += bytes;
        if bytes > 0 && self.question != Question::Listen {
            let frame_ends = now + GAP + Duration::from_micros(1);
            self.until = self.until.max(frame_ends).min(self.latest);
        }
    }

    /// A whole frame was among them. True: it is our own, which some adapters echo.
    pub(super) fn understand(&mut self, frame: &Frame<'_>) -> bool {
        let with_mark = frame.bytes().len() + 1;
        let echo = !self.sent.is_empty() && frame.bytes() == self.sent;
        if echo {
            self.heard = self.heard.saturating_sub(with_mark);
        } else {
            self.understood += with_mark;
        }
        echo
    }

    /// Bytes heard, our own echo apart.
    pub(super) fn heard(&self) -> usize {
        self.heard
    }

    /// Whether so much was heard that it must be somebody.
    pub(super) fn is_answered(&self) -> bool {
        self.heard >= LEAST_ANSWER
    }

    /// Whether so much was heard and not understood.
    pub(super) fn is_damaged(&self) -> bool {
        self.heard.saturating_sub(self.understood) >= LEAST_ANSWER
    }

    /// The reply that a frame is to this question, if it is one. What is malformed has no meaning but its code.
    pub(super) fn reply<'a>(&self, frame: &Frame<'a>) -> Option<(Reply<'a>, Check)> {
        let header = frame.header();
        let ours = header.reply && Some(header.address) == self.question.address() && !frame.is_sealed();
        let (code, data) = (frame.code(), frame.data());
        ours.then(|| (Reply::parse(code, data).unwrap_or(Reply::Other { code, data }), header.check))
    }
}
