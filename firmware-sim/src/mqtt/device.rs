//! One device's task: its firmware, its way to the broker and its connection, joined to the clock.
//!
//! It waits for whatever comes first, a piece of work from outside, something on the connection, or a deadline, hands it
//! to the firmware and carries what that says. It has no rules of its own.

use std::collections::VecDeque;
use std::sync::mpsc::SyncSender;
use std::time::{Duration, Instant, SystemTime};

use panel_protocol::credential::Credential;
use panel_protocol::table::Pin;
use panel_protocol::time::UtcSeconds;
use tokio::sync::mpsc::UnboundedReceiver;

use super::client::{Connection, Happening, Peer};
use super::firmware::{Decision, Firmware, Input, Moment};
use super::message::Message;
use super::swipes::{Swiped, Swipes};
use super::way::{MqttFaults, Way};
use crate::clock::shifted;
use crate::config::MqttConfig;
use crate::limits::{MAX_OUTBOX, MIN_RECONNECT};
use crate::panel::{Contact, Power};

/// A piece of work for a device's task.
pub(super) type Request = Box<dyn FnOnce(&mut Device) + Send>;

/// First pause after a connection is lost; each one after it is twice as long, up to the device's longest.
const FIRST_PAUSE: Duration = Duration::from_millis(100);

/// A device and what it hangs on.
pub(super) struct Device {
    pub(super) firmware: Box<dyn Firmware>,
    pub(super) way: Way,
    pub(super) powered: bool,
    pub(super) boots: u16,
    pub(super) contact: Contact,
    config: MqttConfig,
    number: usize,
    peer: Peer,
    began: Instant,
    clock_off_s: i64,
    link: Link,
    longest_pause: Duration,
    outbox: VecDeque<Message>,
    swipes: Swipes,
}

/// Where its connection stands.
enum Link {
    /// There is none, and none is wanted.
    Off,
    /// The next attempt is made then.
    Pausing { until: Duration, pause: Duration },
    /// An attempt, or a connection.
    Open { connection: Box<Connection>, accepted: bool, online: bool, pause: Duration },
}

impl Device {
    /// A device that is switched on and about to connect.
    pub(super) fn new(
        config: MqttConfig,
        number: usize,
        peer: Peer,
        firmware: Box<dyn Firmware>,
        longest_pause: Duration,
    ) -> Self {
        Self {
            firmware,
            way: Way::new(MqttFaults::default(), number),
            powered: true,
            boots: 0,
            contact: Contact::Closed,
            config,
            number,
            peer,
            began: Instant::now(),
            clock_off_s: 0,
            link: Link::Pausing { until: Duration::ZERO, pause: FIRST_PAUSE },
            longest_pause,
            outbox: VecDeque::new(),
            swipes: Swipes::default(),
        }
    }

    /// Runs until nobody can ask it for anything any more.
    pub(super) async fn run(mut self, mut requests: UnboundedReceiver<Request>) {
        loop {
            self.settle();
            let patience = self.patience();
            tokio::select! {
                request = requests.recv() => match request {
                    Some(work) => work(&mut self),
                    None => return,
                },
                happening = self.link.next() => self.happened(happening),
                () = tokio::time::sleep(patience) => {}
            }
        }
    }

    /// Now.
    pub(super) fn moment(&self) -> Moment {
        let utc = SystemTime::UNIX_EPOCH.elapsed().unwrap_or_default().as_secs();
        let utc = UtcSeconds(u32::try_from(utc).unwrap_or(u32::MAX));
        Moment { since_start: self.began.elapsed(), utc: shifted(utc, self.clock_off_s) }
    }

    /// Whether the broker has taken its subscriptions.
    pub(super) fn is_online(&self) -> bool {
        matches!(self.link, Link::Open { online: true, .. })
    }

    /// Presents a card and answers when it is decided.
    pub(super) fn swipe(
        &mut self,
        reader: u8,
        card: Credential,
        pin: Option<&Pin>,
        answer: SyncSender<Swiped>,
    ) {
        let (at, readers) = (self.moment(), self.firmware.readers());
        let now = if reader >= readers {
            Swiped::NoSuchReader(readers)
        } else if self.powered {
            match self.firmware.present(at, reader, card, pin) {
                Decision::Own(verdict) => Swiped::Own(verdict, self.began.elapsed() - at.since_start),
                Decision::Unread => Swiped::Unread,
                Decision::Gateway => {
                    return self.swipes.wait(at, reader, self.firmware.released(reader), answer);
                }
            }
        } else {
            Swiped::NoPower
        };
        // Who asked may have given up.
        let _ = answer.send(now);
    }

    /// Switches the device.
    pub(super) fn set_power(&mut self, power: Power) {
        let (was_on, at) = (self.powered, self.moment());
        match power {
            Power::Off => {
                self.unplug();
                (self.powered, self.link) = (false, Link::Off);
                return;
            }
            Power::On if was_on => return,
            Power::On => {
                self.boots = self.boots.wrapping_add(1);
                self.firmware.handle(at, Input::Booted);
            }
            Power::Wiped | Power::Factory => {
                self.boots = 0;
                self.firmware.handle(at, Input::Wiped);
            }
        }
        self.unplug();
        self.powered = true;
        self.link = Link::Pausing { until: at.since_start, pause: FIRST_PAUSE };
    }

    /// Tells the firmware of something that somebody did to it, if it has power to notice.
    pub(super) fn tell(&mut self, input: Input<'_>) {
        if let Input::Contact(contact) = input {
            self.contact = contact;
        }
        if self.powered {
            self.firmware.handle(self.moment(), input);
        }
    }

    /// From now on its clock is off by this.
    pub(super) fn set_clock_off(&mut self, offset_s: i64) {
        let moved = offset_s.saturating_sub(self.clock_off_s);
        self.clock_off_s = offset_s;
        self.tell(Input::ClockOff(moved));
    }

    /// From now on these faults befall it.
    pub(super) fn set_faults(&mut self, faults: MqttFaults) {
        self.way.set(faults, self.number);
        let now = self.moment();
        if faults.cut && matches!(self.link, Link::Open { .. }) {
            self.lose(now, "the cable is cut");
        }
        if let Link::Pausing { until, pause } = &mut self.link {
            (*until, *pause) = (now.since_start, FIRST_PAUSE);
        }
    }

    fn happened(&mut self, happening: Happening) {
        let at = self.moment();
        match happening {
            Happening::Connected => {
                self.way.counters.connections += 1;
                if let Link::Open { accepted, .. } = &mut self.link {
                    *accepted = true;
                }
                self.firmware.handle(at, Input::Connected);
            }
            Happening::Subscribed => {
                if let Link::Open { online, pause, .. } = &mut self.link {
                    (*online, *pause) = (true, FIRST_PAUSE);
                }
                self.firmware.handle(at, Input::Subscribed);
            }
            Happening::Message(message) => self.way.receive(at.since_start, message),
            Happening::Progress => {}
            Happening::Lost(why) => self.lose(at, &why),
        }
    }

    fn lose(&mut self, at: Moment, why: &str) {
        tracing::debug!(device = self.config.id, why, "no connection to the broker");
        let pause = match &self.link {
            Link::Open { pause, .. } | Link::Pausing { pause, .. } => *pause,
            Link::Off => FIRST_PAUSE,
        };
        self.unplug();
        self.firmware.handle(at, Input::Lost);
        let pause = pause.min(self.longest_pause);
        self.link =
            Link::Pausing { until: at.since_start + pause, pause: (pause * 2).min(self.longest_pause) };
    }

    /// What was under way to or from the broker is gone.
    fn unplug(&mut self) {
        self.way.clear();
        self.outbox.clear();
        self.link = Link::Off;
    }

    /// Does all that can be done now.
    fn settle(&mut self) {
        let at = self.moment();
        if !self.powered {
            return self.swipes.answer(at, &*self.firmware);
        }
        self.connect(at);
        while let Some(message) = self.way.received(at.since_start) {
            self.firmware.handle(at, Input::Message(&message));
        }
        if self.firmware.deadline().is_some_and(|due| due <= at.since_start) {
            self.firmware.handle(at, Input::Time);
        }
        while let Some(message) = self.firmware.poll_output() {
            if matches!(self.link, Link::Open { accepted: true, .. }) {
                self.way.send(at.since_start, message);
            }
        }
        while let Some(message) = self.way.sent(at.since_start) {
            if self.outbox.len() < MAX_OUTBOX {
                self.outbox.push_back(message);
            } else {
                self.way.counters.lost += 1;
            }
        }
        self.flush();
        self.swipes.answer(at, &*self.firmware);
    }

    fn connect(&mut self, at: Moment) {
        let Link::Pausing { until, pause } = self.link else { return };
        if until > at.since_start || self.way.faults().cut {
            return;
        }
        let terms = self.firmware.terms();
        let connection =
            Connection::open(&self.peer, self.config.client_id(), self.config.login.as_ref(), terms);
        self.link = Link::Open { connection: Box::new(connection), accepted: false, online: false, pause };
    }

    fn flush(&mut self) {
        let Link::Open { connection, accepted: true, .. } = &self.link else { return };
        while let Some(message) = self.outbox.front() {
            if !connection.send(message) {
                return;
            }
            self.outbox.pop_front();
        }
    }

    /// How long nothing is to be done unless something comes.
    fn patience(&self) -> Duration {
        let now = self.began.elapsed();
        let attempt = match self.link {
            Link::Pausing { until, .. } if !self.way.faults().cut => Some(until),
            _ => None,
        };
        let firmware = self.firmware.deadline().filter(|_| self.powered);
        let swipe = self.swipes.deadline();
        let due = [attempt, firmware, self.way.deadline(), swipe].into_iter().flatten().min();
        due.map_or(Duration::from_secs(3_600), |due| due.saturating_sub(now).max(MIN_WAIT))
    }
}

/// Shortest sleep: a timer has no finer step, and without one it would spin.
const MIN_WAIT: Duration = Duration::from_millis(1);

const _: () = assert!(MIN_WAIT.as_millis() <= MIN_RECONNECT.as_millis(), "a pause is a wait");

impl Link {
    /// The next thing that happens on the connection; never, if there is none.
    async fn next(&mut self) -> Happening {
        match self {
            Self::Open { connection, .. } => connection.next().await,
            Self::Off | Self::Pausing { .. } => std::future::pending().await,
        }
    }
}
