//! The panel itself: table, clock and events behind a line and some readers.

use core::time::Duration;

use heapless::{Deque, Vec};

use super::VERSION;
use super::code::{EVENTS_WAITING, version_of};
use super::doors::Doors;
use super::event::{EventBody, PanelEvent};
use super::operation::Operation;
use super::status::Status;
use crate::bytes::Writer;
use crate::credential::Credential;
use crate::decide::{Mode, Question, Reason, decide, stands_unlocked};
use crate::limits::{PANEL_MEMORY, PANEL_SCHEDULES};
use crate::table::{CardTable, DIGEST_KEY_LEN, DigestKey, Pin, PinGiven, Profile, RowStore, SortedRows};
use crate::time::{Micros, UtcSeconds};

/// What is fixed about a panel.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct PanelConfig {
    /// How many readers it has, 1 to [`MAX_READERS`](crate::limits::MAX_READERS).
    pub readers: u8,
}

/// A door controller behind its line: at most `P` profiles, `E` events that wait for the gateway, `S` schedules and as
/// many calendars; and it remembers of `K` cards where they went and their wrong PINs. With `S` 0 it is a panel of
/// version 1, without the code of what came after.
///
/// The owner hands it what arrives: sessions to [`begin_session`](Self::begin_session), operations to
/// [`operate`](Self::operate), polls to [`waiting`](Self::waiting), cards to [`present`](Self::present) and
/// [`present_with_pin`](Self::present_with_pin), doors that stand open to [`set_open_doors`](Self::set_open_doors). It
/// asks for what is to be done with the locks: [`is_unlocked`](Self::is_unlocked), [`take_unlock`](Self::take_unlock).
/// When events overflow, the oldest are forgotten, and the gap in their numbers tells.
#[derive(Debug)]
pub struct Panel<
    R,
    const P: usize,
    const E: usize,
    const S: usize = PANEL_SCHEDULES,
    const K: usize = PANEL_MEMORY,
> {
    pub(super) config: PanelConfig,
    pub(super) table: CardTable<R, P, S>,
    pub(super) staged: Vec<Profile, P>,
    pub(super) events: Deque<PanelEvent, E>,
    pub(super) next_event: u32,
    announced: u32,
    pub(super) epoch: u32,
    pub(super) boot: u16,
    pub(super) clock: Option<(UtcSeconds, Micros)>,
    /// The version of the session, once it is known.
    session: Option<u8>,
    pub(super) doors: Doors<K>,
}

/// The digest key of a panel that was never adopted.
const NO_KEY: DigestKey = DigestKey::new([0; DIGEST_KEY_LEN]);

impl<const N: usize, const P: usize, const E: usize, const S: usize, const K: usize>
    Panel<SortedRows<N>, P, E, S, K>
{
    /// A panel as it leaves the factory, with at most `N` rows in RAM and no readers yet.
    ///
    /// All of it is zeros, so a `static` panel takes no flash; [`set_readers`](Self::set_readers) comes at start.
    pub const fn in_ram() -> Self {
        Self::over(PanelConfig { readers: 0 }, CardTable::in_ram(NO_KEY))
    }
}

impl<R, const P: usize, const E: usize, const S: usize, const K: usize> Panel<R, P, E, S, K> {
    const fn over(config: PanelConfig, table: CardTable<R, P, S>) -> Self {
        Self {
            config,
            table,
            staged: Vec::new(),
            events: Deque::new(),
            next_event: 0,
            announced: 0,
            epoch: 0,
            boot: 0,
            clock: None,
            session: None,
            doors: Doors::new(),
        }
    }
}

impl<R: RowStore, const P: usize, const E: usize> Panel<R, P, E> {
    /// A panel as it leaves the factory, over an empty row store.
    pub fn new(config: PanelConfig, rows: R) -> Self {
        Self::over(config, CardTable::new(rows, NO_KEY))
    }
}

impl<R: RowStore, const P: usize, const E: usize, const S: usize, const K: usize> Panel<R, P, E, S, K> {
    /// The newest version that it speaks: one without room for schedules is of version 1, and of its size.
    pub(super) const VERSION: u8 = if S == 0 { 1 } else { VERSION };

    /// Says how many readers it has, 1 to [`MAX_READERS`](crate::limits::MAX_READERS), as found at start.
    pub fn set_readers(&mut self, readers: u8) {
        self.config.readers = readers;
    }

    /// How many readers it has.
    pub fn readers(&self) -> u8 {
        self.config.readers
    }

    /// What a loss of power does: table and events stay, the clock is lost, the boot counter goes up.
    pub fn reboot(&mut self) {
        self.boot = self.boot.wrapping_add(1);
        self.clock = None;
        self.session = None;
        self.doors.reboot();
        self.staged.clear();
        self.announced = self.events.front().map_or(self.next_event, |event| event.sequence);
    }

    /// The card table.
    pub fn table(&self) -> &CardTable<R, P, S> {
        &self.table
    }

    /// Calendar time, if the clock has been set since the last boot.
    pub fn clock(&self, now: Micros) -> Option<UtcSeconds> {
        let (then, set_at) = self.clock?;
        let elapsed = u32::try_from(now.since(set_at).as_secs()).unwrap_or(u32::MAX);
        Some(UtcSeconds(then.0.saturating_add(elapsed)))
    }

    /// A card is presented at a reader: decides, and remembers it for the gateway.
    pub fn present(&mut self, now: Micros, reader: u8, credential: Credential) -> Reason {
        self.present_with_pin(now, reader, credential, None)
    }

    /// A card is presented at a reader, and a PIN was entered with it or after it was
    /// [wanted](Reason::PinWanted): decides, and remembers it for the gateway.
    pub fn present_with_pin(
        &mut self,
        now: Micros,
        reader: u8,
        credential: Credential,
        pin: Option<&Pin>,
    ) -> Reason {
        let reason = if reader < self.config.readers {
            self.judge(now, reader, credential, pin)
        } else {
            Reason::UnknownReader
        };
        self.record(now, EventBody::CardRead { reader, credential, reason });
        reason
    }

    /// Says which doors stand open, a bit for each reader, as often as that changes. An interlock goes by it.
    pub fn set_open_doors(&mut self, readers: u16) {
        self.doors.open = readers;
    }

    /// Whether a door stands unlocked now without any card, by its mode and its hours. To be asked again and again.
    pub fn is_unlocked(&self, now: Micros, reader: u8) -> bool {
        let hours = self.table.settings().hours();
        let mode = self.mode(now, reader);
        reader < self.config.readers
            && stands_unlocked(mode, &hours, self.clock(now), &self.doors.door(reader))
    }

    /// A door that is to be unlocked for a moment, as the gateway has just said; its reader, and for how long.
    pub fn take_unlock(&mut self) -> Option<(u8, Duration)> {
        self.doors.take_unlock()
    }

    /// How a door stands now.
    pub fn mode(&self, now: Micros, reader: u8) -> Mode {
        self.doors.mode(now, reader).unwrap_or(self.table.settings().door(reader).mode)
    }

    /// A gateway begins to talk: a secure channel has been opened, or what takes its place elsewhere.
    pub fn begin_session(&mut self) {
        self.session = None;
    }

    /// Executes an operation and writes the answer; how many bytes it has. `answer` must hold at least 64 bytes, and
    /// lists are as long as it allows.
    pub fn operate(&mut self, now: Micros, operation: &[u8], answer: &mut [u8]) -> usize {
        let mut to = Writer::new(answer);
        let code = operation.first().copied().unwrap_or(0);
        let version = self.version_in(code);
        let decoded = if S == 0 { Operation::decode_1(operation) } else { Operation::decode(operation) };
        let written = match decoded {
            _ if version_of(code).is_some_and(|of| of > version) => {
                to.put(&[code, Status::UnknownOperation.code()])
            }
            Ok(Some(operation)) if version > 1 || operation.is_of_version_1() => {
                self.execute(now, &operation, &mut to)
            }
            Ok(_) => to.put(&[code, Status::Malformed.code()]),
            Err(code) => to.put(&[code, Status::UnknownOperation.code()]),
        };
        written.map_or(0, |()| to.len())
    }

    /// The answer to a poll, if there are events that were not announced yet.
    pub fn waiting(&mut self, answer: &mut [u8]) -> Option<usize> {
        let first = self.events.front()?.sequence;
        if self.announced == self.next_event {
            return None;
        }
        let mut to = Writer::new(answer);
        to.put(&[EVENTS_WAITING, Status::Done.code()])?;
        to.put(&first.to_le_bytes())?;
        to.put(&self.next_event.to_le_bytes())?;
        self.announced = self.next_event;
        Some(to.len())
    }

    /// How many events wait for the gateway.
    pub fn pending_events(&self) -> usize {
        self.events.len()
    }

    /// The session's version, which its first operation decides. In one of version 1 only what that can say is kept.
    fn version_in(&mut self, code: u8) -> u8 {
        if let (None, Some(version)) = (self.session, version_of(code).map(|of| of.min(Self::VERSION))) {
            if version == 1 && S > 0 {
                self.table.keep_version_1();
                self.doors.forget();
            }
            self.session = Some(version);
        }
        self.session.unwrap_or(1)
    }

    fn judge(&mut self, now: Micros, reader: u8, credential: Credential, pin: Option<&Pin>) -> Reason {
        if S == 0 {
            return self.table.decide(credential, reader, self.clock(now));
        }
        let row = self.table.get(credential);
        let settings = self.table.settings();
        let key = self.table.digests().key();
        let kept = row.and_then(|row| row.pin);
        let pin = pin.map_or(PinGiven::None, |pin| {
            kept.map_or(PinGiven::Wrong, |kept| kept.check(key, credential, pin))
        });
        let decision = decide(&Question {
            row: row.as_ref(),
            profile: self.table.profile_of(row),
            reader,
            door: settings.door(reader),
            mode: self.mode(now, reader),
            hours: settings.hours(),
            pin,
            at: self.clock(now),
            now,
            open_doors: self.doors.open,
            card_state: self.doors.card(credential),
            door_state: self.doors.door(reader),
        });
        self.doors.keep(credential, decision.card, reader, decision.door);
        decision.reason
    }

    fn record(&mut self, now: Micros, body: EventBody) {
        if self.events.is_full() {
            self.events.pop_front();
        }
        let event = PanelEvent { sequence: self.next_event, at: self.clock(now), body };
        if self.events.push_back(event).is_ok() {
            self.next_event = self.next_event.wrapping_add(1);
        }
    }
}
