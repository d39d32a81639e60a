//! The whole site at one instant.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;

use super::alarm::AlarmView;
use super::controller::ControllerView;
use super::event::{DoorEventView, EventView};
use super::identity_providers::IdentityProvidersView;
use super::line::LineView;
use super::masking::CardText;
use super::receipt::{ExposureView, ReceiptView};
use super::source::ConfiguredSourceView;
use crate::domain::{
    AccessMode, CardRefusal, CardholderId, LocalClock, Notice, RefusedCard, Revision, Verdict,
};

/// What the page shows: the facts, and what they amount to.
#[derive(Clone, PartialEq, Debug, Serialize, JsonSchema)]
pub struct SiteView {
    /// Whether all is well.
    pub verdict: Verdict,
    /// What that rests on.
    #[serde(flatten)]
    pub facts: SiteFacts,
}

impl SiteView {
    /// The facts with their verdict.
    pub fn of(facts: SiteFacts, verdict: Verdict) -> Self {
        Self { verdict, facts }
    }

    /// The site's clock at the instant of this view.
    pub fn clock(&self) -> LocalClock {
        self.facts.clock()
    }
}

/// A picture of a site, taken at one instant. Lists are bounded by whoever takes it.
#[derive(Clone, PartialEq, Debug, Serialize, JsonSchema)]
pub struct SiteFacts {
    /// What the installer calls the site.
    pub name: String,
    /// Its IANA time zone.
    pub time_zone: String,
    /// When the picture was taken.
    pub at: Timestamp,
    /// When the service started.
    pub started: Timestamp,
    /// How long the service runs, in seconds, by a clock that can't be set.
    pub uptime_s: u64,
    /// The directory's latest revision.
    pub revision: Revision,
    /// What decides at the doors.
    pub access_mode: AccessMode,
    /// How many there are.
    pub counts: Counts,
    /// In the order of the configuration.
    pub lines: Vec<LineView>,
    /// In the order of the configuration.
    pub controllers: Vec<ControllerView>,
    /// The latest, newest first.
    pub receipts: Vec<ReceiptView>,
    /// Every revoked card at every controller that has not proven it, oldest first.
    pub exposed: Vec<ExposureView>,
    /// Card numbers that came with a person and could not be made a card.
    pub refused_cards: Vec<RefusedCardView>,
    /// The identity providers.
    #[serde(rename = "identity")]
    pub identity_providers: IdentityProvidersView,
    /// The sources of the configuration, in its order.
    pub sources: Vec<ConfiguredSourceView>,
    /// Alarms that are not over, newest first.
    pub alarms: Vec<AlarmView>,
    /// Alarms that are over and that somebody should still see, or that are muted; newest first.
    pub alarms_over: Vec<AlarmView>,
    /// The latest card reads, newest first.
    pub events: Vec<EventView>,
    /// What happened at the doors of readers beside cards, newest first.
    pub door_events: Vec<DoorEventView>,
    /// What else somebody should know, such as a directory that had to be rebuilt.
    pub notices: Vec<Notice>,
}

impl SiteFacts {
    /// The site's clock at the instant of this picture.
    pub fn clock(&self) -> LocalClock {
        LocalClock::new(&self.time_zone, self.at)
    }
}

/// What is counted of a site, for programs that watch it. No name of a person and no card is in it.
#[derive(Clone, PartialEq, Debug)]
pub struct Figures {
    /// When they were taken.
    pub at: Timestamp,
    /// How long the service runs, in seconds, by a clock that can't be set.
    pub uptime_s: u64,
    /// The directory's latest revision.
    pub revision: Revision,
    /// How many there are.
    pub counts: Counts,
    /// In the order of the configuration.
    pub lines: Vec<LineView>,
    /// In the order of the configuration.
    pub controllers: Vec<ControllerView>,
    /// The identity providers.
    pub identity_providers: IdentityProvidersView,
    /// Revoked cards not yet proven, counted at each controller.
    pub exposed: u64,
    /// Alarms that are not over.
    pub alarms: u64,
    /// Those of them that nobody has acknowledged.
    pub alarms_unseen: u64,
}

impl From<SiteFacts> for Figures {
    fn from(facts: SiteFacts) -> Self {
        Self {
            at: facts.at,
            uptime_s: facts.uptime_s,
            revision: facts.revision,
            counts: facts.counts,
            lines: facts.lines,
            controllers: facts.controllers,
            identity_providers: facts.identity_providers,
            exposed: facts.exposed.len() as u64,
            alarms: facts.alarms.len() as u64,
            alarms_unseen: facts.alarms.iter().filter(|it| it.acknowledged.is_none()).count() as u64,
        }
    }
}

/// How many people, cards and groups the directory holds.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, JsonSchema)]
pub struct Counts {
    /// People.
    pub people: u64,
    /// People who are active.
    pub active_people: u64,
    /// Cards.
    pub cards: u64,
    /// Active cards of active people.
    pub active_cards: u64,
    /// Groups.
    pub groups: u64,
    /// Card numbers that were refused.
    pub refused_cards: u64,
    /// Access levels.
    pub access_levels: u64,
    /// Rules.
    pub rules: u64,
}

/// A card that came with a person and could not be made a card.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, JsonSchema)]
pub struct RefusedCardView {
    /// Who.
    pub holder: CardholderId,
    /// Their name.
    pub holder_name: String,
    /// The number as it came.
    pub number: CardText,
    /// Why, with what would be right.
    pub reason: String,
    /// Why, without a word about the number.
    #[serde(skip)]
    pub(super) reason_without_number: String,
    /// When it was refused.
    pub at: Timestamp,
}

impl RefusedCardView {
    /// What `holder`, called `holder_name`, was refused.
    pub fn of(holder: CardholderId, holder_name: &str, refused: &RefusedCard) -> Self {
        Self {
            holder,
            holder_name: holder_name.to_owned(),
            number: CardText::new(&refused.given.number),
            reason: refused.refusal.to_string(),
            reason_without_number: match &refused.refusal {
                CardRefusal::NotACard { .. } => "the number fits no card format".to_owned(),
                CardRefusal::Validity { .. } => "the card has no validity that could be kept".to_owned(),
                CardRefusal::GivenTwice { .. } => "the card is given to this person twice".to_owned(),
                CardRefusal::TooMany { most, .. } => format!("a person has at most {most} cards"),
                CardRefusal::HeldByAnother { holder_name, .. } => {
                    format!("the card is held by {holder_name}; deactivate it there first")
                }
            },
            at: refused.at,
        }
    }
}
