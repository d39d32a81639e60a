use super::*;
use crate::views::fixture;

#[test]
fn the_text_tells_site_and_counters_and_ends_properly() {
    let metrics = Metrics::new();
    metrics.journal_flushed(3, Duration::from_millis(2));
    for status in [200, 201, 401, 409, 500] {
        metrics.scim_answered(status);
    }
    let text = metrics.encode(fixture::everything().into()).unwrap();
    for line in [
        "gatehouse_people 214",
        "gatehouse_revision 1482",
        "gatehouse_controllers_online 3",
        "gatehouse_controllers_proven 2",
        "gatehouse_exposed 1",
        "gatehouse_controller_online{controller=\"dock\"} 0",
        "gatehouse_controller_faults_total{controller=\"dock\",cause=\"timeout\"} 412",
        "gatehouse_line_frames_total{line=\"north\",direction=\"sent\"} 1284022",
        "gatehouse_journal_records_total 3",
        "gatehouse_journal_fdatasync_seconds_count 1",
        "gatehouse_scim_connection_test 1",
        "gatehouse_scim_token_seconds_left{token=\"entra\"} 1036800",
        "gatehouse_scim_silent_seconds{token=\"spare\"} 60",
        "gatehouse_scim_token_requests_total{token=\"entra\"} 1044",
        "gatehouse_scim_requests_total{result=\"ok\"} 2",
        "gatehouse_scim_requests_total{result=\"refused\"} 1",
    ] {
        assert!(text.lines().any(|told| told == line), "{line} is missing in\n{text}");
    }
    assert_eq!(text.matches("# EOF").count(), 1);
    assert!(text.ends_with("# EOF\n"));
}

#[test]
fn no_metric_names_a_person_or_a_card() {
    let text = Metrics::new().encode(fixture::everything().into()).unwrap();
    for secret in fixture::CARD_NUMBERS.iter().chain(&["Ann", "Carla"]) {
        assert!(!text.contains(secret), "{secret}");
    }
}
