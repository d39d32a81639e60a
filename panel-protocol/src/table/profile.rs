//! What a kind of card opens at one controller: for each reader, always or never.

use core::fmt;

use crate::limits::MAX_READERS;

const NEVER: u8 = 0x00;
const ALWAYS: u8 = 0xFF;

/// When a profile opens a reader.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Access {
    /// At no time.
    Never,
    /// At any time.
    Always,
}

/// A reader's byte in a profile that this version can't honour; 1 to 254 are kept for schedules.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ProfileError(pub u8);

/// For each reader of a controller, when it opens. Readers that the profile doesn't name never do.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Profile {
    readers: [u8; MAX_READERS],
}

impl Profile {
    /// The profile that opens nothing.
    pub const NEVER: Self = Self { readers: [NEVER; MAX_READERS] };

    /// A profile that opens these readers at any time; numbers from [`MAX_READERS`] on are ignored.
    pub fn always(readers: impl IntoIterator<Item = u8>) -> Self {
        let mut profile = Self::NEVER;
        for reader in readers {
            if let Some(slot) = profile.readers.get_mut(usize::from(reader)) {
                *slot = ALWAYS;
            }
        }
        profile
    }

    /// When it opens a reader.
    pub fn access(&self, reader: u8) -> Access {
        match self.readers.get(usize::from(reader)) {
            Some(&ALWAYS) => Access::Always,
            _ => Access::Never,
        }
    }

    /// Its bytes on the wire and in the digest, one a reader: 0x00 never, 0xFF always.
    pub const fn as_bytes(&self) -> &[u8; MAX_READERS] {
        &self.readers
    }

    /// The profile that those bytes say.
    ///
    /// # Errors
    /// When a byte is neither 0x00 nor 0xFF.
    pub fn from_bytes(readers: [u8; MAX_READERS]) -> Result<Self, ProfileError> {
        match readers.iter().find(|byte| !matches!(**byte, NEVER | ALWAYS)) {
            Some(unknown) => Err(ProfileError(*unknown)),
            None => Ok(Self { readers }),
        }
    }
}

impl fmt::Display for ProfileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "schedule {} is not known; 0 is never, 255 is always", self.0)
    }
}

impl core::error::Error for ProfileError {}
