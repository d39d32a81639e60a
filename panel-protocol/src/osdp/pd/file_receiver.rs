//! A file from the CP, fragment by fragment, into whatever a device keeps files in.
//!
//! A [`PdHandler`](super::PdHandler) hands each FILETRANSFER to its [`FileReceiver`] and answers with the status that
//! comes back. Only whole, gapless files reach the [`FileSink`], each byte once. Nothing is buffered, and nothing waits:
//! polls and commands go on between the fragments, also while the device is slow.

use core::hash::Hasher;
use core::time::Duration;

use siphasher::sip::SipHasher24;

use crate::osdp::file::{FileError, FileFragment, FileProgress, FileStatus};
use crate::time::Micros;

/// The last fragment of a file that is over, when it comes again within this time, is the repetition of a CP whose
/// answer was lost (it needs 8 s to notice and some more to open a new session); later, it is the same file once more.
pub const REPEAT_WITHIN: Duration = Duration::from_secs(60);

/// Where a device puts a file. The first error ends the transfer, and the CP is told which it was.
pub trait FileSink {
    /// A file begins: `total` bytes of this kind. What was written of an earlier one is void unless it was finished.
    ///
    /// # Errors
    /// [`FileError::Unrecognized`] for a kind that the device doesn't know, [`FileError::Abort`] for more than it can
    /// hold or when it has no time now. Nothing may have been changed.
    fn begin(&mut self, now: Micros, kind: u8, total: u32) -> Result<(), FileError>;

    /// The file's next bytes, at least one; `offset` is where the last ones ended, and they stay within the total.
    ///
    /// # Errors
    /// When the device can't go on.
    fn write(&mut self, now: Micros, offset: u32, bytes: &[u8]) -> Result<(), FileError>;

    /// The file is whole. Asked again each time that the CP asks, as long as the answer is [`Finish::Working`].
    ///
    /// # Errors
    /// [`FileError::Malformed`] for a content that is not what its kind promises.
    fn finish(&mut self, now: Micros) -> Result<Finish, FileError>;

    /// How long the device needs before the next fragment, the first included when [`begin`](Self::begin) takes long,
    /// or before the next question whether it has finished. Polls are answered meanwhile. At most 65.535 s can be told
    /// to the CP.
    fn delay(&self, now: Micros) -> Duration {
        let _ = now;
        Duration::ZERO
    }
}

/// How far a device has come with a whole file.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Finish {
    /// Still at it.
    Working,
    /// It is in use.
    Processed,
    /// The device restarts to use it, once this answer is out.
    Rebooting,
}

/// The PD's side of file transfers, one at a time.
///
/// - A file begins with a fragment at offset 0, which also ends what came before. It goes on with the fragment that
///   begins where the last one ended, in this conversation or a later one. Only a restart of the device forgets.
/// - The last fragment repeated, to the byte, is answered again and not written again, also after the end within
///   [`REPEAT_WITHIN`].
/// - A fragment without bytes writes nothing and asks how far the device is.
/// - A gap, an overlap, a fragment beyond the total, or another total or kind than the file began with, ends the
///   transfer as malformed (−3); the CP may begin again at 0. A FILETRANSFER whose own length field contradicts its
///   data never gets here: it is refused with NAK 2.
#[derive(Debug)]
pub struct FileReceiver {
    max_fragment: u16,
    transfer: Option<Transfer>,
}

#[derive(Debug)]
struct Transfer {
    kind: u8,
    total: u32,
    /// Bytes written; the file is whole when they are `total`.
    received: u32,
    last: Option<Piece>,
    last_at: Micros,
    /// What the CP was told at the end.
    outcome: Option<FileProgress>,
}

/// What tells a fragment from another at the same place.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Piece {
    offset: u32,
    len: usize,
    hash: u64,
}

/// What a fragment is to the transfer.
enum Step {
    Begin,
    Next,
    /// Nothing to write: a question, or a repetition.
    Ask,
    Wrong,
}

impl FileReceiver {
    /// A receiver that announces fragments of at most `max_fragment` bytes; 0 leaves it to the CP, which knows the
    /// device's receive buffer. Longer ones are taken all the same when their frame could be received.
    #[must_use]
    pub const fn new(max_fragment: u16) -> Self {
        Self { max_fragment, transfer: None }
    }

    /// Takes a fragment; what to answer. `None` when it came before the sink was ready for it: answer BUSY, so that it
    /// comes again.
    pub fn receive(
        &mut self,
        now: Micros,
        fragment: &FileFragment<'_>,
        sink: &mut impl FileSink,
    ) -> Option<FileStatus> {
        let progress = self.take(now, fragment, sink).unwrap_or_else(|error| {
            self.transfer = None;
            Some(FileProgress::Failed(error))
        })?;
        let delay_ms = match progress {
            FileProgress::Proceed | FileProgress::Finishing => whole_ms(sink.delay(now)),
            _ => 0,
        };
        Some(FileStatus { progress, delay_ms, max_fragment: self.max_fragment, ..FileStatus::PROCEED })
    }

    /// Gives up the transfer, as when the CP says ABORT. Its next fragment is refused, unless it is a file's first.
    pub fn cancel(&mut self) {
        self.transfer = None;
    }

    fn step(&self, now: Micros, fragment: &FileFragment<'_>) -> Step {
        if end(fragment).is_none_or(|end| end > fragment.total) {
            return Step::Wrong;
        }
        let current = self.transfer.as_ref().filter(|current| current.is_of(fragment));
        match current {
            Some(current) if current.asks(now, fragment) => Step::Ask,
            Some(current) if current.continues(fragment) => Step::Next,
            _ if fragment.offset == 0 => Step::Begin,
            _ => Step::Wrong,
        }
    }

    /// Does what the fragment asks for; `None` when the sink is not ready for it.
    fn take(
        &mut self,
        now: Micros,
        fragment: &FileFragment<'_>,
        sink: &mut impl FileSink,
    ) -> Result<Option<FileProgress>, FileError> {
        let step = self.step(now, fragment);
        if matches!(step, Step::Begin | Step::Next) && !sink.delay(now).is_zero() {
            return Ok(None);
        }
        match step {
            Step::Wrong => return Err(FileError::Malformed),
            Step::Begin => {
                sink.begin(now, fragment.kind, fragment.total)?;
                self.transfer = Some(Transfer::begun(now, fragment));
            }
            Step::Next | Step::Ask => {}
        }
        let current = self.transfer.as_mut().ok_or(FileError::Malformed)?;
        if current.continues(fragment) && !fragment.data.is_empty() {
            if !sink.delay(now).is_zero() {
                return Ok(None); // to begin took the sink some time
            }
            sink.write(now, fragment.offset, fragment.data)?;
            current.advance(now, fragment);
        }
        Ok(Some(current.progress(now, sink)))
    }
}

impl Transfer {
    fn begun(now: Micros, fragment: &FileFragment<'_>) -> Self {
        let FileFragment { kind, total, .. } = *fragment;
        Self { kind, total, received: 0, last: None, last_at: now, outcome: None }
    }

    /// The fragment was written.
    fn advance(&mut self, now: Micros, fragment: &FileFragment<'_>) {
        self.received = end(fragment).unwrap_or(self.total);
        (self.last, self.last_at) = (Some(Piece::of(fragment)), now);
    }

    fn is_of(&self, fragment: &FileFragment<'_>) -> bool {
        (self.kind, self.total) == (fragment.kind, fragment.total)
    }

    /// Whether the fragment brings nothing new.
    fn asks(&self, now: Micros, fragment: &FileFragment<'_>) -> bool {
        let recent = self.outcome.is_none() || now.since(self.last_at) <= REPEAT_WITHIN;
        recent && (fragment.data.is_empty() || self.last == Some(Piece::of(fragment)))
    }

    fn continues(&self, fragment: &FileFragment<'_>) -> bool {
        fragment.offset == self.received && self.received < self.total
    }

    fn progress(&mut self, now: Micros, sink: &mut impl FileSink) -> FileProgress {
        if self.received < self.total {
            return FileProgress::Proceed;
        }
        if let Some(outcome) = self.outcome {
            return outcome;
        }
        let progress = match sink.finish(now) {
            Ok(Finish::Working) => return FileProgress::Finishing,
            Ok(Finish::Processed) => FileProgress::Processed,
            Ok(Finish::Rebooting) => FileProgress::Rebooting,
            Err(error) => FileProgress::Failed(error),
        };
        (self.outcome, self.last_at) = (Some(progress), now);
        progress
    }
}

impl Piece {
    fn of(fragment: &FileFragment<'_>) -> Self {
        let mut hasher = SipHasher24::new();
        hasher.write(fragment.data);
        Self { offset: fragment.offset, len: fragment.data.len(), hash: hasher.finish() }
    }
}

/// Where a fragment ends; `None` beyond what 32 bits can say.
fn end(fragment: &FileFragment<'_>) -> Option<u32> {
    fragment.offset.checked_add(u32::try_from(fragment.data.len()).ok()?)
}

/// A delay as FTSTAT carries it: rounded up, and one more where there is any, since a CP whose clock has no more than
/// milliseconds (libosdp) ends its wait up to one early.
fn whole_ms(delay: Duration) -> u16 {
    let ms = delay.as_micros().div_ceil(1000) + u128::from(!delay.is_zero());
    u16::try_from(ms).unwrap_or(u16::MAX)
}
