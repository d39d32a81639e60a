//! What a kind of card opens at one controller: for each reader, never, always or by a schedule.

use core::fmt;

use crate::limits::MAX_READERS;
use crate::schedule::When;

const NEVER: u8 = 0x00;
const ALWAYS: u8 = 0xFF;

/// A reader's byte in a profile that names a schedule, which version 1 of the card-table commands doesn't have.
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

    /// The profile that opens each reader when it says here, from reader 0 on; readers beyond [`MAX_READERS`] are ignored.
    pub fn new(readers: impl IntoIterator<Item = When>) -> Self {
        let mut profile = Self::NEVER;
        for (slot, when) in profile.readers.iter_mut().zip(readers) {
            *slot = when.code();
        }
        profile
    }

    /// When it opens a reader.
    pub fn access(&self, reader: u8) -> When {
        self.readers.get(usize::from(reader)).map_or(When::Never, |code| When::from_code(*code))
    }

    /// Its bytes on the wire and in the digest, one a reader: 0x00 never, 0xFF always, a schedule's number between them.
    pub const fn as_bytes(&self) -> &[u8; MAX_READERS] {
        &self.readers
    }

    /// The profile that those bytes say.
    pub const fn from_bytes(readers: [u8; MAX_READERS]) -> Self {
        Self { readers }
    }

    /// Whether version 1 of the card-table commands can say it.
    ///
    /// # Errors
    /// With the first schedule that it names.
    pub fn of_version_1(&self) -> Result<(), ProfileError> {
        match self.readers.iter().find(|byte| !matches!(**byte, NEVER | ALWAYS)) {
            Some(schedule) => Err(ProfileError(*schedule)),
            None => Ok(()),
        }
    }
}

impl fmt::Display for ProfileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "schedule {} is not known; 0 is never, 255 is always", self.0)
    }
}

impl core::error::Error for ProfileError {}
