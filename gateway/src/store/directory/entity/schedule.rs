//! Schedules.

use super::Entity;
use crate::domain::{Schedule, ScheduleId};
use crate::store::directory::meta::Counts;
use crate::store::directory::rows::kind;

impl Entity for Schedule {
    type Id = ScheduleId;
    const KIND: u8 = kind::SCHEDULE;
    const COUNTED: Option<fn(&Counts) -> u64> = None;

    fn id(&self) -> ScheduleId {
        self.id
    }

    fn counts(&self) -> Counts {
        Counts { newer: 1, ..Counts::NONE }
    }
}
