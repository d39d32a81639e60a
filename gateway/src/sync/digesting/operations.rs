//! What to send next: the session's version, deactivations, then what must be known, then what may take access away, then
//! settings, profiles, single rows, events, and bulk last.

use super::session::NEWEST;
use super::{
    DesiredTable, DigestingPanel, EventStep, Held, InFlight, Item, MAX_CARDS_LOOKED_AT, MAX_DIRTY,
    MAX_ROWS_AT_ONCE, Operation, Phase, Room, Row, RunPlace, Timestamp, UtcSeconds,
};

impl DigestingPanel {
    /// Puts what is most urgent into the room; `None` if there is nothing, or nothing that fits.
    pub(super) fn choose(
        &mut self,
        now: Timestamp,
        table: DesiredTable<'_>,
        room: &mut dyn Room,
    ) -> Option<InFlight> {
        if !self.greeted {
            return simple(&Operation::Hello { version: NEWEST }, InFlight::Hello, room);
        }
        if self.held.has_deletes() {
            return self.delete(room);
        }
        match self.phase {
            Phase::Asking { .. } => simple(&Operation::Info, InFlight::Info, room),
            Phase::Adopting => self.adopt(now, room),
            Phase::Comparing { next } => Self::read_buckets(next, room),
            Phase::ReadingSettings => {
                let after = self.settings_page.last_key_value().map(|(key, _)| *key);
                simple(&Operation::ReadSettings { after }, InFlight::ReadSettings, room)
            }
            Phase::Known => self.work(now, table, room),
        }
    }

    fn work(&mut self, now: Timestamp, table: DesiredTable<'_>, room: &mut dyn Room) -> Option<InFlight> {
        if self.clock_due {
            return simple(&Operation::SetClock(seconds(now)), InFlight::Clock, room);
        }
        if !self.held.is_known() && (self.full || self.held.dirty() < MAX_DIRTY) {
            return self.read_rows(room);
        }
        if self.settings_due() {
            let over = if self.full { None } else { self.put_over(table, room) };
            return over.or_else(|| self.change_settings(room));
        }
        if self.held.is_known() && self.profiles_due() {
            let cleared = if self.renumbers() { self.clear(room) } else { None };
            return cleared.or_else(|| self.set_profiles(room));
        }
        if self.held.has_puts() && !self.full {
            return self.put(table, room);
        }
        match self.events.next_step(now) {
            Some(EventStep::Acknowledge { before }) => {
                return simple(&Operation::AckEvents { before }, InFlight::Acknowledge { before }, room);
            }
            Some(EventStep::Read { from }) => {
                return simple(&self.read_events(from), InFlight::Events, room);
            }
            None => {}
        }
        if self.held.is_loading() && !self.full {
            return self.load(table, room);
        }
        (now >= self.verify_at).then(|| simple(&Operation::Info, InFlight::Info, room))?
    }

    fn read_events(&self, from: u32) -> Operation {
        match self.wanted.is_plain() {
            true => Operation::ReadEvents { from },
            false => Operation::ReadAllEvents { from },
        }
    }

    fn adopt(&self, now: Timestamp, room: &mut dyn Room) -> Option<InFlight> {
        let operation = Operation::Adopt { epoch: seconds(now).0, key: self.desired.key().clone() };
        simple(&operation, InFlight::Adopt, room)
    }

    fn read_buckets(next: u16, room: &mut dyn Room) -> Option<InFlight> {
        let first = u8::try_from(next).ok()?;
        simple(&Operation::ReadBuckets { first, count: 256 - next }, InFlight::Buckets, room)
    }

    fn read_rows(&self, room: &mut dyn Room) -> Option<InFlight> {
        let bucket = self.held.unread.first()?;
        let after = self.page.last().map(|row| row.credential);
        simple(&Operation::ReadRows { bucket, after }, InFlight::Rows { bucket }, room)
    }

    fn set_profiles(&self, room: &mut dyn Room) -> Option<InFlight> {
        let all = self.wanted_profiles();
        if self.staged == all.len() {
            let (count, digest) = (u16::try_from(all.len()).ok()?, self.held.digests.table(all));
            let commit = Operation::CommitProfiles { count, digest };
            return simple(&commit, InFlight::Commit { count: all.len() }, room);
        }
        let first = u16::try_from(self.staged).ok()?;
        let staged = room.stage_profiles(first, &all[self.staged..]);
        (staged > 0).then_some(InFlight::Stage { staged: self.staged + staged })
    }

    fn delete(&mut self, room: &mut dyn Room) -> Option<InFlight> {
        let mut items = Vec::new();
        while let Some(item) = self.held.take_delete() {
            if !room.delete(item.credential) {
                self.held.differ(item.credential, item.before, None);
                break;
            }
            items.push(item);
        }
        change(items)
    }

    /// Deletes rows that are to be put anew, before their numbers may mean other profiles than they were written for.
    fn clear(&mut self, room: &mut dyn Room) -> Option<InFlight> {
        let mut items = Vec::new();
        while let Some((credential, row)) = self.held.put_over_row() {
            if !room.delete(credential) {
                break;
            }
            items.push(Item { credential, before: Held::Row(Some(row)), after: None });
            self.held.take(credential);
        }
        change(items)
    }

    fn put(&mut self, table: DesiredTable<'_>, room: &mut dyn Room) -> Option<InFlight> {
        let mut items = Vec::new();
        while let Some((credential, before)) = self.held.take_put() {
            let Some(row) = table.row(credential) else { continue };
            if !room.put(&row) {
                self.held.differ(credential, before, Some(row));
                break;
            }
            items.push(Item { credential, before, after: Some(row) });
        }
        change(items)
    }

    fn load(&mut self, table: DesiredTable<'_>, room: &mut dyn Room) -> Option<InFlight> {
        match self.held.sweep() {
            Some(from) => self.sweep(from, table, room),
            None => self.load_buckets(table, room),
        }
    }

    /// Loads an empty table in the order in which rows take least. Those that runs can't say are left to be put by
    /// themselves.
    fn sweep(
        &mut self,
        from: Option<RunPlace>,
        table: DesiredTable<'_>,
        room: &mut dyn Room,
    ) -> Option<InFlight> {
        let (mut rows, mut places, mut others) = (Vec::new(), Vec::new(), Vec::new());
        let (mut last, mut looked_at) = (None, 0);
        let mut cards = table.behind(from);
        while looked_at < MAX_CARDS_LOOKED_AT && rows.len() < MAX_ROWS_AT_ONCE {
            let Some((place, credential, row)) = cards.next() else {
                last = None;
                break;
            };
            (last, looked_at) = (Some(place), looked_at + 1);
            match row {
                // A row that is put one by one is remembered as different and must not travel twice.
                Some(row) if row == Row::new(credential, row.profile) => {
                    rows.push(row);
                    places.push(place);
                }
                Some(_) => others.push((place, credential)),
                None => {}
            }
        }
        let fitted = match room.put_runs(&mut rows) {
            0 => rows.iter().take_while(|row| room.put(row)).count(),
            fitted => fitted,
        };
        let is_all = fitted == rows.len();
        if !is_all {
            last = places.get(fitted.checked_sub(1)?).copied();
        }
        let left = others.into_iter().filter(|(place, _)| is_all || Some(*place) <= last);
        self.held.swept(last, left.map(|(_, credential)| credential).collect::<Vec<_>>());
        if fitted == 0 && self.held.has_puts() {
            return self.put(table, room);
        }
        let put = |row: &Row| Item { credential: row.credential, before: Held::Row(None), after: Some(*row) };
        change(rows[..fitted].iter().map(put).collect())
    }

    fn load_buckets(&mut self, table: DesiredTable<'_>, room: &mut dyn Room) -> Option<InFlight> {
        let mut items = Vec::new();
        let mut looked_at = 0;
        'room: while let Some((bucket, after)) = self.held.load_position() {
            for (credential, row) in table.bucket(bucket, after) {
                // A row that is put one by one is remembered as different and must not travel twice.
                if looked_at == MAX_CARDS_LOOKED_AT || row.is_some_and(|row| !room.put(&row)) {
                    break 'room;
                }
                looked_at += 1;
                items.extend(row.map(|row| Item { credential, before: Held::Row(None), after: Some(row) }));
                self.held.loaded_to(credential);
            }
            self.held.loaded_bucket(bucket);
        }
        change(items)
    }
}

fn simple(operation: &Operation, in_flight: InFlight, room: &mut dyn Room) -> Option<InFlight> {
    room.operation(operation).then_some(in_flight)
}

fn change(items: Vec<Item>) -> Option<InFlight> {
    (!items.is_empty()).then_some(InFlight::Change(items))
}

/// Calendar time as controllers know it, from 1970-01-01T00:00:01Z on.
pub(super) fn seconds(now: Timestamp) -> UtcSeconds {
    UtcSeconds(u32::try_from(now.as_second().max(1)).unwrap_or(u32::MAX))
}
