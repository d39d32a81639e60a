//! The demo's hardware: a simulated device for every controller of its configuration, on lines as its configuration has them.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Context;
use firmware_sim::config::{
    AdapterConfig, BoardConfig, Follow, Frames, LineConfig, LineProtocol, LockPlace, Model, PanelConfig,
    PanelKey, ReaderConfig,
};
use firmware_sim::{SimConfig, Site};

use super::at_broker;
use crate::config::{self, Attachment, Config, Controller, ControllerKind, Line, Protocol};
use crate::links::modbus::Reach;
use crate::links::wiegand_serial::Place as AdapterPlace;

/// How the demo's adapter writes cards down; its configuration says so too.
const FRAMES: &str = "wie232-26";

/// Where the secret of the devices at the demo's broker is kept.
const BROKER_SECRET: &str = "demo-broker.key";

/// Starts it. Panels and readers have a key of their own, as after enrolment.
pub(super) fn start(config: &Config) -> anyhow::Result<Arc<Site>> {
    let mut made =
        SimConfig { lines: config.lines.iter().filter_map(line).collect(), ..SimConfig::default() };
    for (at, controller) in config.controllers.iter().enumerate() {
        let id = controller.id.as_str();
        match &controller.attachment {
            Attachment::Osdp { line, address, scbk_file } => {
                let key = match scbk_file {
                    Some(file) => PanelKey::Scbk(*own_key(file)?),
                    None => PanelKey::Factory,
                };
                if controller.kind == ControllerKind::Panel {
                    made.panels.push(PanelConfig { key, ..PanelConfig::new(id, line.as_str(), *address) });
                } else {
                    let (in_clear, contact_follows_lock) = (scbk_file.is_none(), true);
                    let reader = ReaderConfig::new(id, line.as_str(), *address);
                    made.readers.push(ReaderConfig { key, in_clear, contact_follows_lock, ..reader });
                }
            }
            Attachment::Modbus { line, address, map, .. } => {
                let model = match map.inputs {
                    Some(_) => Model::WaveshareRelay8Inputs,
                    None => Model::WaveshareRelay8,
                };
                let contacts = contacts(config, at);
                made.boards
                    .push(BoardConfig { contacts, ..BoardConfig::new(id, line.as_str(), *address, model) });
            }
            Attachment::WiegandSerial { line } => {
                let frames = Frames::shipped(FRAMES).context("the adapter's frames are unknown")?;
                let lock = lock(config, controller);
                made.adapters.push(AdapterConfig { lock, ..AdapterConfig::new(id, line.as_str(), frames) });
            }
            Attachment::Mqtt { .. } => {} // below, with the broker
        }
    }
    // Kept, so that another demo on the same folder, which ends at once, takes no device of this one's its secret away.
    let secret = own_key(&config.site.data_dir.join(BROKER_SECRET))?;
    (made.brokers, made.mqtt) = at_broker::simulated(config, secret.as_slice())?;
    Ok(Arc::new(Site::start(&made)?))
}

/// Tells the configuration which ports the simulated lines have.
pub(super) fn connect(config: &mut Config, simulator: &Site) -> anyhow::Result<()> {
    for line in &mut config.lines {
        if let Some(port) = port_of(&mut line.protocol) {
            let simulated = simulator.port(line.id.as_str()).context("the simulated line has no port")?;
            simulated.clone_into(port);
        }
    }
    Ok(())
}

const fn port_of(protocol: &mut Protocol) -> Option<&mut PathBuf> {
    match protocol {
        Protocol::Osdp { port, .. }
        | Protocol::Modbus { reach: Reach::Port { path: port, .. }, .. }
        | Protocol::WiegandSerial { place: AdapterPlace::Serial { port, .. }, .. } => Some(port),
        Protocol::Modbus { .. } | Protocol::WiegandSerial { .. } | Protocol::Mqtt(_) => None,
    }
}

fn line(line: &Line) -> Option<LineConfig> {
    let (protocol, baud) = match &line.protocol {
        Protocol::Osdp { baud, .. } => (LineProtocol::Osdp, *baud),
        Protocol::Modbus { reach: Reach::Port { baud, .. }, .. } => (LineProtocol::Modbus, *baud),
        Protocol::WiegandSerial { place: AdapterPlace::Serial { baud, .. }, .. } => {
            (LineProtocol::WiegandSerial, *baud)
        }
        Protocol::Modbus { .. } | Protocol::WiegandSerial { .. } | Protocol::Mqtt(_) => return None,
    };
    Some(LineConfig::of(protocol, line.id.as_str(), baud))
}

/// The contacts at a board whose doors are let go by its own outputs.
fn contacts(config: &Config, board: usize) -> Vec<Follow> {
    let doors = config.controllers.iter().flat_map(|controller| &controller.doors);
    let parts = doors.filter_map(|door| door.parts);
    let follow = parts.filter_map(|parts| {
        let (contact, lock) = (parts.contact?.input, parts.lock.output);
        let is_here = contact.device == board && lock.device == board;
        is_here.then_some(Follow { input: contact.input, output: lock.output })
    });
    follow.collect()
}

/// The lock of an adapter's door.
fn lock(config: &Config, controller: &Controller) -> Option<LockPlace> {
    let output = controller.doors.first()?.parts?.lock.output;
    let controller = config.controllers.get(output.device)?.id.to_string();
    Some(LockPlace { controller, output: output.output })
}

/// A key that is kept in this file, made if it isn't there.
fn own_key(file: &Path) -> anyhow::Result<config::Key> {
    if let Some(key) = config::read_key(file)? {
        return Ok(key);
    }
    let mut key = config::Key::default();
    getrandom::fill(key.as_mut()).map_err(|error| anyhow::anyhow!("no random numbers: {error}"))?;
    config::write_key(file, &key).with_context(|| format!("can't write {}", file.display()))?;
    Ok(key)
}
