//! A disk that fills up or fails while the store runs: nothing is answered that is not on it, and it is got over.

use std::time::{Duration, Instant};

use crate::child::{Store, id, reopened};
use crate::shim::Disk;

/// sled writes its buffers out twice a second, so it has met the full disk after this.
const SLED_HAS_WRITTEN: Duration = Duration::from_millis(1_500);

#[test]
fn a_disk_that_was_full_is_got_over_without_a_restart_and_nothing_answered_is_lost() {
    let disk = Disk::new();
    let mut store = Store::on(&disk);
    let mut answered = Vec::new();
    let mut number = 0;
    for round in 0..3 {
        for _ in 0..5 {
            number += 1;
            assert!(store.ask(&format!("put {number}")).starts_with("answered"), "round {round}");
            answered.push(number);
        }
        disk.full(true);
        let (began, mut refusals) = (Instant::now(), 0);
        while refusals == 0 || began.elapsed() < SLED_HAS_WRITTEN {
            number += 1;
            let answer = store.ask(&format!("put {number}"));
            if answer.starts_with("answered") {
                answered.push(number);
            } else {
                refusals += 1;
            }
        }
        assert!(store.ask("disk").starts_with("Full"), "{}", store.ask("disk"));
        assert_eq!(store.ask(&format!("find {}", answered[0])), "there", "who reads goes on");
        assert_eq!(store.ask("fatal"), "not fatal");
        disk.full(false);
        store.ask_until("disk", "Well");
        for known in &answered {
            assert_eq!(store.ask(&format!("find {known}")), "there", "round {round}: {known}");
        }
    }
    drop(store);
    let (directory, _) = reopened(&disk.root()).unwrap();
    for known in answered {
        assert!(directory.read().cardholder(id(known)).unwrap().is_some(), "{known}");
    }
}

#[test]
fn a_flush_of_the_journal_that_fails_once_is_made_good_before_anybody_is_answered() {
    let disk = Disk::new();
    let mut store = Store::on(&disk);
    for number in 1..=10 {
        disk.fail_flushes(i32::from(number % 3 == 0), "/directory/journal/");
        assert_eq!(store.ask(&format!("put {number}")), format!("answered {number}"));
    }
    assert!(!store.ask("disk").contains("why"), "{}", store.ask("disk"));
    drop(store);
    let (directory, _) = reopened(&disk.root()).unwrap();
    assert_eq!(directory.read().cardholders(None).count(), 10);
    assert_eq!(std::fs::read_dir(disk.root().join("directory/journal")).unwrap().count(), 4);
}

#[test]
fn a_journal_that_can_not_be_flushed_at_all_answers_nobody_and_says_that_it_is_the_end() {
    let disk = Disk::new();
    let mut store = Store::on(&disk);
    assert_eq!(store.ask("put 1"), "answered 1");
    disk.fail_flushes(i32::MAX, "/directory/journal/");
    assert!(store.ask("put 2").starts_with("refused"));
    assert!(store.ask("fatal").starts_with("fatal"));
    assert!(store.ask("disk").starts_with("Fatal"));
    disk.fail_flushes(0, "");
    assert!(store.ask("put 3").starts_with("refused"), "no going on in hope");
    assert_eq!(store.ask("find 1"), "there");
    drop(store);
    let (directory, _) = reopened(&disk.root()).unwrap();
    assert!(directory.read().cardholder(id(1)).unwrap().is_some());
}

#[test]
fn a_flush_of_the_event_log_that_fails_once_costs_no_event() {
    let disk = Disk::new();
    let mut store = Store::on(&disk);
    for number in 1..=6 {
        disk.fail_flushes(i32::from(number % 2 == 0), "/events/");
        assert_eq!(store.ask(&format!("event {number}")), format!("logged {number}"));
    }
    drop(store);
    let (_, events) = reopened(&disk.root()).unwrap();
    assert_eq!(events.newest(), 6);
}
