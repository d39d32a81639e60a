//! What events say: a person, a person who is gone, a card, a card that is gone. The same words over every way in;
//! `config/events-in.schema.json` is made of these types.
//!
//! An event carries the whole new state of what it is about, never a difference. Nothing here knows how it came.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::cloud::CloudEvent;
use super::limits::{MAX_CARD_TEXT_LEN, MAX_GROUPS, MAX_NAME_LEN, MAX_PERSON_LEN, MAX_REVISION};
use crate::domain::{CardState, Cardholder, EventFault, GivenBy, GivenCard, Mark};

/// The types of events, as CloudEvents name them.
pub const TYPES: [&str; 4] = [PERSON_SET, PERSON_REMOVED, CARD_SET, CARD_REMOVED];

/// A person is as the event says.
pub const PERSON_SET: &str = "dev.gatehouse.person.set.v1";
/// A person is gone.
pub const PERSON_REMOVED: &str = "dev.gatehouse.person.removed.v1";
/// One card of a person is as the event says.
pub const CARD_SET: &str = "dev.gatehouse.card.set.v1";
/// A person has one card no more.
pub const CARD_REMOVED: &str = "dev.gatehouse.card.removed.v1";

/// The data of `dev.gatehouse.person.set.v1`: who a person is.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PersonSet {
    /// What the sender calls the person; it never changes.
    #[schemars(length(min = 1, max = MAX_PERSON_LEN))]
    pub person: String,
    /// How new this is among all that the sender says of the person: higher is newer, and no number is used twice.
    #[schemars(range(max = MAX_REVISION))]
    pub revision: u64,
    /// Unique among all people, such as an address.
    #[schemars(length(min = 1, max = MAX_NAME_LEN))]
    pub user_name: String,
    /// What people call them; absent: by their user name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = MAX_NAME_LEN))]
    pub display_name: Option<String>,
    /// Whether their cards may open anything.
    #[serde(default = "yes")]
    pub active: bool,
    /// Their address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = MAX_NAME_LEN))]
    pub email: Option<String>,
    /// What they are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = MAX_NAME_LEN))]
    pub title: Option<String>,
    /// Where they work.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = MAX_NAME_LEN))]
    pub department: Option<String>,
    /// All their groups, by name; those that don't exist are made. Absent: nothing is said of groups.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = MAX_GROUPS))]
    pub groups: Option<Vec<String>>,
    /// All their cards. Absent: nothing is said of cards.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = Cardholder::MAX_CARDS))]
    pub cards: Option<Vec<EventCard>>,
}

/// The data of `dev.gatehouse.person.removed.v1`: who is gone.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PersonRemoved {
    /// What the sender calls the person.
    #[schemars(length(min = 1, max = MAX_PERSON_LEN))]
    pub person: String,
    /// How new this is among all that the sender says of the person.
    #[schemars(range(max = MAX_REVISION))]
    pub revision: u64,
}

/// The data of `dev.gatehouse.card.set.v1`: what a card of a person is.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CardSet {
    /// What the sender calls the person.
    #[schemars(length(min = 1, max = MAX_PERSON_LEN))]
    pub person: String,
    /// How new this is among all that the sender says of the person.
    #[schemars(range(max = MAX_REVISION))]
    pub revision: u64,
    /// The card.
    pub card: EventCard,
}

/// The data of `dev.gatehouse.card.removed.v1`: which card a person has no more.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CardRemoved {
    /// What the sender calls the person.
    #[schemars(length(min = 1, max = MAX_PERSON_LEN))]
    pub person: String,
    /// How new this is among all that the sender says of the person.
    #[schemars(range(max = MAX_REVISION))]
    pub revision: u64,
    /// The card's number, written as it was when it was given.
    #[schemars(length(min = 1, max = MAX_CARD_TEXT_LEN))]
    pub number: String,
    /// The format that was named beside it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = MAX_CARD_TEXT_LEN))]
    pub format: Option<String>,
}

/// A card. Two entries are the same card if number and format are written alike.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EventCard {
    /// In any way that a card number may be written.
    #[schemars(length(min = 1, max = MAX_CARD_TEXT_LEN))]
    pub number: String,
    /// The format of the number; absent: the site's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = MAX_CARD_TEXT_LEN))]
    pub format: Option<String>,
    /// Whether it may open anything.
    #[serde(default)]
    pub state: EventCardState,
    /// What kind of card it is; absent: the site's default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = MAX_CARD_TEXT_LEN))]
    pub badge_type: Option<String>,
    /// It opens nothing before this instant.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub valid_from: Option<Timestamp>,
    /// It opens nothing from this instant on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub valid_until: Option<Timestamp>,
}

/// Whether a card may open anything.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum EventCardState {
    /// It may.
    #[default]
    Active,
    /// Not for now.
    Suspended,
}

const fn yes() -> bool {
    true
}

/// All types of events and their data, as the schema has them.
#[derive(Serialize, JsonSchema)]
#[serde(tag = "type", content = "data")]
#[allow(dead_code, reason = "the schema is made of it")]
#[schemars(title = "Events that a source may send")]
enum Vocabulary {
    /// A person is as the data says.
    #[serde(rename = "dev.gatehouse.person.set.v1")]
    PersonSet(PersonSet),
    /// A person is gone.
    #[serde(rename = "dev.gatehouse.person.removed.v1")]
    PersonRemoved(PersonRemoved),
    /// One card of a person is as the data says.
    #[serde(rename = "dev.gatehouse.card.set.v1")]
    CardSet(CardSet),
    /// A person has one card no more.
    #[serde(rename = "dev.gatehouse.card.removed.v1")]
    CardRemoved(CardRemoved),
}

/// The JSON Schema of `type` and `data` of every event.
pub fn schema() -> Value {
    schemars::schema_for!(Vocabulary).to_value()
}

/// What one event says of one person.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Told {
    pub(super) person: String,
    pub(super) mark: Mark,
    pub(super) what: What,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum What {
    Person(Box<PersonSet>),
    PersonRemoved,
    Card { number: String, format: Option<String>, given: Option<GivenCard> },
}

impl EventCard {
    pub(super) fn given(&self) -> GivenCard {
        GivenCard {
            number: self.number.clone(),
            format: self.format.clone(),
            given_by: GivenBy::IdentityProviderList,
            state: match self.state {
                EventCardState::Active => CardState::Active,
                EventCardState::Suspended => CardState::Suspended,
            },
            badge_type: self.badge_type.clone(),
            valid_from: self.valid_from.map(|at| at.to_string()),
            valid_until: self.valid_until.map(|at| at.to_string()),
        }
    }
}

/// Reads what an event says; `place` stands before the names of its fields.
///
/// # Errors
/// With the first field that isn't what it should be.
pub(super) fn read(event: &CloudEvent, place: &str) -> Result<Told, EventFault> {
    let place = format!("{place}data");
    let check = Check { place: &place };
    let (person, revision, what) = match event.kind.as_str() {
        PERSON_SET => {
            let data: PersonSet = check.typed(&event.data)?;
            check.person_set(&data)?;
            (data.person.clone(), data.revision, What::Person(Box::new(data)))
        }
        PERSON_REMOVED => {
            let PersonRemoved { person, revision } = check.typed(&event.data)?;
            (person, revision, What::PersonRemoved)
        }
        CARD_SET => {
            let CardSet { person, revision, card } = check.typed(&event.data)?;
            check.card("card", &card)?;
            let (number, format) = (card.number.clone(), card.format.clone());
            (person, revision, What::Card { number, format, given: Some(card.given()) })
        }
        CARD_REMOVED => {
            let CardRemoved { person, revision, number, format } = check.typed(&event.data)?;
            check.text("number", &number, MAX_CARD_TEXT_LEN)?;
            (person, revision, What::Card { number, format, given: None })
        }
        other => {
            let field = format!("{}type", place.trim_end_matches("data"));
            let fault = EventFault::new(
                field,
                "is no event that is taken here",
                format!("send one of {}", TYPES.join(", ")),
            );
            return Err(fault.with(other));
        }
    };
    check.text("person", &person, MAX_PERSON_LEN)?;
    if revision > MAX_REVISION {
        let fault = EventFault::new(
            format!("{place}.revision"),
            "is too large",
            format!("count up to {MAX_REVISION}"),
        );
        return Err(fault.with(&revision.to_string()));
    }
    Ok(Told { person, mark: Mark { revision, event: event.id.clone() }, what })
}

struct Check<'a> {
    place: &'a str,
}

impl Check<'_> {
    fn typed<'de, T: Deserialize<'de>>(&self, data: &'de Value) -> Result<T, EventFault> {
        serde_path_to_error::deserialize(data).map_err(|error| {
            let path = error.path().to_string();
            let value = value_at(data, error.path());
            let field = if path == "." { self.place.to_owned() } else { format!("{}.{path}", self.place) };
            let fault = EventFault::new(field, error.into_inner().to_string(), "see events-in.schema.json");
            fault.with(&value)
        })
    }

    fn text(&self, field: &str, text: &str, most: usize) -> Result<(), EventFault> {
        let is_blank = text.trim().is_empty();
        if !is_blank && text.chars().count() <= most && !text.contains(char::is_control) {
            return Ok(());
        }
        let remedy = format!("write one line of 1 to {most} characters");
        Err(EventFault::new(format!("{}.{field}", self.place), "is empty, too long or no line", remedy)
            .with(text))
    }

    fn optional(&self, field: &str, text: Option<&String>, most: usize) -> Result<(), EventFault> {
        text.map_or(Ok(()), |text| self.text(field, text, most))
    }

    fn person_set(&self, data: &PersonSet) -> Result<(), EventFault> {
        self.text("user_name", &data.user_name, MAX_NAME_LEN)?;
        let texts = [
            ("display_name", &data.display_name),
            ("email", &data.email),
            ("title", &data.title),
            ("department", &data.department),
        ];
        texts.into_iter().try_for_each(|(field, text)| self.optional(field, text.as_ref(), MAX_NAME_LEN))?;
        let groups = data.groups.iter().flatten();
        self.most("groups", groups.clone().count(), MAX_GROUPS)?;
        for (at, group) in groups.enumerate() {
            self.text(&format!("groups[{at}]"), group, MAX_NAME_LEN)?;
        }
        let cards = data.cards.as_deref().unwrap_or_default();
        self.most("cards", cards.len(), Cardholder::MAX_CARDS)?;
        for (at, card) in cards.iter().enumerate() {
            let field = format!("cards[{at}]");
            self.card(&field, card)?;
            let key = (&card.number, &card.format);
            if cards[..at].iter().any(|other| (&other.number, &other.format) == key) {
                let field = format!("{}.{field}.number", self.place);
                return Err(EventFault::new(field, "stands there twice", "leave one of the two out")
                    .with(&card.number));
            }
        }
        Ok(())
    }

    fn most(&self, field: &str, count: usize, most: usize) -> Result<(), EventFault> {
        if count <= most {
            return Ok(());
        }
        let message = format!("has {count} entries");
        Err(EventFault::new(format!("{}.{field}", self.place), message, format!("send at most {most}")))
    }

    fn card(&self, field: &str, card: &EventCard) -> Result<(), EventFault> {
        self.text(&format!("{field}.number"), &card.number, MAX_CARD_TEXT_LEN)?;
        self.optional(&format!("{field}.format"), card.format.as_ref(), MAX_CARD_TEXT_LEN)?;
        self.optional(&format!("{field}.badge_type"), card.badge_type.as_ref(), MAX_CARD_TEXT_LEN)?;
        match (card.valid_from, card.valid_until) {
            (Some(from), Some(until)) if until <= from => {
                let field = format!("{}.{field}.valid_until", self.place);
                Err(EventFault::new(field, "is not after valid_from", "end it later")
                    .with(&until.to_string()))
            }
            _ => Ok(()),
        }
    }
}

/// What stands where a path leads, where it leads anywhere.
fn value_at(data: &Value, path: &serde_path_to_error::Path) -> String {
    use serde_path_to_error::Segment;
    let mut at = Some(data);
    for segment in path {
        at = match segment {
            Segment::Map { key } => at.and_then(|value| value.get(key)),
            Segment::Seq { index } => at.and_then(|value| value.get(index)),
            Segment::Enum { .. } | Segment::Unknown => at,
        };
    }
    match at {
        Some(Value::String(text)) => text.clone(),
        Some(value @ (Value::Number(_) | Value::Bool(_) | Value::Null)) => value.to_string(),
        _ => String::new(),
    }
}
