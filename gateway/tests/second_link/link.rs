//! The second kind of link: one device on a channel.

use std::sync::Arc;

use gateway::domain::{Became, DeviceCondition, FaultCounts, LinkCondition};
use gateway::links::{
    DeviceClient, DeviceStatus, Heard, InstallError, LinkEnd, LinkStatus, Order, TendError,
};
use gateway::sync::{Demand, Failure};
use tokio::sync::watch;

use crate::panel::{Message, Wire};

/// The client's number of the only device.
const DEVICE: usize = 0;

/// Serves the device until `stopped`.
pub(crate) async fn serve(
    client: Arc<dyn DeviceClient>,
    mut end: LinkEnd,
    mut wire: Wire,
    mut stopped: watch::Receiver<bool>,
) {
    client.link(&LinkCondition::Up);
    let mut online = false;
    loop {
        let plugged = *wire.plugged.borrow_and_update();
        if plugged != online {
            online = plugged;
            tell(client.as_ref(), &end, online);
        }
        if online && step(client.as_ref(), &wire).await {
            continue;
        }
        tokio::select! {
            _ = stopped.wait_for(|stopped| *stopped) => return,
            () = end.wake.notified() => {}
            changed = wire.plugged.changed() => changed.unwrap(),
            Some(news) = wire.news.recv() => client.heard(DEVICE, &Heard::EventsWaiting(news)),
            Some(order) = end.orders.recv() => obey(order, &wire),
        }
    }
}

/// One operation, if one is wanted.
async fn step(client: &dyn DeviceClient, wire: &Wire) -> bool {
    let mut message = Message::default();
    if client.demand(DEVICE) == Demand::None || !client.next(DEVICE, &mut message) {
        return false;
    }
    match wire.ask(message).await {
        Some(answer) => client.answered(DEVICE, &answer),
        None => client.failed(DEVICE, Failure::Lost),
    }
    true
}

fn tell(client: &dyn DeviceClient, end: &LinkEnd, online: bool) {
    let (is, why) = if online {
        client.became(DEVICE, &Became::Identified { why: "answers: the panel on the channel".into() });
        (DeviceCondition::Online, "is plugged in")
    } else {
        (DeviceCondition::Offline, "has been unplugged")
    };
    client.became(DEVICE, &Became::Condition { is, why: why.into() });
    end.status.send_modify(|status: &mut LinkStatus| {
        status.condition = Some(LinkCondition::Up);
        status.devices = vec![DeviceStatus {
            device: DEVICE,
            condition: is,
            identity: Some("the panel on the channel".into()),
            last_heard: None,
            faults: FaultCounts { timeouts: 7, ..FaultCounts::default() },
            frames_sent: 20,
            frames_received: 13,
        }];
    });
}

fn obey(order: Order, wire: &Wire) {
    match order {
        Order::Install { done, .. } => drop(done.send(Err(InstallError::Unknown))),
        Order::Show(_) => {} // it has no reader
        Order::Tend(tending) => drop(tending.done.send(Err(TendError::NotThisKind))),
        Order::Actuate { done, .. } => {
            wire.device.switch();
            drop(done.send(Ok(())));
        }
    }
}
