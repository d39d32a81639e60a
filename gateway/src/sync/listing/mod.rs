//! The machine of a panel that has no digest: it takes one card at a time, acknowledges without a word on what came of it,
//! and lists what it holds. Nothing is proven there but by reading it back.
//!
//! Deletions go first, before it is even known what the panel holds. A list that shows less than it should may have lost
//! lines on its way: it counts only if the next one says the same. What was acknowledged and is not in the list was not
//! done, and is done again; what twice does not stay finds no room.

mod held;

use std::collections::BTreeSet;

use jiff::Timestamp;
use panel_protocol::credential::Credential;
use panel_protocol::schedule::When;
use panel_protocol::table::{Profile, Row};

use super::events::EventCursor;
use super::later;
use super::limits::{
    MAX_CARDS_LOOKED_AT, MAX_DIRTY, MAX_LISTED_ROWS, MAX_LISTED_STRAYS, RETRY_AFTER, VERIFY_INTERVAL,
};
use super::machine::{ControllerStatus, Demand, Machine, Outcome, SyncState, Work};
use super::room::{Answer, Failure, ListedRow, Operation, Room};
use crate::access::DesiredTable;
use held::Held;

/// Such a panel has one reader.
const READER: u8 = 0;

/// The machine of a panel that lists its rows.
#[derive(Debug)]
pub(super) struct ListingPanel {
    profiles: Vec<Profile>,
    desired_rows: u32,
    /// As last listed, and changed by what was acknowledged since; `None` while it is not known.
    held: Option<Held>,
    /// To be deleted, as far as is known.
    deletes: BTreeSet<Credential>,
    /// What it holds under names that are no card's, to be deleted too.
    strays: Vec<String>,
    /// To be put, as far as is known.
    puts: BTreeSet<Credential>,
    /// From here on the desired rows are still to be looked through for what it lacks.
    missing_from: Option<(u8, Option<Credential>)>,
    /// Acknowledged, and not read back since; whether a deletion is among them.
    unread: BTreeSet<Credential>,
    unread_deletes: bool,
    /// Acknowledged once, and not in the list that followed.
    unkept: BTreeSet<Credential>,
    /// A list that lacks something; the next one has to say the same.
    doubted: Option<Held>,
    in_flight: Option<InFlight>,
    full: bool,
    verify_at: Timestamp,
    verified_at: Option<Timestamp>,
    /// Until then it is left alone: it made no sense.
    not_before: Timestamp,
    resyncs: u64,
}

/// What is under way.
#[derive(Debug)]
enum InFlight {
    /// A card's row, or its deletion; and what is wanted of the card by now.
    Change {
        card: Credential,
        sent: Option<Row>,
        wanted: Option<Row>,
    },
    Stray(String),
    List,
}

impl ListingPanel {
    /// A panel of which nothing is known, and which should hold no row yet.
    pub(super) fn new(profiles: &[Profile]) -> Self {
        Self {
            profiles: profiles.to_vec(),
            desired_rows: 0,
            held: None,
            deletes: BTreeSet::new(),
            strays: Vec::new(),
            puts: BTreeSet::new(),
            missing_from: None,
            unread: BTreeSet::new(),
            unread_deletes: false,
            unkept: BTreeSet::new(),
            doubted: None,
            in_flight: None,
            full: false,
            verify_at: Timestamp::MIN,
            verified_at: None,
            not_before: Timestamp::MIN,
            resyncs: 0,
        }
    }
}

impl Machine for ListingPanel {
    fn profiles(&mut self, profiles: &[Profile]) {
        self.profiles = profiles.to_vec();
    }

    fn desire(&mut self, card: Credential, before: Option<Row>, after: Option<Row>) {
        let (before, after) = (self.shown(before), self.shown(after));
        self.desired_rows += u32::from(after.is_some());
        self.desired_rows -= u32::from(before.is_some());
        if before != after {
            self.want(card, after);
        }
    }

    fn revoke(&mut self, card: Credential) {
        if let Some(wanted) = self.under_way(card) {
            *wanted = None;
            return;
        }
        self.puts.remove(&card);
        self.delete(card);
    }

    fn may_hold(&self, card: Credential, _: Option<Row>) -> bool {
        let is_under_way = matches!(&self.in_flight, Some(InFlight::Change { card: of, .. }) if *of == card);
        is_under_way || self.held.as_ref().is_none_or(|held| held.has(card))
    }

    fn demand(&self, now: Timestamp) -> Demand {
        let gives_way = matches!(self.in_flight, None | Some(InFlight::List));
        if now < self.not_before || !gives_way {
            Demand::None
        } else if self.has_deletes() {
            Demand::Urgent
        } else if self.in_flight.is_none() && self.has_work(now) {
            Demand::Bulk
        } else {
            Demand::None
        }
    }

    fn next(
        &mut self,
        now: Timestamp,
        table: DesiredTable<'_>,
        room: &mut dyn Room,
    ) -> Option<Vec<Credential>> {
        if self.in_flight.is_some() || now < self.not_before {
            return None;
        }
        let in_flight = self.choose(now, table, room)?;
        let travelling = match &in_flight {
            InFlight::Change { card, .. } => vec![*card],
            InFlight::Stray(_) | InFlight::List => Vec::new(),
        };
        self.in_flight = Some(in_flight);
        Some(travelling)
    }

    fn answered(&mut self, now: Timestamp, table: DesiredTable<'_>, answer: &Answer) -> Outcome {
        match (self.in_flight.take(), answer) {
            (None, _) => Outcome::Quiet,
            (Some(InFlight::Stray(_)), Answer::Acknowledged) => {
                self.unread_deletes = true;
                Outcome::Quiet
            }
            (Some(InFlight::Change { card, sent, wanted }), Answer::Acknowledged) => {
                self.acknowledged(card, sent, wanted);
                Outcome::Acknowledged { cards: vec![card], proven: false }
            }
            (Some(InFlight::List), Answer::Listed { rows, strays }) => self.listed(now, table, rows, strays),
            (Some(in_flight), _) => self.violated(now, in_flight),
        }
    }

    fn failed(&mut self, now: Timestamp, failure: Failure) -> Outcome {
        match (self.in_flight.take(), failure) {
            (Some(in_flight), Failure::Malformed) => return self.violated(now, in_flight),
            (Some(in_flight), _) => self.lose(in_flight),
            (None, _) => self.forget(),
        }
        Outcome::Quiet
    }

    fn resync(&mut self) {
        self.forget();
    }

    fn proven_among(&self, of: &[Credential], table: DesiredTable<'_>) -> Vec<Credential> {
        let Some(held) = &self.held else { return Vec::new() };
        let is_proven = |card: &Credential| {
            let is_open = self.unread.contains(card)
                || matches!(&self.in_flight, Some(InFlight::Change { card: of, .. }) if of == card);
            !is_open && held.is(*card, self.shown(table.row(*card)))
        };
        of.iter().copied().filter(is_proven).collect()
    }

    fn is_proven(&self) -> bool {
        let is_settled = !self.has_deletes() && self.puts.is_empty() && self.missing_from.is_none();
        let is_read = self.unread.is_empty() && !self.unread_deletes && self.doubted.is_none();
        let is_changing = matches!(self.in_flight, Some(InFlight::Change { .. } | InFlight::Stray(_)));
        self.held.is_some() && is_settled && is_read && !is_changing && !self.full
    }

    fn is_full(&self) -> bool {
        self.full
    }

    fn events(&mut self) -> Option<&mut EventCursor> {
        None
    }

    fn status(&self) -> Option<ControllerStatus> {
        let state = match &self.held {
            _ if self.is_proven() => SyncState::Proven,
            None => SyncState::Unknown,
            Some(_) => SyncState::Changing,
        };
        Some(ControllerStatus {
            state,
            work: Work {
                rows: self.deletes.len() + self.strays.len() + self.puts.len(),
                buckets_to_read: 0,
                buckets_to_load: self.missing_from.map_or(0, |(bucket, _)| 256 - u32::from(bucket)),
            },
            info: None,
            by_reading_back: true,
            desired_rows: self.desired_rows,
            rows: self.held.as_ref().map(Held::len),
            reported_digest: 0,
            desired_digest: 0,
            verified_at: self.verified_at,
            full: self.full,
            resyncs: self.resyncs,
            events_lost: 0,
            clock_apart: None,
        })
    }
}

impl ListingPanel {
    /// A row as such a panel shows it: whether it opens at all, and from when until when.
    fn shown(&self, row: Option<Row>) -> Option<Row> {
        let row = row?;
        let opens = self.profiles.get(usize::from(row.profile))?.access(READER) == When::Always;
        let valid_from = row.valid_from.filter(|from| from.0 > 0);
        opens.then(|| Row { valid_from, valid_until: row.valid_until, ..Row::new(row.credential, 0) })
    }

    fn has_deletes(&self) -> bool {
        !self.deletes.is_empty() || !self.strays.is_empty()
    }

    fn has_work(&self, now: Timestamp) -> bool {
        let lacks = !self.puts.is_empty() || self.missing_from.is_some();
        self.has_to_be_read() || (lacks && !self.full) || !self.unread.is_empty() || now >= self.verify_at
    }

    /// Whether it has to be read before anything is put: nothing is known, or a deletion waits for its proof.
    fn has_to_be_read(&self) -> bool {
        self.held.is_none() || self.doubted.is_some() || self.unread_deletes
    }

    /// What is wanted of a card that is under way.
    fn under_way(&mut self, of: Credential) -> Option<&mut Option<Row>> {
        match &mut self.in_flight {
            Some(InFlight::Change { card, wanted, .. }) if *card == of => Some(wanted),
            _ => None,
        }
    }

    /// This is wanted of a card from now on.
    fn want(&mut self, card: Credential, row: Option<Row>) {
        if let Some(wanted) = self.under_way(card) {
            *wanted = row;
            return;
        }
        self.deletes.remove(&card);
        self.puts.remove(&card);
        let Some(held) = &self.held else {
            if row.is_none() {
                self.delete(card);
            }
            return;
        };
        match row {
            row if held.is(card, row) => {}
            None => self.delete(card),
            Some(_) if self.puts.len() < MAX_DIRTY => drop(self.puts.insert(card)),
            Some(_) => self.missing_from = Some((0, None)),
        }
    }

    /// Of a panel that has not been read, its list will show what finds no room here.
    fn delete(&mut self, card: Credential) {
        if self.held.is_some() || self.deletes.len() < MAX_DIRTY {
            self.deletes.insert(card);
        }
    }

    fn choose(&mut self, now: Timestamp, table: DesiredTable<'_>, room: &mut dyn Room) -> Option<InFlight> {
        if let Some(card) = self.deletes.first().copied() {
            let taken = room.delete(card);
            return taken.then(|| {
                self.deletes.remove(&card);
                InFlight::Change { card, sent: None, wanted: None }
            });
        }
        if let Some(name) = self.strays.pop() {
            return room.delete_named(&name).then_some(InFlight::Stray(name));
        }
        if self.has_to_be_read() {
            return list(room);
        }
        if !self.full
            && let Some(put) = self.put(table, room).or_else(|| self.put_missing(table, room))
        {
            return Some(put);
        }
        let is_behind = self.missing_from.is_some() && !self.full;
        let is_due = !self.unread.is_empty() || now >= self.verify_at;
        (is_due && !is_behind).then(|| list(room))?
    }

    fn put(&mut self, table: DesiredTable<'_>, room: &mut dyn Room) -> Option<InFlight> {
        while let Some(card) = self.puts.pop_first() {
            let Some(row) = self.shown(table.row(card)) else { continue };
            if !room.put(&row) {
                self.puts.insert(card);
                return None;
            }
            return Some(InFlight::Change { card, sent: Some(row), wanted: Some(row) });
        }
        None
    }

    /// Looks for a row that it lacks, so many cards at a time and no more.
    fn put_missing(&mut self, table: DesiredTable<'_>, room: &mut dyn Room) -> Option<InFlight> {
        let mut looked_at = 0;
        while let Some((bucket, after)) = self.missing_from {
            for (card, row) in table.bucket(bucket, after) {
                if looked_at == MAX_CARDS_LOOKED_AT {
                    return None;
                }
                looked_at += 1;
                let row = self.shown(row).filter(|row| !self.holds(card, row));
                if row.is_some_and(|row| !room.put(&row)) {
                    return None;
                }
                self.missing_from = Some((bucket, Some(card)));
                if row.is_some() {
                    return Some(InFlight::Change { card, sent: row, wanted: row });
                }
            }
            self.missing_from = bucket.checked_add(1).map(|next| (next, None));
        }
        None
    }

    fn holds(&self, card: Credential, row: &Row) -> bool {
        self.held.as_ref().is_some_and(|held| held.is(card, Some(*row)))
    }

    fn acknowledged(&mut self, card: Credential, sent: Option<Row>, wanted: Option<Row>) {
        if let Some(held) = &mut self.held {
            held.set(card, sent);
            self.unread.insert(card);
        }
        if sent.is_none() {
            self.unread_deletes = true;
            self.full = false;
        }
        if wanted != sent {
            self.want(card, wanted);
        }
    }

    /// Nobody knows whether it was done.
    fn lose(&mut self, in_flight: InFlight) {
        match in_flight {
            InFlight::Change { card, wanted, .. } => {
                if let Some(held) = &mut self.held {
                    held.doubt(card);
                }
                self.want(card, wanted);
            }
            InFlight::Stray(name) => self.strays.push(name),
            InFlight::List => {}
        }
    }

    /// It has gone, or come anew: it may hold anything.
    fn forget(&mut self) {
        self.held = None;
        self.doubted = None;
        self.missing_from = None;
        self.strays.clear();
        self.puts.clear();
        self.unread.clear();
        self.unread_deletes = false;
    }

    fn violated(&mut self, now: Timestamp, in_flight: InFlight) -> Outcome {
        self.lose(in_flight);
        self.forget();
        self.not_before = later(now, RETRY_AFTER);
        Outcome::Violation("its answer makes no sense, or belongs to something else")
    }

    /// It has listed what it holds.
    fn listed(
        &mut self,
        now: Timestamp,
        table: DesiredTable<'_>,
        rows: &[ListedRow],
        strays: &[String],
    ) -> Outcome {
        if rows.len() > MAX_LISTED_ROWS || strays.len() > MAX_LISTED_STRAYS {
            return self.violated(now, InFlight::List);
        }
        let list = Held::of(rows, strays);
        // Of a panel that nothing is known of yet, nobody can say what its list should show.
        let is_whole = self.held.as_ref().is_some_and(|held| list.shows_all_of(held));
        if !is_whole && self.doubted.as_ref() != Some(&list) {
            self.doubted = Some(list);
            return Outcome::Quiet;
        }
        self.strike(&list, now >= self.verify_at);
        self.resyncs += u64::from(self.held.as_ref().is_some_and(|held| *held != list));
        self.take(table, list, strays);
        self.verify_at = later(now, VERIFY_INTERVAL);
        if self.is_proven() {
            self.verified_at = Some(now);
        }
        Outcome::Verified
    }

    /// What was acknowledged and did not stay is tried once more, and then it has no room.
    fn strike(&mut self, list: &Held, anew: bool) {
        if anew {
            self.full = false;
            self.unkept.clear();
        }
        let Some(held) = &self.held else { return };
        let is_lost = |card: &Credential| held.row(*card).is_some_and(|row| !list.is(*card, Some(row)));
        let lost: BTreeSet<Credential> = self.unread.iter().copied().filter(is_lost).collect();
        self.full |= lost.iter().any(|card| self.unkept.contains(card));
        self.unkept = lost;
    }

    /// This is what it holds: the differences follow.
    fn take(&mut self, table: DesiredTable<'_>, list: Held, strays: &[String]) {
        self.doubted = None;
        self.unread.clear();
        self.unread_deletes = false;
        self.strays = strays.to_vec();
        (self.deletes, self.puts) = (BTreeSet::new(), BTreeSet::new());
        let mut right = 0;
        for card in list.cards() {
            match self.shown(table.row(card)) {
                None => drop(self.deletes.insert(card)),
                wanted if list.is(card, wanted) => right += 1,
                Some(_) => drop(self.puts.insert(card)),
            }
        }
        let lacks = self.desired_rows != right + u32::try_from(self.puts.len()).unwrap_or(u32::MAX);
        self.missing_from = lacks.then_some((0, None));
        self.held = Some(list);
    }
}

fn list(room: &mut dyn Room) -> Option<InFlight> {
    room.operation(&Operation::List).then_some(InFlight::List)
}
