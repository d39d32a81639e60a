//! What hands may do, and that they never reach a card of an identity provider.

use std::convert::Infallible;

use panel_protocol::wiegand::H10301;
use tempfile::TempDir;
use uuid::Uuid;

use super::*;
use crate::domain::{Attributes, CardRefusal, CardholderId, DEFAULT_BADGE_TYPE, Origin, Revision};
use crate::sources::cards::WhenRemoved;
use crate::store::{CommitError, Directory};

const SITE: CardDefaults = CardDefaults { format: &H10301, facility: Some(100) };

fn policy() -> CardPolicy {
    CardPolicy {
        defaults: SITE,
        default_badge_type: DEFAULT_BADGE_TYPE.to_owned(),
        when_removed: WhenRemoved::Deactivate,
        none_values: vec!["0".to_owned()],
        strict: false,
    }
}

fn at() -> Timestamp {
    Timestamp::from_second(1_700_000_000).unwrap()
}

fn card(number: u64, given_by: GivenBy) -> Card {
    Card {
        credential: H10301.encode(100, number).unwrap(),
        number: number.to_string(),
        state: CardState::Active,
        given_by,
        badge_type: DEFAULT_BADGE_TYPE.to_owned(),
        format: None,
        valid_from: None,
        valid_until: None,
    }
}

fn new(number: &str) -> NewCard {
    NewCard { number: number.to_owned(), badge_type: "Spare".to_owned(), valid_from: None, valid_until: None }
}

struct Site {
    directory: Directory,
    _dir: TempDir,
}

impl Site {
    /// With people of these names and cards.
    async fn of(people: &[(&str, Vec<Card>)]) -> Self {
        let dir = TempDir::new().unwrap();
        let (directory, _) = Directory::open(dir.path(), Box::new(|_| {})).unwrap();
        let put = people.iter().map(|(name, cards)| {
            let cardholder = Box::new(Cardholder {
                id: CardholderId(Uuid::new_v4()),
                user_name: (*name).to_owned(),
                external_id: None,
                display_name: name.to_uppercase(),
                active: true,
                cards: cards.clone(),
                refused_cards: Vec::new(),
                reactivation: None,
                attributes: Attributes::new(),
                created: at(),
                modified: at(),
                revision: Revision(1),
            });
            Change::PutCardholder { cardholder }
        });
        let changes: Vec<Change> = put.collect();
        let plan = move |_: &View<'_>, _| Ok::<_, Infallible>((changes, ()));
        directory.commit(Origin::CommandLine, at(), plan).await.unwrap();
        Self { directory, _dir: dir }
    }

    async fn add(&self, name: &str, card: NewCard) -> Result<Revision, ByHandError> {
        let name = name.to_owned();
        self.plan(move |view, moment| add(view, moment, &policy(), &name, &card)).await
    }

    async fn deactivate(&self, name: &str, number: &str) -> Result<Revision, ByHandError> {
        let (name, number) = (name.to_owned(), number.to_owned());
        self.plan(move |view, moment| deactivate(view, moment, &SITE, &name, &number)).await
    }

    async fn plan(
        &self,
        plan: impl FnOnce(&View<'_>, Moment<'_>) -> Result<Changed, ByHandError> + Send + 'static,
    ) -> Result<Revision, ByHandError> {
        let plan = move |view: &View<'_>, revision: Revision| {
            let changed = plan(view, Moment { at: at(), revision, by: &Origin::CommandLine })?;
            Ok((changed.changes(), ()))
        };
        match self.directory.commit(Origin::CommandLine, at(), plan).await {
            Ok(committed) => Ok(committed.revision),
            Err(CommitError::Plan(error)) => Err(error),
            Err(other) => panic!("{other}"),
        }
    }

    fn cards(&self, name: &str) -> Vec<Card> {
        self.directory.read().cardholder_by_user_name(name).unwrap().unwrap().cards
    }
}

#[tokio::test]
async fn a_card_is_added_deactivated_and_added_again() {
    let site = Site::of(&[("ada", vec![])]).await;
    let first = site.add("ADA", new("100:7")).await.unwrap();
    let expected =
        Card { number: "100:7".to_owned(), badge_type: "Spare".to_owned(), ..card(7, GivenBy::Hand) };
    assert_eq!(site.cards("ada"), [expected]);
    assert_eq!(site.add("ada", new("100:7")).await.unwrap(), first, "saying it twice changes nothing");
    site.deactivate("ada", "7").await.unwrap();
    assert_eq!(site.cards("ada")[0].state, CardState::Inactive);
    site.add("ada", new("7")).await.unwrap();
    assert_eq!((site.cards("ada").len(), site.cards("ada")[0].state), (1, CardState::Active));
}

#[tokio::test]
async fn no_hand_touches_a_card_of_an_identity_provider() {
    for source in [GivenBy::IdentityProvider, GivenBy::IdentityProviderList] {
        let site = Site::of(&[("ada", vec![card(7, source)])]).await;
        for refused in [site.add("ada", new("7")).await, site.deactivate("ada", "7").await] {
            assert!(matches!(refused, Err(ByHandError::Provided { .. })), "{refused:?}");
        }
        site.add("ada", new("8")).await.unwrap();
        site.deactivate("ada", "8").await.unwrap();
        assert_eq!(site.cards("ada")[0], card(7, source));
    }
}

#[tokio::test]
async fn a_card_that_another_active_person_holds_is_not_given_twice() {
    for source in [GivenBy::IdentityProvider, GivenBy::Hand] {
        let site = Site::of(&[("ada", vec![card(7, source)]), ("bo", vec![])]).await;
        let refused = site.add("bo", new("7")).await.unwrap_err();
        assert_eq!(refused.to_string(), "the card is held by ADA; deactivate it there first");
        assert_eq!(site.cards("bo"), []);
    }
}

#[tokio::test]
async fn what_cannot_be_a_card_is_refused_with_the_reason() {
    let site = Site::of(&[("ada", vec![])]).await;
    let backwards = NewCard { valid_from: Some(at()), valid_until: Some(at()), ..new("7") };
    assert!(matches!(site.add("ada", backwards).await, Err(ByHandError::Validity)));
    assert!(
        matches!(site.add("eve", new("7")).await, Err(ByHandError::UnknownPerson(name)) if name == "eve")
    );
    for none in ["0", "00000", " "] {
        assert!(matches!(site.add("ada", new(none)).await, Err(ByHandError::MeansNone { .. })), "{none}");
    }
    let refused = site.add("ada", new("70000")).await.unwrap_err().to_string();
    assert!(refused.contains("70000") && refused.contains("65535"), "{refused}");
    assert!(matches!(site.deactivate("ada", "7").await, Err(ByHandError::NoSuchCard { .. })));
}

#[tokio::test]
async fn a_deactivated_card_makes_room_and_an_active_one_does_not() {
    let full = (1..=Cardholder::MAX_CARDS as u64).map(|number| card(number, GivenBy::Hand)).collect();
    let site = Site::of(&[("ada", full)]).await;
    assert!(matches!(site.add("ada", new("99")).await, Err(ByHandError::TooMany { most: 16, .. })));
    site.deactivate("ada", "3").await.unwrap();
    site.add("ada", new("99")).await.unwrap();
    let numbers: Vec<String> = site.cards("ada").into_iter().map(|card| card.number).collect();
    assert!(numbers.len() == Cardholder::MAX_CARDS && !numbers.contains(&"3".to_owned()), "{numbers:?}");
}

#[tokio::test]
async fn a_former_card_of_a_provider_makes_room() {
    let mut full: Vec<Card> =
        (1..=Cardholder::MAX_CARDS as u64).map(|number| card(number, GivenBy::IdentityProvider)).collect();
    full[4].state = CardState::Inactive;
    let site = Site::of(&[("ada", full)]).await;
    site.add("ada", new("99")).await.unwrap();
    let cards = site.cards("ada");
    assert_eq!(cards.len(), Cardholder::MAX_CARDS);
    assert!(cards.iter().all(|card| card.state == CardState::Active));
}

#[tokio::test]
async fn a_card_that_waits_for_another_to_let_go_is_taken_away_or_added_again() {
    let site = Site::of(&[("ada", vec![])]).await;
    let wait = || async {
        let plan = |view: &View<'_>, _| {
            let mut ada = view.cardholder_by_user_name("ada")?.unwrap();
            let given = card(7, GivenBy::Hand).given();
            let (number, holder_name) = (given.number.clone(), "Bo".to_owned());
            let refusal = CardRefusal::HeldByAnother { number, holder_name };
            ada.refused_cards = vec![RefusedCard { given, refusal, at: at(), ended: false }];
            Ok::<_, StoreError>((vec![Change::PutCardholder { cardholder: Box::new(ada) }], ()))
        };
        site.directory.commit(Origin::CommandLine, at(), plan).await.unwrap();
    };
    let waiting =
        || site.directory.read().cardholder_by_user_name("ada").unwrap().unwrap().refused_cards.len();
    wait().await;
    site.deactivate("ada", "100:7").await.unwrap();
    assert_eq!((waiting(), site.cards("ada").len()), (0, 0));
    wait().await;
    site.add("ada", new("7")).await.unwrap();
    assert_eq!((waiting(), site.cards("ada").len()), (0, 1));
}
