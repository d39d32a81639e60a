//! What the end-to-end tests share: the real programs as processes, and the clients that people use on them.
//!
//! [`SitePlan`] describes a site and writes its files, [`Simulator`] and [`Gateway`] run the programs on them, a
//! [`Splice`] puts somebody into the middle of a line. [`ScimClient`], [`ScimCli`] and [`Api`] speak to the gateway
//! from outside; [`Mosquitto`] is a real broker, [`MqttClient`] somebody at it. [`eventually`] is the only wait. [`figures`] is what the benches print,
//! [`structure`] reads the workspace's own source. No test leaves a process or a file behind.
#![allow(clippy::unwrap_used, reason = "a test that panics has failed")]

mod answer;
mod api;
mod chance;
pub mod churn;
pub mod figures;
mod gateway;
mod mosquitto;
mod mqtt;
mod native_peer;
mod plan;
mod port;
mod process;
mod scim;
mod scim_cli;
mod simulator;
mod splice;
pub mod structure;
mod waiting;

pub use answer::Answer;
pub use api::Api;
pub use chance::seed;
pub use gateway::Gateway;
pub use mosquitto::Mosquitto;
pub use mqtt::{Heard, MqttClient};
pub use native_peer::NativePeer;
pub use plan::{PanelPlan, SitePlan};
pub use port::known_port;
pub use process::{Process, program, workspace};
pub use scim::{ENTERPRISE, ScimClient};
pub use scim_cli::{Said, ScimCli};
pub use simulator::{Person, Simulator};
pub use splice::Splice;
pub use waiting::{PATIENCE, eventually};
