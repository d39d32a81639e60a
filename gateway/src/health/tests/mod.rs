//! Every row of the table, and the verdict over all of them.

mod alarms;
mod rows;
mod verdict;

use panel_protocol::credential::Credential;

use super::*;
use crate::domain::{
    ControllerId, DeviceCondition, Exposure, Finding, LocalClock, Revision, UnprovenAt, Verdict,
};

/// 12:00:00 in Berlin.
fn noon() -> Timestamp {
    "2026-11-22T11:00:00Z".parse().unwrap()
}

/// So many seconds before noon.
fn before_noon(seconds: i64) -> Timestamp {
    Timestamp::from_second(noon().as_second() - seconds).unwrap()
}

fn clock() -> LocalClock {
    LocalClock::new("Europe/Berlin", noon())
}

/// The names of the site's devices, all on the line north.
const DEVICES: [&str; 4] = ["lobby", "dock", "roof", "lab"];

fn setup(id: &str) -> DeviceSetup {
    DeviceSetup { id: id.parse().unwrap(), link: 0, kind: DeviceKind::Panel, in_clear: false }
}

/// A site that has just started.
fn started() -> Health {
    Health::new(before_noon(90_000), vec!["north".parse().unwrap()], DEVICES.map(setup).to_vec())
}

/// A site with nothing amiss since yesterday.
fn well() -> Health {
    let mut health = started();
    health.link_became(0, before_noon(90_000), &LinkCondition::Up);
    (0..DEVICES.len()).for_each(|device| {
        health.device_became(device, before_noon(90_000), &condition(DeviceCondition::Online));
    });
    health
}

fn condition(is: DeviceCondition) -> Became {
    Became::Condition { is, why: format!("is {}", is.words()) }
}

fn id(name: &str) -> ControllerId {
    name.parse().unwrap()
}

fn exposure(controller: &str, number: u64, condition: DeviceCondition) -> Exposure {
    Exposure {
        revision: Revision(7),
        card: Credential::new(26, number).unwrap(),
        at: UnprovenAt {
            controller: id(controller),
            since: before_noon(3_600),
            state: condition,
            state_since: Some(before_noon(7_080)),
        },
    }
}

/// What is seen of a site at noon where every device was heard and has proven its card table, and nothing else is to be told.
fn quiet() -> Seen {
    Seen {
        clock: clock(),
        heard: vec![Some(noon()); 4],
        proven: vec![Some(true); 4],
        exposed: Vec::new(),
        reach: Reach::Open,
        sources: Vec::new(),
        refused_cards: 0,
        notices: Vec::new(),
    }
}

/// The verdict of a site at noon where every device was heard and has proven its table, but for what `seen` changes.
fn verdict_of(health: &Health, change: impl FnOnce(&mut Seen)) -> Verdict {
    let mut seen = quiet();
    change(&mut seen);
    health.verdict(&seen)
}

fn told(health: &Health) -> (Level, String) {
    let verdict = verdict_of(health, |_| ());
    (verdict.level, verdict.text)
}
