//! What a PD is first asked while it is looked for: who it is, or, since some answer nothing else before, a poll.

/// The first question of an attempt.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) enum Probe {
    #[default]
    Id,
    Poll,
}

/// The question that one PD is asked next.
#[derive(Debug, Default)]
pub(super) struct Probing {
    next: Probe,
    /// Times in a row that it was found by a poll after it had not said who it is.
    found_by_poll: u8,
}

impl Probing {
    pub(super) fn next(&self) -> Probe {
        self.next
    }

    /// The question was not answered: the other one is next. True: both have been asked in vain.
    pub(super) fn unanswered(&mut self) -> bool {
        let both = self.next == Probe::Poll;
        self.next = if both { Probe::Id } else { Probe::Poll };
        both
    }

    /// It has said who it is. True: again only after a poll; once may be by chance, as it may just have started.
    pub(super) fn found(&mut self) -> bool {
        let by_poll = core::mem::take(&mut self.next) == Probe::Poll;
        self.found_by_poll = if by_poll { self.found_by_poll.saturating_add(1) } else { 0 };
        self.found_by_poll > 1
    }
}
