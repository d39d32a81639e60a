//! What one controller makes of a card: a row of its table, or none.

use panel_protocol::credential::Credential;
use panel_protocol::table::{Profile, Row};

use super::{CardAccess, CardIndex};
use crate::domain::CardholderId;

/// What the compiler knows of a controller: its profiles, and which clearance has which.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DoorPlan {
    profiles: Vec<Profile>,
    /// By the number of the clearance; a card whose clearance has no profile here has no row.
    profile_of: Vec<Option<u16>>,
}

impl DoorPlan {
    /// A controller whose doors have these readers, all of which [`Clearance::EVERY_DOOR`](super::Clearance::EVERY_DOOR) opens.
    pub fn new(readers: impl IntoIterator<Item = u8>) -> Self {
        Self { profiles: vec![Profile::always(readers)], profile_of: vec![Some(0)] }
    }

    /// A controller with these profiles: each clearance, by its number, has the profile of that number or no row at all.
    pub const fn by_clearance(profiles: Vec<Profile>, profile_of: Vec<Option<u16>>) -> Self {
        Self { profiles, profile_of }
    }

    /// The controller's profile table.
    pub fn profiles(&self) -> &[Profile] {
        &self.profiles
    }

    /// The controller's row for a card, if it has one.
    pub fn row(&self, credential: Credential, access: &CardAccess) -> Option<Row> {
        let profile = (*self.profile_of.get(usize::from(access.clearance.0))?)?;
        Some(Row {
            valid_from: access.valid_from,
            valid_until: access.valid_until,
            ..Row::new(credential, profile)
        })
    }
}

/// All rows that one controller should hold. They are computed when they are asked for.
#[derive(Clone, Copy, Debug)]
pub struct DesiredTable<'a> {
    plan: &'a DoorPlan,
    cards: &'a CardIndex,
}

impl<'a> DesiredTable<'a> {
    /// Of every active card, what this controller should hold.
    pub const fn new(plan: &'a DoorPlan, cards: &'a CardIndex) -> Self {
        Self { plan, cards }
    }

    /// A card's row.
    pub fn row(&self, card: Credential) -> Option<Row> {
        self.cards.get(card).and_then(|access| self.plan.row(card, &access))
    }

    /// A profile of the controller, by its number.
    pub fn profile(&self, number: u16) -> Option<&'a Profile> {
        self.plan.profiles.get(usize::from(number))
    }

    /// Whose card it is, if it is an active one.
    pub fn holder(&self, card: Credential) -> Option<CardholderId> {
        self.cards.get(card).map(|access| access.holder)
    }

    /// The cards of one bucket in order, from its first or from the one after `after`, each with its row or none.
    pub fn bucket(
        &self,
        bucket: u8,
        after: Option<Credential>,
    ) -> impl Iterator<Item = (Credential, Option<Row>)> + use<'a> {
        let plan = self.plan;
        self.cards.bucket(bucket, after).map(move |(card, access)| (card, plan.row(card, &access)))
    }
}
