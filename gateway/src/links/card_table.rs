//! The room of panel-protocol's own command set: one operation in the bytes of one frame, whatever link carries it.
//!
//! [`Frame`] is filled by `sync` with as much as fits; [`answer`] and [`waiting`] read what a panel says. What the bytes
//! mean is in panel-protocol's `PROTOCOL.md`; nothing is decided here.

use panel_protocol::credential::Credential;
use panel_protocol::limits::MAX_READERS;
use panel_protocol::panel::{self, ChangeBuilder, ProfileList};
use panel_protocol::table::{Profile, Row};

use crate::sync::{Answer, EventsWaiting, Operation, Room};

/// Bytes of a staging operation before its profiles.
const STAGE_HEAD: usize = 3;

/// One operation on its way into a buffer.
#[derive(Debug)]
pub struct Frame<'a>(Content<'a>);

#[derive(Debug)]
enum Content<'a> {
    Nothing(&'a mut [u8]),
    Deletions(ChangeBuilder<'a>),
    Rows(ChangeBuilder<'a>),
    Whole(usize),
}

impl<'a> Frame<'a> {
    /// Room in this buffer, which is as long as the panel and its link allow.
    pub const fn new(to: &'a mut [u8]) -> Self {
        Self(Content::Nothing(to))
    }

    /// How many bytes of the buffer the operation takes; `None` if nothing was put in.
    pub fn filled(&self) -> Option<usize> {
        let len = match &self.0 {
            Content::Nothing(_) => 0,
            Content::Deletions(change) | Content::Rows(change) if change.is_empty() => 0,
            Content::Deletions(change) | Content::Rows(change) => change.len(),
            Content::Whole(len) => *len,
        };
        (len > 0).then_some(len)
    }

    /// The buffer, unless something is in it.
    fn take(&mut self) -> Option<&'a mut [u8]> {
        match std::mem::replace(&mut self.0, Content::Whole(0)) {
            Content::Nothing(to) => Some(to),
            taken => {
                self.0 = taken;
                None
            }
        }
    }

    fn whole(&mut self, operation: &panel::Operation<'_>) -> bool {
        let Some(to) = self.take() else { return false };
        let len = operation.encode(to);
        self.0 = len.map_or(Content::Nothing(to), Content::Whole);
        len.is_some()
    }
}

impl Room for Frame<'_> {
    fn delete(&mut self, card: Credential) -> bool {
        if let Some(change) = self.take().and_then(ChangeBuilder::delete_keys) {
            self.0 = Content::Deletions(change);
        }
        match &mut self.0 {
            Content::Deletions(change) => change.key(card),
            _ => false,
        }
    }

    fn put(&mut self, row: &Row) -> bool {
        if let Some(change) = self.take().and_then(ChangeBuilder::put_rows) {
            self.0 = Content::Rows(change);
        }
        match &mut self.0 {
            Content::Rows(change) => change.row(row),
            _ => false,
        }
    }

    fn stage_profiles(&mut self, first: u16, profiles: &[Profile]) -> usize {
        let Content::Nothing(to) = &self.0 else { return 0 };
        let room = to.len().saturating_sub(STAGE_HEAD) / MAX_READERS;
        let staged = &profiles[..profiles.len().min(room)];
        let bytes: Vec<u8> = staged.iter().flat_map(|profile| *profile.as_bytes()).collect();
        let fits = ProfileList::checked(&bytes)
            .is_some_and(|profiles| self.whole(&panel::Operation::StageProfiles { first, profiles }));
        if fits { staged.len() } else { 0 }
    }

    fn operation(&mut self, operation: &Operation) -> bool {
        self.whole(&match operation.clone() {
            Operation::Info => panel::Operation::Info,
            Operation::Adopt { epoch, key } => panel::Operation::Adopt { epoch, key },
            Operation::SetClock(now) => panel::Operation::SetClock(now),
            Operation::CommitProfiles { count, digest } => panel::Operation::CommitProfiles { count, digest },
            Operation::ReadBuckets { first, count } => panel::Operation::ReadBuckets { first, count },
            Operation::ReadRows { bucket, after } => panel::Operation::ReadRows { bucket, after },
            Operation::ReadEvents { from } => panel::Operation::ReadEvents { from },
            Operation::AckEvents { before } => panel::Operation::AckEvents { before },
            Operation::List => return false, // those who have digests are not asked for lists
        })
    }
}

/// The answer in those bytes; `None` if they are no answer to anything that was asked.
pub fn answer(bytes: &[u8]) -> Option<Answer> {
    Some(match panel::Answer::decode(bytes)? {
        panel::Answer::Info(info) => Answer::Info(info),
        panel::Answer::Change { code: _, status, digest, applied } => {
            Answer::Change { status, digest, applied: usize::from(applied) }
        }
        panel::Answer::Buckets { first, digests } => {
            Answer::Buckets { first, digests: digests.iter().collect() }
        }
        panel::Answer::Rows { bucket, more, rows } => {
            Answer::Rows { bucket, more, rows: rows.iter().collect() }
        }
        panel::Answer::Events { next_event, events } => {
            Answer::Events { next_event, events: events.iter().collect() }
        }
        panel::Answer::Acknowledged { code: _ } => Answer::Acknowledged,
        panel::Answer::Refused { code: _, status } => Answer::Refused(status),
        // Nothing asks for these.
        panel::Answer::Hello { .. } | panel::Answer::Settings { .. } => return None,
        panel::Answer::EventsWaiting { .. } => return None,
    })
}

/// What those bytes, told without being asked, say of events; `None` if they say nothing of them.
pub fn waiting(bytes: &[u8]) -> Option<EventsWaiting> {
    match panel::Answer::decode(bytes)? {
        panel::Answer::EventsWaiting { first_event, next_event } => {
            Some(EventsWaiting { first_event, next_event })
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use panel_protocol::panel::{OUI, Status, VERSION};
    use panel_protocol::wiegand::H10301;

    use super::*;

    fn card(number: u64) -> Credential {
        H10301.encode(100, number).unwrap()
    }

    #[test]
    fn a_frame_takes_items_until_it_is_full_and_nothing_else_beside_them() {
        let mut bytes = [0; 16];
        let mut frame = Frame::new(&mut bytes);
        assert_eq!(frame.filled(), None);
        assert!(frame.delete(card(1)));
        assert!(!frame.put(&Row::new(card(2), 0)), "these are deletions");
        assert!(!frame.operation(&Operation::Info));
        assert_eq!(frame.stage_profiles(0, &[Profile::NEVER]), 0);
        assert!(frame.delete(card(2)) && frame.delete(card(3)) && !frame.delete(card(4)));
        let len = frame.filled().unwrap();
        let Ok(Some(panel::Operation::DeleteKeys(keys))) = panel::Operation::decode(&bytes[..len]) else {
            panic!("{bytes:?}")
        };
        assert_eq!(keys.iter().collect::<Vec<_>>(), [card(1), card(2), card(3)]);
    }

    #[test]
    fn rows_profiles_and_operations_read_back_as_they_were_put_in() {
        let mut bytes = [0; 64];
        let mut frame = Frame::new(&mut bytes);
        assert!(frame.put(&Row::new(card(1), 7)) && !frame.delete(card(1)));
        let len = frame.filled().unwrap();
        let Ok(Some(panel::Operation::PutRows(rows))) = panel::Operation::decode(&bytes[..len]) else {
            panic!("{bytes:?}")
        };
        assert_eq!(rows.iter().collect::<Vec<_>>(), [Row::new(card(1), 7)]);

        let all = [Profile::always([0]), Profile::always([1]), Profile::NEVER, Profile::NEVER];
        let mut frame = Frame::new(&mut bytes);
        let staged = frame.stage_profiles(3, &all);
        assert!((1..all.len()).contains(&staged), "{staged}");
        let len = frame.filled().unwrap();
        assert_eq!(len, STAGE_HEAD + staged * MAX_READERS);
        let Ok(Some(panel::Operation::StageProfiles { first: 3, profiles })) =
            panel::Operation::decode(&bytes[..len])
        else {
            panic!("{bytes:?}")
        };
        assert_eq!(profiles.iter().collect::<Vec<_>>(), all[..staged]);

        let mut frame = Frame::new(&mut bytes);
        assert!(frame.operation(&Operation::ReadEvents { from: 9 }) && !frame.operation(&Operation::Info));
        let len = frame.filled().unwrap();
        let read = panel::Operation::decode(&bytes[..len]);
        assert_eq!(read, Ok(Some(panel::Operation::ReadEvents { from: 9 })));
    }

    #[test]
    fn what_is_too_long_for_the_buffer_leaves_it_empty() {
        let mut bytes = [0; 4];
        let mut frame = Frame::new(&mut bytes);
        assert!(!frame.operation(&Operation::ReadEvents { from: 9 }));
        assert_eq!(frame.stage_profiles(0, &[Profile::NEVER]), 0);
        assert_eq!(frame.filled(), None);
        assert!(frame.operation(&Operation::Info), "there is room for this");
        assert_eq!(frame.filled(), Some(1));
        assert!(!Frame::new(&mut []).delete(card(1)));
    }

    #[test]
    fn news_of_events_is_no_answer_and_an_answer_is_no_news() {
        let news = [0x80, 0, 1, 0, 0, 0, 9, 0, 0, 0];
        assert_eq!(waiting(&news), Some(EventsWaiting { first_event: 1, next_event: 9 }));
        assert_eq!(answer(&news), None);
        let refused = [0x01, Status::UnknownOperation.code()];
        assert_eq!(answer(&refused), Some(Answer::Refused(Status::UnknownOperation)));
        assert_eq!(waiting(&refused), None);
        assert_eq!((answer(&OUI), waiting(&[VERSION])), (None, None));
    }
}
