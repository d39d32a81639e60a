//! What lines are told to send, and what they tell: the fleet and the site's health behind one [`PanelClient`].

use std::sync::Arc;

use panel_protocol::osdp::reply::Reply;
use panel_protocol::panel::OUI;
use tokio::sync::watch;

use super::clock;
use super::running::Site;
use crate::domain::{Became, DeviceCondition, LinkCondition};
use crate::links::card_table::{self, Frame};
use crate::links::osdp::{self, LineSetup, PanelClient, PanelSetup};
use crate::sync::{Demand, Failure};

/// One line's view of the site.
struct Line {
    site: Arc<Site>,
    line: usize,
    stopped: watch::Receiver<bool>,
}

/// Makes the task of one line of the configuration, and the site's handle to it.
pub fn line(
    site: &Arc<Site>,
    line: usize,
    mut stopped: watch::Receiver<bool>,
) -> impl Future<Output = ()> + Send + use<> {
    let config = &site.config.lines[line];
    let places = site.places.iter().enumerate().filter(|(_, place)| place.line == line);
    let panels = places.map(|(at, _)| {
        let controller = &site.config.controllers[at];
        PanelSetup { controller: at, address: controller.address, key_file: controller.scbk_file.clone() }
    });
    let setup = LineSetup {
        id: config.id.clone(),
        port: config.port.clone(),
        baud: config.baud,
        panels: panels.collect(),
    };
    let client = Line { site: Arc::clone(site), line, stopped: stopped.clone() };
    let (handle, task) = osdp::line(setup, Arc::new(client));
    site.lines[line].get_or_init(|| handle);
    task.run(async move { drop(stopped.wait_for(|stopped| *stopped).await) })
}

impl Line {
    /// A line that goes down because the service stops is nothing to be alarmed at.
    fn is_stopping(&self) -> bool {
        *self.stopped.borrow()
    }
}

impl PanelClient for Line {
    fn demand(&self, controller: usize) -> Demand {
        self.site.fleet().demand(controller, clock::now())
    }

    fn next_operation(&self, controller: usize, to: &mut [u8]) -> Option<usize> {
        let mut frame = Frame::new(to);
        self.site.fleet().next(controller, clock::now(), &mut frame).then(|| frame.filled())?
    }

    fn answer(&self, controller: usize, bytes: &[u8]) {
        match card_table::answer(bytes) {
            Some(answer) => self.site.fleet().answered(controller, clock::now(), &answer),
            None => self.site.fleet().failed(controller, clock::now(), Failure::Malformed),
        }
        self.site.news.notify_one();
    }

    fn failed(&self, controller: usize) {
        self.site.fleet().failed(controller, clock::now(), Failure::Lost);
        self.site.news.notify_one();
    }

    fn told(&self, controller: usize, reply: &Reply<'_>) {
        if let Reply::Manufacturer(said) = reply
            && said.oui == OUI
            && let Some(news) = card_table::waiting(said.data)
        {
            self.site.fleet().events_waiting(controller, news);
        }
    }

    fn became(&self, controller: usize, became: &Became) {
        if self.is_stopping() {
            return;
        }
        let now = clock::now();
        if let Became::Condition { is: DeviceCondition::Online, .. } = became {
            // Whatever it was before, it may have lost its power or been replaced meanwhile.
            self.site.fleet().failed(controller, now, Failure::Lost);
        }
        let alarms = self.site.health().device_became(controller, now, became);
        if alarms.is_empty()
            && let Some(controller) = self.site.config.controllers.get(controller)
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
        let alarms = self.site.health().link_became(self.line, now, condition);
        self.site.log_alarms(now, alarms);
        self.site.bump();
    }
}
