//! What people and programs are shown of a site: plain, serialisable, already in words.
//!
//! The page, the API and the command line all render these types, so they can't disagree. A [`SiteFacts`] is a
//! picture taken at one instant; [`SiteView`] has the verdict beside it. Times are instants; only words that people read
//! are turned into the site's local time, by [`LocalClock`](crate::domain::LocalClock).
//!
//! Nothing here reads a clock, a store or a line. Card numbers are [`CardText`], masked in `masking` alone.

mod access;
mod alarm;
mod audit;
mod controller;
mod csv;
mod event;
#[cfg(test)]
pub(crate) mod fixture;
mod forwarder;
mod identity_providers;
mod line;
mod masking;
mod receipt;
mod show;
mod site;
mod source;
mod unreadable;
mod why;

pub use access::{AccessLevelView, AccessView, DoorScheduleView, GroupView, HoldView, RuleView, RulesEffect};
pub use alarm::AlarmView;
pub use audit::{AuditView, ShowAudit};
pub use controller::{ControllerKind, ControllerView, DoorStateView, DoorView, TableView};
pub use csv::{EVENTS_CSV_HEAD, csv_line, event_csv};
pub use event::{DoorEventView, EventView, EventsError, EventsFound, EventsWanted, reason_words};
pub use forwarder::{ForwarderView, RefusedEventView};
pub use identity_providers::{
    ConnectionTestView, ErrorCountView, IdentityProvidersView, OperationErrorView, OperationView, SourceView,
    StrangersView, TrafficView,
};
pub use line::LineView;
pub use masking::{CardText, Masked};
pub use receipt::{ExposureView, LandingView, ReceiptView};
pub use show::{
    Readiness, ShowAccess, ShowAlarms, ShowControllers, ShowEvents, ShowForwarders, ShowHolds,
    ShowIdentityProviders, ShowReceipts, ShowSite, ShowSources, Views,
};
pub use site::{Counts, Figures, RefusedCardView, SiteFacts, SiteView};
pub use source::{ConfiguredSourceView, DeadLetterView, SourceErrorCount, SourceErrorView};
pub use unreadable::Unreadable;
pub use why::{Question, ShowWhy, WhyError};
