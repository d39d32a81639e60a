//! Who is exposed: a revoked card at a device that has not proven it dead.

use jiff::Timestamp;
use panel_protocol::credential::Credential;

use super::change::Revision;
use super::condition::DeviceCondition;
use super::local_clock::LocalClock;
use super::site::ControllerId;

/// A revocation that a device has not proven yet.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Exposure {
    /// The revocation.
    pub revision: Revision,
    /// The card.
    pub card: Credential,
    /// Where the card may still open doors.
    pub controller: ControllerId,
    /// When the revocation was durable.
    pub since: Timestamp,
    /// How that device is: the reason.
    pub condition: DeviceCondition,
    /// Since when it is so.
    pub condition_since: Option<Timestamp>,
}

impl Exposure {
    /// Longest time that a revocation may be on its way to a device that is online, in seconds.
    const UNDER_WAY_S: i64 = 10;

    /// Why, in words: `offline since 10:02`.
    pub fn why(&self, clock: &LocalClock) -> String {
        match (self.condition, self.is_under_way(clock.now()), self.condition_since) {
            (DeviceCondition::Online, true, _) => "on its way".to_owned(),
            (DeviceCondition::Online, false, _) => "online, and has not proven it yet".to_owned(),
            (condition, _, Some(since)) => format!("{} since {}", condition.words(), clock.short(&since)),
            (condition, _, None) => condition.words().to_owned(),
        }
    }

    /// Nothing is wrong yet: the device is online and the revocation was made moments ago.
    pub fn is_under_way(&self, now: Timestamp) -> bool {
        self.condition == DeviceCondition::Online
            && now.as_second().saturating_sub(self.since.as_second()) < Self::UNDER_WAY_S
    }
}
