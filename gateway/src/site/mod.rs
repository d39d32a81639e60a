//! The tokio shells that join the pure modules to the edges. No rules live here.
//!
//! ```text
//! directory's writer ──observe──▶ Site { fleet, health } ◀──DeviceClient── one task a link
//!                                        │ outputs
//!                                        ▼
//!                                record: event log, proofs           views: page, API, command line
//! ```
//! [`Site`] is what runs: the [`Fleet`](crate::sync::Fleet) and the [`Health`](crate::health::Health) behind one short lock each. What happens
//! to either wakes the lines it concerns and bumps the number that live pages watch.

mod access;
mod alarms;
mod audit;
mod capture;
mod card_policy;
mod cards;
pub mod clock;
mod compile;
mod connection_test;
mod doors;
mod explain;
mod install_mode;
mod links;
mod losses;
mod panels;
mod parts;
mod providers;
mod pulse;
mod record;
mod running;
mod sources;
mod tending;
mod time_server;
mod token;
mod views;

pub use access::AccessRules;
pub use alarms::{keep_alarms, restore_alarms};
pub use card_policy::card_policy;
pub use cards::ended_cards;
pub use compile::{active_cards, compiler, observe, recompile};
pub use connection_test::watch_providers;
pub use doors::{restore_modes, tell as tell_of_doors};
pub use links::link;
pub use panels::client;
pub use parts::parts;
pub use providers::Providers;
pub use pulse::Pulse;
pub use record::{record, resume};
pub use running::{ControllerPlace, Site, SiteParts};
pub use sources::{EventSources, subscriptions, watch_secrets, webhooks};
