//! FILETRANSFER and FTSTAT: a file to a PD, fragment by fragment.
//!
//! The CP sends fragments in order, the PD answers each with what it makes of it: how long to wait before the next, how
//! long that may be, and when it is done. Here are the two payloads; the machines that use them are
//! [`cp`](super::cp)'s and [`pd`](super::pd)'s.

use core::fmt;

use super::bytes::{Full, Writer};
use super::payload::{PayloadError, counted, fixed, head};

/// A part of a file, or with no bytes the question whether the PD has finished (OSDP 2.2, 6.26).
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct FileFragment<'a> {
    /// What kind of file: 1 is opaque, the rest is the maker's (128 and above) or the standard's.
    pub kind: u8,
    /// Length of the whole file, in bytes.
    pub total: u32,
    /// Where this fragment begins, in bytes from the file's start.
    pub offset: u32,
    /// The fragment, at most 65,535 bytes.
    pub data: &'a [u8],
}

/// What the PD makes of a fragment (OSDP 2.2, 7.25).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct FileStatus {
    /// Whether polls and commands may go between the fragments.
    pub may_interleave: bool,
    /// Whether the CP shall leave the secure channel for the transfer. Gatehouse never does.
    pub leave_secure: bool,
    /// Whether a POLL would be answered with news.
    pub has_news: bool,
    /// How long to wait before the next fragment (FtDelay), in milliseconds.
    pub delay_ms: u16,
    /// How far it has come.
    pub progress: FileProgress,
    /// Longest fragment that it takes from now on, in bytes; 0: as before.
    pub max_fragment: u16,
}

/// How far a PD has come with a file.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum FileProgress {
    /// 0: go on.
    Proceed,
    /// 1: the file's content has been processed; the transfer is over.
    Processed,
    /// 2: it restarts to use the file, and a new session will be needed; the transfer is over.
    Rebooting,
    /// 3: it has the file and is still working on it: ask again with empty fragments.
    Finishing,
    /// Below 0: the transfer is over without success.
    Failed(FileError),
    /// Above 3: kept for the future.
    Other(i16),
}

/// Why a PD gives a file up; its code is negative.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum FileError {
    /// -1: stop, for whatever reason.
    Abort,
    /// -2: its content is of no kind that the PD knows.
    Unrecognized,
    /// -3: its content is malformed.
    Malformed,
    /// Another negative code.
    Other(i16),
}

const INTERLEAVE: u8 = 0x01;
const LEAVE_SECURE: u8 = 0x02;
const NEWS: u8 = 0x04;

impl<'a> FileFragment<'a> {
    /// Data bytes beside the fragment itself.
    pub const HEAD_LEN: usize = 1 + 4 + 4 + 2;

    pub(super) fn parse(data: &'a [u8]) -> Result<Self, PayloadError> {
        let ([kind, t0, t1, t2, t3, o0, o1, o2, o3, l0, l1], data) = head(data)?;
        Ok(Self {
            kind: *kind,
            total: u32::from_le_bytes([*t0, *t1, *t2, *t3]),
            offset: u32::from_le_bytes([*o0, *o1, *o2, *o3]),
            data: counted(data, 9, u16::from_le_bytes([*l0, *l1]))?,
        })
    }

    pub(super) fn emit(&self, out: &mut Writer<'_>) -> Result<(), Full> {
        let len = u16::try_from(self.data.len()).map_err(|_| Full)?;
        out.put(&[self.kind])?;
        out.put(&self.total.to_le_bytes())?;
        out.put(&self.offset.to_le_bytes())?;
        out.put_u16(len)?;
        out.put(self.data)
    }
}

impl FileStatus {
    /// Go on at once, with polls between.
    pub const PROCEED: Self = Self {
        may_interleave: true,
        leave_secure: false,
        has_news: false,
        delay_ms: 0,
        progress: FileProgress::Proceed,
        max_fragment: 0,
    };

    pub(super) fn parse(data: &[u8]) -> Result<Self, PayloadError> {
        let [action, d0, d1, s0, s1, m0, m1] = *fixed(data)?;
        Ok(Self {
            may_interleave: action & INTERLEAVE != 0,
            leave_secure: action & LEAVE_SECURE != 0,
            has_news: action & NEWS != 0,
            delay_ms: u16::from_le_bytes([d0, d1]),
            progress: FileProgress::from_code(i16::from_le_bytes([s0, s1])),
            max_fragment: u16::from_le_bytes([m0, m1]),
        })
    }

    pub(super) fn emit(self, out: &mut Writer<'_>) -> Result<(), Full> {
        let flags =
            [(self.may_interleave, INTERLEAVE), (self.leave_secure, LEAVE_SECURE), (self.has_news, NEWS)];
        let action = flags.iter().filter(|(set, _)| *set).fold(0, |all, (_, flag)| all | flag);
        out.put(&[action])?;
        out.put_u16(self.delay_ms)?;
        out.put(&self.progress.code().to_le_bytes())?;
        out.put_u16(self.max_fragment)
    }
}

impl FileProgress {
    /// What a status code means.
    #[must_use]
    pub const fn from_code(code: i16) -> Self {
        match code {
            0 => Self::Proceed,
            1 => Self::Processed,
            2 => Self::Rebooting,
            3 => Self::Finishing,
            -1 => Self::Failed(FileError::Abort),
            -2 => Self::Failed(FileError::Unrecognized),
            -3 => Self::Failed(FileError::Malformed),
            ..0 => Self::Failed(FileError::Other(code)),
            _ => Self::Other(code),
        }
    }

    /// The code on the wire.
    #[must_use]
    pub const fn code(self) -> i16 {
        match self {
            Self::Proceed => 0,
            Self::Processed => 1,
            Self::Rebooting => 2,
            Self::Finishing => 3,
            Self::Failed(FileError::Abort) => -1,
            Self::Failed(FileError::Unrecognized) => -2,
            Self::Failed(FileError::Malformed) => -3,
            Self::Failed(FileError::Other(code)) | Self::Other(code) => code,
        }
    }
}

impl fmt::Display for FileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Abort => f.write_str("it stopped the transfer"),
            Self::Unrecognized => f.write_str("it doesn't know this kind of file"),
            Self::Malformed => f.write_str("the file is malformed"),
            Self::Other(code) => write!(f, "error {code}"),
        }
    }
}

impl core::error::Error for FileError {}

impl fmt::Debug for FileFragment<'_> {
    /// Without the data, which may be secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { kind, total, offset, data } = self;
        write!(f, "FileFragment(kind {kind}, {} bytes at {offset} of {total})", data.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_fragment_is_laid_out_as_the_standard_says() {
        let fragment = FileFragment { kind: 1, total: 0x0102_0304, offset: 0x10, data: b"abc" };
        let mut room = [0; 14];
        let mut out = Writer::new(&mut room);
        fragment.emit(&mut out).unwrap();
        assert_eq!(room, [1, 4, 3, 2, 1, 0x10, 0, 0, 0, 3, 0, b'a', b'b', b'c']);
        assert_eq!(FileFragment::parse(&room), Ok(fragment));
        assert_eq!(FileFragment::parse(&room[..13]), Err(PayloadError::Count { at: 9, says: 3, follow: 2 }));
        assert_eq!(FileFragment::parse(&room[..10]), Err(PayloadError::TooShort { len: 10, min: 11 }));
    }

    #[test]
    fn a_status_is_laid_out_as_the_standard_says() {
        let status = FileStatus { delay_ms: 500, max_fragment: 128, ..FileStatus::PROCEED };
        let failed = FileStatus { progress: FileProgress::Failed(FileError::Malformed), ..status };
        let mut room = [0; 7];
        failed.emit(&mut Writer::new(&mut room)).unwrap();
        assert_eq!(room, [1, 0xF4, 1, 0xFD, 0xFF, 128, 0]);
        assert_eq!(FileStatus::parse(&room), Ok(failed));
        assert_eq!(FileStatus::parse(&room[..6]), Err(PayloadError::TooShort { len: 6, min: 7 }));
    }

    proptest! {
        #[test]
        fn every_code_survives(code: i16) {
            prop_assert_eq!(FileProgress::from_code(code).code(), code);
        }
    }
}
