//! How a door is to decide: its mode, and what it asks for beside a card.

use crate::schedule::When;

/// How a door stands.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum Mode {
    /// Shut; a card opens it, with a PIN at the hours of [`DoorSettings::pin`].
    #[default]
    Card,
    /// Shut; a card with its PIN opens it.
    CardAndPin,
    /// Shut, for everybody.
    Locked,
    /// Unlocked.
    Unlocked,
    /// Unlocked while a schedule is open, at other times as [`Card`](Self::Card).
    UnlockedBy {
        /// When.
        when: When,
        /// Who has to come in before it unlocks.
        first_person: FirstPerson,
    },
    /// Shut, but for cards of this rank or a higher one, 1 to 7.
    Lockdown {
        /// The least rank.
        rank: u8,
    },
}

/// Whose card has to be granted before a door unlocks by its schedule; after that it stays unlocked to the hours' end.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum FirstPerson {
    /// Nobody's.
    #[default]
    Nobody,
    /// Any.
    Anybody,
    /// One with the [right](crate::table::Rights::FIRST_PERSON).
    WithRight,
}

/// Whether a card may go into an area twice without having come out.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum AntiPassback {
    /// It may.
    #[default]
    Off,
    /// It may, and it is told.
    Soft,
    /// It may not.
    Hard,
}

/// What is fixed about how a door decides.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct DoorSettings {
    /// How it stands, unless somebody has said otherwise for a while.
    pub mode: Mode,
    /// When a card needs its PIN.
    pub pin: When,
    /// After so many wrong PINs in a row a card has to wait; 0 for no limit.
    pub tries: u8,
    /// How long it has to wait.
    pub wait_seconds: u16,
    /// Two different cards open the door, the second within so many seconds; 0 if one will do.
    pub second_person_seconds: u8,
    /// What is made of areas.
    pub anti_passback: AntiPassback,
    /// After so many minutes it is forgotten where a card is; 0 for never.
    pub forget_minutes: u16,
    /// The area that the reader leads out of.
    pub from: u8,
    /// The area that it leads into; the same if it leads nowhere in particular.
    pub to: u8,
    /// The readers of the doors that have to be shut while this one opens, a bit each.
    pub interlock: u16,
}

impl DoorSettings {
    /// A card, and nothing else.
    pub const PLAIN: Self = Self {
        mode: Mode::Card,
        pin: When::Never,
        tries: 0,
        wait_seconds: 0,
        second_person_seconds: 0,
        anti_passback: AntiPassback::Off,
        forget_minutes: 0,
        from: 0,
        to: 0,
        interlock: 0,
    };
}

impl Default for DoorSettings {
    fn default() -> Self {
        Self::PLAIN
    }
}
