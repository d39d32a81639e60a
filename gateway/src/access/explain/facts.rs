//! What has to be known of a card and a door to explain what becomes of them.

use std::collections::BTreeMap;

use jiff::Timestamp;
use panel_protocol::credential::Credential;
use panel_protocol::decide::Reason;

use crate::access::card::CardAccess;
use crate::access::compile::compile;
use crate::access::compiler::Holder;
use crate::access::hours::Times;
use crate::access::shape::PlannedDoor;
use crate::domain::{DoorMode, GroupId, LocalClock, Revocation};

/// A card, a door, an instant, and all that counts.
#[derive(Clone, Copy, Debug)]
pub struct Facts<'a> {
    /// The card.
    pub card: Credential,
    /// Everybody who has it or had it, active or not.
    pub holders: &'a [Holder],
    /// What the holders' groups are called.
    pub groups: &'a BTreeMap<GroupId, String>,
    /// How the card came to open nothing, as far as that is remembered.
    pub revoked: Option<&'a Revocation>,
    /// The door.
    pub door: &'a PlannedDoor,
    /// What people call it.
    pub door_name: &'a str,
    /// How somebody ordered that it be used.
    pub ordered: Option<&'a DoorMode>,
    /// Schedules, and the zone in which instants are told.
    pub times: Times<'a>,
    /// What the door itself says.
    pub at_door: AtDoor,
    /// When.
    pub at: Timestamp,
}

/// What is known of what the door says.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum AtDoor {
    /// Nobody has asked it.
    NotAsked,
    /// The card was presented, and this is what the door said.
    Said(Reason),
    /// This is what it says by the table that its controller is to hold.
    WouldSay(Reason),
}

impl AtDoor {
    /// The reason.
    pub const fn reason(self) -> Option<Reason> {
        match self {
            Self::NotAsked => None,
            Self::Said(reason) | Self::WouldSay(reason) => Some(reason),
        }
    }
}

impl<'a> Facts<'a> {
    /// For whom the card may open something.
    pub(super) fn holder(&self) -> Option<&'a Holder> {
        let active = self.holders.iter().filter(|holder| holder.person.opens_with(self.card));
        active.min_by_key(|holder| holder.person.id)
    }

    /// From when to when it does; `None`: that was over before time began.
    pub(super) fn access(&self) -> Option<CardAccess> {
        compile(self.card, self.holders.iter().map(|holder| &holder.person))
    }

    /// The order that is in force.
    pub(super) fn order(&self) -> Option<&'a DoorMode> {
        let in_force =
            |order: &&DoorMode| order.since <= self.at && order.until.is_none_or(|until| self.at < until);
        self.ordered.filter(in_force)
    }

    /// The clock on the wall, as at the instant in question.
    pub(super) fn clock(&self) -> LocalClock {
        LocalClock::in_zone(self.times.zone.clone(), self.at)
    }
}
