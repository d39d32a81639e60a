//! The native dialect: panel-protocol's own operations as payloads, between the gateway and one controller.
//!
//! [`Conversation`] is the machine; `envelope` has the bytes, `wish` the outputs that are to be switched, `talk` how the driver knows
//! it, `told` what is told of a controller, `watch` messages for somebody who looks on. What it rests on: a controller carries out only what has the session that it has made itself,
//! and a number above all before, so nothing old that a broker delivers can change a table. The gateway believes a
//! controller that has answered its hello, and nothing that a broker had kept.

mod conversation;
mod envelope;
mod talk;
mod told;
mod watch;
mod wish;

pub(in crate::links::mqtt) use conversation::Conversation;
pub(in crate::links::mqtt) use watch::words;

use crate::links::mqtt::topic;
use crate::links::mqtt::topics::Topics;

/// The topics of a controller of this name.
pub(in crate::links::mqtt) fn topics(site: &str, controller: &str) -> Topics {
    Topics {
        said: topic::SAID.iter().map(|what| topic::from(site, controller, what)).collect(),
        told: vec![topic::to(site, controller, "+")],
        ..Topics::default()
    }
}
