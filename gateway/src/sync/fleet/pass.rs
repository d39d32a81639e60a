//! Cards that are compiled anew a chunk at a time: some by name, or all that are active.

use std::collections::{BTreeSet, HashSet};

use jiff::Timestamp;
use panel_protocol::credential::Credential;

use super::{CardChange, Fleet};
use crate::access::{CardAccess, CardIndex};
use crate::domain::Revision;
use crate::sync::limits::MAX_CHANGES_AT_ONCE;

/// Cards to be compiled anew.
#[derive(Clone, PartialEq, Debug)]
pub struct Chunk {
    /// The newest change that may have altered what they may do.
    pub revision: Revision,
    /// When it was durable.
    pub committed: Timestamp,
    /// Whether they were asked for one by one, and not with all that are active.
    pub by_name: bool,
    /// The cards, and what they may do as yet.
    pub cards: Vec<(Credential, Option<CardAccess>)>,
}

/// What is still to be compiled anew.
#[derive(Debug)]
pub(super) struct Pass {
    /// The newest change that asked for it.
    revision: Revision,
    committed: Timestamp,
    /// The oldest whose effect is not complete.
    since: Revision,
    /// By name.
    listed: BTreeSet<Credential>,
    /// Every active card after this one, or from the first on.
    rest: Option<Option<Credential>>,
    /// Cards of the chunk that was handed out, but for those of which something newer was said meanwhile.
    awaited: HashSet<Credential>,
    /// The last card of that chunk, and whether it is one of those by name.
    last: Option<(Credential, bool)>,
}

impl Pass {
    /// Nothing is to be done, with this revision.
    pub(super) fn new(revision: Revision, committed: Timestamp) -> Self {
        let (listed, awaited) = (BTreeSet::new(), HashSet::new());
        Self { revision, committed, since: revision, listed, rest: None, awaited, last: None }
    }

    /// A newer change joins in.
    pub(super) fn join(&mut self, revision: Revision, committed: Timestamp) {
        self.since = self.since.min(revision);
        (self.revision, self.committed) = (revision, committed);
    }

    /// These cards are to be compiled.
    pub(super) fn list(&mut self, cards: impl IntoIterator<Item = Credential>) {
        self.listed.extend(cards);
        self.forget_chunk();
    }

    /// All active cards are, from the first on.
    pub(super) fn begin(&mut self) {
        self.rest = Some(None);
        self.forget_chunk();
    }

    /// Up to this revision, everything has been compiled.
    pub(super) fn compiled_up_to(&self) -> Revision {
        Revision(self.since.0.saturating_sub(1))
    }

    /// Something newer is said of this card.
    pub(super) fn overtaken(&mut self, card: Credential) {
        self.awaited.remove(&card);
    }

    /// The next chunk; `None` at the end. One that was handed out and never came back is handed out again.
    pub(super) fn next(&mut self, index: &CardIndex) -> Option<Chunk> {
        let listed = self.listed.iter().take(MAX_CHANGES_AT_ONCE);
        let mut cards: Vec<_> = listed.map(|card| (*card, index.get(*card))).collect();
        let by_name = !cards.is_empty();
        if let (false, Some(after)) = (by_name, self.rest) {
            let rest = index.after(after).take(MAX_CHANGES_AT_ONCE);
            cards = rest.map(|(card, access)| (card, Some(access))).collect();
        }
        self.last = Some((cards.last()?.0, by_name));
        self.awaited = cards.iter().map(|(card, _)| *card).collect();
        Some(Chunk { revision: self.revision, committed: self.committed, by_name, cards })
    }

    /// The chunk that was handed out has been compiled; gives those of its cards whose result still counts.
    pub(super) fn done(&mut self) -> HashSet<Credential> {
        match self.last.take() {
            Some((last, true)) => self.listed = self.listed.split_off(&last).into_iter().skip(1).collect(),
            Some((last, false)) => self.rest = Some(Some(last)),
            None => {}
        }
        std::mem::take(&mut self.awaited)
    }

    /// What was handed out was read before the newest change, and doesn't count.
    fn forget_chunk(&mut self) {
        self.last = None;
        self.awaited.clear();
    }
}

impl Fleet {
    /// With this revision, all active cards are to be compiled anew. Until they are, nothing of it counts as proven.
    pub fn recompile(&mut self, revision: Revision, committed: Timestamp) {
        self.pass_of(revision, committed).begin();
    }

    /// With this revision, these cards are to be compiled anew, be they active or not.
    pub fn recompile_cards(
        &mut self,
        revision: Revision,
        committed: Timestamp,
        cards: impl IntoIterator<Item = Credential>,
    ) {
        self.pass_of(revision, committed).list(cards);
    }

    /// The next cards to be compiled anew, at most as many as [`change`](Self::change) takes; `None` if all have been.
    /// Read the directory after this, and without holding the fleet; give [`apply_chunk`](Self::apply_chunk) what comes
    /// of it, or ask again.
    pub fn next_chunk(&mut self) -> Option<Chunk> {
        let chunk = self.pass.as_mut()?.next(&self.cards);
        if chunk.is_none() {
            self.pass = None;
            (0..self.panels.len()).for_each(|controller| self.tell_proven(controller));
        }
        chunk
    }

    /// The cards of the last chunk, compiled. What has been said of one of them since it was handed out is newer, and
    /// stays.
    pub fn apply_chunk(&mut self, mut compiled: Vec<CardChange>, now: Timestamp) {
        let Some(pass) = &mut self.pass else { return };
        let awaited = pass.done();
        compiled.retain(|change| awaited.contains(&change.credential));
        self.take(compiled, now);
    }

    fn pass_of(&mut self, revision: Revision, committed: Timestamp) -> &mut Pass {
        self.revision = self.revision.max(revision);
        let pass = self.pass.get_or_insert_with(|| Pass::new(revision, committed));
        pass.join(revision, committed);
        pass
    }
}
