use std::time::Duration;

use proptest::prelude::*;

use super::*;

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(seconds).unwrap()
}

fn operation(seconds: i64, token: Option<&str>, method: &'static str, status: u16) -> ScimExchange {
    ScimExchange {
        at: at(seconds),
        token: token.map(str::to_owned),
        client: None,
        address: "192.0.2.1".to_owned(),
        method,
        resource: "Users",
        id: None,
        attributes: Vec::new(),
        status,
        scim_type: (status == 409).then_some("uniqueness"),
        detail: None,
        took: Duration::ZERO,
    }
}

#[test]
fn a_connection_tells_what_it_did_last_and_how_it_was_refused() {
    let mut all = Connections::default();
    all.note(operation(10, Some("entra"), "GET", 200));
    all.note(operation(20, Some("entra"), "PATCH", 200));
    all.note(operation(30, Some("entra"), "POST", 409));
    all.note(operation(40, None, "GET", 401));
    let entra = all.of(Some("entra")).unwrap();
    assert_eq!(entra.last_request, at(30));
    assert_eq!((entra.last_success, entra.last_change), (Some(at(20)), Some(at(20))));
    assert_eq!(entra.last_error.as_ref().unwrap().status, 409);
    let kind = ErrorKind { status: 409, scim_type: Some("uniqueness") };
    assert_eq!(entra.total.errors, BTreeMap::from([(kind, 1)]));
    assert_eq!(all.of(None).unwrap().total.failed(), 1);
    assert!(all.of(Some("okta")).is_none());
}

#[test]
fn hours_and_days_forget_and_the_total_does_not() {
    let mut all = Connections::default();
    for second in [0, 1_800, 3_599] {
        all.note(operation(second, Some("entra"), "GET", 200));
    }
    let entra = all.of(Some("entra")).unwrap();
    assert_eq!(entra.last_hour(at(3_599)).requests, 3);
    assert_eq!(entra.last_hour(at(3_600)).requests, 2, "to the minute");
    assert_eq!(entra.last_hour(at(90_000)).requests, 0);
    assert_eq!(entra.last_day(at(86_399)).requests, 3);
    assert_eq!(entra.last_day(at(86_400)).requests, 0);
    assert_eq!(entra.total.requests, 3);
}

#[test]
fn the_log_keeps_the_newest_and_pages_without_gaps() {
    let mut all = Connections::default();
    for second in 0..1_500 {
        all.note(operation(second, Some("entra"), "GET", 200));
    }
    let numbers = |before| all.operations(before).map(|(number, _)| number).collect::<Vec<_>>();
    assert_eq!(numbers(None).len(), MAX_OPERATIONS);
    assert_eq!(numbers(None)[..2], [1_500, 1_499]);
    assert_eq!(numbers(Some(600))[..2], [599, 598]);
    assert!(numbers(Some(501)).is_empty());
}

#[test]
fn who_guesses_on_and_on_pushes_nothing_out_of_the_log() {
    let mut all = Connections::default();
    all.note(operation(0, Some("entra"), "PATCH", 200));
    for second in 1..2_000 {
        all.note(operation(second, None, "GET", 429));
    }
    assert_eq!(all.operations(None).count(), 1);
    assert_eq!(all.of(None).unwrap().total.requests, 1_999);
}

#[test]
fn memory_is_bounded_however_many_tokens_come_and_go() {
    let mut all = Connections::default();
    for number in 0..1_000 {
        all.note(operation(number, Some(&format!("token{number}")), "GET", 200));
    }
    assert_eq!(all.clients.len(), MAX_CONNECTIONS);
    assert!(all.of(Some("token999")).is_some() && all.of(Some("token0")).is_none());
}

proptest! {
    #[test]
    fn a_window_counts_what_a_list_of_all_requests_counts(
        mut seconds in prop::collection::vec(0_i64..20_000, 0..60),
        later in 0_i64..8_000,
    ) {
        seconds.sort_unstable();
        let mut all = Connections::default();
        for second in &seconds {
            all.note(operation(*second, Some("entra"), "GET", if second % 3 == 0 { 400 } else { 200 }));
        }
        let Some(entra) = all.of(Some("entra")) else { return Ok(()) };
        let now = seconds.last().unwrap_or(&0) + later;
        let within = |second: &&i64| **second / 60 > now / 60 - 60;
        let hour = entra.last_hour(at(now));
        prop_assert_eq!(hour.requests, seconds.iter().filter(within).count() as u64);
        let failed = seconds.iter().filter(within).filter(|second| *second % 3 == 0).count() as u64;
        prop_assert_eq!(hour.failed(), failed);
    }
}
