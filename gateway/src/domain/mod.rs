//! The field's words as types that can't hold nonsense. Pure: no clock, no store, no wire.

mod access_edit;
mod access_level;
pub mod attempts;
mod card;
mod cardholder;
mod change;
mod client;
mod closest;
mod condition;
mod credential_text;
mod door;
mod event;
mod event_result;
mod exposure;
mod faults;
mod group;
mod identifier;
pub mod instant;
mod local_clock;
mod one_line;
mod origin;
pub mod osdpcap;
mod part;
pub mod remote;
mod revision;
mod revocation;
mod rule;
mod scim_exchange;
mod site;
mod token;
mod verdict;

pub use access_edit::{
    AccessEdit, AccessEdited, AccessImport, AccessLevelDraft, AccessRefusal, BasedOn, DoorDraft,
    ImportAction, ImportStep, RefusalKind, RuleDraft, Target,
};
pub use access_level::{
    AccessLevel, AccessLevelId, AccessLevelName, AccessLevelNameError, DoorSchedule, Schedule,
    UnknownSchedule,
};
pub use card::{
    BadgeType, Card, CardNumber, CardRefusal, CardState, DEFAULT_BADGE_TYPE, GivenBy, GivenCard, RefusedCard,
};
pub use cardholder::{Attributes, Cardholder, CardholderId, Reactivation, fold_case};
pub use change::{Change, Record};
pub use client::{ClientKind, ClientKindError};
pub use closest::closest;
pub use condition::{Became, DeviceCondition, LinkCondition};
pub use door::{Contact, DoorParts, InputPlace, Lock, OutputPlace, ReaderPlace};
pub use event::{Alarm, AlarmKind, CardRead, Event, EventKind, Landing, Receipt, ReceiptAction};
pub use event_result::{EventResult, EventResultError};
pub use exposure::{Exposure, UnprovenAt};
pub use faults::FaultCounts;
pub use group::{Group, GroupId};
pub use local_clock::{LocalClock, span};
pub use one_line::{harmless, one_line};
pub use origin::{Origin, Provider};
pub use part::{CertificateCondition, ClockCondition, Part, PartCondition, StorageCondition};
pub use revision::Revision;
pub use revocation::Revocation;
pub use rule::{Rule, RuleDropped, RuleId};
pub use scim_exchange::ScimExchange;
pub use site::{ControllerId, DoorId, LineId, NameError, check_name};
pub use token::{Presented, TokenInfo, TokenScope};
pub use verdict::{Finding, Level, Notice, Verdict};
