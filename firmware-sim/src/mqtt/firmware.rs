//! What a device on a broker is to the simulator: a machine that is told what happens and asked what it says.
//!
//! A [`Firmware`] reads no clock and does no I/O. Whoever runs it hands it an [`Input`], then drains
//! [`poll_output`](Firmware::poll_output), and hands it [`Input::Time`] at its [`deadline`](Firmware::deadline).

use std::time::Duration;

use panel_protocol::credential::Credential;
use panel_protocol::decide::Reason;
use panel_protocol::table::{Pin, Row};
use panel_protocol::time::{Micros, UtcSeconds};

use super::message::{Message, Terms};
use crate::panel::Contact;

/// When something happens: on the simulator's own clock, and in calendar time as a time server tells the device.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Moment {
    pub(crate) since_start: Duration,
    pub(crate) utc: UtcSeconds,
}

/// What happens to a device.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Input<'a> {
    /// The broker has accepted it.
    Connected,
    /// The broker has accepted its subscriptions.
    Subscribed,
    /// The connection is gone.
    Lost,
    /// A message has come.
    Message(&'a Message),
    /// Its deadline has come.
    Time,
    /// It has been switched on after a loss of power.
    Booted,
    /// Its memory has been erased, and it has been switched on.
    Wiped,
    /// Its door has been opened or closed.
    Contact(Contact),
    /// Somebody presses the button to leave, or has let it go.
    RequestToExit(bool),
    /// Somebody has opened or moved its housing, or has put it right.
    Tamper(bool),
    /// Somebody has set its clock wrong by so many seconds.
    ClockOff(i64),
}

/// What a device makes of a card.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Decision {
    /// It has decided by itself.
    Own(Verdict),
    /// It has told the gateway, which may or may not open.
    Gateway,
    /// Its reader can't read such a card.
    Unread,
}

/// What a device decided, in its own words where it has some.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Verdict {
    /// As `panel-protocol` decides.
    Reason(Reason),
    /// As esp-rfid says it in its access messages.
    Word {
        /// Whether a relay was switched.
        granted: bool,
        /// The word.
        word: &'static str,
    },
}

/// What a device's memory holds for a card.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Held {
    /// A row of a card table.
    Row(Row),
    /// A file of an esp-rfid board.
    User {
        /// Its name, which is the card's number.
        uid: String,
        /// The card, if the number is one that a 26 or 34 bit reader gives.
        card: Option<Credential>,
        /// Its content as it was written.
        file: String,
    },
}

/// A device from inside.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Insides {
    /// The digest of its card table, if it has one.
    pub digest: Option<u64>,
    /// Cards in its memory.
    pub cards: usize,
    /// Cards that its memory takes.
    pub capacity: usize,
    /// Profiles in its memory.
    pub profiles: usize,
    /// Events that the gateway has not acknowledged.
    pub events: usize,
    /// Its clock, unless that has not been set since it booted.
    pub clock: Option<UtcSeconds>,
    /// Its outputs, true while they release a lock.
    pub outputs: Vec<bool>,
}

/// A device's firmware.
pub(crate) trait Firmware: Send {
    /// What it wants of a connection.
    fn terms(&self) -> Terms;

    /// Something has happened.
    fn handle(&mut self, at: Moment, input: Input<'_>);

    /// The next thing that it says.
    fn poll_output(&mut self) -> Option<Message>;

    /// When it has something to do by itself, on the simulator's clock.
    fn deadline(&self) -> Option<Duration>;

    /// How many readers it has.
    fn readers(&self) -> u8;

    /// A card is presented at one of its readers, and a PIN entered with it if it knows of such.
    fn present(&mut self, at: Moment, reader: u8, card: Credential, pin: Option<&Pin>) -> Decision;

    /// How often the lock at a reader has been released on the gateway's word.
    fn released(&self, reader: u8) -> u64;

    /// How it is inside.
    fn insides(&self, at: Moment) -> Insides;

    /// What its memory holds.
    fn held(&self) -> Vec<Held>;

    /// Carries out an operation of the card-table command set in its memory; `None` if it has no such thing.
    fn operate(&mut self, at: Moment, request: &[u8]) -> Option<Vec<u8>>;
}

impl Moment {
    /// The simulator's clock as the machines of `panel-protocol` take it.
    pub(crate) fn micros(self) -> Micros {
        Micros(u64::try_from(self.since_start.as_micros()).unwrap_or(u64::MAX))
    }
}

impl Verdict {
    /// Whether the door opens.
    pub(crate) fn granted(self) -> bool {
        match self {
            Self::Reason(reason) => reason.granted(),
            Self::Word { granted, .. } => granted,
        }
    }

    /// Why, in one word, as the control API writes it.
    pub(crate) fn word(self) -> String {
        match self {
            Self::Reason(reason) => serde_json::to_value(reason)
                .ok()
                .and_then(|value| value.as_str().map(str::to_owned))
                .unwrap_or_else(|| reason.to_string()),
            Self::Word { word, .. } => word.to_owned(),
        }
    }
}
