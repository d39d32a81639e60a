//! From the configuration's lines to links that run: the one place that knows which kinds there are.

use std::sync::Arc;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use tokio::sync::watch;

use super::panels;
use super::running::Site;
use crate::config::{Attachment, ControllerKind, Protocol};
use crate::links::osdp::{self, DeviceSetup, LineSetup};

/// Makes a link of the configuration and gives the site its handle; what is returned serves the link until `stopped`.
/// Reads key files, so it may wait for the disk.
pub fn link(site: &Arc<Site>, link: usize, mut stopped: watch::Receiver<bool>) -> BoxFuture<'static, ()> {
    let client = panels::client(site, link, stopped.clone());
    let until = async move { drop(stopped.wait_for(|stopped| *stopped).await) };
    match &site.config.lines[link].protocol {
        Protocol::Osdp { .. } => {
            let (handle, task) = osdp::line(osdp_setup(site, link), client);
            site.attach(link, handle);
            task.run(until).boxed()
        }
    }
}

fn osdp_setup(site: &Site, link: usize) -> LineSetup {
    let line = &site.config.lines[link];
    let Protocol::Osdp { port, baud } = &line.protocol;
    let devices = site.config.controllers.iter().enumerate().filter_map(|(device, controller)| {
        let Attachment::Osdp { line: of, address, scbk_file } = &controller.attachment;
        (*of == line.id).then(|| DeviceSetup {
            device,
            address: *address,
            key_file: scbk_file.clone(),
            holds_table: controller.kind == ControllerKind::Panel,
        })
    });
    LineSetup { id: line.id.clone(), port: port.clone(), baud: *baud, devices: devices.collect() }
}
