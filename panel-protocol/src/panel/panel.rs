//! The panel itself: table, clock and events behind a line and some readers.

use heapless::{Deque, Vec};

use super::VERSION;
use super::answer::{Info, Status};
use super::bytes::Writer;
use super::code::{EVENTS_WAITING, READ_BUCKETS, READ_EVENTS, READ_ROWS};
use super::event::{EventBody, PanelEvent};
use super::items::ProfileList;
use super::operation::Operation;
use crate::credential::Credential;
use crate::decide::Reason;
use crate::table::{CardTable, DIGEST_KEY_LEN, DigestKey, Profile, RowStore, SortedRows};
use crate::time::{Micros, UtcSeconds};

/// What is fixed about a panel.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct PanelConfig {
    /// How many readers it has, 1 to [`MAX_READERS`](crate::limits::MAX_READERS).
    pub readers: u8,
}

/// A door controller behind its line: at most `P` profiles and `E` events that wait for the gateway.
///
/// The owner hands it what arrives: operations to [`operate`](Self::operate), polls to
/// [`waiting`](Self::waiting), cards to [`present`](Self::present). When events overflow, the oldest are forgotten,
/// and the gap in their numbers tells.
#[derive(Debug)]
pub struct Panel<R, const P: usize, const E: usize> {
    config: PanelConfig,
    table: CardTable<R, P>,
    staged: Vec<Profile, P>,
    events: Deque<PanelEvent, E>,
    next_event: u32,
    announced: u32,
    epoch: u32,
    boot: u16,
    clock: Option<(UtcSeconds, Micros)>,
}

/// The digest key of a panel that was never adopted.
const NO_KEY: DigestKey = DigestKey::new([0; DIGEST_KEY_LEN]);

impl<const N: usize, const P: usize, const E: usize> Panel<SortedRows<N>, P, E> {
    /// A panel as it leaves the factory, with at most `N` rows in RAM and no readers yet.
    ///
    /// All of it is zeros, so a `static` panel takes no flash; [`set_readers`](Self::set_readers) comes at start.
    pub const fn in_ram() -> Self {
        Self::over(PanelConfig { readers: 0 }, CardTable::in_ram(NO_KEY))
    }
}

impl<R, const P: usize, const E: usize> Panel<R, P, E> {
    const fn over(config: PanelConfig, table: CardTable<R, P>) -> Self {
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
        }
    }
}

impl<R: RowStore, const P: usize, const E: usize> Panel<R, P, E> {
    /// A panel as it leaves the factory, over an empty row store.
    pub fn new(config: PanelConfig, rows: R) -> Self {
        Self::over(config, CardTable::new(rows, NO_KEY))
    }

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
        self.staged.clear();
        self.announced = self.events.front().map_or(self.next_event, |event| event.sequence);
    }

    /// The card table.
    pub fn table(&self) -> &CardTable<R, P> {
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
        let reason = if reader < self.config.readers {
            self.table.decide(credential, reader, self.clock(now))
        } else {
            Reason::UnknownReader
        };
        self.record(now, EventBody::CardRead { reader, credential, reason });
        reason
    }

    /// Executes an operation and writes the answer; how many bytes it has. `answer` must hold at least 64 bytes, and
    /// lists are as long as it allows.
    pub fn operate(&mut self, now: Micros, operation: &[u8], answer: &mut [u8]) -> usize {
        let mut to = Writer::new(answer);
        let written = match Operation::decode(operation) {
            Ok(Some(operation)) => self.execute(now, &operation, &mut to),
            Ok(None) => refuse(operation.first().copied().unwrap_or(0), Status::Malformed, &mut to),
            Err(code) => refuse(code, Status::UnknownOperation, &mut to),
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

    fn execute(&mut self, now: Micros, operation: &Operation<'_>, to: &mut Writer<'_>) -> Option<()> {
        let code = operation.code();
        match operation {
            Operation::Info => self.info(now).encode(to),
            Operation::Adopt { epoch, key } => {
                self.adopt(*epoch, key.clone());
                self.changed(code, Status::Done, 1, to)
            }
            Operation::SetClock(second) => {
                self.clock = Some((*second, now));
                to.put(&[code, Status::Done.code()])
            }
            Operation::PutRows(rows) => {
                let total = rows.iter().count();
                let applied = rows.iter().take_while(|row| self.table.put(*row).is_ok()).count();
                let status = if applied == total { Status::Done } else { Status::TableFull };
                self.changed(code, status, applied, to)
            }
            Operation::DeleteKeys(keys) => {
                let applied = keys.iter().filter(|key| self.table.remove(*key)).count();
                self.changed(code, Status::Done, applied, to)
            }
            Operation::StageProfiles { first, profiles } => {
                let status = self.stage(*first, *profiles);
                self.changed(code, status, self.staged.len(), to)
            }
            Operation::CommitProfiles { count, digest } => {
                let status = self.commit(*count, *digest);
                self.changed(code, status, self.table.profiles().len(), to)
            }
            Operation::ReadBuckets { first, count } => self.read_buckets(*first, *count, to),
            Operation::ReadRows { bucket, after } => self.read_rows(*bucket, *after, to),
            Operation::ReadEvents { from } => self.read_events(*from, to),
            Operation::AckEvents { before } => {
                while self.events.front().is_some_and(|event| event.sequence < *before) {
                    self.events.pop_front();
                }
                to.put(&[code, Status::Done.code()])
            }
        }
    }

    fn info(&self, now: Micros) -> Info {
        Info {
            version: VERSION,
            readers: self.config.readers,
            boot: self.boot,
            row_capacity: self.table.capacity(),
            rows: self.table.len(),
            profile_capacity: u16::try_from(P).unwrap_or(u16::MAX),
            profiles: u16::try_from(self.table.profiles().len()).unwrap_or(u16::MAX),
            digest: self.table.digest(),
            key_check: self.table.digests().key().check(),
            epoch: self.epoch,
            clock: self.clock(now),
            first_event: self.events.front().map_or(self.next_event, |event| event.sequence),
            next_event: self.next_event,
        }
    }

    fn adopt(&mut self, epoch: u32, key: DigestKey) {
        if *self.table.digests().key() != key {
            self.table.rekey(key);
        }
        self.epoch = epoch;
    }

    fn stage(&mut self, first: u16, profiles: ProfileList<'_>) -> Status {
        if first == 0 {
            self.staged.clear();
        }
        let fits = self.staged.len() + profiles.iter().count() <= P;
        if usize::from(first) != self.staged.len() || !fits {
            return Status::Staging;
        }
        self.staged.extend(profiles.iter());
        Status::Done
    }

    fn commit(&mut self, count: u16, digest: u64) -> Status {
        if usize::from(count) != self.staged.len() {
            return Status::Staging;
        }
        if self.table.digest_with(&self.staged) != digest {
            return Status::DigestMismatch;
        }
        self.table.set_profiles(core::mem::take(&mut self.staged));
        Status::Done
    }

    fn changed(&self, code: u8, status: Status, applied: usize, to: &mut Writer<'_>) -> Option<()> {
        to.put(&[code, status.code()])?;
        to.put(&self.table.digest().to_le_bytes())?;
        to.put(&u16::try_from(applied).unwrap_or(u16::MAX).to_le_bytes())
    }

    fn read_buckets(&self, first: u8, count: u16, to: &mut Writer<'_>) -> Option<()> {
        to.put(&[READ_BUCKETS, Status::Done.code(), first])?;
        for bucket in (first..=u8::MAX).take(usize::from(count)) {
            if to.put(&self.table.digests().bucket(bucket).to_le_bytes()).is_none() {
                break;
            }
        }
        Some(())
    }

    fn read_rows(&self, bucket: u8, after: Option<Credential>, to: &mut Writer<'_>) -> Option<()> {
        let start = to.len();
        to.put(&[READ_ROWS, Status::Done.code(), bucket, 0])?;
        let mut next = self.table.next_in_bucket(bucket, after);
        while let Some(row) = next {
            if to.put_with(|to| row.encode(to)).is_none() {
                to.patch(start + 3, 1);
                break;
            }
            next = self.table.next_in_bucket(bucket, Some(row.credential));
        }
        Some(())
    }

    fn read_events(&self, from: u32, to: &mut Writer<'_>) -> Option<()> {
        to.put(&[READ_EVENTS, Status::Done.code()])?;
        to.put(&self.next_event.to_le_bytes())?;
        for event in self.events.iter().filter(|event| event.sequence >= from) {
            if event.encode(to).is_none() {
                break;
            }
        }
        Some(())
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

fn refuse(code: u8, status: Status, to: &mut Writer<'_>) -> Option<()> {
    to.put(&[code, status.code()])
}
