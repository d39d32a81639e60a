//! The face of one panel's machine, whatever the panel can say of its table, and what others may see of it.
//!
//! A machine knows what its panel should hold ([`desire`](Machine::desire)), has one operation under way at a time, and
//! calls a card *proven* only by what the panel has shown since: a digest, or its rows read back. It reads no clock, and
//! what it does in one call is bounded by a room, an answer or a bucket of the table, never by the site.

use std::fmt;

use jiff::{SignedDuration, Timestamp};
use panel_protocol::credential::Credential;
use panel_protocol::panel::{Info, PanelEvent};
use panel_protocol::table::{Profile, Row};

use super::events::EventCursor;
use super::room::{Answer, Failure, Room};
use crate::access::DesiredTable;

/// One panel's machine.
pub(super) trait Machine: fmt::Debug + Send {
    /// The panel should have these profiles: those that it had before, and more after them. A panel that isn't told of
    /// profiles by themselves has nothing to do.
    fn profiles(&mut self, _: &[Profile]) {}

    /// The desired row of a card changes.
    fn desire(&mut self, card: Credential, before: Option<Row>, after: Option<Row>);

    /// A card that must not be held, and may be: it is deleted before anything else is sent or asked.
    fn revoke(&mut self, card: Credential);

    /// Whether the panel may hold a row of this card, given what it should hold of it.
    fn may_hold(&self, card: Credential, desired: Option<Row>) -> bool;

    /// How eagerly the panel wants the line. Urgent while a question is under way too: the link may give up an answer that
    /// doesn't come.
    fn demand(&self, now: Timestamp) -> Demand;

    /// Fills the room with the next operation; the cards that travel in it, `None` if there is nothing to send.
    fn next(
        &mut self,
        now: Timestamp,
        table: DesiredTable<'_>,
        room: &mut dyn Room,
    ) -> Option<Vec<Credential>>;

    /// The panel answers the operation under way.
    fn answered(&mut self, now: Timestamp, table: DesiredTable<'_>, answer: &Answer) -> Outcome;

    /// No answer will come to the operation under way; or, without one, the panel has gone.
    fn failed(&mut self, now: Timestamp, failure: Failure) -> Outcome;

    /// Compares the whole table anew, from scratch.
    fn resync(&mut self);

    /// Those of the cards whose rows are as desired and proven.
    fn proven_among(&self, of: &[Credential], table: DesiredTable<'_>) -> Vec<Credential>;

    /// Whether everything that is desired is proven.
    fn is_proven(&self) -> bool;

    /// Whether its table has no room for what it should hold.
    fn is_full(&self) -> bool;

    /// How far the panel's events have come; `None` for a panel that keeps none.
    fn events(&mut self) -> Option<&mut EventCursor>;

    /// A picture of it; `None` for one that holds no card table.
    fn status(&self) -> Option<ControllerStatus>;
}

/// What came of an answer, or of there being none.
#[derive(Clone, PartialEq, Debug)]
pub(super) enum Outcome {
    /// Nothing that others should know.
    Quiet,
    /// These cards' rows have been acknowledged; `proven` says whether that proves them.
    Acknowledged { cards: Vec<Credential>, proven: bool },
    /// The whole belief has been proven: every card that is settled is proven.
    Verified,
    /// Events to keep; the panel is told to forget them once that is confirmed.
    Events { epoch: u32, before: u32, events: Vec<PanelEvent> },
    /// The answer makes no sense or refuses what can't be refused.
    Violation(&'static str),
}

/// How eagerly a controller wants the line.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Demand {
    /// Polls suffice.
    None,
    /// It has something to send or to ask.
    Bulk,
    /// It has a deactivation to send, and nothing is under way but perhaps a question, which may be given up.
    Urgent,
}

/// How a controller's table stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum SyncState {
    /// What it holds is not known.
    Unknown,
    /// It is being asked what it holds.
    Comparing,
    /// It is being brought to what it should hold.
    Changing,
    /// It has proven that it holds what it should.
    Proven,
}

/// What is left to do at a controller.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Work {
    /// Rows known to differ, one by one.
    pub rows: usize,
    /// Buckets still to be read.
    pub buckets_to_read: u32,
    /// Buckets still to be loaded.
    pub buckets_to_load: u32,
}

/// A picture of a controller's machine.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct ControllerStatus {
    /// How its table stands.
    pub state: SyncState,
    /// What is left to do.
    pub work: Work,
    /// What it said of itself last.
    pub info: Option<Info>,
    /// Whether it is proven by reading its rows back, and not by a digest.
    pub by_reading_back: bool,
    /// Rows that it should hold.
    pub desired_rows: u32,
    /// Rows that it holds, as far as is known; `None` before it was asked.
    pub rows: Option<u32>,
    /// The digest of its whole table, as last reported.
    pub reported_digest: u64,
    /// The digest that its table should have.
    pub desired_digest: u64,
    /// When it last proved that it holds what it should.
    pub verified_at: Option<Timestamp>,
    /// Whether its table has no room for what it should hold.
    pub full: bool,
    /// How many times its table turned out not to be what was believed.
    pub resyncs: u64,
    /// Events that it forgot before they could be fetched.
    pub events_lost: u64,
    /// How far the gateway's clock was ahead of its own when it last told the time; `None` while its clock is not set.
    pub clock_apart: Option<SignedDuration>,
}
