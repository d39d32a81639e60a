//! Holds.

use super::Entity;
use crate::domain::{Hold, HoldId};
use crate::store::directory::meta::Counts;
use crate::store::directory::rows::kind;

impl Entity for Hold {
    type Id = HoldId;
    const KIND: u8 = kind::HOLD;
    const COUNTED: Option<fn(&Counts) -> u64> = None;

    fn id(&self) -> HoldId {
        self.id
    }

    fn counts(&self) -> Counts {
        Counts { newer: 1, ..Counts::NONE }
    }
}
