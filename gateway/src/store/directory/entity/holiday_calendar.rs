//! Holiday calendars.

use super::Entity;
use crate::domain::{HolidayCalendar, HolidayCalendarId};
use crate::store::directory::meta::Counts;
use crate::store::directory::rows::kind;

impl Entity for HolidayCalendar {
    type Id = HolidayCalendarId;
    const KIND: u8 = kind::HOLIDAY_CALENDAR;
    const COUNTED: Option<fn(&Counts) -> u64> = None;

    fn id(&self) -> HolidayCalendarId {
        self.id
    }

    fn counts(&self) -> Counts {
        Counts { newer: 1, ..Counts::NONE }
    }
}
