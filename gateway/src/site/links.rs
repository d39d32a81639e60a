//! From the configuration's lines to links that run: the one place that knows which kinds there are.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use rustls::ServerConfig;
use tokio::sync::watch;

use super::running::Site;
use super::{clock, panels};
use crate::config::{
    Attachment, Broker, BrokerElsewhere, BrokerPlace, ControllerKind, Dialect, Protocol, Tls,
};
use crate::links::mqtt::{self, BrokerSetup, ClientTls, Elsewhere, Embedded, Place};
use crate::links::osdp::{self, DeviceSetup, LineSetup};
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
        })
    });
    LineSetup { id: line.id.clone(), port: port.to_owned(), baud, devices: devices.collect() }
}

fn mqtt_setup(site: &Site, link: usize, broker: &Broker) -> BrokerSetup {
    let place = match &broker.place {
        BrokerPlace::Embedded { listen, tls } => Place::Embedded(Embedded {
            listen: *listen,
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
        let Attachment::Mqtt { topic, dialect: Dialect::Native, .. } = &controller.attachment else {
            return None;
        };
        Some(mqtt::DeviceSetup { device, topic: topic.clone() })
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
