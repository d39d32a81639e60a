//! What an active card may do, before any controller has its say.

use panel_protocol::time::UtcSeconds;

use crate::domain::CardholderId;

/// What an active card may do, whatever the controller.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct CardAccess {
    /// Whose card it is.
    pub holder: CardholderId,
    /// What it opens.
    pub clearance: Clearance,
    /// Opens nothing before this second.
    pub valid_from: Option<UtcSeconds>,
    /// Opens nothing from this second on.
    pub valid_until: Option<UtcSeconds>,
}

impl CardAccess {
    /// Whether there is a door that it may open.
    pub fn opens_something(&self) -> bool {
        self.clearance != Clearance::NOTHING
    }

    /// Every door at any time.
    pub const fn everywhere(holder: CardholderId) -> Self {
        Self { holder, clearance: Clearance::EVERY_DOOR, valid_from: None, valid_until: None }
    }
}

/// The number of a set of doors and times that some card opens, the same at every controller. What it comes to at one
/// controller is for that controller's [`DoorPlan`] to say.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Clearance(pub u16);

impl Clearance {
    /// All doors of the site at any time.
    pub const EVERY_DOOR: Self = Self(0);

    /// No door.
    pub const NOTHING: Self = Self(u16::MAX);
}
