//! Access levels.

use super::Entity;
use crate::domain::{AccessLevel, AccessLevelId, At, DoorSchedule, When};
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
        let is_plain =
            |part: &DoorSchedule| matches!(part, DoorSchedule { at: At::Door(_), schedule: When::Always });
        let newer = u64::from(!self.doors.iter().all(is_plain));
        Counts { access_levels: 1, newer, ..Counts::NONE }
    }
}
