//! What to send next: deactivations, then what must be known, then profiles, single rows, events, and bulk last.

use super::{
    CardIndex, ChangeBuilder, Controller, EventStep, Held, InFlight, Item, MAX_DIRTY, Operation, Phase,
    ProfileList, Timestamp, UtcSeconds,
};

type Chosen = (usize, InFlight);

impl Controller {
    pub(super) fn choose(&mut self, now: Timestamp, cards: &CardIndex, to: &mut [u8]) -> Option<Chosen> {
        if self.held.has_deletes() {
            return self.delete(to);
        }
        match self.phase {
            Phase::Asking { .. } => simple(&Operation::Info, InFlight::Info, to),
            Phase::Adopting => self.adopt(now, to),
            Phase::Comparing { next } => Self::read_buckets(next, to),
            Phase::Known => self.work(now, cards, to),
        }
    }

    fn work(&mut self, now: Timestamp, cards: &CardIndex, to: &mut [u8]) -> Option<Chosen> {
        if self.clock_due {
            return simple(&Operation::SetClock(seconds(now)), InFlight::Clock, to);
        }
        if !self.held.is_known() && (self.full || self.held.dirty() < MAX_DIRTY) {
            return self.read_rows(to);
        }
        if self.held.is_known() && self.profiles_due() {
            return self.set_profiles(to);
        }
        if self.held.has_puts() && !self.full {
            return self.put(cards, to);
        }
        match self.event_step(now) {
            Some(EventStep::Acknowledge { before }) => {
                return simple(&Operation::AckEvents { before }, InFlight::Acknowledge { before }, to);
            }
            Some(EventStep::Read { from }) => {
                return simple(&Operation::ReadEvents { from }, InFlight::Events, to);
            }
            None => {}
        }
        if self.held.is_loading() && !self.full {
            return self.load(cards, to);
        }
        (now >= self.verify_at).then(|| simple(&Operation::Info, InFlight::Info, to))?
    }

    fn adopt(&self, now: Timestamp, to: &mut [u8]) -> Option<Chosen> {
        let operation = Operation::Adopt { epoch: seconds(now).0, key: self.desired.key().clone() };
        simple(&operation, InFlight::Adopt, to)
    }

    fn read_buckets(next: u16, to: &mut [u8]) -> Option<Chosen> {
        let first = u8::try_from(next).ok()?;
        simple(&Operation::ReadBuckets { first, count: 256 - next }, InFlight::Buckets, to)
    }

    fn read_rows(&self, to: &mut [u8]) -> Option<Chosen> {
        let bucket = self.held.unread.first()?;
        let after = self.page.last().map(|row| row.credential);
        simple(&Operation::ReadRows { bucket, after }, InFlight::Rows { bucket }, to)
    }

    fn set_profiles(&self, to: &mut [u8]) -> Option<Chosen> {
        let all = &self.desired_profiles;
        if self.staged == all.len() {
            let count = u16::try_from(all.len()).ok()?;
            let digest = self.held.digests.table(all);
            return simple(&Operation::CommitProfiles { count, digest }, InFlight::Commit, to);
        }
        let profile_len = all.first()?.as_bytes().len();
        let room = to.len().saturating_sub(3) / profile_len;
        let part = &all[self.staged..all.len().min(self.staged + room)];
        let bytes: Vec<u8> = part.iter().flat_map(|profile| *profile.as_bytes()).collect();
        let profiles = ProfileList::checked(&bytes)?;
        let first = u16::try_from(self.staged).ok()?;
        let staged = InFlight::Stage { staged: self.staged + part.len() };
        simple(&Operation::StageProfiles { first, profiles }, staged, to)
    }

    fn delete(&mut self, to: &mut [u8]) -> Option<Chosen> {
        let mut change = ChangeBuilder::delete_keys(to)?;
        let mut items = Vec::new();
        while let Some(item) = self.held.take_delete() {
            if !change.key(item.credential) {
                self.held.differ(item.credential, item.before, None);
                break;
            }
            items.push(item);
        }
        finish(change.len(), items)
    }

    fn put(&mut self, cards: &CardIndex, to: &mut [u8]) -> Option<Chosen> {
        let mut change = ChangeBuilder::put_rows(to)?;
        let mut items = Vec::new();
        while let Some((credential, before)) = self.held.take_put() {
            let Some(row) = cards.get(credential).map(|access| self.plan.row(credential, &access)) else {
                continue;
            };
            if !change.row(&row) {
                self.held.differ(credential, before, Some(row));
                break;
            }
            items.push(Item { credential, before, after: Some(row) });
        }
        finish(change.len(), items)
    }

    fn load(&mut self, cards: &CardIndex, to: &mut [u8]) -> Option<Chosen> {
        let mut change = ChangeBuilder::put_rows(to)?;
        let mut items = Vec::new();
        'frame: while let Some((bucket, after)) = self.held.load_position() {
            for (credential, access) in cards.bucket(bucket, after) {
                let row = self.plan.row(credential, &access);
                // A row that is put one by one is remembered as different and must not travel twice.
                if !change.row(&row) {
                    break 'frame;
                }
                items.push(Item { credential, before: Held::Row(None), after: Some(row) });
                self.held.loaded_to(credential);
            }
            self.held.loaded_bucket(bucket);
        }
        finish(change.len(), items)
    }
}

fn simple(operation: &Operation<'_>, in_flight: InFlight, to: &mut [u8]) -> Option<Chosen> {
    Some((operation.encode(to)?, in_flight))
}

fn finish(len: usize, items: Vec<Item>) -> Option<Chosen> {
    (!items.is_empty()).then_some((len, InFlight::Change(items)))
}

/// Calendar time as controllers know it, from 1970-01-01T00:00:01Z on.
pub(super) fn seconds(now: Timestamp) -> UtcSeconds {
    UtcSeconds(u32::try_from(now.as_second().max(1)).unwrap_or(u32::MAX))
}
