//! The people of a made-up organisation: as an identity provider describes them, and as the directory keeps them.

use std::ops::Range;
use std::path::Path;

use anyhow::Context;
use gateway::domain::{
    Attributes, Card, CardState, Cardholder, CardholderId, Change, DEFAULT_BADGE_TYPE, GivenBy, Origin,
    Revision,
};
use gateway::site::clock;
use gateway::store::{Directory, View};
use jiff::Timestamp;
use panel_protocol::wiegand::H10301;
use serde_json::{Value, json};
use tokio::runtime::{Builder, Runtime};

const USER: &str = "urn:ietf:params:scim:schemas:core:2.0:User";
const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";

/// Cards of one facility code in H10301.
const CARDS_A_FACILITY: u32 = 1 << 16;

/// The facility code of the first cards.
pub(crate) const FACILITY: u32 = 100;

/// People that are put into the directory as one change.
const AT_ONCE: u32 = 5_000;

/// The user name of a person.
pub(crate) fn user_name(number: u32) -> String {
    format!("person.{number}@harbour.example")
}

/// The identifier of a person: always the same, and spread like a random one.
pub(crate) fn id(number: u32) -> anyhow::Result<CardholderId> {
    let (high, low) = (scramble(number.into()), scramble(u64::from(number) | 1 << 32));
    let bits = u128::from(high) << 64 | u128::from(low);
    format!("{bits:032x}").parse().context("an identifier")
}

/// SplitMix64's mixing: every input gives another output.
pub(crate) fn scramble(number: u64) -> u64 {
    let mixed = number.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let mixed = (mixed ^ mixed >> 30).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94D0_49BB_1331_11EB);
    mixed ^ mixed >> 31
}

/// What Entra ID sends of a person with a card.
pub(crate) fn sent(number: u32) -> Value {
    let mut person = sent_without_card(number);
    let facility = FACILITY + number / CARDS_A_FACILITY;
    person[ENTERPRISE]["cardNumber"] = format!("{facility}:{}", number % CARDS_A_FACILITY).into();
    person
}

/// The same for a server whose enterprise schema knows no card numbers.
pub(crate) fn sent_without_card(number: u32) -> Value {
    let mut person = Value::Object(attributes(number));
    person["schemas"] = json!([USER, ENTERPRISE]);
    person["userName"] = user_name(number).into();
    person["externalId"] = format!("person.{number}").into();
    person["active"] = true.into();
    person
}

/// Puts people into a data folder's directory, as many at once as a change holds.
pub(crate) fn fill(data: &Path, people: u32) -> anyhow::Result<()> {
    let straight = Straight::to(data)?;
    for first in (0..people).step_by(AT_ONCE as usize) {
        straight.put(first..people.min(first + AT_ONCE))?;
    }
    straight.directory.close();
    Ok(())
}

/// Straight to a directory, without a service.
pub(crate) struct Straight {
    directory: Directory,
    runtime: Runtime,
}

impl Straight {
    /// To the one in a data folder.
    pub(crate) fn to(data: &Path) -> anyhow::Result<Self> {
        let (directory, _) = Directory::open(&data.join("directory"), Box::new(|_| {}))?;
        Ok(Self { directory, runtime: Builder::new_current_thread().build()? })
    }

    /// Puts people in as one change, and waits until it is durable.
    pub(crate) fn put(&self, numbers: Range<u32>) -> anyhow::Result<()> {
        let at = clock::now();
        let plan = move |_: &View<'_>, revision: Revision| {
            let put =
                |number| Ok(Change::PutCardholder { cardholder: Box::new(kept(number, at, revision)?) });
            numbers.map(put).collect::<anyhow::Result<Vec<_>>>().map(|changes| (changes, ()))
        };
        let origin = Origin::Scim { token: "bench".to_owned() };
        self.runtime.block_on(self.directory.commit(origin, at, plan))?;
        Ok(())
    }
}

fn kept(number: u32, at: Timestamp, revision: Revision) -> anyhow::Result<Cardholder> {
    let (facility, of_facility) = (FACILITY + number / CARDS_A_FACILITY, number % CARDS_A_FACILITY);
    let card = Card {
        credential: H10301.encode(facility.into(), of_facility.into())?,
        number: format!("{facility}:{of_facility}"),
        state: CardState::Active,
        given_by: GivenBy::IdentityProvider,
        badge_type: DEFAULT_BADGE_TYPE.to_owned(),
        format: None,
        valid_from: None,
        valid_until: None,
    };
    Ok(Cardholder {
        id: id(number)?,
        user_name: user_name(number),
        external_id: Some(format!("person.{number}")),
        display_name: format!("Person {number}"),
        active: true,
        cards: vec![card],
        refused_cards: Vec::new(),
        reactivation: None,
        attributes: attributes(number),
        created: at,
        modified: at,
        revision,
    })
}

/// What means nothing to doors.
fn attributes(number: u32) -> Attributes {
    let attributes = json!({
        "displayName": format!("Person {number}"),
        "title": "Harbour pilot",
        "preferredLanguage": "en-GB",
        "name": {"givenName": "Person", "familyName": number.to_string(), "formatted": format!("Person {number}")},
        "emails": [{"value": user_name(number), "type": "work", "primary": true}],
        (ENTERPRISE): {"employeeNumber": number.to_string(), "department": "Pilots"},
    });
    attributes.as_object().cloned().unwrap_or_default()
}
