//! Conversations with controllers as a maker would build them, over a broker that loses, doubles, delays and keeps.

mod controller;
mod site;
mod versions;

use std::time::Duration;

use jiff::Timestamp;
use panel_protocol::time::Micros;
use tokio::sync::oneshot;

use super::limits::{ANSWER_TIMEOUT, HELLO_PAUSE, HELLO_TIMEOUT, LOOK_INTERVAL};
use crate::domain::DeviceCondition;
use crate::links::{ActuateError, Actuation, Switch};
use crate::sync::SyncState;
use site::{Faults, Site, card};

#[test]
fn controllers_are_greeted_loaded_proven_and_revoked() {
    let mut site = Site::proven(3, 1);
    (0..100).for_each(|number| site.set(number, true));
    site.settle();
    assert!(site.controllers.iter().all(|controller| (0..100).all(|number| controller.holds(card(number)))));
    assert_eq!(site.condition(0), DeviceCondition::Online);
    assert!(site.client.told().contains(&"answers: Acme DC-1".to_owned()));
    let before = site.operations;
    site.set(7, false);
    site.settle();
    assert!(site.controllers.iter().all(|controller| !controller.holds(card(7))));
    assert_eq!(site.operations, before + 3, "one short message to each, and its answer is the proof");
}

#[test]
fn what_a_broker_kept_is_believed_by_nobody() {
    let mut site = Site::new(1, 2);
    site.driver.up(site.now);
    site.say(0, "state", b"online", true);
    site.say(0, "welcome", &[7; 30], true);
    assert_eq!(site.condition(0), DeviceCondition::Starting);
    site.steps(3);
    assert_ne!(site.condition(0), DeviceCondition::Offline);
    site.settle();
    // A stale last word is no loss of a controller that answers.
    site.say(0, "state", b"offline", true);
    site.say(0, "answer", &[1; 40], true);
    site.steps(4);
    assert_eq!(site.condition(0), DeviceCondition::Online);
    site.say(0, "state", b"offline", false);
    site.steps(2);
    assert_eq!(site.condition(0), DeviceCondition::Offline);
}

#[test]
fn an_old_activation_that_comes_after_the_revocation_opens_nothing() {
    let mut site = Site::proven(1, 3);
    site.set(5, true);
    // The operation as it travels, to be delivered once more at the end.
    let put = loop {
        if let super::driver::Next::Transmit(message) = site.driver.next(site.now) {
            break message;
        }
    };
    site.inject(0, "operation", &put.payload);
    site.settle();
    assert!(site.controllers[0].holds(card(5)));
    site.set(5, false);
    site.settle();
    site.inject(0, "operation", &put.payload);
    site.steps(5);
    assert!(!site.controllers[0].holds(card(5)), "its number is an old one");
    site.controllers[0].restart();
    site.inject(0, "operation", &put.payload);
    site.say(0, "state", b"online", false);
    site.settle();
    site.inject(0, "operation", &put.payload);
    site.steps(5);
    assert!(!site.controllers[0].holds(card(5)), "its session is an old one");
}

#[test]
fn a_controller_that_doesn_t_answer_is_offline_and_comes_back_by_itself() {
    let mut site = Site::proven(1, 4);
    let start = site.now;
    site.faults.lost = 1000;
    site.set(1, true);
    while site.condition(0) == DeviceCondition::Online {
        site.step();
    }
    let took = site.now.since(start);
    // A step that finds nothing to do goes on to the next hello, half a minute later.
    assert!(took <= ANSWER_TIMEOUT + 3 * HELLO_TIMEOUT + HELLO_PAUSE + LOOK_INTERVAL, "{took:?}");
    assert!(site.client.told().iter().any(|why| why.contains("doesn't answer at the broker")));
    site.faults.lost = 0;
    let start = site.now;
    site.settle();
    assert!(site.now.since(start) <= HELLO_PAUSE + Duration::from_secs(1));
    assert!(site.controllers[0].holds(card(1)) && site.condition(0) == DeviceCondition::Online);
}

#[test]
fn a_broker_that_dies_during_a_load_costs_time_and_nothing_else() {
    let mut site = Site::proven(2, 5);
    (0..150).for_each(|number| site.set(number, true));
    for _ in 0..10 {
        site.steps(7);
        site.broker_dies();
        assert_eq!(site.condition(0), DeviceCondition::Offline);
        site.set(3, false);
        site.driver.up(site.now);
    }
    site.settle();
    assert!(
        site.controllers.iter().all(|controller| !controller.holds(card(3)) && controller.holds(card(4)))
    );
}

#[test]
fn a_controller_that_was_wiped_or_has_lost_its_power_is_made_equal_again() {
    let mut site = Site::proven(1, 6);
    (0..50).for_each(|number| site.set(number, true));
    site.settle();
    for wiped in [false, true] {
        if wiped {
            site.wipe(0);
        } else {
            site.controllers[0].restart();
        }
        let before = site.operations;
        site.client.fleet().failed(0, Timestamp::UNIX_EPOCH, crate::sync::Failure::Lost);
        site.say(0, "state", b"online", false);
        site.settle();
        assert!((0..50).all(|number| site.controllers[0].holds(card(number))));
        assert!(
            wiped || site.operations - before <= 3,
            "nothing was missing, so it is asked and given the time"
        );
    }
}

#[test]
fn events_are_fetched_once_and_acknowledged() {
    let mut site = Site::proven(1, 7);
    site.set(1, true);
    site.settle();
    for number in [1, 2] {
        site.controllers[0].panel.present(Micros(0), 0, card(number));
        let mut bytes = [0; 16];
        let len = site.controllers[0].panel.waiting(&mut bytes).unwrap();
        site.say(0, "waiting", &bytes[..len], false);
        site.say(0, "waiting", &bytes[..len], false);
    }
    site.settle();
    assert_eq!(site.events(), [0, 1]);
    assert_eq!(site.controllers[0].panel.pending_events(), 0);
}

#[test]
fn an_output_is_switched_in_time_or_never() {
    let mut site = Site::proven(1, 8);
    let wish = |site: &mut Site, late: Duration| {
        let (done, answer) = oneshot::channel();
        let deadline = std::time::Instant::now() + Duration::from_secs(3);
        let actuation =
            Actuation { device: 0, output: 0, switch: Switch::OnFor(Duration::from_secs(5)), deadline };
        let (at, until) = (clock(site), site.now + Duration::from_secs(3));
        site.driver.actuate(site.now, at, actuation, until, done);
        site.now = site.now + late;
        site.steps(4);
        answer
    };
    assert_eq!(wish(&mut site, Duration::ZERO).try_recv(), Ok(Ok(())));
    assert_eq!(site.controllers[0].switched, 1);
    assert_eq!(wish(&mut site, Duration::from_secs(9)).try_recv(), Ok(Err(ActuateError::Unconfirmed)));
    assert_eq!(site.controllers[0].switched, 1, "what was late did nothing");
    site.broker_dies();
    assert_eq!(wish(&mut site, Duration::ZERO).try_recv(), Ok(Err(ActuateError::NotOnline)));
}

#[test]
fn hostile_messages_change_nothing_and_are_told_of_once() {
    let mut site = Site::proven(1, 9);
    let before = site.client.told().len();
    for what in ["answer", "welcome", "state", "waiting", "itself", "actuated", "unlock", "state/x"] {
        for payload in [&b""[..], &[0; 9], &[0xFF; 200], b"{\"deeply\":[[[[[[]]]]]]}", b"NaN", &[0; 16_000]] {
            site.say(0, what, payload, false);
        }
    }
    site.steps(60);
    site.settle();
    let told = site.client.told();
    assert_eq!(told.len(), before + 1, "{told:?}");
    assert!(told[before].contains("says what no controller says"), "{told:?}");
    assert_eq!(site.client.fleet().status(0).unwrap().state, SyncState::Proven);
}

/// Whatever a broker does: what is called proven is so, and when it behaves again, all become equal.
#[test]
fn no_fault_of_a_broker_makes_a_proof_untrue() {
    for seed in 0..60 {
        println!("seed {seed}");
        let mut site = Site::new(2, seed);
        site.driver.up(site.now);
        site.faults = Faults { lost: 30 * (seed % 4), twice: 100, late: 60 * (seed % 3), kept: 40 };
        for round in 0..12 {
            for number in 0..20 {
                site.set((number * 7 + round * 3 + seed) % 60, (number + round + seed) % 3 != 0);
            }
            site.steps(60);
            match (seed + round) % 5 {
                0 => site.broker_dies(),
                1 => site.controllers[0].restart(),
                2 => site.wipe(1),
                _ => {}
            }
            if (seed + round) % 5 < 3 {
                site.driver.up(site.now);
                (0..2).for_each(|at| site.say(at, "state", b"online", false));
            }
        }
        site.faults = Faults::default();
        site.settle();
        site.assert_proven_is_true();
    }
}

/// The world's clock, as the controllers' is set.
fn clock(site: &Site) -> Timestamp {
    site.client.clock()
}
