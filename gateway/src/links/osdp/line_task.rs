//! A line's loop: read, feed, drain, write, wait for the port, the clock, new demand, an order, a file or the end.
//!
//! No rules in here: those are the CP's. A port that goes is opened again, with growing pauses.

use std::fmt;
use std::future::Future;
use std::io;
use std::path::{Path, PathBuf};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::time::{Duration, Instant};

use panel_protocol::osdp::cp::{DeviceIdentity, Input};
use panel_protocol::time::Micros;
use tokio::sync::{Notify, mpsc, watch};

use super::driver::{Driver, Next, Role};
use super::keeper::{self, Keeper, Kept};
use super::limits::{READ_LEN, STATUS_INTERVAL};
use super::setup::{DeviceSetup, LineSetup};
use super::tap::Tap;
use super::timer::{Timer, now};
use super::{event, identity_file, keys};
use crate::domain::LinkCondition;
use crate::links::limits::{REOPEN_CAP, REOPEN_FIRST};
use crate::links::serial_port::{self, Port};
use crate::links::{DeviceClient, InstallError, LinkEnd, LinkStatus, Order, TendError, Tending};

/// One line's task.
#[must_use = "a line does nothing until its task runs"]
pub struct LineTask {
    pub(super) setup: LineSetup,
    client: Arc<dyn DeviceClient>,
    pub(super) driver: Driver,
    pub(super) keeper: Keeper,
    wake: Arc<Notify>,
    orders: mpsc::Receiver<Order>,
    status: watch::Sender<LinkStatus>,
    status_due: Micros,
    pub(super) tap: Tap,
    /// A device that is to be moved to an address, once that was asked whether it is free.
    pub(super) moving: Option<(u8, Tending)>,
    /// What was last told of the line.
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
    Kept(Kept),
    Shutdown,
}

impl LineTask {
    pub(super) fn new(setup: LineSetup, client: Arc<dyn DeviceClient>, end: LinkEnd) -> Self {
        let mut driver = Driver::new(setup.baud, Arc::clone(&client));
        for device in &setup.devices {
            let key_file = device.key_file.as_deref();
            let keys = key_file.map(|file| keys_of(device, file, client.as_ref()));
            let identity = key_file.and_then(identity_of);
            let role = Role { holds_table: device.holds_table, feedback: Arc::clone(&device.feedback) };
            if let Err(error) = driver.add(device.device, device.address, keys, identity, role) {
                tracing::error!(line = %setup.id, address = device.address, %error, "a controller is left out");
            }
        }
        let LinkEnd { wake, orders, status, listeners } = end;
        let (keeper, tap) = (Keeper::default(), Tap::new(listeners));
        let (status_due, moving, told) = (Micros(0), None, None);
        Self { setup, client, driver, keeper, wake, orders, status, status_due, tap, moving, told }
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
                        End::Shutdown => break,
                        End::Gone(error) => error,
                    }
                }
                Err(error) => error,
            };
            self.line_down(&error);
            if self.rest(pause, shutdown.as_mut()).await {
                break;
            }
            pause = (pause * 2).min(REOPEN_CAP);
        }
        while self.keeper.is_busy() {
            let kept = self.keeper.done().await;
            self.take_kept(kept);
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
        if self.moving.is_some() && self.driver.is_free() {
            self.move_device(port, buffer).await?;
        }
        let until = self.drain(port).await?;
        let woken = tokio::select! {
            biased;
            () = shutdown => Woken::Shutdown,
            read = port.read(buffer) => Woken::Received(read?),
            timed = timer.until(until) => timed.map(|()| Woken::Due)?,
            () = self.wake.notified() => Woken::Due,
            Some(order) = self.orders.recv() => Woken::Order(order),
            kept = self.keeper.done() => Woken::Kept(kept),
        };
        match woken {
            Woken::Shutdown => return Ok(false),
            Woken::Received(len) => {
                self.tap.read(&buffer[..len]);
                self.driver.handle(now(), Input::Received(&buffer[..len]));
            }
            Woken::Order(order) => self.obey(order),
            Woken::Kept(kept) => self.take_kept(kept),
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
                Next::KeyChange { device, worked } => self.end_key_change(device, worked),
                Next::Identified { device, identity } => self.remember(device, identity),
                Next::Heard => self.take_orders(),
                Next::Speed(baud) => self.change_speed(port, baud)?,
                Next::Wait(until) => {
                    self.publish(now());
                    return Ok(until);
                }
            }
        }
    }

    /// The port has gone, or was never there.
    fn line_down(&mut self, error: &io::Error) {
        let path = self.setup.port.display();
        self.tell(LinkCondition::Down { why: format!("{path}: {error}; {}", serial_port::remedy(error)) });
        self.driver.handle(now(), Input::LineDown);
        loop {
            match self.driver.next(now()) {
                Next::Transmit | Next::Heard => {} // the port has gone
                Next::Speed(baud) => self.note_speed(baud),
                Next::KeyChange { device, worked } => self.end_key_change(device, worked),
                Next::Identified { device, identity } => self.remember(device, identity),
                Next::Wait(_) => break,
            }
        }
        self.publish(now());
    }

    /// Waits before the port is tried again. True: the end has come.
    async fn rest(&mut self, pause: Duration, mut shutdown: Pin<&mut impl Future<Output = ()>>) -> bool {
        let mut pause = pin!(tokio::time::sleep(pause));
        loop {
            tokio::select! {
                () = shutdown.as_mut() => return true,
                () = pause.as_mut() => return false,
                Some(order) = self.orders.recv() => self.obey(order),
                kept = self.keeper.done() => self.take_kept(kept),
            }
        }
    }

    /// Whoever heard something may have ordered what follows from it: that goes out before the next poll.
    fn take_orders(&mut self) {
        while let Ok(order) = self.orders.try_recv() {
            self.obey(order);
        }
    }

    /// Does what is wanted, or begins to. Who asked may have gone; it is done all the same.
    fn obey(&mut self, order: Order) {
        match order {
            Order::Install { device, span, done } => match self.key_file(device) {
                None if self.driver.has(device) => drop(done.send(Err(InstallError::InClear))),
                None => drop(done.send(Err(InstallError::Unknown))),
                Some(_) if self.keeper.is_full() => drop(done.send(Err(InstallError::Busy))),
                Some(path) => drop(self.keeper.add(keeper::begin(device, path, span, done))),
            },
            Order::Actuate { actuation, done } => {
                let until = now() + actuation.deadline.saturating_duration_since(Instant::now());
                self.driver.actuate(actuation, until, done);
            }
            Order::Show(showing) => {
                let until = now() + showing.deadline.saturating_duration_since(Instant::now());
                self.driver.show(&showing, until);
            }
            Order::Tend(tending) => self.tend(tending),
        }
    }

    /// A file has been written, or could not be.
    fn take_kept(&mut self, kept: Kept) {
        match kept {
            Kept::Begun { device, span, key, done } => {
                let opened = key.map(|key| {
                    let now = now();
                    self.driver.open_install_mode(now, device, now + span, key);
                });
                drop(done.send(opened.map_err(|error| InstallError::Key(error.to_string()))));
            }
            Kept::NewKey { device, key, done } => match key {
                Ok(key) => self.driver.rotate_key(now(), device, key, done),
                Err(error) => drop(done.send(Err(TendError::Key(error.to_string())))),
            },
            Kept::Ended { device, worked: true, ended: Ok(()) } => {
                self.driver.key_kept(device, Ok(()));
                self.client.became(device, &event::key_saved());
            }
            Kept::Ended { ended: Ok(()), .. } | Kept::Remembered => {}
            Kept::Ended { device, ended: Err(error), .. } => {
                self.driver.key_kept(device, Err(error.to_string()));
                self.client.became(device, &event::key_not_saved(&error));
            }
        }
    }

    /// Puts a key that has worked into its place, or gives up one that has not.
    fn end_key_change(&mut self, device: usize, worked: bool) {
        let Some(path) = self.key_file(device) else { return };
        if !self.keeper.add(keeper::end(device, path, worked)) {
            self.client.became(device, &event::key_not_saved(&"too much is being written"));
        }
    }

    /// Keeps for the next start which device it is.
    fn remember(&mut self, device: usize, identity: DeviceIdentity) {
        let Some(path) = self.key_file(device) else { return };
        if !self.keeper.add(keeper::remember(path, identity)) {
            keeper::not_remembered(&"too much is being written");
        }
    }

    pub(super) fn key_file(&self, device: usize) -> Option<PathBuf> {
        let setup = self.setup.devices.iter().find(|setup| setup.device == device);
        setup.filter(|setup| self.driver.has(setup.device)).and_then(|setup| setup.key_file.clone())
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
        if self.told.as_ref().is_some_and(|told| !matches!(told, LinkCondition::Down { .. }))
            && let Some(condition) = self.driver.look(now)
        {
            self.tell(condition);
        }
        self.status_due = now + STATUS_INTERVAL;
        let mut status = LinkStatus::new(self.setup.id.clone());
        status.condition.clone_from(&self.told);
        self.driver.report(now, &mut status);
        self.status.send_replace(status);
    }
}

/// The keys that a device may have. Without a usable key file it has none, and that is told.
fn keys_of(device: &DeviceSetup, file: &Path, client: &dyn DeviceClient) -> keys::KnownKeys {
    keys::load(file).unwrap_or_else(|error| {
        client.became(device.device, &event::key_unusable(&error));
        keys::KnownKeys::default()
    })
}

/// The device that had the key last, as far as that can be read.
fn identity_of(key_file: &Path) -> Option<DeviceIdentity> {
    identity_file::read(key_file).unwrap_or_else(|error| {
        tracing::warn!(file = %identity_file::path(key_file).display(), %error,
            "a controller's identity can't be read; the next device with its key is taken for it");
        None
    })
}

impl fmt::Debug for LineTask {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LineTask").field("line", &self.setup.id).finish_non_exhaustive()
    }
}
