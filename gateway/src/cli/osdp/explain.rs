//! From records to explained frames: follows the conversation of the whole line, whoever recorded it.

use jiff::{SignedDuration, Timestamp};
use panel_protocol::osdp::frame::{FrameError, FrameMut};
use panel_protocol::osdp::monitor::{EVERY_ADDRESS, KeyRing, Monitor};

use super::fields::Secrets;
use super::keys::MAX_KEYS;
use super::shown::{Shown, ShownFrame};
use super::stream::{Found, Stream};
use crate::osdpcap::{Io, Record};

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
