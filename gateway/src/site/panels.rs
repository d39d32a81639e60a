//! What devices are told to do, and what their links tell: the fleet and the site's health behind one [`DeviceClient`], whatever
//! kind of link asks.

use std::sync::Arc;

use tokio::sync::watch;

use super::clock;
use super::running::Site;
use crate::domain::{Became, DeviceCondition, LinkCondition};
use crate::links::{DeviceClient, Heard};
use crate::sync::{Answer, Demand, Failure, Room};

/// One link's view of the site. Devices are numbered as controllers are in the configuration.
struct Client {
    site: Arc<Site>,
    link: usize,
    stopped: watch::Receiver<bool>,
}

/// The client of the link of that number, until `stopped`.
pub fn client(site: &Arc<Site>, link: usize, stopped: watch::Receiver<bool>) -> Arc<dyn DeviceClient> {
    Arc::new(Client { site: Arc::clone(site), link, stopped })
}

impl Client {
    /// A link that goes down because the service stops is nothing to be alarmed at.
    fn is_stopping(&self) -> bool {
        *self.stopped.borrow()
    }
}

impl DeviceClient for Client {
    fn demand(&self, device: usize) -> Demand {
        self.site.fleet().demand(device, clock::now())
    }

    fn next(&self, device: usize, room: &mut dyn Room) -> bool {
        self.site.fleet().next(device, clock::now(), room)
    }

    fn answered(&self, device: usize, answer: &Answer) {
        self.site.fleet().answered(device, clock::now(), answer);
        self.site.news.notify_one();
    }

    fn failed(&self, device: usize, failure: Failure) {
        self.site.fleet().failed(device, clock::now(), failure);
        self.site.news.notify_one();
    }

    fn heard(&self, device: usize, heard: &Heard) {
        match heard {
            Heard::EventsWaiting(news) => self.site.fleet().events_waiting(device, *news),
            Heard::Decided(decided) => self.site.panel_decided(device, *decided),
            told if self.site.decides_for(device) => self.site.door_heard(device, told),
            // Panels decide by themselves and tell of it in their events; what else they say is theirs.
            Heard::Card { .. }
            | Heard::Keys { .. }
            | Heard::Inputs(_)
            | Heard::Outputs(_)
            | Heard::Itself { .. } => {}
        }
    }

    fn became(&self, device: usize, became: &Became) {
        if self.is_stopping() {
            return;
        }
        let now = clock::now();
        if let Some(online) = usable(became)
            && self.site.decides_for(device)
        {
            self.site.door_device(device, online);
        }
        if let Became::Condition { is: DeviceCondition::Online, .. } = became {
            // Whatever it was before, it may have lost its power or been replaced meanwhile.
            self.site.fleet().failed(device, now, Failure::Lost);
        }
        let alarms = self.site.health().device_became(device, now, became);
        if alarms.is_empty()
            && let Some(controller) = self.site.config.controllers.get(device)
        {
            tracing::info!(controller = %controller.id, "{}", became.why());
        }
        self.site.log_alarms(now, alarms);
        self.site.bump();
    }

    fn link(&self, condition: &LinkCondition) {
        if self.is_stopping() {
            return;
        }
        let now = clock::now();
        let alarms = self.site.health().link_became(self.link, now, condition);
        self.site.log_alarms(now, alarms);
        self.site.bump();
    }
}

/// Whether what it became means that it can be used now, or can't; `None`: neither.
fn usable(became: &Became) -> Option<bool> {
    match became {
        Became::Condition { is, .. } => Some(is.is_usable()),
        Became::Identified { .. } | Became::SecurityIncident { .. } => Some(false),
        Became::InstallModeOver { .. } | Became::Remark { .. } => None,
    }
}
