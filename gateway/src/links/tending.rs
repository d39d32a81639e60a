//! What an installer wants of one device: that it shows itself, moves, takes a new key or a file.

use std::sync::Arc;

use tokio::sync::{oneshot, watch};

/// A wish for one device, and where to say what came of it.
#[derive(Debug)]
pub struct Tending {
    /// Which device.
    pub device: usize,
    /// What.
    pub wish: Wish,
    /// Where to say what came of it. Whoever asked may have gone; it is done all the same.
    pub done: oneshot::Sender<Result<Tended, TendError>>,
}

/// What is wanted.
#[derive(Debug)]
pub enum Wish {
    /// That somebody who stands before it can tell it from others.
    Identify,
    /// That it listens at another address.
    Address(u8),
    /// That it, and the line with it, has another speed, in bits a second.
    Speed(u32),
    /// That it has a new key.
    NewKey,
    /// That it takes a file.
    File {
        /// What kind of file, by its maker's numbers.
        kind: u8,
        /// All of it.
        content: Arc<[u8]>,
        /// How many bytes it has taken.
        progress: watch::Sender<u64>,
    },
}

/// It is done.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Tended {
    /// It shows itself.
    Shown {
        /// By its light.
        light: bool,
        /// By a tone.
        tone: bool,
    },
    /// It has been spoken to anew where it is now.
    Moved {
        /// Its address.
        address: u8,
        /// Its speed, in bits a second.
        baud: u32,
    },
    /// The new key has worked, and is in its file.
    NewKey,
    /// It has taken the file.
    FileTaken {
        /// It starts anew to use it.
        restarts: bool,
    },
}

/// Why it is not done.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum TendError {
    /// The link has no such device.
    #[error("the line has no such controller")]
    Unknown,
    /// A device of this kind can't.
    #[error("a device of this kind can't do that; only OSDP devices can")]
    NotThisKind,
    /// It can't be reached now.
    #[error("the controller is not online")]
    NotOnline,
    /// The link's task has ended, or has too much to do, or something like it is under way for the device.
    #[error("the line does not take orders now, or something is under way for the controller; try again")]
    Busy,
    /// It has neither a light nor a buzzer.
    #[error("the controller says that it has neither a light nor a buzzer")]
    NothingToShow,
    /// It has no key of its own.
    #[error("the controller has no key of its own; `gateway enrol` gives it one")]
    NoKey,
    /// Something answers at the address.
    #[error("something answers at address {0} already")]
    Taken(u8),
    /// Its line has other devices, which could not be heard at another speed.
    #[error("other controllers hang on its line, which has one speed: {0}")]
    NotAlone(usize),
    /// It refused; its reason.
    #[error("the controller refused it: {0}")]
    Refused(String),
    /// It agreed, and could not be spoken to afterwards.
    #[error("the controller agreed, and was not heard again: {0}")]
    Unconfirmed(String),
    /// It did otherwise than it was asked.
    #[error("the controller settled for address {address} at {baud} baud, where it has been spoken to anew")]
    Otherwise {
        /// Its address.
        address: u8,
        /// Its speed.
        baud: u32,
    },
    /// What was given makes no sense.
    #[error("{0}")]
    Senseless(String),
    /// A key could not be kept, and so is not given away.
    #[error("the new key can't be kept: {0}")]
    Key(String),
}

impl Tending {
    /// Answers; whoever asked may have gone.
    pub(super) fn answer(self, result: Result<Tended, TendError>) {
        drop(self.done.send(result));
    }
}
