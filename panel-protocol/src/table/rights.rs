//! What a card may do beyond others, wherever it opens.

/// A card's rights, in one byte.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct Rights(u8);

/// Bits of the rank.
const RANK: u8 = 0x07;

impl Rights {
    /// Nothing beyond others.
    pub const NONE: Self = Self(0);
    /// Its grant unlocks a door that waits for its first person.
    pub const FIRST_PERSON: Self = Self(0x08);
    /// Anti-passback never refuses it.
    pub const FREE_OF_AREAS: Self = Self(0x10);

    /// The rights in a byte; `None` if it has bits that no right has.
    pub const fn from_bits(bits: u8) -> Option<Self> {
        let known = RANK | Self::FIRST_PERSON.0 | Self::FREE_OF_AREAS.0;
        if bits & !known == 0 { Some(Self(bits)) } else { None }
    }

    /// The byte.
    pub const fn bits(self) -> u8 {
        self.0
    }

    /// These and others; of two ranks the higher.
    #[must_use]
    pub const fn and(self, others: Self) -> Self {
        let rank = if self.rank() > others.rank() { self.rank() } else { others.rank() };
        Self((self.0 | others.0) & !RANK | rank)
    }

    /// A rank alone, 0 to 7; what is above counts as 7. A lockdown lets a rank in that is not below its own.
    pub const fn of_rank(rank: u8) -> Self {
        Self(if rank > RANK { RANK } else { rank })
    }

    /// The rank; 0 for most cards.
    pub const fn rank(self) -> u8 {
        self.0 & RANK
    }

    /// Whether it has all of these.
    pub const fn has(self, rights: Self) -> bool {
        self.0 & rights.0 == rights.0
    }
}
