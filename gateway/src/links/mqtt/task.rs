//! A broker's loop: connect, serve, wait; messages in, messages out, new demand, orders, the clock, the end.
//!
//! No rules in here: those are the conversations'. A connection that is lost is made anew, with growing pauses.

use std::fmt;
use std::future::Future;
use std::pin::{Pin, pin};
use std::sync::{Arc, LazyLock};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use panel_protocol::time::Micros;
use tokio::sync::{Notify, mpsc, watch};

use super::broker::Running;
use super::connection::{Connection, Event, Lost, Target};
use super::driver::{Driver, Next};
use super::limits::{RECONNECT_CAP, RECONNECT_FIRST, STATUS_INTERVAL, STUCK_RETRY, STUCK_TIME};
use super::message::Outgoing;
use super::reach::{self, Versions};
use super::setup::{BrokerSetup, Place};
use super::tap::Tap;
use crate::domain::LinkCondition;
use crate::links::{DeviceClient, InstallError, LinkEnd, LinkStatus, Order, TendError};

/// The task of a broker's link.
#[must_use = "a link does nothing until its task runs"]
pub struct BrokerTask {
    setup: BrokerSetup,
    client: Arc<dyn DeviceClient>,
    driver: Driver,
    wake: Arc<Notify>,
    orders: mpsc::Receiver<Order>,
    status: watch::Sender<LinkStatus>,
    status_due: Micros,
    tap: Tap,
    versions: Versions,
    /// What was last told of the broker.
    told: Option<LinkCondition>,
    /// A message for which the connection had no room, and since when.
    stuck: Option<(Outgoing, Micros)>,
}

/// Why a connection is not served any longer.
enum End {
    Shutdown,
    Lost(Lost),
    /// What keeps it from being made, in words.
    Unready(String),
}

/// What the loop was woken by.
enum Woken {
    /// A time that was waited for, or new demand.
    Due,
    Event(Option<Event>),
    Order(Order),
    Shutdown,
}

impl BrokerTask {
    pub(super) fn new(setup: BrokerSetup, client: Arc<dyn DeviceClient>, end: LinkEnd) -> Self {
        let driver = Driver::new(&setup.site, &setup.devices, Arc::clone(&client));
        let LinkEnd { wake, orders, status, listeners } = end;
        let tap = Tap::new(&setup, listeners);
        Self {
            setup,
            client,
            driver,
            wake,
            orders,
            status,
            status_due: Micros(0),
            tap,
            versions: Versions::default(),
            told: None,
            stuck: None,
        }
    }

    /// Serves the broker until `shutdown` is ready. Never ends otherwise: a broker that goes is waited for.
    pub async fn run(mut self, shutdown: impl Future<Output = ()>) {
        let mut shutdown = pin!(shutdown);
        let mut embedded = None;
        let mut pause = RECONNECT_FIRST;
        loop {
            let end = match self.target(&mut embedded).await {
                Ok(target) => self.connection(&target, shutdown.as_mut(), &mut pause).await,
                Err(why) => End::Unready(why),
            };
            let at_once = match end {
                End::Shutdown => return,
                End::Lost(Lost { fault, said }) => {
                    let at_once = self.versions.lost(fault);
                    // What the next try may mend is not worth an alarm.
                    if !at_once || self.told == Some(LinkCondition::Up) {
                        let place = self.place();
                        self.broker_down(format!("{place}: {said}; {}", fault.remedy()));
                    }
                    at_once
                }
                End::Unready(why) => {
                    self.broker_down(why);
                    false
                }
            };
            if !at_once && self.rest(pause, shutdown.as_mut()).await {
                return;
            }
            pause = if at_once { pause } else { (pause * 2).min(RECONNECT_CAP) };
        }
    }

    /// Where and as whom to connect; the broker inside is started if it doesn't run.
    async fn target(&mut self, embedded: &mut Option<Running>) -> Result<Target, String> {
        match &self.setup.place {
            Place::Embedded(setup) => {
                if embedded.as_mut().is_none_or(|running| !running.is_sound()) {
                    *embedded = None;
                    *embedded =
                        Some(Running::start(&self.setup, setup).await.map_err(|error| error.to_string())?);
                }
                embedded.as_ref().map(|running| running.target().clone()).ok_or_else(String::new)
            }
            Place::Elsewhere(elsewhere) => {
                let (site, filters) = (self.setup.site.clone(), self.setup.filters());
                let elsewhere = elsewhere.clone();
                let read = move || reach::target(&site, filters, &elsewhere);
                let read = tokio::task::spawn_blocking(read).await;
                let read = read.map_err(|error| error.to_string())?;
                read.map_err(|error| error.to_string())
            }
        }
    }

    fn place(&self) -> String {
        match &self.setup.place {
            Place::Embedded(setup) => setup.listen.to_string(),
            Place::Elsewhere(elsewhere) => format!("{}:{}", elsewhere.host, elsewhere.port),
        }
    }

    /// Makes a connection and serves it until it is lost.
    async fn connection(
        &mut self,
        target: &Target,
        mut shutdown: Pin<&mut impl Future<Output = ()>>,
        pause: &mut Duration,
    ) -> End {
        let mut connection = Connection::open(target, self.versions.next());
        loop {
            let until = match self.drain(&connection) {
                Ok(until) => until,
                Err(lost) => return End::Lost(lost),
            };
            let woken = tokio::select! {
                biased;
                () = shutdown.as_mut() => Woken::Shutdown,
                event = connection.event() => Woken::Event(event),
                () = sleep_until(until) => Woken::Due,
                () = self.wake.notified() => Woken::Due,
                Some(order) = self.orders.recv() => Woken::Order(order),
            };
            match woken {
                Woken::Shutdown => return End::Shutdown,
                Woken::Due => {}
                Woken::Order(order) => self.obey(order),
                Woken::Event(None) => return End::Lost(Lost::broken("its task has failed")),
                Woken::Event(Some(Event::Lost(lost))) => return End::Lost(lost),
                Woken::Event(Some(Event::Refused(why))) => self.tell(refusing(&self.place(), &why)),
                Woken::Event(Some(Event::Message(message))) => {
                    self.tap.came(&message);
                    self.driver.take(now(), &message);
                }
                Woken::Event(Some(Event::Up)) => {
                    *pause = RECONNECT_FIRST;
                    self.tell(LinkCondition::Up);
                    self.driver.up(now());
                }
            }
        }
    }

    /// Does everything that is due now; says until when nothing more is.
    fn drain(&mut self, connection: &Connection) -> Result<Option<Micros>, Lost> {
        loop {
            let (message, since) = match self.stuck.take() {
                Some((message, since)) => (message, since),
                None => match self.driver.next(now()) {
                    Next::Transmit(message) => (message, now()),
                    Next::Wait(until) => {
                        self.publish(now());
                        return Ok(until);
                    }
                },
            };
            if connection.publish(&message) {
                self.tap.sent(&message);
                continue;
            }
            if now() > since + STUCK_TIME {
                return Err(Lost::broken("it takes no more messages"));
            }
            self.stuck = Some((message, since));
            return Ok(Some(now() + STUCK_RETRY));
        }
    }

    /// The broker has gone, or was never there.
    fn broker_down(&mut self, why: String) {
        self.tell(LinkCondition::Down { why });
        self.stuck = None;
        self.driver.down(now());
        self.publish(now());
    }

    /// Waits before the broker is tried again. True: the end has come.
    async fn rest(&mut self, pause: Duration, mut shutdown: Pin<&mut impl Future<Output = ()>>) -> bool {
        let mut pause = pin!(tokio::time::sleep(pause));
        loop {
            tokio::select! {
                () = shutdown.as_mut() => return true,
                () = pause.as_mut() => return false,
                Some(order) = self.orders.recv() => self.obey(order),
            }
        }
    }

    /// Does what is wanted, or begins to. Who asked may have gone; it is done all the same.
    fn obey(&mut self, order: Order) {
        match order {
            // A controller at a broker has no key to be set over it; `gateway enrol` gives it a secret.
            Order::Install { done, .. } => drop(done.send(Err(InstallError::ByHand))),
            // A panel has decided by itself by then, and shows it.
            Order::Show(_) => {}
            Order::Tend(tending) => tending.answer(Err(TendError::NotThisKind)),
            Order::Actuate { actuation, done } => {
                let until = now() + actuation.deadline.saturating_duration_since(Instant::now());
                self.driver.actuate(now(), Timestamp::now(), actuation, until, done);
            }
        }
    }

    /// Tells of the broker, if that is news.
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
        let mut status = LinkStatus::new(self.setup.id.clone());
        status.condition.clone_from(&self.told);
        self.driver.report(now, Timestamp::now(), &mut status);
        self.status.send_replace(status);
    }
}

impl fmt::Debug for BrokerTask {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BrokerTask").field("link", &self.setup.id).finish_non_exhaustive()
    }
}

fn refusing(place: &str, why: &str) -> LinkCondition {
    LinkCondition::Disturbed { why: format!("{place} refuses what the gateway publishes; {why}") }
}

/// Microseconds since the first use.
fn now() -> Micros {
    static START: LazyLock<Instant> = LazyLock::new(Instant::now);
    Micros(u64::try_from(START.elapsed().as_micros()).unwrap_or(u64::MAX))
}

async fn sleep_until(until: Option<Micros>) {
    match until {
        Some(until) => tokio::time::sleep(until.since(now())).await,
        None => std::future::pending().await,
    }
}
