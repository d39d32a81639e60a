//! The box's clock.

use jiff::{SignedDuration, Timestamp};

use super::super::local_clock::{LocalClock, span};
use super::super::site::ControllerId;
use super::Level;

/// How the clock is, where not all is well.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum ClockCondition {
    /// The clock shows a time before the latest that the box has seen.
    Behind {
        /// The latest instant that was seen.
        latest: Timestamp,
    },
    /// The clock shows much more time since the box last ran than a box is off for.
    Ahead {
        /// By so much.
        by: SignedDuration,
    },
    /// The clock was set by so much while the service ran.
    Jumped {
        /// Forward, or backward if negative.
        by: SignedDuration,
    },
    /// A controller's clock showed something else than the box's, and was set to it.
    Disagrees {
        /// Whose.
        controller: ControllerId,
        /// The box's clock was ahead by so much, or behind if negative.
        ahead: SignedDuration,
    },
    /// No time server sets the clock.
    NotSynchronised,
}

impl ClockCondition {
    /// How bad it is.
    pub(super) const LEVEL: Level = Level::Attention;

    /// What is wrong, what that means and what to do.
    pub(super) fn sentence(&self, clock: &LocalClock) -> String {
        match self {
            Self::Behind { latest } => format!(
                "The box's clock shows {}, and it showed {} before: it is wrong now, or was then. Cards with a validity \
                 may open at the wrong time; look whether the clock is right, and have a time server set it.",
                clock.dated(&clock.now()),
                clock.dated(latest)
            ),
            Self::Ahead { by } => format!(
                "The box's clock shows {} more than when the box last ran: it was off for so long, or the clock is wrong. \
                 Old events are kept until it has gone on like this for a week; look whether it is right.",
                span(by.unsigned_abs().as_secs())
            ),
            Self::Jumped { by } => {
                let way = if by.is_negative() { "back" } else { "forward" };
                format!(
                    "The box's clock was set {way} by {}. Look whether it is right now.",
                    span(by.unsigned_abs().as_secs())
                )
            }
            Self::Disagrees { controller, ahead } => {
                let way = if ahead.is_negative() { "more" } else { "less" };
                format!(
                    "The clock of {controller} showed {} {way} than the box's, and was set to it. Look whether the box's clock \
                     is right.",
                    span(ahead.unsigned_abs().as_secs())
                )
            }
            Self::NotSynchronised => "No time server sets the box's clock. It will drift, and cards with a validity will \
                                           open at the wrong time: name a time server in the network settings of the box."
                .to_owned(),
        }
    }
}
