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
}
