//! Access levels.

use super::Entity;
use crate::domain::{AccessLevel, AccessLevelId};
use crate::store::directory::meta::Counts;
use crate::store::directory::rows::kind;

impl Entity for AccessLevel {
    type Id = AccessLevelId;
    const KIND: u8 = kind::ACCESS_LEVEL;
    const COUNTED: Option<fn(&Counts) -> u64> = Some(|counts| counts.access_levels);

    fn id(&self) -> AccessLevelId {
        self.id
    }

    fn counts(&self) -> Counts {
        Counts { access_levels: 1, ..Counts::NONE }
    }
}
