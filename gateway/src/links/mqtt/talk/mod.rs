//! What the link's driver and a dialect's machine say to each other, whatever the dialect; and what several of them need.
//!
//! Use of a [`Talk`]: hand in what happened, then drain [`poll_output`](Talk::poll_output). While it is
//! [free](Talk::is_free), it can be offered an operation. At its [deadline](Talk::deadline) hand in [`Input::Due`]. No clock
//! and no I/O in here.

pub(super) mod lateness;
pub(super) mod pending;
pub(super) mod presence;

use std::fmt::Debug;

use panel_protocol::time::{Micros, UtcSeconds};
use tokio::sync::oneshot;

use crate::domain::{Became, DeviceCondition, FaultCounts};
use crate::links::mqtt::message::Outgoing;
use crate::links::{ActuateError, Heard};
use crate::sync::{Answer, Failure, Room};

/// What happened.
#[derive(Clone, Copy, Debug)]
pub(in crate::links::mqtt) enum Input<'a> {
    /// The broker takes and brings messages.
    BrokerUp,
    /// It does no longer.
    BrokerDown,
    /// A message came that the device may have sent.
    Said {
        /// Its topic.
        topic: &'a str,
        /// Its payload.
        payload: &'a [u8],
        /// The broker had kept it from before we came.
        retained: bool,
    },
    /// A deadline has come.
    Due,
}

/// What is to be done or told.
#[derive(Clone, PartialEq, Debug)]
pub(in crate::links::mqtt) enum Output {
    Transmit(Outgoing),
    Became(Became),
    Answered(Answer),
    Failed(Failure),
    Heard(Heard),
}

/// Where to say what came of an output that was to be switched.
pub(in crate::links::mqtt) type Done = oneshot::Sender<Result<(), ActuateError>>;

/// An output that is to be switched.
#[derive(Clone, Copy, Debug)]
pub(in crate::links::mqtt) struct Wish {
    pub(in crate::links::mqtt) output: u8,
    /// On for so long; 0: off at once.
    pub(in crate::links::mqtt) tenths: u16,
    /// It is not sent, nor waited for, after this.
    pub(in crate::links::mqtt) until: Micros,
    /// The same by the calendar.
    pub(in crate::links::mqtt) not_after: UtcSeconds,
}

/// How a device stands.
#[derive(Clone, Copy, Debug)]
pub(in crate::links::mqtt) struct Standing<'a> {
    pub(in crate::links::mqtt) condition: DeviceCondition,
    /// What it says that it is.
    pub(in crate::links::mqtt) identity: Option<&'a str>,
    /// When it last said something.
    pub(in crate::links::mqtt) last_heard: Option<Micros>,
    pub(in crate::links::mqtt) faults: FaultCounts,
    /// Messages to it, and from it.
    pub(in crate::links::mqtt) sent: u64,
    pub(in crate::links::mqtt) received: u64,
}

/// One device's machine.
pub(in crate::links::mqtt) trait Talk: Debug + Send {
    /// Whether a message of this topic may be the device's.
    fn hears(&self, topic: &str) -> bool;

    /// Takes what happened.
    fn handle(&mut self, now: Micros, input: Input<'_>);

    /// What is to be done or told next.
    fn poll_output(&mut self) -> Option<Output>;

    /// When [`Input::Due`] is to be handed in.
    fn deadline(&self) -> Option<Micros>;

    /// Whether it takes an operation now.
    fn is_free(&self, _: Micros) -> bool {
        false
    }

    /// When it may be free though it isn't now, and nothing else happens.
    fn spared_until(&self) -> Option<Micros> {
        None
    }

    /// Has an operation put into its room and sends it; false if there was none. It must be free.
    fn offer(&mut self, _: Micros, _: &mut dyn FnMut(&mut dyn Room) -> bool) -> bool {
        false
    }

    /// A deletion waits: gives up what is under way, if that is but a question.
    fn give_way(&mut self, _: Micros) {}

    /// Switches an output, or says why not. The device is online.
    fn actuate(&mut self, now: Micros, wish: Wish, done: Done);

    /// How it stands.
    fn standing(&self) -> Standing<'_>;
}
