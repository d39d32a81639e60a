//! Two machines on one line, one of ours and one of theirs, taking turns on one thread until something has come true.

use std::time::Instant;

use panel_protocol::osdp::command::Command;
use panel_protocol::osdp::cp::PdKey;
use panel_protocol::osdp::secure::Scbk;
use tests::PATIENCE;

use crate::line::{End, Line, Wire};
use crate::our_cp::{OurCp, Said};
use crate::our_pd::OurPd;
use crate::theirs::{Setup, TheirCp, TheirPd};

/// The PD's address.
pub(crate) const ADDRESS: u8 = 5;
/// Bits a second; nothing here takes that long.
pub(crate) const BAUD: u32 = 115_200;
/// A vendor that makes nothing.
pub(crate) const OUI: [u8; 3] = [0xCA, 0xFE, 0x01];
/// The key of both sides, unless a story is about keys.
pub(crate) const KEY: Scbk = Scbk::new(*b"sixteen byte key");

/// Whether the two have a secure channel.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Trust {
    Clear,
    Secure,
}

/// What a story is told on.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Setting {
    pub(crate) wire: Wire,
    pub(crate) trust: Trust,
}

/// One side.
pub(crate) trait Machine {
    /// Takes what has arrived, and does what is due.
    fn step(&mut self);
}

/// Both sides and what joins them.
pub(crate) struct Pair<C, P> {
    pub(crate) cp: C,
    pub(crate) pd: P,
    pub(crate) line: Line,
}

impl<C: Machine, P: Machine> Pair<C, P> {
    pub(crate) fn new(wire: Wire, cp: impl FnOnce(End) -> C, pd: impl FnOnce(End) -> P) -> Self {
        let (line, cps, pds) = Line::new(wire);
        Self { cp: cp(cps), pd: pd(pds), line }
    }

    /// Lets both go on until `done`, which looks after each step of either.
    ///
    /// # Panics
    /// When that never comes.
    pub(crate) fn until(&mut self, what: &str, mut done: impl FnMut(&C, &P) -> bool) {
        let began = Instant::now();
        loop {
            self.pd.step();
            if done(&self.cp, &self.pd) {
                return;
            }
            self.cp.step();
            if done(&self.cp, &self.pd) {
                return;
            }
            assert!(began.elapsed() < PATIENCE, "not within {PATIENCE:?}: {what}");
            self.line.rest();
        }
    }

    /// Gives both `turns` more turns.
    pub(crate) fn rounds(&mut self, turns: usize) {
        for _ in 0..turns {
            self.pd.step();
            self.cp.step();
            self.line.rest();
        }
    }
}

impl Pair<OurCp, TheirPd> {
    /// Our CP and their PD, at work.
    pub(crate) fn we_poll(setting: Setting) -> Self {
        let (ours, theirs) = match setting.trust {
            Trust::Clear => (PdKey::Clear, Setup::default()),
            Trust::Secure => (PdKey::Scbk(KEY), Setup::with_key(&KEY)),
        };
        let mut pair = Self::new(setting.wire, |end| OurCp::new(end, ours), |end| TheirPd::new(end, &theirs));
        pair.until_at_work();
        assert_eq!(pair.pd.is_secure(), setting.trust == Trust::Secure);
        pair
    }
}

impl<P: Machine> Pair<OurCp, P> {
    /// Until our CP takes commands and has polled the PD: what that one tells later has been seen just now.
    pub(crate) fn until_at_work(&mut self) {
        self.until("our CP is ready", |cp, _| cp.is_ready());
        let replies = self.cp.status().counters.replies;
        self.until("the PD is polled", |cp, _| cp.status().counters.replies >= replies + 2);
    }

    /// Sends a command and waits for the answer.
    pub(crate) fn ask(&mut self, command: &Command<'_>) -> Said {
        (self.cp.command, self.cp.answer) = (Some(Said::of(command)), None);
        self.until("the command is answered", |cp, _| cp.answer.is_some());
        self.cp.answer.take().unwrap().expect("an answer")
    }
}

impl Pair<TheirCp, OurPd> {
    /// Their CP and our PD, at work.
    pub(crate) fn they_poll(setting: Setting) -> Self {
        let secure = setting.trust == Trust::Secure;
        let (theirs, ours) = if secure { (Setup::with_key(&KEY), Some(KEY)) } else { Default::default() };
        let mut pair =
            Self::new(setting.wire, |end| TheirCp::new(end, &theirs), |end| OurPd::new(end, ours, secure));
        pair.until("their CP is ready", |cp, _| cp.is_online() && cp.is_secure() == secure);
        assert_eq!(pair.pd.secured_by().is_some(), secure);
        pair
    }
}
