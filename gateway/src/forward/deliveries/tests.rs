use proptest::prelude::*;

use super::*;

fn at(now: Instant) -> (Instant, Timestamp) {
    (now, Timestamp::UNIX_EPOCH)
}

fn refused() -> Outcome {
    Outcome::Refused { why: "no".to_owned() }
}

fn unavailable(wait: Option<Duration>) -> Outcome {
    Outcome::Unavailable { why: "down".to_owned(), wait }
}

/// Sends the next batch to a target that answers by `take`; what was sent, or nothing.
fn step(
    deliveries: &mut Deliveries,
    newest: u64,
    now: Instant,
    take: impl FnOnce(&[u64]) -> Outcome,
) -> Option<Vec<u64>> {
    deliveries.newest(newest);
    let Next::Send(batch) = deliveries.next(now) else { return None };
    let sent: Vec<u64> = match batch {
        Batch::Again(number) => vec![number],
        Batch::After { number, most } => (number + 1..=newest).take(most).collect(),
    };
    deliveries.found(batch, sent.first().copied());
    let outcome = take(&sent);
    deliveries.answered(batch, *sent.last().unwrap(), outcome, at(now), 0.0);
    Some(sent)
}

#[test]
fn a_target_that_is_away_is_tried_ever_more_rarely_and_loses_nothing() {
    let mut deliveries = Deliveries::new(ForwardProgress::default(), 10);
    let mut now = Instant::now();
    for wait in [5, 30, 120, 300, 300] {
        assert_eq!(step(&mut deliveries, 3, now, |_| unavailable(None)), Some(vec![1, 2, 3]));
        let until = now + Duration::from_secs(wait);
        assert_eq!(deliveries.next(now), Next::WaitUntil(until));
        now = until;
    }
    assert_eq!(deliveries.failing().unwrap().why, "down");
    assert_eq!(step(&mut deliveries, 3, now, |_| Outcome::Taken), Some(vec![1, 2, 3]));
    assert_eq!((deliveries.next(now), deliveries.failing(), deliveries.waiting()), (Next::Rest, None, 0));
}

#[test]
fn a_target_says_how_long_it_wants_to_be_left_alone_within_bounds() {
    let now = Instant::now();
    for (asked, waits) in [(1, 5), (60, 60), (1_000_000, 3_600)] {
        let mut deliveries = Deliveries::new(ForwardProgress::default(), 1);
        step(&mut deliveries, 1, now, |_| unavailable(Some(Duration::from_secs(asked))));
        assert_eq!(deliveries.next(now), Next::WaitUntil(now + Duration::from_secs(waits)));
    }
}

#[test]
fn one_event_that_is_refused_becomes_a_dead_letter_and_the_others_arrive() {
    let mut deliveries = Deliveries::new(ForwardProgress::default(), 10);
    let (mut now, mut arrived) = (Instant::now(), Vec::new());
    for _ in 0..20 {
        now += LONGEST_WAIT;
        let take = |sent: &[u64]| if sent.contains(&3) { refused() } else { Outcome::Taken };
        let sent = step(&mut deliveries, 5, now, take).unwrap_or_default();
        arrived.extend(sent.iter().copied().filter(|_| !sent.contains(&3)));
    }
    assert_eq!(arrived, [1, 2, 4, 5]);
    let letters: Vec<u64> = deliveries.progress().dead.iter().map(|letter| letter.number).collect();
    assert_eq!(letters, [3]);

    assert_eq!(deliveries.again(now), 1);
    assert_eq!(step(&mut deliveries, 6, now, |_| Outcome::Taken), Some(vec![3]), "before those behind it");
    assert!(deliveries.progress().dead.is_empty());
    assert_eq!(step(&mut deliveries, 6, now, |_| Outcome::Taken), Some(vec![6]));
}

#[test]
fn a_target_that_is_gone_is_asked_nothing_until_an_operator_says_so() {
    let mut deliveries = Deliveries::new(ForwardProgress::after(2), 10);
    let now = Instant::now();
    step(&mut deliveries, 3, now, |_| Outcome::Gone { why: "410\nGone".to_owned() });
    assert_eq!(deliveries.next(now + LONGEST_WAIT), Next::Rest);
    assert_eq!(deliveries.progress().off.as_deref(), Some("410 Gone"));
    deliveries.go_on(now);
    assert_eq!(step(&mut deliveries, 3, now, |_| Outcome::Taken), Some(vec![3]));
}

#[test]
fn what_the_log_has_forgotten_is_counted() {
    let mut deliveries = Deliveries::new(ForwardProgress::after(2), 10);
    deliveries.newest(20);
    let Next::Send(batch) = deliveries.next(Instant::now()) else { panic!("there is something to send") };
    deliveries.found(batch, Some(11));
    assert_eq!((deliveries.progress().lost, deliveries.progress().done), (8, 10));
}

proptest! {
    /// Whatever a target answers, and whenever the service is started anew: every event is taken or a dead letter, in order.
    #[test]
    fn every_event_is_taken_or_a_dead_letter(
        answers in proptest::collection::vec(0_u8..6, 0..60),
        most in 1_usize..8,
        count in 1_u64..30,
    ) {
        let mut deliveries = Deliveries::new(ForwardProgress::default(), most);
        let (mut now, mut taken) = (Instant::now(), Vec::new());
        for answer in answers.into_iter().chain(std::iter::repeat_n(9, 200)) {
            now += LONGEST_WAIT.mul_f64(1.3);
            if answer == 5 {
                deliveries = Deliveries::new(deliveries.progress().clone(), most);
            }
            let outcome = match answer {
                0 | 1 => refused(),
                2 => unavailable(None),
                3 => unavailable(Some(LONGEST_WAIT)),
                _ => Outcome::Taken,
            };
            let is_taken = outcome == Outcome::Taken;
            if let Some(sent) = step(&mut deliveries, count, now, |_| outcome) && is_taken {
                taken.extend(sent);
            }
        }
        prop_assert_eq!(deliveries.waiting(), 0);
        prop_assert!(taken.windows(2).all(|pair| pair[0] < pair[1]), "in order: {:?}", taken);
        let mut all: Vec<u64> = taken;
        all.extend(deliveries.progress().dead.iter().map(|letter| letter.number));
        all.sort_unstable();
        prop_assert_eq!(all, (1..=count).collect::<Vec<_>>());
    }
}

#[test]
fn an_operator_who_has_it_tried_at_once_does_not_keep_a_refused_event_alive() {
    let mut deliveries = Deliveries::new(ForwardProgress::default(), 10);
    let now = Instant::now();
    for _ in 0..TRIES_OF_REFUSED {
        deliveries.go_on(now);
        assert_eq!(step(&mut deliveries, 1, now, |_| refused()), Some(vec![1]));
    }
    assert_eq!((deliveries.progress().dead.len(), deliveries.waiting()), (1, 0));
}
