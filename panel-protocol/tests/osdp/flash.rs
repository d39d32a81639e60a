//! What a device keeps files in, as slow and as choosy as a test wants it.

use std::collections::VecDeque;
use std::time::Duration;

use panel_protocol::osdp::file::FileError;
use panel_protocol::osdp::pd::{FileSink, Finish};
use panel_protocol::time::Micros;

/// The kind of file that it knows.
pub(crate) const KIND: u8 = 1;
/// Longest file that it holds, in bytes.
pub(crate) const CAPACITY: u32 = 65_536;

#[derive(Default)]
pub(crate) struct Flash {
    pub(crate) bytes: Vec<u8>,
    /// Files begun and bytes written, repetitions included.
    pub(crate) begun: usize,
    pub(crate) written: usize,
    pub(crate) finished: usize,
    /// What it takes to begin, and each write.
    pub(crate) begin_time: Duration,
    pub(crate) write_time: Duration,
    pub(crate) busy_until: Micros,
    /// Fails at the write that reaches this many bytes.
    pub(crate) breaks_at: Option<usize>,
    /// What it says of whole files, in order; then that they are processed.
    pub(crate) verdicts: VecDeque<Result<Finish, FileError>>,
}

impl FileSink for Flash {
    fn begin(&mut self, now: Micros, kind: u8, total: u32) -> Result<(), FileError> {
        match (kind, total) {
            (KIND, ..=CAPACITY) => {
                self.begun += 1;
                self.bytes.clear();
                self.busy_until = now + self.begin_time;
                Ok(())
            }
            (KIND, _) => Err(FileError::Abort),
            _ => Err(FileError::Unrecognized),
        }
    }

    fn write(&mut self, now: Micros, offset: u32, bytes: &[u8]) -> Result<(), FileError> {
        assert_eq!(offset as usize, self.bytes.len(), "in order and without gaps");
        assert!(!bytes.is_empty());
        assert!(now >= self.busy_until, "before it was ready");
        self.bytes.extend_from_slice(bytes);
        self.written += bytes.len();
        self.busy_until = now + self.write_time;
        if self.breaks_at.is_some_and(|at| self.bytes.len() >= at) { Err(FileError::Abort) } else { Ok(()) }
    }

    fn finish(&mut self, _: Micros) -> Result<Finish, FileError> {
        self.finished += 1;
        self.verdicts.pop_front().unwrap_or(Ok(Finish::Processed))
    }

    fn delay(&self, now: Micros) -> Duration {
        self.busy_until.since(now)
    }
}
