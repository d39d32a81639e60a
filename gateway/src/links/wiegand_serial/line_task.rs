//! The loop: read, feed, tell, wait for bytes, a pause, an order or the end. No rules in here.

use std::future::Future;
use std::io;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use panel_protocol::time::Micros;
use tokio::sync::{broadcast, mpsc, watch};
use tokio::time::sleep;

use super::LineSetup;
use super::frames::{Frames, Told};
use super::limits::READ_LEN;
use super::stream::Stream;
use crate::domain::osdpcap::{Io, Record};
use crate::domain::{Became, DeviceCondition, FaultCounts, Level, LinkCondition};
use crate::links::limits::{REOPEN_CAP, REOPEN_FIRST};
use crate::links::{
    ActuateError, DeviceClient, DeviceStatus, Heard, InstallError, LinkEnd, LinkStatus, Order, PressedKeys,
    TendError,
};

/// What is said of an adapter that could be heard.
const UNSUPERVISED: &str = "can be heard; nothing tells whether the adapter and its reader are there";

/// The adapter's only reader.
const READER: u8 = 0;

/// One line's task.
#[must_use = "a line does nothing until its task runs"]
pub struct LineTask {
    setup: LineSetup,
    client: Arc<dyn DeviceClient>,
    frames: Frames,
    began: Instant,
    orders: mpsc::Receiver<Order>,
    status: watch::Sender<LinkStatus>,
    listeners: broadcast::Sender<Record>,
    /// What was last told of the line.
    told: Option<LinkCondition>,
}

/// Why the line is not served any longer.
enum End {
    Shutdown,
    Gone(io::Error),
}

impl LineTask {
    pub(super) fn new(setup: LineSetup, client: Arc<dyn DeviceClient>, end: LinkEnd) -> Self {
        let LinkEnd { orders, status, listeners, .. } = end;
        let frames = Frames::new(setup.profile.clone());
        Self { setup, client, frames, began: Instant::now(), orders, status, listeners, told: None }
    }

    /// Serves the line until `shutdown` is ready. Never ends otherwise: what goes is waited for.
    pub async fn run(mut self, shutdown: impl Future<Output = ()>) {
        let mut shutdown = pin!(shutdown);
        let mut pause = REOPEN_FIRST;
        loop {
            let opened = tokio::select! {
                () = shutdown.as_mut() => return,
                opened = self.setup.place.open() => opened,
            };
            let error = match opened {
                Ok(stream) => {
                    pause = REOPEN_FIRST;
                    self.up();
                    match self.serve(stream, shutdown.as_mut()).await {
                        End::Shutdown => return,
                        End::Gone(error) => error,
                    }
                }
                Err(error) => error,
            };
            self.down(&error);
            if self.rest(pause, shutdown.as_mut()).await {
                return;
            }
            pause = (pause * 2).min(REOPEN_CAP);
        }
    }

    async fn serve(&mut self, mut stream: Stream, mut shutdown: Pin<&mut impl Future<Output = ()>>) -> End {
        let mut buffer = [0; READ_LEN];
        loop {
            let until_due = self.frames.due().map(|due| due.since(self.now()));
            tokio::select! {
                biased;
                () = shutdown.as_mut() => return End::Shutdown,
                read = stream.read(&mut buffer) => match read {
                    Ok(len) => self.frames.handle(self.now(), &buffer[..len]),
                    Err(error) => return End::Gone(error),
                },
                () = sleep(until_due.unwrap_or(Duration::MAX)), if until_due.is_some() => {
                    self.frames.tick(self.now());
                }
                Some(order) = self.orders.recv() => refuse(order),
            }
            self.tell_all();
        }
    }

    /// Waits until the place is tried again. True: the end has come.
    async fn rest(&mut self, pause: Duration, mut shutdown: Pin<&mut impl Future<Output = ()>>) -> bool {
        let mut over = pin!(sleep(pause));
        loop {
            tokio::select! {
                () = shutdown.as_mut() => return true,
                () = over.as_mut() => return false,
                Some(order) = self.orders.recv() => refuse(order),
            }
        }
    }

    fn now(&self) -> Micros {
        Micros(u64::try_from(self.began.elapsed().as_micros()).unwrap_or(u64::MAX))
    }

    fn up(&mut self) {
        self.tell_link(LinkCondition::Up);
        self.became(DeviceCondition::Unsupervised, UNSUPERVISED.to_owned());
    }

    fn down(&mut self, error: &io::Error) {
        let place = &self.setup.place;
        let why = format!("{place}: {error}; {}", place.remedy(error));
        self.tell_link(LinkCondition::Down { why });
        self.became(DeviceCondition::Offline, "can't be heard: its line is down".to_owned());
    }

    fn tell_link(&mut self, condition: LinkCondition) {
        if self.told.as_ref() != Some(&condition) {
            self.client.link(&condition);
            self.status.send_modify(|status| status.condition = Some(condition.clone()));
            self.told = Some(condition);
        }
    }

    fn became(&self, is: DeviceCondition, why: String) {
        let Some(device) = self.setup.device else { return };
        self.status.send_modify(|status| self::device(status, device).condition = is);
        self.client.became(device, &Became::Condition { is, why });
    }

    fn tell_all(&mut self) {
        while let Some(told) = self.frames.poll() {
            self.tell(told);
        }
    }

    fn tell(&self, told: Told) {
        let Some(device) = self.setup.device else { return };
        match told {
            Told::Frame { frame, card, age } => {
                self.tap(frame);
                self.count(device, card.is_ok());
                match card {
                    Ok(card) => {
                        self.client.heard(device, &Heard::Card { reader: READER, card, max_age: age });
                    }
                    Err(why) => tracing::debug!(line = %self.setup.id, "a frame is no card: {why}"),
                }
            }
            Told::Key(key) => {
                let keys = PressedKeys::new(std::iter::once(key));
                self.client.heard(device, &Heard::Keys { reader: READER, keys, max_age: Duration::ZERO });
            }
            Told::Stuck(_) => self.client.became(device, &stuck()),
        }
    }

    /// Keys never pass here: they may be a PIN.
    fn tap(&self, frame: Vec<u8>) {
        if self.listeners.receiver_count() > 0 {
            let record = Record { at: Some(Timestamp::now()), io: Io::Input, data: frame, note: None };
            // Nobody may be listening any more.
            let _ = self.listeners.send(record);
        }
    }

    fn count(&self, device: usize, is_card: bool) {
        let now = Timestamp::now();
        self.status.send_modify(|status| {
            status.stray_frames += u64::from(!is_card);
            let status = self::device(status, device);
            status.last_heard = Some(now);
            status.frames_received += u64::from(is_card);
            status.faults.bad_check += u64::from(!is_card);
        });
    }
}

/// The status of the line's only device.
fn device(status: &mut LinkStatus, device: usize) -> &mut DeviceStatus {
    if status.devices.is_empty() {
        status.devices.push(DeviceStatus {
            device,
            condition: DeviceCondition::Starting,
            identity: None,
            last_heard: None,
            faults: FaultCounts::default(),
            frames_sent: 0,
            frames_received: 0,
        });
    }
    &mut status.devices[0]
}

fn stuck() -> Became {
    let text =
        "tells the same card again and again: a card lies on its reader, or the adapter is stuck".to_owned();
    Became::Remark { level: Some(Level::Attention), text }
}

/// Nothing can be sent to an adapter.
fn refuse(order: Order) {
    // Whoever asked may have gone.
    match order {
        Order::Install { done, .. } => drop(done.send(Err(InstallError::NoKeys))),
        Order::Actuate { done, .. } => {
            drop(done.send(Err(ActuateError::Refused("an adapter has no outputs".to_owned()))));
        }
        Order::Show(_) => {}
        Order::Tend(tending) => tending.answer(Err(TendError::NotThisKind)),
    }
}
