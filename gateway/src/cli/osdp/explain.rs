//! From records to explained frames: follows the conversation of the whole line, whoever recorded it.

use jiff::{SignedDuration, Timestamp};
use panel_protocol::osdp::frame::{FrameError, FrameMut};
use panel_protocol::osdp::monitor::{EVERY_ADDRESS, KeyRing, Monitor};

use super::fields::Secrets;
use super::keys::MAX_KEYS;
use super::shown::{Shown, ShownFrame};
use super::stream::{Found, Stream};
use crate::domain::osdpcap::{Io, Record};

/// A silence that ends a frame. The standard's is 20 ms; recorders see bytes later than the wire does.
const FRAME_GAP: SignedDuration = SignedDuration::from_millis(100);

/// Follows one line.
pub(super) struct Explainer {
    monitor: Box<Monitor<EVERY_ADDRESS, MAX_KEYS>>,
    streams: [Stream; 3],
    last: Option<(Io, Option<Timestamp>)>,
    index: usize,
    secrets: Secrets,
}

impl Explainer {
    pub(super) fn new(keys: KeyRing<MAX_KEYS>, secrets: Secrets) -> Self {
        let streams = [Stream::new(), Stream::new(), Stream::new()];
        Self { monitor: Box::new(Monitor::new(keys)), streams, last: None, index: 0, secrets }
    }

    /// Takes what was recorded next; gives what has become clear by it.
    pub(super) fn take(&mut self, record: &Record) -> Vec<Shown> {
        let mut shown = self.end_streams(Some(record));
        self.last = Some((record.io, record.at));
        let found = self.streams[slot(record.io)].take(&record.data);
        shown.extend(found.into_iter().map(|found| self.explain(found, record.at)));
        shown.extend(record.note.clone().map(Shown::Note));
        shown
    }

    /// Gives what is left when nothing more comes.
    pub(super) fn end(&mut self) -> Vec<Shown> {
        self.end_streams(None)
    }

    /// Ends every direction but that of the `next` record, and that one too after a silence: on a line one speaks at a
    /// time.
    fn end_streams(&mut self, next: Option<&Record>) -> Vec<Shown> {
        let at = self.last.and_then(|(_, at)| at);
        let goes_on = next.is_some_and(|next| {
            let silence = next.at.zip(at).map(|(next, last)| next.duration_since(last));
            silence.is_none_or(|silence| silence <= FRAME_GAP)
        });
        let kept = next.filter(|_| goes_on).map(|next| slot(next.io));
        let ended = self.streams.iter_mut().enumerate().filter(|(slot, _)| Some(*slot) != kept);
        let found: Vec<Found> = ended.flat_map(|(_, stream)| stream.end()).collect();
        found.into_iter().map(|found| self.explain(found, at)).collect()
    }

    fn explain(&mut self, found: Found, at: Option<Timestamp>) -> Shown {
        match found {
            Found::Frame(bytes) => self.frame(bytes, at),
            Found::Damaged { bytes, error } => self.damaged(&bytes, error, at),
            Found::Noise(bytes) => Shown::Noise(bytes),
        }
    }

    fn frame(&mut self, mut bytes: Vec<u8>, at: Option<Timestamp>) -> Shown {
        let index = self.next_index();
        match FrameMut::parse(&mut bytes) {
            Ok(frame) => {
                let seen = self.monitor.observe(frame);
                Shown::Frame(ShownFrame::of(index, at, &seen, self.secrets))
            }
            Err(error) => Shown::Frame(ShownFrame::damaged(index, at, &bytes, error)),
        }
    }

    fn damaged(&mut self, bytes: &[u8], error: FrameError, at: Option<Timestamp>) -> Shown {
        if let Some(address) = bytes.get(1) {
            self.monitor.missed(address & 0x7F);
        }
        let index = self.next_index();
        Shown::Frame(ShownFrame::damaged(index, at, bytes, error))
    }

    fn next_index(&mut self) -> usize {
        let index = self.index;
        self.index += 1;
        index
    }
}

const fn slot(io: Io) -> usize {
    io as usize
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::tz::TimeZone;
    use panel_protocol::osdp::command::Command;
    use panel_protocol::osdp::frame::{Check, Header, emit};
    use panel_protocol::panel::OUI;
    use proptest::prelude::*;

    fn explainer() -> Explainer {
        Explainer::new(KeyRing::new().learning(), Secrets::Shown)
    }

    fn record(io: Io, second: i64, data: &[u8]) -> Record {
        Record { at: Some(Timestamp::new(second, 0).unwrap()), io, data: data.to_vec(), note: None }
    }

    const POLL: [u8; 9] = [0xFF, 0x53, 0x00, 0x08, 0x00, 0x04, 0x60, 0xEB, 0xAA];

    fn sound(shown: &[Shown]) -> Vec<bool> {
        let json = |shown: &Shown| match shown {
            Shown::Frame(frame) => Some(serde_json::to_value(frame).unwrap()["check"] == "ok"),
            _ => None,
        };
        shown.iter().filter_map(json).collect()
    }

    #[test]
    fn a_frame_in_two_records_of_one_direction_is_whole() {
        let mut explainer = explainer();
        assert!(sound(&explainer.take(&record(Io::Input, 1, &POLL[..4]))).is_empty());
        assert_eq!(sound(&explainer.take(&record(Io::Input, 1, &POLL[4..]))), [true]);
    }

    #[test]
    fn a_frame_ends_when_the_other_side_speaks_or_nobody_does() {
        for (io, second) in [(Io::Output, 1), (Io::Input, 2)] {
            let mut explainer = explainer();
            assert!(sound(&explainer.take(&record(Io::Input, 1, &POLL[..7]))).is_empty());
            assert_eq!(sound(&explainer.take(&record(io, second, &POLL))), [false, true], "in their order");
        }
    }

    /// A frame with the right check, of any code and data, in either direction; often of our own vendor's.
    fn any_frame() -> impl Strategy<Value = Vec<u8>> {
        let data = prop::collection::vec(any::<u8>(), 0..48);
        (any::<u8>(), any::<bool>(), 0..6u8, data).prop_map(|(code, reply, vendor, data)| {
            let (code, data) = match vendor {
                0 if reply => (0x90, [&OUI[..], &data].concat()),
                0 => (0x80, [&OUI[..], &data].concat()),
                _ => (code, data),
            };
            let header = Header { address: 1, reply, sequence: 1, check: Check::Checksum };
            emit(&mut [0; 80], header, None, &Command::Other { code, data: &data }).unwrap().to_vec()
        })
    }

    proptest! {
        #[test]
        fn every_sound_frame_is_explained_whatever_is_in_it(frames in prop::collection::vec(any_frame(), 1..20)) {
            let mut explainer = explainer();
            let mut shown: Vec<Shown> =
                frames.iter().flat_map(|frame| explainer.take(&record(Io::Trace, 1, frame))).collect();
            shown.extend(explainer.end());
            prop_assert_eq!(sound(&shown), vec![true; frames.len()]);
            for shown in &shown {
                if let Shown::Frame(frame) = shown {
                    prop_assert!(!frame.for_people(&TimeZone::UTC, true).is_empty());
                }
            }
        }
    }
}
