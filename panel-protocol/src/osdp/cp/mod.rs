//! The CP: the polling side of one line with many PDs.
//!
//! Bytes, time and demand go in; frames, turns, replies and events come out. After each [`handle`](Cp::handle),
//! [`send`](Cp::send) or change of demand, call [`poll_output`](Cp::poll_output) until it says
//! [`Wait`](Output::Wait), and again when that time has come. Exactly one frame is in flight.
//!
//! Nothing of the caller's is queued here. A PD's [`Demand`] is a flag; when its turn has come the CP asks, and what
//! is sent is decided then, so that a revocation overtakes everything but the frame on the wire.
//!
//! The CP brings each PD up by itself, never talks to one without the secure channel unless its configuration says
//! so in words, and never acts on a reply whose MAC is wrong.

mod acquaintance;
mod bringup;
mod check;
mod config;
mod counters;
mod event;
mod inbox;
mod incoming;
mod keys;
mod line;
mod listening;
mod loss;
mod notices;
mod offer;
mod outgoing;
mod output;
mod outstanding;
mod peer;
mod phase;
mod place;
mod probing;
mod recovery;
mod schedule;
mod settings;
mod settings_error;
mod timetable;
mod timing;
mod transfer;
mod unsolicited;
mod upload;

pub use config::{LineConfig, PdConfig, PdKey};
pub use counters::{LineCounters, PdCounters};
pub use event::{Capabilities, Deviation, DeviceIdentity, Event, IdFault, KeyFault, OfflineCause};
pub use loss::LossCause;
pub use offer::{
    FILE_PATIENCE, FINISH_ASK_INTERVAL, FileFault, FileOffer, FileOutcome, FileState, OfferError,
};
pub use output::{
    AddError, Demand, Input, Output, PdIndex, PdState, PdStatus, Random, RotateError, SendError,
};
pub use settings_error::{BAUD_RATES, SettingsError};
pub use timing::line_time;

use core::time::Duration;

use counters::NoiseMeter;
use heapless::Vec;

use super::command::Command;
use super::deframe::Deframer;
use super::frame::BROADCAST;
use super::payload::Manufacturer;
use super::secure::{Message, Scbk};
use crate::time::Micros;
use inbox::{Delivery, Inbox};
use line::{Line, Offer};
use notices::Note;
use output::Next;
use outstanding::Kind;
use peer::Peer;
use schedule::{Choice, Schedule};

/// The polling side of one line: at most `PDS` PDs, frames of at most `N` bytes with their mark (128 to 1440).
///
/// `R` gives eight fresh, unpredictable bytes for each handshake.
#[derive(Debug)]
pub struct Cp<const PDS: usize, const N: usize, R> {
    config: LineConfig,
    random: R,
    peers: Vec<Peer<N>, PDS>,
    line: Line,
    schedule: Schedule,
    deframer: Deframer<N>,
    counters: LineCounters,
    noise: NoiseMeter,
    /// When the caller last said what had come, or that nothing had.
    looked_at: Micros,
    /// The PD whose frame is to be handed out for transmission.
    transmit: Option<usize>,
    /// The PD whose reply is in the inbox, and what it is to the caller.
    delivery: Option<(usize, Delivery)>,
    inbox: Inbox<N>,
}

impl<const PDS: usize, const N: usize, R: Random> Cp<PDS, N, R> {
    /// A line without PDs, up.
    pub fn new(config: LineConfig, random: R) -> Self {
        Self {
            deframer: Deframer::with_gap(config.character_gap),
            config,
            random,
            peers: Vec::new(),
            line: Line::free(Micros(0), Duration::ZERO),
            schedule: Schedule::default(),
            counters: LineCounters::default(),
            noise: NoiseMeter::default(),
            looked_at: Micros(0),
            transmit: None,
            delivery: None,
            inbox: Inbox::default(),
        }
    }

    /// Adds a PD; it is looked for at once.
    ///
    /// # Errors
    /// When the address can't be a PD's or is taken, or the line is full.
    pub fn add_pd(&mut self, pd: PdConfig) -> Result<PdIndex, AddError> {
        if pd.address >= BROADCAST {
            return Err(AddError::Address);
        }
        if self.peers.iter().any(|peer| peer.place.claims(pd.address)) {
            return Err(AddError::Taken);
        }
        let index = self.peers.len();
        self.peers.push(Peer::new(pd, &self.config)).map_err(|_| AddError::LineFull)?;
        Ok(PdIndex(index))
    }

    /// Says whether the caller has something for a PD. It stays said until changed, or until the caller declines a turn.
    pub fn set_demand(&mut self, pd: PdIndex, demand: Demand) {
        if let Some(peer) = self.peers.get_mut(pd.0) {
            peer.demand = demand;
            peer.let_urgent_pass();
        }
    }

    /// The operator lets a PD have a new key until `until`, under the default key too. Ends with
    /// [`Event::KeyInstalled`], or without success with [`Event::KeyKept`]. Until then, only the same key again may
    /// be given: the PD may have it already.
    pub fn open_install_mode(&mut self, now: Micros, pd: PdIndex, until: Micros, new_key: Scbk) {
        if let Some(peer) = self.peers.get_mut(pd.0) {
            peer.install_key(now, &self.config, new_key, until);
        }
    }

    /// In install mode a PD has to answer this vendor command (MFG) with one of the same vendor's (MFGREP), inside its
    /// session, before it is given a key: else somebody's reader would be locked out of its own system, for nothing.
    pub fn ask_before_key(&mut self, pd: PdIndex, question: Manufacturer<'static>) {
        if let Some(peer) = self.peers.get_mut(pd.0) {
            peer.keys.ask_first(question);
        }
    }

    /// Gives a PD a new key under the one that it has, inside its session, until `until`; the default key is never tried.
    /// The old key stays good until the new one has worked: then [`Event::KeyInstalled`], else
    /// [`Event::KeyKept`].
    ///
    /// # Errors
    /// When it has no key of its own, or a change to another key is under way and the PD may have that one.
    pub fn rotate_key(
        &mut self,
        now: Micros,
        pd: PdIndex,
        until: Micros,
        new_key: Scbk,
    ) -> Result<(), RotateError> {
        let peer = self.peers.get_mut(pd.0).ok_or(RotateError::NoKey)?;
        peer.rotate_key(now, &self.config, new_key, until)
    }

    /// Takes up a key change whose end an earlier run did not see: the PD may have either key.
    pub fn resume_key_change(&mut self, pd: PdIndex, new_key: Scbk) {
        if let Some(peer) = self.peers.get_mut(pd.0) {
            peer.keys.resume(new_key);
        }
    }

    /// How a PD is.
    pub fn status(&self, pd: PdIndex) -> Option<PdStatus> {
        self.peers.get(pd.0).map(Peer::status)
    }

    /// What has been counted on the line.
    pub fn counters(&self) -> LineCounters {
        let heard = self.deframer.counters();
        let bad_length = heard.bad_length.wrapping_add(heard.too_long);
        let noise_per_second = self.noise.per_second();
        LineCounters { noise_bytes: heard.noise_bytes, noise_per_second, bad_length, ..self.counters }
    }

    /// Whether no frame is in flight, so that demand matters now.
    pub fn is_free(&self) -> bool {
        !matches!(self.line, Line::Awaiting(_))
    }

    /// Takes what happened at `now`.
    pub fn handle(&mut self, now: Micros, input: Input<'_>) {
        match input {
            Input::Received(bytes) => self.received(now, bytes),
            Input::LineUp => {
                self.line = Line::free(now + timing::idle_time(&self.config), self.config.character_gap);
                self.peers.iter_mut().for_each(|peer| peer.hurry(now, &self.config));
            }
            Input::LineDown => {
                self.deframer.clear();
                (self.line, self.transmit) = (Line::Down, None);
                self.peers.iter_mut().for_each(|peer| peer.line_down(now, &self.config));
            }
        }
    }

    /// Answers a [`Turn`](Output::Turn) with a command.
    ///
    /// # Errors
    /// When the PD has no turn, or the command is too long for it. After the latter the turn still stands.
    pub fn send(&mut self, now: Micros, pd: PdIndex, command: &Command<'_>) -> Result<(), SendError> {
        self.send_as(now, pd, command, Kind::Bulk)
    }

    /// As [`send`](Self::send), for a command that changes nothing at the PD. If it gets no answer and something urgent
    /// waits, it is not repeated: it has [failed](Output::Failed), and makes room.
    ///
    /// # Errors
    /// As [`send`](Self::send).
    pub fn send_read(&mut self, now: Micros, pd: PdIndex, command: &Command<'_>) -> Result<(), SendError> {
        self.send_as(now, pd, command, Kind::Read)
    }

    /// Gives up the caller's command that is on its way to a PD, while [nothing is in flight](Self::is_free): it is not
    /// repeated any more, it has [failed](Output::Failed), and a new session begins. Without such a command nothing happens.
    pub fn withdraw(&mut self, now: Micros, pd: PdIndex) {
        if let Some(peer) = self.peers.get_mut(pd.0).filter(|_| !matches!(self.line, Line::Awaiting(_))) {
            peer.withdraw(now);
        }
    }

    fn send_as(
        &mut self,
        now: Micros,
        pd: PdIndex,
        command: &Command<'_>,
        kind: Kind,
    ) -> Result<(), SendError> {
        let Line::Offered { turn, room, offer: Offer::Command } = self.line else {
            return Err(SendError::NotNow);
        };
        let kind = if matches!(turn.choice, Choice::Urgent(_)) { Kind::Urgent } else { kind };
        let peer = self.peers.get_mut(pd.0).filter(|_| turn.pd == pd.0).ok_or(SendError::NotNow)?;
        peer.prepare_command(now, command, room, kind)?;
        self.launch(now, turn);
        Ok(())
    }

    /// Answers a [`Turn`](Output::Turn) with nothing: the PD's demand is over.
    pub fn decline(&mut self, now: Micros, pd: PdIndex) {
        if matches!(self.line, Line::Offered { turn, .. } if turn.pd == pd.0) {
            self.end_turn(now);
        }
    }

    /// What to do next; `Wait` when there is nothing more until then.
    pub fn poll_output(&mut self, now: Micros) -> Output<'_> {
        match self.advance(now) {
            Next::Transmit(pd) => Output::Transmit(self.peers[pd].outstanding.frame()),
            Next::Deliver(pd, delivery) => {
                let (pd, message) = (PdIndex(pd), Message { code: self.inbox.code, data: &self.inbox.data });
                match delivery {
                    Delivery::Answer => Output::Reply { pd, message },
                    Delivery::News { max_age } => Output::Unsolicited { pd, message, max_age },
                }
            }
            Next::Note(pd, Note::Failed) => Output::Failed { pd: PdIndex(pd) },
            Next::Note(pd, Note::Event(event)) => Output::Event { pd: PdIndex(pd), event },
            Next::Turn { pd, max_data, urgent } => Output::Turn { pd: PdIndex(pd), max_data, urgent },
            Next::Fragment { pd, offset, max_len } => Output::Fragment { pd: PdIndex(pd), offset, max_len },
            Next::Wait(until) => Output::Wait(until),
        }
    }
}

#[cfg(test)]
mod tests;
