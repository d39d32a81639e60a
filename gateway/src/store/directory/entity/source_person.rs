//! What sources of events have said of people.

use super::Entity;
use crate::domain::{SourcePerson, SourcePersonId};
use crate::store::directory::meta::Counts;
use crate::store::directory::rows::kind;

impl Entity for SourcePerson {
    type Id = SourcePersonId;
    const KIND: u8 = kind::SOURCE_PERSON;
    const COUNTED: Option<fn(&Counts) -> u64> = None;

    fn id(&self) -> SourcePersonId {
        self.id
    }

    fn counts(&self) -> Counts {
        Counts { said: 1, ..Counts::NONE }
    }
}
