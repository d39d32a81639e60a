//! The field's words as types that can't hold nonsense. Pure: no clock, no store, no wire.

mod access_edit;
mod access_level;
mod access_mode;
mod alarm_record;
pub mod attempts;
mod audit;
mod bare_number;
mod card;
mod cardholder;
mod change;
mod client;
mod closest;
mod condition;
mod credential_text;
mod day_time;
mod door;
mod door_event;
mod event;
mod event_fault;
mod event_result;
mod explanation;
mod exposure;
mod faults;
mod feedback;
mod forward_progress;
mod group;
mod hold;
mod holiday_calendar;
mod identifier;
pub mod instant;
mod local_clock;
mod one_line;
mod origin;
pub mod osdpcap;
mod part;
mod place;
mod record_name;
pub mod remote;
mod revision;
mod revocation;
mod rule;
mod schedule;
mod scim_exchange;
mod site;
mod source_condition;
mod source_person;
mod token;
mod turnover;
mod verdict;
mod weekdays;

pub use access_edit::{
    AccessEdit, AccessEdited, AccessImport, AccessLevelDraft, AccessRefusal, BasedOn, DoorDraft, HoldDraft,
    HolidayCalendarDraft, HolidayDraft, HolidayTimesDraft, ImportAction, ImportStep, RefusalKind, RuleDraft,
    ScheduleDraft, Target, WeeklyDraft,
};
pub use access_level::{AccessLevel, AccessLevelId, At, DoorSchedule, When};
pub use access_mode::{AccessMode, AccessSettings};
pub use alarm_record::{
    Acknowledged, AlarmComment, AlarmDeed, AlarmDeedError, AlarmNumber, AlarmRecord, Muted,
};
pub use audit::{AuditEntry, AuditOutcome};
pub use bare_number::{bare_number, with_parity};
pub use card::{
    BadgeType, Card, CardNumber, CardRefusal, CardState, DEFAULT_BADGE_TYPE, GivenBy, GivenCard, RefusedCard,
};
pub use cardholder::{Attributes, Cardholder, CardholderId, Reactivation, fold_case};
pub use change::{Change, Record};
pub use client::{ClientKind, ClientKindError};
pub use closest::closest;
pub use condition::{Became, DeviceCondition, LinkCondition};
pub use day_time::{DayTime, DayTimeError, Interval, IntervalError};
pub use door::{Contact, DoorParts, InputPlace, InputState, Lock, OutputPlace, ReaderPlace};
pub use door_event::{DoorEvent, DoorMode, DoorWhat, modes as door_modes};
pub use event::{Alarm, AlarmKind, CardRead, Event, EventKind, Landing, Receipt, ReceiptAction};
pub use event_fault::EventFault;
pub use event_result::{EventResult, EventResultError};
pub use explanation::{Blocked, Explanation, Why};
pub use exposure::{Exposure, UnprovenAt};
pub use faults::FaultCounts;
pub use feedback::{Feedback, LightColor, Look};
pub use forward_progress::{DeadLetter, ForwardProgress};
pub use group::{Group, GroupId};
pub use hold::{Hold, HoldId, HoldOn};
pub use holiday_calendar::{Holiday, HolidayCalendar, HolidayCalendarId, HolidayError};
pub use local_clock::{LocalClock, span};
pub use one_line::{harmless, one_line};
pub use origin::{Origin, Provider};
pub use part::{CertificateCondition, ClockCondition, Part, PartCondition, StorageCondition};
pub use place::{Place, PlaceError};
pub use record_name::{RecordName, RecordNameError};
pub use revision::Revision;
pub use revocation::Revocation;
pub use rule::{Rule, RuleDropped, RuleId, RuleTo};
pub use schedule::{Schedule, ScheduleId, WeeklyInterval};
pub use scim_exchange::ScimExchange;
pub use site::{ControllerId, DoorId, ForwarderId, LineId, NameError, SourceId, check_name};
pub use source_condition::SourceCondition;
pub use source_person::{Mark, SourceCard, SourceGroups, SourcePerson, SourcePersonId, SourceProfile};
pub use token::{Presented, TokenInfo, TokenScope};
pub use turnover::{DoorTurnover, Named};
pub use verdict::{Finding, Level, Notice, Verdict};
pub use weekdays::{WEEKDAYS, Weekdays, WeekdaysError};
