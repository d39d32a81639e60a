use std::sync::atomic::{AtomicUsize, Ordering};

use super::*;

const HERE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 1));
const THERE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 2));

fn bounded(most: usize, most_per_address: usize) -> (Connections, Arc<AtomicUsize>) {
    let told = Arc::new(AtomicUsize::new(0));
    let telling = Arc::clone(&told);
    let tell = move |_: &str| {
        telling.fetch_add(1, Ordering::Relaxed);
    };
    (Connections::bounded(most, most_per_address, Arc::new(Metrics::new()), Box::new(tell)), told)
}

#[test]
fn the_one_that_was_silent_longest_and_never_answered_makes_room() {
    let ((connections, told), now) = (bounded(3, 3), Instant::now());
    let answered = connections.enter(HERE, now).unwrap();
    assert!(answered.active(true));
    let silent = connections.enter(HERE, now).unwrap();
    let soon = now + UNANSWERED_AFTER;
    let later = connections.enter(HERE, soon).unwrap();
    let newest = connections.enter(THERE, soon).expect("room was made");
    assert!(!silent.active(false), "it was silent longest of those that were never answered");
    assert!(answered.active(false) && later.active(false) && newest.active(false));
    assert_eq!(told.load(Ordering::Relaxed), 1);
}

#[test]
fn one_address_makes_room_for_itself_alone() {
    let ((connections, _), now) = (bounded(10, 2), Instant::now());
    let other = connections.enter(THERE, now).unwrap();
    let own = [connections.enter(HERE, now).unwrap(), connections.enter(HERE, now).unwrap()];
    assert!(connections.enter(HERE, now).is_none(), "both have only just come");
    let third = connections.enter(HERE, now + UNANSWERED_AFTER).unwrap();
    assert_eq!(own.iter().filter(|own| own.active(false)).count(), 1);
    assert!(third.active(false) && other.active(false));
    drop((own, third));
    assert_eq!(connections.lock().open.len(), 1, "a place is free when its connection is gone");
}

#[test]
fn a_burst_of_new_connections_does_not_refuse_the_next() {
    let ((connections, _), now) = (bounded(3, 3), Instant::now());
    let asking = [connections.enter(HERE, now).unwrap(), connections.enter(HERE, now).unwrap()];
    assert!(asking.iter().all(|asking| asking.active(false)), "their questions have come");
    let mute = connections.enter(HERE, now).unwrap();
    assert!(connections.enter(THERE, now).is_none(), "all have only just come");
    let soon = now + UNHEARD_AFTER;
    let next = connections.enter(THERE, soon).expect("the one that asks nothing makes room");
    assert!(!mute.active(false) && next.active(false));
    assert!(connections.enter(THERE, soon).is_none(), "those that ask are not cut off so soon");
    let last = connections.enter(THERE, now + SLOW_AFTER).expect("the first question takes long");
    assert!(last.active(false) && next.active(false));
    assert_eq!(asking.iter().filter(|asking| asking.active(false)).count(), 1);
}
