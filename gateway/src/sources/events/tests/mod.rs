//! Events on a directory of their own.

mod order;
mod refusals;
mod ways;

use std::sync::{Arc, Mutex};

use jiff::Timestamp;
use panel_protocol::wiegand::H10301;
use serde_json::{Value, json};
use tempfile::TempDir;

use super::cloud::STRUCTURED;
use super::*;
use crate::domain::{CardState, Cardholder, Provider};
use crate::sources::cards::{CardDefaults, CardPolicy, WhenRemoved};
use crate::store::Directory;

/// A source called `hr` that gives people to a directory.
struct Rig {
    directory: Directory,
    intake: Intake,
    noted: Arc<Mutex<Vec<Noted>>>,
    _folder: TempDir,
}

pub(super) fn policy(strict: bool) -> CardPolicy {
    CardPolicy {
        defaults: CardDefaults { format: &H10301, facility: Some(100) },
        when_removed: WhenRemoved::Deactivate,
        default_badge_type: "Standard".to_owned(),
        none_values: Vec::new(),
        strict,
    }
}

impl Rig {
    fn new() -> Self {
        Self::with(policy(false))
    }

    fn with(policy: CardPolicy) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (directory, _) = Directory::open(folder.path(), Box::new(|_| ())).unwrap();
        let noted = Arc::new(Mutex::new(Vec::new()));
        let kept = Arc::clone(&noted);
        let note: Note = Box::new(move |one| {
            kept.lock().unwrap().push(one);
            Box::pin(async {})
        });
        let clock = || "2026-11-30T12:00:00Z".parse().unwrap();
        let intake = Intake::new(directory.clone(), policy, (Provider::Webhook, "hr"), clock, note);
        Self { directory, intake, noted, _folder: folder }
    }

    async fn send(&self, event: &Value) -> Result<Outcome, String> {
        match self.intake.take(&structured(event)).await {
            Ok(answered) => Ok(answered[0].result.clone().unwrap()),
            Err(NotTaken::Malformed(fault)) => Err(fault.to_string()),
            Err(NotTaken::Refused(answered)) => Err(answered[0].result.clone().unwrap_err().to_string()),
            Err(NotTaken::Unavailable) => panic!("the directory is there"),
        }
    }

    /// Everybody, by user name, with the numbers of their active cards.
    fn people(&self) -> Vec<(String, Vec<String>)> {
        let view = self.directory.read();
        let people = view.cardholders(None).map(Result::unwrap);
        let mut people: Vec<_> = people.map(|person| (person.user_name.clone(), active(&person))).collect();
        people.sort();
        people
    }

    fn person(&self, user_name: &str) -> Option<Cardholder> {
        self.directory.read().cardholder_by_user_name(user_name).unwrap()
    }

    fn groups_of(&self, user_name: &str) -> Vec<String> {
        let view = self.directory.read();
        let groups = view.groups_of(self.person(user_name).unwrap().id).unwrap();
        let mut names: Vec<_> =
            groups.into_iter().map(|id| view.group(id).unwrap().unwrap().display_name).collect();
        names.sort();
        names
    }
}

fn active(person: &Cardholder) -> Vec<String> {
    let mut numbers: Vec<_> = person.active_cards().map(|card| card.number.clone()).collect();
    numbers.sort();
    numbers
}

fn structured(event: &Value) -> Sent {
    Sent { content_type: STRUCTURED.to_owned(), attributes: Vec::new(), body: event.to_string().into_bytes() }
}

fn event(id: &str, what: &str, data: Value) -> Value {
    let kind = format!("dev.gatehouse.{what}.v1");
    let mut event = json!({ "specversion": "1.0", "id": id, "source": "/hr", "type": kind });
    event["data"] = data;
    event
}

fn ada(revision: u64, more: Value) -> Value {
    let mut data = json!({ "person": "4711", "revision": revision, "user_name": "ada@example.org" });
    let Value::Object(more) = more else { panic!("members") };
    data.as_object_mut().unwrap().extend(more);
    event(&format!("e{revision}"), "person.set", data)
}

fn card(revision: u64, number: &str, state: &str) -> Value {
    let card = json!({ "number": number, "state": state });
    event(
        &format!("e{revision}"),
        "card.set",
        json!({ "person": "4711", "revision": revision, "card": card }),
    )
}

#[tokio::test]
async fn a_person_comes_changes_cards_and_goes() {
    let rig = Rig::new();
    let first = ada(
        1,
        json!({ "display_name": "Ada", "cards": [{ "number": "1234" }], "groups": ["Staff", "staff"] }),
    );
    assert_eq!(rig.send(&first).await, Ok(Outcome::Applied));
    let person = rig.person("ada@example.org").unwrap();
    assert_eq!((person.display_name.as_str(), person.external_id.as_deref()), ("Ada", Some("4711")));
    assert_eq!(
        (active(&person), rig.groups_of("ada@example.org")),
        (vec!["1234".to_owned()], vec!["Staff".to_owned()])
    );
    rig.send(&card(2, "100:5678", "active")).await.unwrap();
    rig.send(&card(3, "1234", "suspended")).await.unwrap();
    let person = rig.person("ada@example.org").unwrap();
    let state = |number: &str| person.cards.iter().find(|card| card.number == number).unwrap().state;
    assert_eq!((state("1234"), state("100:5678")), (CardState::Suspended, CardState::Active));
    let gone = event("e4", "card.removed", json!({ "person": "4711", "revision": 4, "number": "100:5678" }));
    rig.send(&gone).await.unwrap();
    rig.send(&ada(5, json!({ "active": false, "groups": ["Guests"], "title": "Countess" }))).await.unwrap();
    let person = rig.person("ada@example.org").unwrap();
    assert!(!person.active && person.active_cards().count() == 0 && person.attributes["title"] == "Countess");
    assert_eq!(rig.groups_of("ada@example.org"), ["Guests"]);
    let removed = event("e6", "person.removed", json!({ "person": "4711", "revision": 6 }));
    rig.send(&removed).await.unwrap();
    assert!(rig.people().is_empty());
    rig.send(&ada(7, json!({}))).await.unwrap();
    assert_eq!(
        rig.people(),
        [("ada@example.org".to_owned(), Vec::<String>::new())],
        "older cards are gone with them"
    );
}

#[tokio::test]
async fn what_was_said_before_or_is_out_of_date_writes_nothing() {
    let rig = Rig::new();
    let new = ada(5, json!({ "display_name": "Ada" }));
    rig.send(&new).await.unwrap();
    let bytes = rig.directory.stats().journal;
    assert_eq!(rig.send(&new).await, Ok(Outcome::Known));
    assert_eq!(rig.send(&ada(4, json!({ "display_name": "Old" }))).await, Ok(Outcome::Outdated));
    assert_eq!(rig.directory.stats().journal.flushes, bytes.flushes);
    assert_eq!(rig.person("ada@example.org").unwrap().display_name, "Ada");
}

#[tokio::test]
async fn a_card_waits_for_its_person() {
    let rig = Rig::new();
    assert_eq!(rig.send(&card(2, "1234", "active")).await, Ok(Outcome::Waiting));
    assert!(rig.people().is_empty());
    rig.send(&ada(1, json!({}))).await.unwrap();
    assert_eq!(rig.people(), [("ada@example.org".to_owned(), vec!["1234".to_owned()])]);
    let noted = rig.noted.lock().unwrap();
    let total = noted.iter().fold((0, 0), |(people, cards), one| match one {
        Noted::Taken { done, .. } => (people + done.people, cards + done.cards),
        Noted::Dead(_) => panic!("{one:?}"),
    });
    assert_eq!(total, (1, 1));
    let view = rig.directory.read();
    assert_eq!((count(&view, "hr").unwrap(), count(&view, "other").unwrap()), ((1, 1), (0, 0)));
}

#[tokio::test]
async fn a_resync_brings_back_what_somebody_else_has_changed() {
    let rig = Rig::new();
    rig.send(&ada(1, json!({ "cards": [{ "number": "1234" }], "groups": ["Staff"] }))).await.unwrap();
    assert_eq!(rig.intake.resync().await, Ok(0));
    let person = rig.person("ada@example.org").unwrap();
    let meddled = Cardholder { active: false, cards: Vec::new(), ..person };
    let put = crate::domain::Change::PutCardholder { cardholder: Box::new(meddled) };
    let meddle =
        rig.directory.commit(crate::domain::Origin::CommandLine, Timestamp::UNIX_EPOCH, move |_, _| {
            Ok::<_, std::convert::Infallible>((vec![put], ()))
        });
    meddle.await.unwrap();
    assert_eq!(rig.intake.resync().await, Ok(1));
    assert_eq!(rig.people(), [("ada@example.org".to_owned(), vec!["1234".to_owned()])]);
}
