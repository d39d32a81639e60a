//! From the configuration's lines to links that run: the one place that knows which kinds there are.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use rustls::ServerConfig;
use tokio::sync::watch;

use super::running::Site;
use super::{clock, panels};
use crate::config::{Attachment, Broker, BrokerElsewhere, BrokerPlace, ControllerKind, Protocol, Tls};
use crate::links::modbus::{self, BoardSetup, Reach};
use crate::links::mqtt::{self, BrokerSetup, ClientTls, Elsewhere, Embedded, Place};
use crate::links::osdp::{self, DeviceSetup, LineSetup};
use crate::links::wiegand_serial;
use crate::web::tls::{self, Origin, Served, TlsError};

/// Makes a link of the configuration and gives the site its handle; what is returned serves the link until `stopped`.
/// Reads key files, so it may wait for the disk.
pub fn link(site: &Arc<Site>, link: usize, mut stopped: watch::Receiver<bool>) -> BoxFuture<'static, ()> {
    let client = panels::client(site, link, stopped.clone());
    let until = async move { drop(stopped.wait_for(|stopped| *stopped).await) };
    match &site.config.lines[link].protocol {
        Protocol::Osdp { port, baud } => {
            let (handle, task) = osdp::line(osdp_setup(site, link, port, *baud), client);
            site.attach(link, handle);
            task.run(until).boxed()
        }
        Protocol::Modbus { reach, gap } => {
            let (handle, task) = modbus::line(modbus_setup(site, link, reach, *gap), client);
            site.attach(link, handle);
            task.run(until).boxed()
        }
        Protocol::WiegandSerial { place, profile } => {
            let setup = adapter_setup(site, link, place, profile);
            let (handle, task) = wiegand_serial::line(setup, client);
            site.attach(link, handle);
            task.run(until).boxed()
        }
        Protocol::Mqtt(broker) => {
            let (handle, task) = mqtt::broker_link(mqtt_setup(site, link, broker), client);
            site.attach(link, handle);
            task.run(until).boxed()
        }
    }
}

fn osdp_setup(site: &Site, link: usize, port: &Path, baud: u32) -> LineSetup {
    let line = &site.config.lines[link];
    let devices = site.config.controllers.iter().enumerate().filter_map(|(device, controller)| {
        let Attachment::Osdp { line: of, address, scbk_file } = &controller.attachment else { return None };
        (*of == line.id).then(|| DeviceSetup {
            device,
            address: *address,
            key_file: scbk_file.clone(),
            holds_table: controller.kind == ControllerKind::Panel,
            feedback: Arc::clone(&controller.feedback),
        })
    });
    LineSetup { id: line.id.clone(), port: port.to_owned(), baud, devices: devices.collect() }
}

fn modbus_setup(site: &Site, link: usize, reach: &Reach, gap: Duration) -> modbus::LineSetup {
    let id = &site.config.lines[link].id;
    let boards = site.config.controllers.iter().enumerate().filter_map(|(device, controller)| {
        let Attachment::Modbus { line, address, map, timeout } = &controller.attachment else { return None };
        (line == id).then(|| BoardSetup {
            device,
            address: *address,
            map: Arc::clone(map),
            driven: driven(site, device),
            timeout: *timeout,
        })
    });
    modbus::LineSetup { id: id.clone(), reach: reach.clone(), gap, boards: boards.collect() }
}

/// The outputs of a device that doors have, of whatever controller.
fn driven(site: &Site, device: usize) -> Vec<u8> {
    let doors = site.config.controllers.iter().flat_map(|controller| &controller.doors);
    let outputs = doors.filter_map(|door| door.parts.as_ref()).map(|parts| parts.lock.output);
    outputs.filter(|output| output.device == device).map(|output| output.output).collect()
}

fn adapter_setup(
    site: &Site,
    link: usize,
    place: &wiegand_serial::Place,
    profile: &wiegand_serial::Profile,
) -> wiegand_serial::LineSetup {
    let id = site.config.lines[link].id.clone();
    let is_its =
        |attachment: &Attachment| matches!(attachment, Attachment::WiegandSerial { line } if *line == id);
    let device = site.config.controllers.iter().position(|controller| is_its(&controller.attachment));
    wiegand_serial::LineSetup { place: place.clone(), profile: profile.clone(), device, id }
}

fn mqtt_setup(site: &Site, link: usize, broker: &Broker) -> BrokerSetup {
    let place = match &broker.place {
        BrokerPlace::Embedded { listen, tls, plain } => Place::Embedded(Embedded {
            listen: *listen,
            plain: *plain,
            tls: server_tls(site, *listen, tls).map_err(|error| format!("{error}; {}", error.remedy())),
            passwords: site.config.broker_passwords(),
        }),
        BrokerPlace::Elsewhere(BrokerElsewhere { host, port, tls, credentials_file }) => {
            Place::Elsewhere(Elsewhere {
                host: host.clone(),
                port: *port,
                tls: tls.as_ref().map(|tls| ClientTls { ca: tls.ca.clone(), client: tls.client.clone() }),
                credentials_file: credentials_file.clone(),
            })
        }
    };
    let devices = site.config.controllers.iter().enumerate().filter_map(|(device, controller)| {
        let Attachment::Mqtt { user, dialect, .. } = &controller.attachment else { return None };
        Some(mqtt::DeviceSetup { device, user: user.clone(), dialect: dialect.clone() })
    });
    let id = site.config.lines[link].id.clone();
    BrokerSetup { id, site: broker.site.clone(), place, devices: devices.collect() }
}

/// What the broker inside shows to its clients; `None` where it listens in clear.
fn server_tls(site: &Site, listen: SocketAddr, tls: &Tls) -> Result<Option<Arc<ServerConfig>>, TlsError> {
    let origin = match tls {
        Tls::Off => return Ok(None),
        Tls::Files { cert, key } => Origin::Files { cert: cert.clone(), key: key.clone() },
        Tls::SelfSigned => Origin::Made { folder: site.config.broker_tls(), names: tls::local_names(listen) },
    };
    let mut config = Arc::new(Served::new(origin, clock::now())?).server_config();
    config.alpn_protocols.clear();
    Ok(Some(Arc::new(config)))
}
