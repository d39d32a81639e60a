//! A line's loop: ask, feed, tell, and wait for the clock, an order or the end.
//!
//! No rules in here: those are the machine's. A port that goes is opened again, a peer reached again, with growing pauses.
//! When the service stops, what is ours to switch off is switched off before the loop ends.

use std::fmt;
use std::future::Future;
use std::io::{self, ErrorKind};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::FutureExt;
use jiff::Timestamp;
use panel_protocol::time::Micros;
use tokio::net::TcpStream;
use tokio::sync::{mpsc, watch};
use tokio::time::{sleep, timeout};

use super::board::{Board, Telling};
use super::codec::Framing;
use super::exchange::{Exchanged, exchange};
use super::limits::{CONNECT_TIMEOUT, REOPEN_CAP, REOPEN_FIRST, STATUS_INTERVAL, STOP_TIME};
use super::machine::{Ask, Input, Machine, Next};
use super::request::Fault;
use super::setup::{LineSetup, Reach};
use super::wire::Wire;
use crate::domain::LineId;
use crate::links::serial_port::{self, Port};
use crate::links::{DeviceClient, DeviceStatus, InstallError, LinkEnd, LinkStatus, Order, TendError};

/// One line's task.
#[must_use = "a line does nothing until its task runs"]
pub struct LineTask {
    id: LineId,
    reach: Reach,
    client: Arc<dyn DeviceClient>,
    machine: Machine,
    orders: mpsc::Receiver<Order>,
    status: watch::Sender<LinkStatus>,
    status_due: Micros,
    started: Instant,
    /// By when it ends, once it was told to.
    stop_by: Option<Micros>,
}

/// Why the line is not served any longer.
enum End {
    Shutdown,
    Gone(io::Error),
}

impl LineTask {
    pub(super) fn new(setup: LineSetup, client: Arc<dyn DeviceClient>, end: LinkEnd) -> Self {
        Self {
            id: setup.id,
            reach: setup.reach,
            client,
            machine: Machine::new(setup.boards, setup.gap),
            orders: end.orders,
            status: end.status,
            status_due: Micros(0),
            started: Instant::now(),
            stop_by: None,
        }
    }

    /// Serves the line until `shutdown` is ready. Never ends otherwise: a port that goes is waited for.
    pub async fn run(mut self, shutdown: impl Future<Output = ()>) {
        let mut shutdown = pin!(shutdown);
        let mut pause = REOPEN_FIRST;
        loop {
            let opened = tokio::select! {
                () = shutdown.as_mut() => break,
                opened = open(&self.reach) => opened,
            };
            let error = match opened {
                Ok(wire) => {
                    pause = REOPEN_FIRST;
                    self.machine.handle(self.now(), Input::Up);
                    match self.serve(wire, shutdown.as_mut()).await {
                        End::Shutdown => break,
                        End::Gone(error) => error,
                    }
                }
                Err(error) => error,
            };
            self.line_down(&error);
            if self.stop_by.is_some() || self.rest(pause, shutdown.as_mut()).await {
                break;
            }
            pause = (pause * 2).min(REOPEN_CAP);
        }
    }

    fn now(&self) -> Micros {
        Micros(0) + self.started.elapsed()
    }

    async fn serve(&mut self, mut wire: Wire, mut shutdown: Pin<&mut impl Future<Output = ()>>) -> End {
        loop {
            if self.is_over() || self.told_to_stop(shutdown.as_mut()) && self.is_over() {
                return End::Shutdown;
            }
            self.take_orders();
            let now = self.now();
            match self.machine.next(now) {
                Next::Ask(ask) => match self.ask(wire, &ask).await {
                    Ok(after) => wire = after,
                    Err(error) => return End::Gone(error),
                },
                Next::Stopped => return End::Shutdown,
                Next::Wait(until) => self.wait(until, shutdown.as_mut()).await,
                telling => self.tell(telling),
            }
            self.publish();
        }
    }

    /// Asks a board and takes in what came. After a reply that is none, a connection is made anew: what was still to come
    /// on the old one is never taken for another answer.
    async fn ask(&mut self, wire: Wire, ask: &Ask) -> io::Result<Wire> {
        let framing = framing(&self.reach);
        let Exchanged { result, noise } = exchange(&wire, framing, ask).await?;
        let is_spent = framing == Framing::Tcp && !matches!(result, Ok(_) | Err(Fault::Refused(_)));
        self.machine.handle(self.now(), Input::Result(result, noise));
        if !is_spent {
            return Ok(wire);
        }
        drop(wire);
        open(&self.reach).await
    }

    /// Waits for a point in time, an order or the end.
    async fn wait(&mut self, until: Option<Micros>, shutdown: Pin<&mut impl Future<Output = ()>>) {
        let now = self.now();
        let until = until.into_iter().chain(self.stop_by).chain([now + STATUS_INTERVAL]).min();
        let is_stopping = self.stop_by.is_some();
        tokio::select! {
            () = shutdown, if !is_stopping => self.stop(),
            Some(order) = self.orders.recv() => self.obey(order),
            () = sleep(until.unwrap_or(now).since(now)) => {}
        }
    }

    /// Looks for the end without waiting for it: a line that is never idle ends too.
    fn told_to_stop(&mut self, shutdown: Pin<&mut impl Future<Output = ()>>) -> bool {
        if self.stop_by.is_none() && shutdown.now_or_never().is_some() {
            self.stop();
        }
        self.stop_by.is_some()
    }

    fn stop(&mut self) {
        let now = self.now();
        self.stop_by = Some(now + STOP_TIME);
        self.machine.handle(now, Input::Stop);
    }

    fn is_over(&self) -> bool {
        self.stop_by.is_some_and(|by| by <= self.now())
    }

    /// Waits before the line is tried again. True: the end has come.
    async fn rest(&mut self, pause: Duration, mut shutdown: Pin<&mut impl Future<Output = ()>>) -> bool {
        let mut pause = pin!(sleep(pause));
        loop {
            tokio::select! {
                () = shutdown.as_mut() => return true,
                () = pause.as_mut() => return false,
                Some(order) = self.orders.recv() => self.obey(order),
            }
        }
    }

    /// The port has gone, or was never there.
    fn line_down(&mut self, error: &io::Error) {
        let why = match &self.reach {
            Reach::Port { path, .. } => {
                format!("{}: {error}; {}", path.display(), serial_port::remedy(error))
            }
            Reach::RtuOverTcp { peer } | Reach::Tcp { peer } => {
                format!("{peer}: {error}; check its address, its power and the network")
            }
        };
        self.machine.handle(self.now(), Input::Down(why));
        while let telling @ (Next::Tell(..) | Next::Link(_)) = self.machine.next(self.now()) {
            self.tell(telling);
        }
        self.status_due = Micros(0);
        self.publish();
    }

    fn tell(&mut self, telling: Next) {
        match telling {
            Next::Tell(device, Telling::Heard(heard)) => self.client.heard(device, &heard),
            Next::Tell(device, Telling::Became(became)) => self.client.became(device, &became),
            Next::Link(condition) => self.client.link(&condition),
            Next::Ask(_) | Next::Wait(_) | Next::Stopped => return,
        }
        self.status_due = Micros(0);
    }

    fn take_orders(&mut self) {
        while let Ok(order) = self.orders.try_recv() {
            self.obey(order);
        }
    }

    /// Does what is wanted, or begins to. Boards have no keys, and nothing to show people.
    fn obey(&mut self, order: Order) {
        match order {
            Order::Install { done, .. } => drop(done.send(Err(InstallError::NoKey))),
            Order::Actuate { actuation, done } => {
                let now = self.now();
                let until = now + actuation.deadline.saturating_duration_since(Instant::now());
                let (device, output, switch) = (actuation.device, actuation.output, actuation.switch);
                self.machine.handle(now, Input::Order { device, output, switch, until, done });
            }
            Order::Show(_) => {}
            Order::Tend(tending) => tending.answer(Err(TendError::NotThisKind)),
        }
    }

    /// Renews the status, when something has happened or enough time has passed.
    fn publish(&mut self) {
        let now = self.now();
        if now < self.status_due {
            return;
        }
        self.status_due = now + STATUS_INTERVAL;
        let mut status = LinkStatus::new(self.id.clone());
        status.condition = self.machine.condition().cloned();
        status.noise_bytes = self.machine.noise_bytes;
        let at = Timestamp::now();
        status.devices = self.machine.boards().iter().map(|board| device(board, now, at)).collect();
        status.stray_frames = status.devices.iter().map(|device| device.faults.foreign).sum();
        self.status.send_replace(status);
    }
}

const fn framing(reach: &Reach) -> Framing {
    match reach {
        Reach::Port { .. } | Reach::RtuOverTcp { .. } => Framing::Rtu,
        Reach::Tcp { .. } => Framing::Tcp,
    }
}

pub(super) async fn open(reach: &Reach) -> io::Result<Wire> {
    match reach {
        Reach::Port { path, baud } => Ok(Wire::new(Port::open(path, *baud)?.into_stream())),
        Reach::RtuOverTcp { peer } | Reach::Tcp { peer } => {
            let connected = timeout(CONNECT_TIMEOUT, TcpStream::connect(peer.as_str())).await;
            let stream = connected.unwrap_or_else(|_| {
                Err(io::Error::new(ErrorKind::TimedOut, "it doesn't take a connection"))
            })?;
            stream.set_nodelay(true)?;
            Ok(Wire::new(stream))
        }
    }
}

/// How a board is at `now` of the line's clock, which is `at` of the world's.
fn device(board: &Board, now: Micros, at: Timestamp) -> DeviceStatus {
    DeviceStatus {
        device: board.setup.device,
        condition: board.condition,
        identity: board.was_online.then(|| format!("taken for: {}", board.setup.map.name)),
        last_heard: board.last_heard.and_then(|heard| at.checked_sub(now.since(heard)).ok()),
        faults: board.faults,
        frames_sent: board.asked,
        frames_received: board.answered,
    }
}

impl fmt::Debug for LineTask {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LineTask").field("line", &self.id).finish_non_exhaustive()
    }
}
