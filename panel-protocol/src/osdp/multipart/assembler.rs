//! How a message is put together from its parts.

use core::fmt;

use subtle::ConstantTimeEq;
use zeroize::{Zeroize, ZeroizeOnDrop};

use super::Fragment;

/// Puts a message of at most `N` bytes together, fragment by fragment.
///
/// A fragment at offset 0 begins anew, whatever was there. One that was heard before, as after a lost reply, changes
/// nothing. Whatever is refused ends the message: the standard has a PD answer NAK 9, which makes the sender begin
/// anew. Bytes are wiped when a message begins, ends without success, or the assembler is dropped: they may be a
/// cardholder's.
pub struct Assembler<const N: usize> {
    room: [u8; N],
    progress: Option<Progress>,
}

/// How far a message has come.
#[derive(Clone, Copy)]
struct Progress {
    total: u16,
    received: u16,
}

/// What a fragment has led to.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Assembled<'a> {
    /// More is needed.
    Partial {
        /// Bytes received so far, without a gap.
        received: u16,
        /// Bytes that the message has.
        total: u16,
    },
    /// The message is whole. It stays until the next begins.
    Whole(&'a [u8]),
    /// The sender has given the message up (OSDP 2.2, 5.10.2).
    Abandoned,
}

/// Why a fragment doesn't fit to those before it. The message is lost.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum AssemblyError {
    /// The message is longer than the assembler.
    TooLong {
        /// What the fragment says that the message has.
        total: u16,
        /// What there is room for.
        room: usize,
    },
    /// It continues a message that never began.
    NotBegun {
        /// Where it would go.
        offset: u16,
    },
    /// It speaks of a message of another length.
    OtherTotal {
        /// What the first fragment said.
        expected: u16,
        /// What this one says.
        given: u16,
    },
    /// Bytes between it and those before it are missing.
    Gap {
        /// Where it should begin, at most.
        expected: u16,
        /// Where it begins.
        offset: u16,
    },
    /// It reaches over the message's end.
    Overrun {
        /// Where it would end.
        end: usize,
        /// Where the message ends.
        total: u16,
    },
    /// It repeats bytes, and they are others than before.
    Contradiction {
        /// Where it begins.
        offset: u16,
    },
}

impl<const N: usize> Assembler<N> {
    /// An assembler that waits for a message's first fragment.
    #[must_use]
    pub const fn new() -> Self {
        Self { room: [0; N], progress: None }
    }

    /// Takes the next fragment.
    ///
    /// # Errors
    /// When it doesn't fit to those before it; the assembler then waits for a first fragment.
    pub fn take(&mut self, fragment: &Fragment<'_>) -> Result<Assembled<'_>, AssemblyError> {
        if fragment.is_abandoned() {
            self.clear();
            return Ok(Assembled::Abandoned);
        }
        match self.add(fragment) {
            Ok(Progress { total, received }) if total == received => {
                Ok(Assembled::Whole(&self.room[..total.into()]))
            }
            Ok(Progress { total, received }) => Ok(Assembled::Partial { received, total }),
            Err(error) => {
                self.clear();
                Err(error)
            }
        }
    }

    /// Wipes what there is, as after an ABORT.
    pub fn clear(&mut self) {
        self.room.zeroize();
        self.progress = None;
    }

    /// The last message, if it is whole.
    #[must_use]
    pub fn message(&self) -> Option<&[u8]> {
        let Progress { total, received } = self.progress?;
        (total == received).then(|| &self.room[..total.into()])
    }

    #[cfg(test)]
    pub(super) fn room(&self) -> &[u8; N] {
        &self.room
    }

    fn add(&mut self, fragment: &Fragment<'_>) -> Result<Progress, AssemblyError> {
        let Fragment { total, offset, data } = *fragment;
        if offset == 0 {
            self.begin(total)?;
        }
        let Progress { total: expected, received } =
            self.progress.ok_or(AssemblyError::NotBegun { offset })?;
        if total != expected {
            return Err(AssemblyError::OtherTotal { expected, given: total });
        }
        if offset > received {
            return Err(AssemblyError::Gap { expected: received, offset });
        }
        let end = fragment.end();
        let end = u16::try_from(end).ok().filter(|end| *end <= total);
        let end = end.ok_or(AssemblyError::Overrun { end: fragment.end(), total })?;
        let (known, new) = data.split_at(data.len().min(usize::from(received - offset)));
        if !bool::from(self.room[offset.into()..][..known.len()].ct_eq(known)) {
            return Err(AssemblyError::Contradiction { offset });
        }
        self.room[received.into()..][..new.len()].copy_from_slice(new);
        let progress = Progress { total, received: received.max(end) };
        self.progress = Some(progress);
        Ok(progress)
    }

    fn begin(&mut self, total: u16) -> Result<(), AssemblyError> {
        if usize::from(total) > N {
            return Err(AssemblyError::TooLong { total, room: N });
        }
        self.clear();
        self.progress = Some(Progress { total, received: 0 });
        Ok(())
    }
}

impl<const N: usize> Default for Assembler<N> {
    fn default() -> Self {
        Self::new()
    }
}

impl<const N: usize> Drop for Assembler<N> {
    fn drop(&mut self) {
        self.clear();
    }
}

impl<const N: usize> ZeroizeOnDrop for Assembler<N> {}

impl<const N: usize> fmt::Debug for Assembler<N> {
    /// Without the message, which may be a cardholder's.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.progress {
            Some(Progress { total, received }) => write!(f, "Assembler({received} of {total} bytes)"),
            None => f.write_str("Assembler(waiting)"),
        }
    }
}

impl fmt::Debug for Assembled<'_> {
    /// Without the message, which may be a cardholder's.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Partial { received, total } => write!(f, "Partial({received} of {total} bytes)"),
            Self::Whole(message) => write!(f, "Whole({} bytes)", message.len()),
            Self::Abandoned => f.write_str("Abandoned"),
        }
    }
}

impl fmt::Display for AssemblyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLong { total, room } => {
                write!(f, "the message of {total} bytes is too long, there is room for {room}")
            }
            Self::NotBegun { offset } => write!(f, "a fragment at {offset} continues no message"),
            Self::OtherTotal { expected, given } => {
                write!(f, "the message had {expected} bytes, and now has {given}")
            }
            Self::Gap { expected, offset } => {
                write!(f, "the fragment begins at {offset}, but only {expected} bytes have come")
            }
            Self::Overrun { end, total } => {
                write!(f, "the fragment ends at {end}, behind the message's end at {total}")
            }
            Self::Contradiction { offset } => {
                write!(f, "the fragment at {offset} repeats bytes, and they are others than before")
            }
        }
    }
}

impl core::error::Error for AssemblyError {}
