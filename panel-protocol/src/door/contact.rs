//! The door's leaf, as its contact shows it: whether it may be open, and since when it is.

use core::time::Duration;

use super::input::Contact;
use super::output::Event;
use crate::time::Micros;

/// How much has been told of an open door.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Told {
    Nothing,
    Warned,
    Held,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Standing {
    /// `told`: it was forced or held, and nobody has seen it closed since.
    Unknown {
        told: bool,
    },
    Closed,
    Open {
        since: Micros,
        forced: bool,
        told: Told,
    },
}

impl Standing {
    /// Whether it has been told of that the door is open.
    const fn is_told(self) -> bool {
        match self {
            Self::Unknown { told } => told,
            Self::Closed => false,
            Self::Open { forced, told, .. } => forced || matches!(told, Told::Held),
        }
    }
}

#[derive(Debug)]
pub(super) struct Leaf {
    standing: Standing,
    /// Until then it may be opened.
    allowed_until: Option<Micros>,
}

impl Leaf {
    pub(super) const fn new() -> Self {
        Self { standing: Standing::Unknown { told: false }, allowed_until: None }
    }

    /// Whether it has been told of that it is open, before anything was seen of it.
    pub(super) const fn resume(&mut self, told: bool) {
        self.standing = Standing::Unknown { told };
    }

    pub(super) const fn is_open(&self) -> Option<bool> {
        match self.standing {
            Standing::Unknown { .. } => None,
            Standing::Closed => Some(false),
            Standing::Open { .. } => Some(true),
        }
    }

    /// Somebody was let in or out: it may be opened until then, and stays open from now on for as long as usual.
    pub(super) fn allow(&mut self, now: Micros, until: Micros) {
        self.allowed_until = Some(self.allowed_until.map_or(until, |before| before.max(until)));
        self.count_from(now);
    }

    /// The time that it stands open counts from now on, unless too much of it has been told of.
    pub(super) fn count_from(&mut self, now: Micros) {
        if let Standing::Open { since, told: Told::Nothing | Told::Warned, forced: false } =
            &mut self.standing
        {
            *since = now;
        }
        if let Standing::Open { told: told @ Told::Warned, forced: false, .. } = &mut self.standing {
            *told = Told::Nothing;
        }
    }

    /// The contact shows something; what is told of it.
    pub(super) fn moved(&mut self, now: Micros, contact: Contact, held_open: bool) -> Option<Event> {
        let before = self.standing;
        let allowed = held_open || self.allowed_until.is_some_and(|until| now <= until);
        let open = |forced| Standing::Open { since: now, forced, told: Told::Nothing };
        self.standing = match (before, contact) {
            (Standing::Open { .. }, Contact::Open) => before,
            (_, Contact::Unknown) => Standing::Unknown { told: before.is_told() },
            (_, Contact::Closed) => Standing::Closed,
            // Of one that was open when it was first seen, nobody knows who opened it.
            (Standing::Unknown { told }, Contact::Open) => open(told),
            (Standing::Closed, Contact::Open) => open(!allowed),
        };
        match (before, self.standing) {
            (Standing::Closed, Standing::Open { forced: true, .. }) => Some(Event::Forced),
            (before, Standing::Closed) if before.is_told() => Some(Event::Closed),
            _ => None,
        }
    }

    /// What is to be told of a door that stands open, one at a time.
    pub(super) fn stands_open(
        &mut self,
        now: Micros,
        held_open: bool,
        held_after: Duration,
    ) -> Option<Event> {
        let due = self.deadline(held_open, held_after)?;
        let Standing::Open { told, .. } = &mut self.standing else { return None };
        if now < due {
            return None;
        }
        let (next, event) = match told {
            Told::Nothing => (Told::Warned, Event::HeldWarning),
            Told::Warned | Told::Held => (Told::Held, Event::Held),
        };
        *told = next;
        Some(event)
    }

    /// When something is to be told of a door that stands open. A forced one has been told of.
    pub(super) fn deadline(&self, held_open: bool, held_after: Duration) -> Option<Micros> {
        match self.standing {
            Standing::Open { since, forced: false, told } if !held_open => match told {
                Told::Nothing => Some(since + held_after * 2 / 3),
                Told::Warned => Some(since + held_after),
                Told::Held => None,
            },
            _ => None,
        }
    }
}
