//! The access mode, of which there is one.

use uuid::Uuid;

use super::Entity;
use crate::domain::AccessSettings;
use crate::store::directory::meta::Counts;
use crate::store::directory::rows::kind;

impl Entity for AccessSettings {
    type Id = Uuid;
    const KIND: u8 = kind::ACCESS_SETTINGS;
    const COUNTED: Option<fn(&Counts) -> u64> = None;

    fn id(&self) -> Uuid {
        Uuid::nil()
    }

    fn counts(&self) -> Counts {
        Counts { newer: 1, ..Counts::NONE }
    }
}
