//! What one controller makes of a card: a row of its table, or none.

use panel_protocol::credential::Credential;
use panel_protocol::table::{Profile, Row};
use panel_protocol::time::UtcSeconds;

use super::card::{CardAccess, Clearance};
use super::index::CardIndex;
use super::shape::Opens;
use crate::domain::{CardholderId, bare_number};

/// What the compiler knows of a controller: its profiles, and what each clearance has there.
///
/// A profile keeps its number, and new ones get new numbers: so a row that the controller still holds never opens more
/// because of a table of profiles that came after it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DoorPlan {
    profiles: Vec<Profile>,
    /// By the number of the clearance; a card whose clearance has nothing here has no row.
    rows: Vec<Option<RowOf>>,
    /// Its readers read cards of this length alone, and their numbers without parity; `None`: any card.
    reads: Option<u8>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct RowOf {
    profile: u16,
    from: Option<UtcSeconds>,
    until: Option<UtcSeconds>,
}

impl RowOf {
    const fn always(profile: u16) -> Self {
        Self { profile, from: None, until: None }
    }
}

impl DoorPlan {
    /// A controller whose doors have these readers, all of which [`Clearance::EVERY_DOOR`] opens.
    pub fn new(readers: impl IntoIterator<Item = u8>) -> Self {
        Self { profiles: vec![Profile::always(readers)], rows: vec![Some(RowOf::always(0))], reads: None }
    }

    /// A controller with these profiles: each clearance, by its number, has the profile of that number or no row at all.
    pub fn by_clearance(profiles: Vec<Profile>, profile_of: Vec<Option<u16>>) -> Self {
        let rows = profile_of.into_iter().map(|profile| profile.map(RowOf::always)).collect();
        Self { profiles, rows, reads: None }
    }

    /// The same, of a controller whose readers read cards of so many bits alone, with sound parity: it has a row of no other.
    #[must_use]
    pub const fn reading(mut self, bits: u8) -> Self {
        self.reads = Some(bits);
        self
    }

    /// The same, with the numbers of profiles that were remembered of an earlier run. What can't be of this controller is
    /// forgotten.
    #[must_use]
    pub fn numbered(mut self, remembered: &[u8]) -> Self {
        let (profiles, rest) = remembered.as_chunks();
        let profiles: Vec<Profile> = profiles.iter().map(|bytes| Profile::from_bytes(*bytes)).collect();
        let known = profiles.iter().all(|profile| profile.of_version_1().is_ok());
        if known && rest.is_empty() && profiles.first() == self.profiles.first() {
            self.profiles = profiles;
        }
        self
    }

    /// The numbers of its profiles, for a later run.
    pub fn numbering(&self) -> Vec<u8> {
        self.profiles.iter().flat_map(|profile| *profile.as_bytes()).collect()
    }

    /// The controller's profile table.
    pub fn profiles(&self) -> &[Profile] {
        &self.profiles
    }

    /// What a clearance has here, said once and before any card has it; whether there is a new profile.
    pub fn learn(&mut self, clearance: Clearance, opens: Option<Opens>) -> bool {
        let known = self.profiles.len();
        let row = opens.and_then(|Opens { profile, from, until }| {
            let at = self.profiles.iter().position(|known| *known == profile).unwrap_or(known);
            let number = u16::try_from(at).ok().filter(|number| *number < u16::MAX)?;
            if at == known {
                self.profiles.push(profile);
            }
            Some(RowOf { profile: number, from, until })
        });
        let at = usize::from(clearance.0);
        if self.rows.len() <= at {
            self.rows.resize(at + 1, None);
        }
        self.rows[at] = row;
        self.profiles.len() > known
    }

    /// The controller's row for a card, if it has one.
    pub fn row(&self, credential: Credential, access: &CardAccess) -> Option<Row> {
        if self.reads.is_some_and(|bits| credential.bits() != bits || bare_number(credential).is_none()) {
            return None;
        }
        let of = (*self.rows.get(usize::from(access.clearance.0))?)?;
        let valid_from = access.valid_from.max(of.from);
        let valid_until = match (access.valid_until, of.until) {
            (Some(one), Some(other)) => Some(one.min(other)),
            (one, other) => one.or(other),
        };
        let never = valid_from.zip(valid_until).is_some_and(|(from, until)| from >= until);
        (!never).then_some(Row { valid_from, valid_until, ..Row::new(credential, of.profile) })
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
