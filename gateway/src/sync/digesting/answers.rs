//! What answers mean for what is believed.

use super::operations::seconds;
use super::{
    CLOCK_TOLERANCE_S, Credential, DesiredTable, DigestingPanel, Held, HeldTable, InFlight, Info, Item,
    MAX_BUCKET_ROWS, Machine, Outcome, PanelEvent, Phase, Profile, Row, SignedDuration, Status, Timestamp,
    VERIFY_INTERVAL, later,
};
use panel_protocol::table::bucket_of;

impl DigestingPanel {
    pub(super) fn informed(&mut self, now: Timestamp, table: DesiredTable<'_>, info: Info) -> Outcome {
        self.info = Some(info);
        self.reported = info.digest;
        self.full = false;
        self.verify_at = later(now, VERIFY_INTERVAL);
        let ahead_s = info.clock.map(|clock| i64::from(seconds(now).0) - i64::from(clock.0));
        self.clock_apart = ahead_s.map(SignedDuration::from_secs);
        self.clock_due = ahead_s.is_none_or(|ahead| ahead.unsigned_abs() > u64::from(CLOCK_TOLERANCE_S));
        if info.epoch == 0 || info.key_check != self.desired.key().check() {
            self.phase = Phase::Adopting;
            return Outcome::Quiet;
        }
        self.events.heard(info.epoch, info.first_event, info.next_event);
        self.held.rows = info.rows;
        if info.digest == self.desired.table(self.wanted_profiles()) {
            return self.all_as_desired(now);
        }
        let settled = self.is_believed() && self.settle_settings() && self.settle_uncertain(table);
        if settled && self.held.digest() == Some(info.digest) {
            self.phase = Phase::Known;
            return self.verified(now);
        }
        self.begin_comparing(now, table, info)
    }

    /// The digest of the whole table says it all: nothing has to be read.
    fn all_as_desired(&mut self, now: Timestamp) -> Outcome {
        self.uncertain.clear();
        self.recount();
        self.uncertain_settings.clear();
        let (profiles, settings) = (self.wanted_profiles().to_vec(), self.desired_settings.clone());
        self.held = HeldTable::all(self.desired.clone(), self.held.rows, profiles, settings);
        self.page.clear();
        self.phase = Phase::Known;
        self.verified(now)
    }

    /// Decides from the reported digest whether what was under way was carried out; false if neither fits.
    fn settle_uncertain(&mut self, table: DesiredTable<'_>) -> bool {
        if self.uncertain.is_empty() {
            return true;
        }
        let items = std::mem::take(&mut self.uncertain);
        self.recount();
        let carried_out = if self.held.digest() == Some(self.reported) {
            false
        } else {
            items.iter().for_each(|item| self.held.applied(item));
            true
        };
        for item in &items {
            let held = if carried_out { Held::Row(item.after) } else { item.before };
            self.compare_card(table, item.credential, held);
        }
        self.held.digest() == Some(self.reported)
    }

    fn begin_comparing(&mut self, now: Timestamp, table: DesiredTable<'_>, info: Info) -> Outcome {
        self.resyncs += u64::from(self.is_believed());
        self.phase = Phase::Asking { resume: false };
        for item in std::mem::take(&mut self.uncertain) {
            self.compare_card(table, item.credential, Held::Unknown);
        }
        self.recount();
        self.uncertain_settings.clear();
        self.held.forget();
        self.page.clear();
        self.staged = 0;
        if info.rows == 0 {
            return self.buckets_compared(now);
        }
        self.phase = Phase::Comparing { next: 0 };
        Outcome::Quiet
    }

    pub(super) fn buckets(&mut self, now: Timestamp, first: u8, digests: &[u64]) -> Outcome {
        let Phase::Comparing { next } = self.phase else { return Outcome::Quiet };
        if next != u16::from(first) {
            return Outcome::Violation("it answers with other buckets than were asked for");
        }
        let mut next = next;
        for (bucket, digest) in (first..=u8::MAX).zip(digests) {
            self.held.digests.set_bucket(bucket, *digest);
            next += 1;
        }
        if next < 256 {
            self.phase = Phase::Comparing { next };
            return Outcome::Quiet;
        }
        self.buckets_compared(now)
    }

    /// The profiles with which the reported digest comes out.
    pub(super) fn find_profiles(&self) -> Option<Vec<Profile>> {
        let told = self.info.map_or(0, |info| usize::from(info.profiles));
        let fits = |profiles: &&[Profile]| self.held.digests.table(profiles) == self.reported;
        let wanted = self.wanted_profiles();
        let known = [wanted, wanted.get(..told).unwrap_or_default()].into_iter().find(fits);
        let variants = self.wanted.variants();
        let known = known.or_else(|| variants.iter().filter_map(|it| it.get(..told)).find(fits));
        known.map(<[Profile]>::to_vec)
    }

    /// Bucket digests and settings are there: from here on differences are known.
    pub(super) fn compared(&mut self, now: Timestamp) -> Outcome {
        self.held.profiles = self.find_profiles();
        self.held.compare(&self.desired, !self.wanted.is_plain());
        self.phase = Phase::Known;
        if self.held.is_known() { self.check(now) } else { Outcome::Quiet }
    }

    pub(super) fn rows(
        &mut self,
        now: Timestamp,
        table: DesiredTable<'_>,
        bucket: u8,
        more: bool,
        rows: &[Row],
    ) -> Outcome {
        let known = self.page.len();
        for row in rows {
            let in_order = self.page.last().is_none_or(|last| last.credential < row.credential);
            if !in_order || bucket_of(row.credential) != bucket || self.page.len() == MAX_BUCKET_ROWS {
                return Outcome::Violation(
                    "the rows it lists are out of order, of another bucket or too many",
                );
            }
            self.page.push(*row);
        }
        if more {
            let progress = self.page.len() > known;
            return if progress {
                Outcome::Quiet
            } else {
                Outcome::Violation("it lists no rows and promises more")
            };
        }
        let held = std::mem::take(&mut self.page);
        let desired = table.bucket(bucket, None).filter_map(|(card, row)| Some((card, row?)));
        self.held.bucket_read(bucket, &held, desired);
        if self.held.is_known() { self.check(now) } else { Outcome::Quiet }
    }

    pub(super) fn committed(&mut self, now: Timestamp, count: usize, status: Status, digest: u64) -> Outcome {
        self.reported = digest;
        self.staged = 0;
        match status {
            Status::Done => {
                self.held.profiles = self.wanted_profiles().get(..count).map(<[_]>::to_vec);
                self.check(now)
            }
            // Staged profiles are lost with power, and a digest that differs means that the belief is wrong.
            _ => {
                self.phase = Phase::Asking { resume: false };
                Outcome::Quiet
            }
        }
    }

    pub(super) fn changed(
        &mut self,
        now: Timestamp,
        table: DesiredTable<'_>,
        items: Vec<Item>,
        status: Status,
        digest: u64,
        applied: usize,
    ) -> Outcome {
        let done = match status {
            Status::Done => items.len(),
            Status::TableFull if applied < items.len() => applied,
            _ => {
                self.lose(InFlight::Change(items));
                return Outcome::Violation("it could not carry out a change of rows");
            }
        };
        self.reported = digest;
        self.full = status == Status::TableFull;
        self.held.count(&items, applied);
        let restart = self.page.first().map(|row| bucket_of(row.credential));
        for (at, item) in items.iter().enumerate() {
            let held = if at < done {
                self.held.applied(item);
                Held::Row(item.after)
            } else {
                item.before
            };
            if restart == Some(bucket_of(item.credential)) {
                self.page.clear();
            }
            self.compare_card(table, item.credential, held);
        }
        if let Phase::Comparing { .. } | Phase::ReadingSettings = self.phase {
            self.phase = Phase::Comparing { next: 0 };
        }
        let cards = items[..done].iter().map(|item| item.credential).collect();
        self.acknowledged(now, cards)
    }

    fn acknowledged(&mut self, now: Timestamp, cards: Vec<Credential>) -> Outcome {
        let known = matches!(self.phase, Phase::Known) && self.held.is_known();
        match self.held.digest() {
            Some(believed) if known && believed == self.reported => {
                if self.is_proven() {
                    self.verified_at = Some(now);
                }
                Outcome::Acknowledged { cards, proven: true }
            }
            Some(_) if known => {
                self.resyncs += 1;
                self.phase = Phase::Asking { resume: false };
                Outcome::Acknowledged { cards, proven: false }
            }
            _ => Outcome::Acknowledged { cards, proven: false },
        }
    }

    /// Every bucket is known: is the belief what the controller reports?
    fn check(&mut self, now: Timestamp) -> Outcome {
        match self.held.digest() {
            Some(believed) if believed == self.reported => self.verified(now),
            // What was just read doesn't add up: the table changes by itself, or its digest is wrong.
            Some(_) => {
                self.resyncs += 1;
                Outcome::Violation("its digest is not that of what it lists")
            }
            None => Outcome::Quiet,
        }
    }

    pub(super) fn verified(&mut self, now: Timestamp) -> Outcome {
        if self.is_proven() {
            self.verified_at = Some(now);
        }
        Outcome::Verified
    }

    pub(super) fn fetched(&mut self, next: u32, events: &[PanelEvent]) -> Outcome {
        let Some(last) = events.last() else {
            self.events.heard(self.events.epoch(), next, next);
            return Outcome::Quiet;
        };
        let before = last.sequence.wrapping_add(1);
        self.events.fetched(before, next);
        Outcome::Events { epoch: self.events.epoch(), before, events: events.to_vec() }
    }

    /// What is held of a card has become known: remembers it if it is not what is desired.
    fn compare_card(&mut self, table: DesiredTable<'_>, credential: Credential, held: Held) {
        let desired = table.row(credential);
        let known = self.is_believed() && !self.held.unread.contains(bucket_of(credential));
        let gone = held == Held::Row(None) && desired.is_none();
        self.held.differ(credential, if known || gone { held } else { Held::Unknown }, desired);
    }
}
