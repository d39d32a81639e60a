//! What is under way for installers on one line: at most one thing a device, each with an end.
//!
//! A device that is moved is spoken to anew at its new place before anybody is told that it is there. Nothing here sends
//! anything: the driver does, and tells what came of it.

use std::sync::Arc;
use std::time::Duration;

use panel_protocol::osdp::cp::{Event, FileFault, FileOutcome};
use panel_protocol::osdp::payload::ComSettings;
use panel_protocol::time::Micros;
use tokio::sync::{oneshot, watch};

use crate::links::{TendError, Tended};

/// A device that was moved has so long to be spoken to anew.
pub(super) const MOVED_WITHIN: Duration = Duration::from_secs(20);

/// The same for one that has a new key.
pub(super) const KEYED_WITHIN: Duration = Duration::from_secs(60);

/// Where to say what came of it.
pub(super) type Done = oneshot::Sender<Result<Tended, TendError>>;

/// What is under way for one device.
#[derive(Debug)]
pub(super) struct Work {
    device: usize,
    /// It has failed then; `None`: the CP ends it.
    until: Option<Micros>,
    kind: Kind,
    done: Done,
}

/// Which of them.
#[derive(Debug)]
pub(super) enum Kind {
    /// It is asked to go there; `went` is where it says that it went.
    Move { wanted: ComSettings, before: ComSettings, went: Option<ComSettings> },
    /// It is given a new key.
    Key,
    /// It takes a file.
    File { content: Arc<[u8]>, progress: watch::Sender<u64> },
}

/// What follows for the line.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Follows {
    Nothing,
    /// The line has that speed from now on.
    Speed(u32),
}

/// All of a line.
#[derive(Debug, Default)]
pub(super) struct Works(Vec<Work>);

impl Works {
    pub(super) fn is_busy(&self, device: usize) -> bool {
        self.0.iter().any(|work| work.device == device)
    }

    pub(super) fn begin(&mut self, device: usize, until: Option<Micros>, kind: Kind, done: Done) {
        self.0.push(Work { device, until, kind, done });
    }

    /// A part of the file that a device is to have; empty where there is none.
    pub(super) fn part(&self, device: usize, offset: u32, max_len: usize) -> &[u8] {
        let file = self.0.iter().find_map(|work| match &work.kind {
            Kind::File { content, .. } if work.device == device => Some(content),
            _ => None,
        });
        let rest = file.and_then(|content| content.get(usize::try_from(offset).ok()?..)).unwrap_or_default();
        &rest[..rest.len().min(max_len)]
    }

    /// A device has so many bytes of its file.
    pub(super) fn progress(&self, device: usize, sent: u32) {
        for work in self.0.iter().filter(|work| work.device == device) {
            if let Kind::File { progress, .. } = &work.kind {
                progress.send_if_modified(|known| std::mem::replace(known, sent.into()) != u64::from(sent));
            }
        }
    }

    /// What a device became, as far as something waits for it.
    pub(super) fn take(&mut self, device: usize, event: &Event) -> Follows {
        let Some(at) = self.0.iter().position(|work| work.device == device) else { return Follows::Nothing };
        match (&mut self.0[at].kind, event) {
            (Kind::Move { went, before, .. }, Event::Moved { settings }) => {
                *went = Some(*settings);
                return if settings.baud == before.baud {
                    Follows::Nothing
                } else {
                    Follows::Speed(settings.baud)
                };
            }
            (Kind::Move { .. }, Event::NotMoved { reason }) => {
                let why =
                    reason.map_or_else(|| "it stays where it is".to_owned(), |reason| reason.to_string());
                self.end(at, Err(TendError::Refused(why)));
            }
            (Kind::Move { went: Some(went), wanted, .. }, Event::SecureUp) => {
                let (ComSettings { address, baud }, as_wanted) = (*went, went == wanted);
                let otherwise = TendError::Otherwise { address, baud };
                self.end(at, if as_wanted { Ok(Tended::Moved { address, baud }) } else { Err(otherwise) });
            }
            (Kind::Key, Event::KeyKept) => {
                self.end(at, Err(TendError::Refused("the old key is still in use".to_owned())));
            }
            (Kind::Key, Event::KeyRefused { reason }) => {
                self.end(at, Err(TendError::Refused(reason.to_string())));
            }
            (Kind::File { .. }, Event::FileSent { outcome }) => {
                self.end(at, Ok(Tended::FileTaken { restarts: *outcome == FileOutcome::Rebooting }));
            }
            (Kind::File { .. }, Event::FileFailed { fault }) => self.end(at, Err(file_failed(*fault))),
            _ => {}
        }
        Follows::Nothing
    }

    /// The new key of a device is in its file, or could not be put there.
    pub(super) fn key_kept(&mut self, device: usize, kept: Result<(), String>) {
        let is_it = |work: &Work| work.device == device && matches!(work.kind, Kind::Key);
        if let Some(at) = self.0.iter().position(is_it) {
            self.end(at, kept.map(|()| Tended::NewKey).map_err(TendError::Key));
        }
    }

    /// Ends what has had its time; says when the next has, and the speed that the line goes back to.
    pub(super) fn expire(&mut self, now: Micros) -> (Option<Micros>, Follows) {
        let mut follows = Follows::Nothing;
        while let Some(at) = self.0.iter().position(|work| work.until.is_some_and(|until| until <= now)) {
            let why = match &self.0[at].kind {
                Kind::Move { wanted, before, went } => {
                    if went.is_some_and(|went| went.baud != before.baud) {
                        follows = Follows::Speed(before.baud);
                    }
                    format!(
                        "look for it at address {} and {} baud with `gateway scan`",
                        wanted.address, wanted.baud
                    )
                }
                Kind::Key | Kind::File { .. } => {
                    "both keys are kept, and tried whenever it answers".to_owned()
                }
            };
            self.end(at, Err(TendError::Unconfirmed(why)));
        }
        (self.0.iter().filter_map(|work| work.until).min(), follows)
    }

    fn end(&mut self, at: usize, result: Result<Tended, TendError>) {
        drop(self.0.remove(at).done.send(result));
    }
}

fn file_failed(fault: FileFault) -> TendError {
    match fault {
        FileFault::Stalled | FileFault::Lost(_) => TendError::Unconfirmed(fault.to_string()),
        other => TendError::Refused(other.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BEFORE: ComSettings = ComSettings { address: 1, baud: 9600 };

    fn moving(wanted: ComSettings) -> (Works, oneshot::Receiver<Result<Tended, TendError>>) {
        let (mut works, (done, answer)) = (Works::default(), oneshot::channel());
        works.begin(3, Some(Micros(100)), Kind::Move { wanted, before: BEFORE, went: None }, done);
        (works, answer)
    }

    #[test]
    fn a_move_is_told_when_the_device_has_been_spoken_to_at_its_new_place_and_not_before() {
        let wanted = ComSettings { address: 5, baud: 9600 };
        let (mut works, mut answer) = moving(wanted);
        assert_eq!(works.take(3, &Event::SecureUp), Follows::Nothing);
        assert_eq!(works.take(3, &Event::Moved { settings: wanted }), Follows::Nothing);
        assert!(answer.try_recv().is_err() && works.is_busy(3) && !works.is_busy(1));
        works.take(3, &Event::SecureUp);
        assert_eq!(answer.try_recv().unwrap(), Ok(Tended::Moved { address: 5, baud: 9600 }));
        assert!(!works.is_busy(3));
    }

    #[test]
    fn a_device_that_settles_for_something_else_is_told_as_that() {
        let (mut works, mut answer) = moving(ComSettings { address: 5, baud: 9600 });
        works.take(3, &Event::Moved { settings: ComSettings { address: 6, baud: 9600 } });
        works.take(3, &Event::SecureUp);
        assert_eq!(answer.try_recv().unwrap(), Err(TendError::Otherwise { address: 6, baud: 9600 }));
    }

    #[test]
    fn a_speed_that_nobody_answers_at_is_given_up_with_where_to_look() {
        let wanted = ComSettings { address: 1, baud: 38_400 };
        let (mut works, mut answer) = moving(wanted);
        assert_eq!(works.take(3, &Event::Moved { settings: wanted }), Follows::Speed(38_400));
        assert_eq!(works.expire(Micros(99)), (Some(Micros(100)), Follows::Nothing));
        assert_eq!(works.expire(Micros(100)), (None, Follows::Speed(9600)), "the line goes back");
        let error = answer.try_recv().unwrap().unwrap_err().to_string();
        assert!(error.contains("address 1 and 38400 baud"), "{error}");
    }

    #[test]
    fn a_file_is_given_in_the_parts_that_are_asked_for() {
        let (mut works, (done, mut answer)) = (Works::default(), oneshot::channel());
        let (progress, seen) = watch::channel(0);
        works.begin(3, None, Kind::File { content: Arc::from(*b"abcdef"), progress }, done);
        assert_eq!(
            (works.part(3, 0, 4), works.part(3, 4, 4), works.part(3, 9, 4)),
            (&b"abcd"[..], &b"ef"[..], &b""[..])
        );
        assert_eq!(works.part(1, 0, 4), b"");
        works.progress(3, 4);
        assert_eq!(*seen.borrow(), 4);
        works.take(3, &Event::FileSent { outcome: FileOutcome::Processed });
        assert_eq!(answer.try_recv().unwrap(), Ok(Tended::FileTaken { restarts: false }));
    }
}
