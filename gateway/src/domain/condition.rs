//! How a device and a link are, in fixed lists, and what a link tells of them.
//!
//! A link says what a device *became*; what follows from that (alarms, the verdict, what closes what) is not said here.
//! Every `why` and `text` is a phrase in plain words that can follow the name of what it is about, such as "doesn't
//! answer; check its power". No word here belongs to a protocol.

use schemars::JsonSchema;
use serde::Serialize;

use super::verdict::Level;

/// How a device is.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum DeviceCondition {
    /// Not heard yet since the service started, or being brought up.
    Starting,
    /// Talking, in secret where the link can.
    Online,
    /// Install mode is open and it is being given its key.
    Enrolling,
    /// Doesn't answer.
    Offline,
    /// It answers, and nobody has enrolled it yet: it has the factory's key, or the gateway has none for it.
    NotEnrolled,
    /// It answers with another key than ours.
    WrongKey,
    /// Another device than the one enrolled answers at its address.
    Swapped,
    /// It talks, and is not the kind of device that the configuration says: it doesn't know what it is asked.
    Unsupported,
    /// It talks, and can't do so in secret, which its configuration asks for.
    NoSecureChannel,
    /// It can be heard, and nothing tells whether it is there.
    Unsupervised,
}

impl DeviceCondition {
    /// In a few words.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Starting => "starting",
            Self::Online => "online",
            Self::Enrolling => "enrolling",
            Self::Offline => "offline",
            Self::NotEnrolled => "not enrolled",
            Self::WrongKey => "wrong key",
            Self::Swapped => "another device answers",
            Self::Unsupported => "not what was configured",
            Self::NoSecureChannel => "no secure channel",
            Self::Unsupervised => "not supervised",
        }
    }

    /// What to do about it; empty when there is nothing to do.
    pub const fn remedy(self) -> &'static str {
        match self {
            Self::Online | Self::Starting | Self::Unsupervised => "",
            Self::Enrolling => "Wait a moment; it is being given its key.",
            Self::Offline => {
                "Check its power, its address and the wiring. A panel's doors go on by its own table."
            }
            Self::NotEnrolled => "Open install mode for it, and put the controller into its own.",
            Self::WrongKey => "Restore its key file, or reset the controller and open install mode.",
            Self::Swapped => "If it was replaced on purpose, open install mode to enrol the new one.",
            Self::Unsupported => {
                "Update its firmware, or say in the configuration what it is: its `kind`, its `map`."
            }
            Self::NoSecureChannel => {
                "Anybody at its wires could read and forge what it says, so it is not used. \
                 Turn its secure channel on, or update or replace it."
            }
        }
    }

    /// Whether what it tells, and what it is told, counts.
    pub const fn is_usable(self) -> bool {
        matches!(self, Self::Online | Self::Unsupervised)
    }

    /// How bad it is.
    pub const fn level(self) -> Level {
        match self {
            Self::Online | Self::Unsupervised => Level::Well,
            Self::Starting | Self::Enrolling => Level::Attention,
            Self::Offline
            | Self::NotEnrolled
            | Self::WrongKey
            | Self::Swapped
            | Self::Unsupported
            | Self::NoSecureChannel => Level::Problem,
        }
    }
}

/// What a device became, as its link tells it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Became {
    /// It is so from now on.
    Condition {
        /// How it is.
        is: DeviceCondition,
        /// Why, and what to do.
        why: String,
    },
    /// It answers, and has said who it is. It can't be used yet; while install mode is open, it is being enrolled.
    Identified {
        /// Who.
        why: String,
    },
    /// Somebody may be tampering with the link. What had been agreed with the device is given up, and it starts anew.
    SecurityIncident {
        /// What happened.
        why: String,
    },
    /// Install mode is over for it.
    InstallModeOver {
        /// Whether it has a new key, and that key has worked.
        new_key: bool,
        /// How it ended.
        why: String,
    },
    /// Something to know that changes no condition.
    Remark {
        /// How bad it is; `None`: for the log alone.
        level: Option<Level>,
        /// What.
        text: String,
    },
}

impl Became {
    /// The phrase that follows the device's name.
    pub fn why(&self) -> &str {
        match self {
            Self::Condition { why, .. }
            | Self::Identified { why }
            | Self::SecurityIncident { why }
            | Self::InstallModeOver { why, .. }
            | Self::Remark { text: why, .. } => why,
        }
    }
}

/// How a link is.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case", tag = "is")]
pub enum LinkCondition {
    /// It can be used.
    Up,
    /// Its port can't be opened or has gone, its peer can't be reached; tried again and again.
    Down {
        /// Why, and what to do.
        why: String,
    },
    /// It can be used, and none of its devices answers, though they did.
    Silent {
        /// Since what, and what to do.
        why: String,
    },
    /// It can be used, and what is heard on it keeps devices from being understood.
    Disturbed {
        /// By what, how often, and what to do.
        why: String,
    },
}

impl LinkCondition {
    /// Why it is not as it should be; `None`: it is.
    pub fn why(&self) -> Option<&str> {
        match self {
            Self::Up => None,
            Self::Down { why } | Self::Silent { why } | Self::Disturbed { why } => Some(why),
        }
    }

    /// `is down`, `is silent` and the like; what follows the link's name.
    pub const fn words(&self) -> &'static str {
        match self {
            Self::Up => "is up",
            Self::Down { .. } => "is down",
            Self::Silent { .. } => "is silent",
            Self::Disturbed { .. } => "is disturbed",
        }
    }

    /// Whether a device that hangs on the link is so because the link is, and need not be told of beside it.
    pub const fn accounts_for(&self, device: DeviceCondition) -> bool {
        match self {
            Self::Up => false,
            Self::Down { .. } => true,
            Self::Silent { .. } | Self::Disturbed { .. } => {
                matches!(device, DeviceCondition::Offline | DeviceCondition::Starting)
            }
        }
    }
}
