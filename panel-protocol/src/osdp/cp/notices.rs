//! What is to be told of one PD and has not been fetched yet.

use heapless::Deque;

use super::event::Event;

/// Events kept for a caller that doesn't drain; one input causes four at most. The oldest gives way.
const MAX_EVENTS: usize = 8;

/// What is to be told of a PD.
pub(super) enum Note {
    /// The outcome of the caller's command is unknown.
    Failed,
    Event(Event),
}

/// One PD's notes, in order; that a command has failed goes first.
#[derive(Debug, Default)]
pub(super) struct Notices {
    command_failed: bool,
    events: Deque<Event, MAX_EVENTS>,
}

impl Notices {
    pub(super) fn add(&mut self, event: Event) {
        if self.events.is_full() {
            let _ = self.events.pop_front();
        }
        let _ = self.events.push_back(event);
    }

    /// The caller's command that was on its way will not be answered.
    pub(super) fn command_failed(&mut self) {
        self.command_failed = true;
    }

    pub(super) fn take(&mut self) -> Option<Note> {
        if core::mem::take(&mut self.command_failed) {
            return Some(Note::Failed);
        }
        self.events.pop_front().map(Note::Event)
    }
}
