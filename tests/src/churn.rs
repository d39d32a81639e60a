//! Identity providers that change people without a pause, and remember what they were answered.
//!
//! Each [`Writer`] has people of its own. What it asked for and got no answer to may have happened or not;
//! [`Writer::settle`] accepts either of these two, and nothing else.

use std::collections::BTreeMap;

use rand::rngs::SmallRng;
use rand::{Rng, SeedableRng};
use reqwest::Method;
use serde_json::{Value, json};

use crate::scim::{ENTERPRISE, ScimClient};

/// People that a writer keeps at least, while it is asked.
const FEWEST: usize = 4;

/// Most card numbers that one writer gives out.
const NUMBERS: u64 = 8_000;

/// The card number of a person as SCIM shows them, if the card is active.
///
/// # Panics
/// When the number is none.
pub fn active_card(person: &Value) -> Option<u64> {
    let number = person[ENTERPRISE]["cardNumber"].as_str()?;
    (person["active"] == true).then(|| number.parse().unwrap())
}

/// A person without the part of their address that changes from one start of the gateway to the next.
///
/// # Panics
/// When they have no address.
pub fn without_host(mut person: Value) -> Value {
    let location = person["meta"]["location"].as_str().unwrap();
    let path = location.split_once("/scim/").unwrap().1.to_owned();
    person["meta"]["location"] = path.into();
    person
}

/// One client that writes, one request after the other.
#[derive(Debug)]
pub struct Writer {
    number: u64,
    random: SmallRng,
    people: Vec<Person>,
    deleted: Vec<String>,
    names: u64,
    cards: u64,
}

/// What a writer knows of a person.
#[derive(Debug)]
struct Person {
    user_name: String,
    /// As last answered; none before the first answer.
    answered: Option<Value>,
    /// Asked for, and not answered.
    asked: Option<Step>,
}

#[derive(Clone, PartialEq, Eq, Debug)]
enum Step {
    Create { card: u64 },
    SetCard { card: u64 },
    SetActive { active: bool },
    Delete,
}

impl Writer {
    /// Writer number `number`, whose names and cards are no other writer's; below 8.
    pub fn new(number: u64, seed: u64) -> Self {
        let random = SmallRng::seed_from_u64(seed.wrapping_add(number));
        Self { number, random, people: Vec::new(), deleted: Vec::new(), names: 0, cards: 0 }
    }

    /// Which writer it is.
    pub fn number(&self) -> u64 {
        self.number
    }

    /// Asks for one change, and remembers the answer.
    ///
    /// # Errors
    /// When there is none.
    ///
    /// # Panics
    /// When the gateway refuses.
    pub async fn change(&mut self, scim: &ScimClient) -> Result<(), reqwest::Error> {
        let (at, step) = self.choose();
        let person = &mut self.people[at];
        person.asked = Some(step.clone());
        let answer = step.ask(scim, person).await?.good();
        person.asked = None;
        if step == Step::Delete {
            let person = self.people.swap_remove(at);
            self.deleted.extend(person.id());
        } else {
            person.answered = Some(without_host(answer));
        }
        Ok(())
    }

    /// Compares what it was answered with what there is, and takes its people out of `found`: by user name, each
    /// [`without_host`]. What was left unanswered is known from then on.
    ///
    /// # Panics
    /// When anything is neither as it was answered nor as it was last asked for.
    pub fn settle(&mut self, found: &mut BTreeMap<String, Value>) {
        for person in &mut self.people {
            person.settle(found.remove(&person.user_name));
        }
        let (there, gone) =
            std::mem::take(&mut self.people).into_iter().partition(|one| one.answered.is_some());
        self.people = there;
        drop::<Vec<Person>>(gone);
    }

    /// The ids of people whose deletion was answered since this was last asked.
    pub fn take_deleted(&mut self) -> Vec<String> {
        std::mem::take(&mut self.deleted)
    }

    fn choose(&mut self) -> (usize, Step) {
        let chance = self.random.random_range(0..10);
        if self.people.len() < FEWEST || chance < 3 {
            self.names += 1;
            let user_name = format!("writer-{}.person-{}", self.number, self.names);
            self.people.push(Person { user_name, answered: None, asked: None });
            return (self.people.len() - 1, Step::Create { card: self.next_card() });
        }
        let at = self.random.random_range(0..self.people.len());
        let step = match chance {
            3..6 => Step::SetCard { card: self.next_card() },
            6..8 => Step::SetActive { active: !self.people[at].is_active() },
            _ => Step::Delete,
        };
        (at, step)
    }

    fn next_card(&mut self) -> u64 {
        self.cards += 1;
        assert!(self.cards < NUMBERS, "writer {} has no numbers left", self.number);
        self.number * NUMBERS + self.cards
    }
}

impl Person {
    fn id(&self) -> Option<String> {
        self.answered.as_ref()?["id"].as_str().map(str::to_owned)
    }

    fn is_active(&self) -> bool {
        self.answered.as_ref().is_some_and(|answered| answered["active"] == true)
    }

    fn settle(&mut self, found: Option<Value>) {
        if found == self.answered {
            self.asked = None;
            return;
        }
        let asked = self.asked.take();
        let happened =
            asked.as_ref().is_some_and(|step| step.explains(self.answered.as_ref(), found.as_ref()));
        let (name, answered) = (&self.user_name, &self.answered);
        assert!(happened, "{name} was answered as {answered:#?}, then asked {asked:?}, and is {found:#?}");
        self.answered = found;
    }
}

impl Step {
    async fn ask(&self, scim: &ScimClient, person: &Person) -> Result<crate::Answer, reqwest::Error> {
        let path = format!("/Users/{}", person.id().unwrap_or_default());
        let patch = |attribute: &str, value: Value| {
            json!({
                "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
                "Operations": [{ "op": "replace", "path": attribute, "value": value }],
            })
        };
        match self {
            Self::Create { card } => {
                let body = ScimClient::person(&person.user_name, Some(&card.to_string()));
                scim.ask(Method::POST, "/Users", Some(&body)).await
            }
            Self::SetCard { card } => {
                let body = patch(&format!("{ENTERPRISE}:cardNumber"), card.to_string().into());
                scim.ask(Method::PATCH, &path, Some(&body)).await
            }
            Self::SetActive { active } => {
                scim.ask(Method::PATCH, &path, Some(&patch("active", (*active).into()))).await
            }
            Self::Delete => scim.ask(Method::DELETE, &path, None).await,
        }
    }

    /// Whether it leads from what was there to what is there.
    fn explains(&self, before: Option<&Value>, after: Option<&Value>) -> bool {
        let Some(after) = after else { return *self == Self::Delete };
        let mut expected = before.unwrap_or(after).clone();
        match self {
            Self::Create { card } => {
                let same_card = after[ENTERPRISE]["cardNumber"].as_str() == Some(&card.to_string());
                return before.is_none() && same_card && after["active"] == true;
            }
            Self::SetCard { card } => expected[ENTERPRISE]["cardNumber"] = card.to_string().into(),
            Self::SetActive { active } => expected["active"] = (*active).into(),
            Self::Delete => return false,
        }
        expected["meta"] = after["meta"].clone();
        before.is_some() && expected == *after
    }
}
