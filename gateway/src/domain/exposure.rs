//! Who is exposed: a revoked card at a controller that has not proven it dead.

use jiff::Timestamp;
use panel_protocol::credential::Credential;
use schemars::JsonSchema;
use serde::Serialize;

use super::condition::DeviceCondition;
use super::local_clock::LocalClock;
use super::revision::Revision;
use super::site::ControllerId;

/// A revoked card at a controller that has not proven it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Exposure {
    /// The revocation.
    pub revision: Revision,
    /// The card.
    pub card: Credential,
    /// Where it may still open doors, and why.
    pub at: UnprovenAt,
}

/// A controller that owes a proof.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, JsonSchema)]
pub struct UnprovenAt {
    /// Which.
    pub controller: ControllerId,
    /// When the change was durable.
    pub since: Timestamp,
    /// How the controller is: the reason.
    pub state: DeviceCondition,
    /// Since when it is so.
    pub state_since: Option<Timestamp>,
}

impl UnprovenAt {
    /// Longest time that a revocation may be on its way to a controller that is online, in seconds.
    const UNDER_WAY_S: i64 = 10;

    /// Why, in words: `offline since 10:02`.
    pub fn why(&self, clock: &LocalClock) -> String {
        match (self.state, self.is_under_way(clock.now()), self.state_since) {
            (DeviceCondition::Online, true, _) => "on its way".to_owned(),
            (DeviceCondition::Online, false, _) => "online, and has not proven it yet".to_owned(),
            (state, _, Some(since)) => format!("{} since {}", state.words(), clock.short(&since)),
            (state, _, None) => state.words().to_owned(),
        }
    }

    /// Nothing is wrong yet: the controller is online and the revocation was made moments ago.
    pub fn is_under_way(&self, now: Timestamp) -> bool {
        self.state == DeviceCondition::Online
            && now.as_second().saturating_sub(self.since.as_second()) < Self::UNDER_WAY_S
    }
}
