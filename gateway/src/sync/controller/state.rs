//! What a controller's machine is doing, and what came of an answer.

use panel_protocol::credential::Credential;
use panel_protocol::panel::PanelEvent;

use crate::sync::held::Item;

/// What came of an answer.
#[derive(Clone, PartialEq, Debug)]
pub(in crate::sync) enum Outcome {
    /// Nothing that others should know.
    Quiet,
    /// These cards' rows have been acknowledged; `proven` says whether a digest proves them.
    Acknowledged { cards: Vec<Credential>, proven: bool },
    /// The digest proves the whole belief: every card that is settled is proven.
    Verified,
    /// Events to keep; the controller is told to forget them once that is confirmed.
    Events { epoch: u32, before: u32, events: Vec<PanelEvent> },
    /// The answer makes no sense or refuses what can't be refused.
    Violation(&'static str),
}

#[derive(Debug)]
pub(super) enum Phase {
    /// What it holds is to be asked. `resume`: the belief may still be right.
    Asking { resume: bool },
    /// It belongs to nobody, or to somebody else.
    Adopting,
    /// Its bucket digests are being read, up to here.
    Comparing { next: u16 },
    /// What it holds is believed to be known, but for unread buckets.
    Known,
}

#[derive(Debug)]
pub(super) enum InFlight {
    Info,
    Adopt,
    Clock,
    Buckets,
    Rows { bucket: u8 },
    Stage { staged: usize },
    Commit,
    Events,
    Acknowledge { before: u32 },
    Change(Vec<Item>),
}
