//! A simulated site as its users see it: a gateway over the real port, a person over the real control API.
#![allow(clippy::unwrap_used, reason = "a test that panics has failed")]

mod control;
mod conversation;
mod cp;
mod doors;
mod faults;
mod power;

use firmware_sim::config::{LineConfig, PanelConfig, PanelKey};
use firmware_sim::{SimConfig, Site};

/// The key of the panel `lobby`.
const KEY: [u8; 16] = [0x5A; 16];

/// One fast line with `lobby` (address 1, with a key) and `garage` (address 2, in factory state).
fn config() -> SimConfig {
    let lobby = PanelConfig { key: PanelKey::Scbk(KEY), ..PanelConfig::new("lobby", "north", 1) };
    SimConfig {
        lines: vec![LineConfig::new("north", 115_200)],
        panels: vec![lobby, PanelConfig::new("garage", "north", 2)],
        ..SimConfig::default()
    }
}

fn site() -> Site {
    Site::start(&config()).expect("a site")
}
