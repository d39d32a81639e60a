//! A line's loop: read, feed, drain, write, wait for the port, the clock, new demand, the operator or the end.
//!
//! No rules in here: those are the CP's. A port that goes is opened again, with growing pauses.

use std::fmt;
use std::future::Future;
use std::io;
use std::path::PathBuf;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::time::Duration;

use panel_protocol::osdp::cp::{DeviceIdentity, Input};
use panel_protocol::time::Micros;
use tokio::sync::{Notify, mpsc, watch};
use tokio::task::spawn_blocking;

use super::driver::{Driver, Next};
use super::identity_file;
use super::keys::{self, KeyError};
use super::limits::{READ_LEN, REOPEN_CAP, REOPEN_FIRST, STATUS_INTERVAL};
use super::port::Port;
use super::tap::Tap;
use super::timer::{Timer, now};
use super::{InstallError, LineSetup, LineStatus, Order, PanelClient, event};
use crate::domain::LinkCondition;

/// One line's task.
#[must_use = "a line does nothing until its task runs"]
pub struct LineTask {
    setup: LineSetup,
    client: Arc<dyn PanelClient>,
    driver: Driver,
    wake: Arc<Notify>,
    orders: mpsc::Receiver<Order>,
    status: watch::Sender<LineStatus>,
    status_due: Micros,
    tap: Tap,
    /// What was last told of the port.
    told: Option<LinkCondition>,
}

/// Why the port is not served any longer.
enum End {
    Shutdown,
    Gone(io::Error),
}

/// What the loop was woken by.
enum Woken {
    /// A time that was waited for, or new demand.
    Due,
    /// So many bytes.
    Received(usize),
    Order(Order),
    Shutdown,
}

impl LineTask {
    pub(super) fn new(
        setup: LineSetup,
        client: Arc<dyn PanelClient>,
        wake: Arc<Notify>,
        orders: mpsc::Receiver<Order>,
        status: watch::Sender<LineStatus>,
        tap: Tap,
    ) -> Self {
        let mut driver = Driver::new(setup.baud, Arc::clone(&client));
        for panel in &setup.panels {
            let keys = keys::load(&panel.key_file).unwrap_or_else(|error| {
                client.became(panel.controller, &event::key_unusable(&error));
                keys::KnownKeys::default()
            });
            let identity = identity_file::read(&panel.key_file).unwrap_or_else(|error| {
                tracing::warn!(file = %identity_file::path(&panel.key_file).display(), %error,
                    "a controller's identity can't be read; the next device with its key is taken for it");
                None
            });
            if let Err(error) = driver.add(panel.controller, panel.address, keys, identity) {
                tracing::error!(line = %setup.id, address = panel.address, %error, "a controller is left out");
            }
        }
        Self { setup, client, driver, wake, orders, status, status_due: Micros(0), tap, told: None }
    }

    /// Serves the line until `shutdown` is ready. Never ends otherwise: a port that goes is waited for.
    pub async fn run(mut self, shutdown: impl Future<Output = ()>) {
        let mut shutdown = pin!(shutdown);
        let mut pause = REOPEN_FIRST;
        loop {
            let error = match self.open() {
                Ok((mut port, mut timer)) => {
                    pause = REOPEN_FIRST;
                    match self.serve(&mut port, &mut timer, shutdown.as_mut()).await {
                        End::Shutdown => return,
                        End::Gone(error) => error,
                    }
                }
                Err(error) => error,
            };
            self.line_down(&error).await;
            if self.rest(pause, shutdown.as_mut()).await {
                return;
            }
            pause = (pause * 2).min(REOPEN_CAP);
        }
    }

    fn open(&mut self) -> io::Result<(Port, Timer)> {
        let port = Port::open(&self.setup.port, self.setup.baud)?;
        let timer = Timer::new()?;
        self.tell(LinkCondition::Up);
        self.driver.handle(now(), Input::LineUp);
        Ok((port, timer))
    }

    /// Serves an open port until it goes.
    async fn serve(
        &mut self,
        port: &mut Port,
        timer: &mut Timer,
        mut shutdown: Pin<&mut impl Future<Output = ()>>,
    ) -> End {
        let mut buffer = vec![0; READ_LEN];
        loop {
            match self.turn(port, timer, shutdown.as_mut(), &mut buffer).await {
                Ok(true) => {}
                Ok(false) => return End::Shutdown,
                Err(error) => return End::Gone(error),
            }
        }
    }

    /// Does what is due, waits, and takes in what came. False: the end has come.
    async fn turn(
        &mut self,
        port: &mut Port,
        timer: &mut Timer,
        shutdown: Pin<&mut impl Future<Output = ()>>,
        buffer: &mut [u8],
    ) -> io::Result<bool> {
        let until = self.drain(port).await?;
        let woken = tokio::select! {
            biased;
            () = shutdown => Woken::Shutdown,
            read = port.read(buffer) => Woken::Received(read?),
            timed = timer.until(until) => timed.map(|()| Woken::Due)?,
            () = self.wake.notified() => Woken::Due,
            Some(order) = self.orders.recv() => Woken::Order(order),
        };
        match woken {
            Woken::Shutdown => return Ok(false),
            Woken::Received(len) => {
                self.tap.read(&buffer[..len]);
                self.driver.handle(now(), Input::Received(&buffer[..len]));
            }
            Woken::Order(order) => self.obey(order).await,
            Woken::Due => {}
        }
        Ok(true)
    }

    /// Does everything that is due now; says until when nothing more is.
    async fn drain(&mut self, port: &mut Port) -> io::Result<Option<Micros>> {
        loop {
            match self.driver.next(now()) {
                Next::Transmit => {
                    port.write(self.driver.frame()).await?;
                    self.tap.wrote(self.driver.frame());
                }
                Next::KeyChange { controller, worked } => self.end_key_change(controller, worked).await,
                Next::Identified { controller, identity } => self.remember(controller, identity).await,
                Next::Wait(until) => {
                    self.publish(now());
                    return Ok(until);
                }
            }
        }
    }

    /// The port has gone, or was never there.
    async fn line_down(&mut self, error: &io::Error) {
        let port = self.setup.port.display();
        let why = format!("{port}: {error}; {}", remedy(error));
        self.tell(LinkCondition::Down { why });
        self.driver.handle(now(), Input::LineDown);
        loop {
            match self.driver.next(now()) {
                Next::Transmit => {} // the port has gone
                Next::KeyChange { controller, worked } => self.end_key_change(controller, worked).await,
                Next::Identified { controller, identity } => self.remember(controller, identity).await,
                Next::Wait(_) => break,
            }
        }
        self.publish(now());
    }

    /// Waits before the port is tried again. True: the end has come.
    async fn rest(&mut self, pause: Duration, mut shutdown: Pin<&mut impl Future<Output = ()>>) -> bool {
        let mut pause = pin!(tokio::time::sleep(pause));
        loop {
            let order = tokio::select! {
                () = shutdown.as_mut() => return true,
                () = pause.as_mut() => return false,
                Some(order) = self.orders.recv() => order,
            };
            self.obey(order).await;
        }
    }

    async fn obey(&mut self, order: Order) {
        let Order::Install { controller, span, done } = order;
        let opened = self.open_install_mode(controller, span).await;
        drop(done.send(opened)); // who asked may have gone; install mode is open all the same, until its time is over
    }

    async fn open_install_mode(&mut self, controller: usize, span: Duration) -> Result<(), InstallError> {
        let path = self.key_file(controller).ok_or(InstallError::Unknown)?;
        let key = on_disk(move || keys::begin(&path)).await?;
        let now = now();
        self.driver.open_install_mode(now, controller, now + span, key);
        Ok(())
    }

    /// Puts a key that has worked into its place, or gives up one that has not.
    async fn end_key_change(&mut self, controller: usize, worked: bool) {
        let Some(path) = self.key_file(controller) else { return };
        let ended = on_disk(move || if worked { keys::finish(&path) } else { keys::give_up(&path) }).await;
        match ended {
            Ok(()) if worked => self.client.became(controller, &event::key_saved()),
            Ok(()) => {}
            Err(error) => self.client.became(controller, &event::key_not_saved(&error)),
        }
    }

    /// Keeps for the next start which device the controller is.
    async fn remember(&mut self, controller: usize, identity: DeviceIdentity) {
        let Some(path) = self.key_file(controller) else { return };
        let written = spawn_blocking(move || identity_file::write(&path, &identity)).await;
        if let Ok(Err(error)) = written {
            tracing::error!(%error, "which device a controller is can't be kept: one that is swapped while the service is stopped will not be noticed");
        }
    }

    fn key_file(&self, controller: usize) -> Option<PathBuf> {
        let panel = self.setup.panels.iter().find(|panel| panel.controller == controller);
        panel.filter(|panel| self.driver.has(panel.controller)).map(|panel| panel.key_file.clone())
    }

    /// Tells of the line, if that is news.
    fn tell(&mut self, condition: LinkCondition) {
        if self.told.as_ref() != Some(&condition) {
            self.client.link(&condition);
            self.told = Some(condition);
            self.status_due = Micros(0);
        }
    }

    /// Renews the status, when something has happened or enough time has passed.
    fn publish(&mut self, now: Micros) {
        if !self.driver.take_news() && now < self.status_due {
            return;
        }
        self.status_due = now + STATUS_INTERVAL;
        self.status.send_replace(LineStatus {
            id: self.setup.id.clone(),
            port: match &self.told {
                Some(LinkCondition::Down { why }) => Err(why.clone()),
                _ => Ok(()),
            },
            counters: self.driver.counters(),
            panels: self.driver.panels(now),
        });
    }
}

/// Work on key files, away from the loop's thread. The line waits for it: it happens at an operator's word only.
async fn on_disk<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, KeyError> + Send + 'static,
) -> Result<T, KeyError> {
    spawn_blocking(work).await.unwrap_or_else(|_| Err(KeyError::Stopped))
}

/// What to do about a port that can't be had.
fn remedy(error: &io::Error) -> &'static str {
    match error.kind() {
        io::ErrorKind::NotFound | io::ErrorKind::UnexpectedEof => {
            "plug the adapter in; a path under /dev/serial/by-id stays the same from one time to the next"
        }
        io::ErrorKind::PermissionDenied => "add the service's user to the group that owns the device",
        io::ErrorKind::ResourceBusy => "stop that program",
        _ => "the line goes on by itself when the port is back",
    }
}

impl fmt::Debug for LineTask {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LineTask").field("line", &self.setup.id).finish_non_exhaustive()
    }
}
