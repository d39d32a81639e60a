//! Promise: events in any order, however often, end in the same state.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::super::merge::merge;
use super::super::{cloud, vocabulary};
use super::{card, event, structured};
use crate::domain::SourcePerson;

const CARDS: u64 = 4;

fn data(revision: u64, kind: u8, number: u64, flag: bool) -> Value {
    let id = format!("e{revision}");
    let number = (1000 + number).to_string();
    match kind {
        0 => event(&id, "person.removed", json!({ "person": "4711", "revision": revision })),
        1 => event(&id, "card.removed", json!({ "person": "4711", "revision": revision, "number": number })),
        2 | 3 => card(revision, &number, if flag { "active" } else { "suspended" }),
        _ => {
            let mut data = json!({ "person": "4711", "revision": revision, "user_name": format!("ada{kind}"), "active": flag });
            if kind.is_multiple_of(2) {
                data["cards"] = json!([{ "number": number }, { "number": "7" }]);
            }
            if kind > 6 {
                data["groups"] = json!([format!("g{kind}")]);
            }
            event(&id, "person.set", data)
        }
    }
}

fn followed(events: &[Value]) -> SourcePerson {
    let mut person = SourcePerson::new("hr", "4711");
    for event in events {
        let event = &cloud::read(&structured(event)).unwrap()[0];
        merge(&mut person, &vocabulary::read(event, "").unwrap()).unwrap();
    }
    person
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn any_order_and_any_repetition_end_in_the_same_state(
        kinds in prop::collection::vec((0..9u8, 0..CARDS, any::<bool>()), 1..14),
        order in prop::collection::vec(any::<prop::sample::Index>(), 0..30),
        swaps in prop::collection::vec((any::<prop::sample::Index>(), any::<prop::sample::Index>()), 0..30),
    ) {
        let in_order: Vec<Value> =
            (1..).zip(&kinds).map(|(revision, (kind, number, flag))| data(revision, *kind, *number, *flag)).collect();
        let mut shuffled = in_order.clone();
        shuffled.extend(order.iter().map(|at| at.get(&in_order).clone()));
        for (one, other) in swaps {
            let (one, other) = (one.index(shuffled.len()), other.index(shuffled.len()));
            shuffled.swap(one, other);
        }
        prop_assert_eq!(followed(&in_order), followed(&shuffled));
    }
}

#[test]
fn cards_that_were_taken_away_long_ago_are_forgotten_and_stay_away() {
    let removed = |revision: u64| {
        let data = json!({ "person": "4711", "revision": revision, "number": revision.to_string() });
        event(&format!("e{revision}"), "card.removed", data)
    };
    let most = super::super::limits::MAX_REMEMBERED_CARDS as u64;
    let mut events: Vec<Value> = (1..=most + 1).map(removed).collect();
    let before = followed(&events);
    assert_eq!((before.cards.len() as u64, before.cards_since), (most, 1));
    let late =
        event("late", "card.set", json!({ "person": "4711", "revision": 0, "card": { "number": "1" } }));
    events.push(late);
    assert_eq!(followed(&events), before);
}
