//! Outputs: switched by the device's own timer, before their deadline or not at all, and never from memory.

use std::time::{Duration, Instant};

use panel_protocol::osdp::command::{OutputAction, OutputControl};
use tokio::sync::oneshot;

use super::bench::{Bench, Client, SECOND};
use crate::domain::DeviceCondition;
use crate::links::{ActuateError, Actuation, Switch};
use crate::sync::Demand;

#[test]
fn an_output_is_switched_once_by_the_devices_own_timer_and_confirmed() {
    let mut bench = Bench::new(Client::default());
    let mut answer = bench.actuate(SECOND);
    bench.run(SECOND);
    assert_eq!(answer.try_recv(), Ok(Ok(())));
    let expected = OutputControl { output: 3, action: OutputAction::OnFor, timer_100ms: 50 };
    assert_eq!(bench.switched(), [expected]);
}

#[test]
fn an_answer_that_is_lost_on_the_way_is_fetched_by_asking_again_and_switches_nothing_twice() {
    let mut bench = Bench::new(Client::default());
    let mut answer = bench.actuate(SECOND);
    bench.mute = true;
    bench.run(Duration::from_millis(250));
    assert_eq!(bench.switched().len(), 1);
    bench.mute = false;
    bench.run(SECOND);
    assert_eq!((answer.try_recv(), bench.switched().len()), (Ok(Ok(())), 1));
}

#[test]
fn what_was_not_confirmed_before_its_deadline_is_not_repeated_after_it() {
    let mut bench = Bench::new(Client::default());
    bench.run(Duration::from_millis(3)); // the line is free
    let mut answer = bench.actuate(Duration::from_millis(300));
    bench.deaf = true;
    bench.run(SECOND);
    assert_eq!(answer.try_recv(), Ok(Err(ActuateError::Unconfirmed)));
    bench.deaf = false;
    bench.run(SECOND * 10);
    assert!(bench.client.is(DeviceCondition::Online), "it is there again");
    assert!(bench.switched().is_empty(), "a door that nobody expects to open any more");
}

#[test]
fn deactivations_go_first_and_what_they_hold_up_beyond_its_deadline_is_not_sent_any_more() {
    let mut bench = Bench::new(Client { demand: Some(Demand::Urgent), ..Client::default() });
    let mut answer = bench.actuate(SECOND);
    bench.run(SECOND * 2);
    assert_eq!(answer.try_recv(), Ok(Err(ActuateError::TooLate)));
    assert!(bench.switched().is_empty());
}

#[test]
fn a_device_that_is_away_is_not_kept_an_output_for() {
    let mut bench = Bench::new(Client::default());
    bench.deaf = true;
    bench.run(SECOND * 20);
    assert!(!bench.client.is(DeviceCondition::Online));
    let mut answer = bench.actuate(SECOND * 60);
    assert_eq!(answer.try_recv(), Ok(Err(ActuateError::NotOnline)));
    bench.deaf = false;
    bench.run(SECOND * 60);
    assert!(bench.client.is(DeviceCondition::Online) && bench.switched().is_empty());
}

#[test]
fn a_device_that_the_line_does_not_have_is_told_of() {
    let mut bench = Bench::new(Client::default());
    let (done, mut answer) = oneshot::channel();
    let (switch, deadline) = (Switch::OnFor(SECOND), Instant::now());
    bench.driver.actuate(Actuation { device: 9, output: 0, switch, deadline }, bench.now + SECOND, done);
    assert_eq!(answer.try_recv(), Ok(Err(ActuateError::Unknown)));
}
