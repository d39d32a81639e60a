//! What an HTTP answer says of a delivery.

use std::time::Duration;

use jiff::Timestamp;
use jiff::fmt::rfc2822::DateTimeParser;

use super::super::deliveries::Outcome;

/// From an answer's status, its `Retry-After` and the beginning of its body.
pub(super) fn outcome(status: u16, retry_after: Option<&str>, body: &str, now: Timestamp) -> Outcome {
    let said = if body.trim().is_empty() { String::new() } else { format!(": {}", body.trim()) };
    let why = format!("it answered {status}{said}");
    match status {
        200..=299 => Outcome::Taken,
        410 => Outcome::Gone { why },
        400 | 413 | 415 | 422 => Outcome::Refused { why },
        300..=399 => Outcome::Unavailable {
            why: format!("it answered {status}: redirects are not followed"),
            wait: None,
        },
        _ => Outcome::Unavailable { why, wait: retry_after.and_then(|text| wait(text, now)) },
    }
}

/// Seconds, or an HTTP date (RFC 9110, 10.2.3).
fn wait(text: &str, now: Timestamp) -> Option<Duration> {
    let text = text.trim();
    if let Ok(seconds) = text.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let until = DateTimeParser::new().parse_timestamp(text).ok()?;
    Some(until.duration_since(now).try_into().unwrap_or(Duration::ZERO))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(status: u16, retry_after: Option<&str>) -> Outcome {
        outcome(status, retry_after, "because", "2026-11-30T12:00:00Z".parse().unwrap())
    }

    #[test]
    fn only_a_success_is_one() {
        assert_eq!(of(204, None), Outcome::Taken);
        for status in [301, 307, 401, 403, 404, 408, 429, 500, 503, 599] {
            assert!(matches!(of(status, None), Outcome::Unavailable { wait: None, .. }), "{status}");
        }
        assert_eq!(of(422, None), Outcome::Refused { why: "it answered 422: because".to_owned() });
        assert!(matches!(of(410, None), Outcome::Gone { .. }));
    }

    #[test]
    fn how_long_to_wait_is_told_in_seconds_or_as_a_date() {
        let waits = |text| match of(503, Some(text)) {
            Outcome::Unavailable { wait, .. } => wait.map(|wait| wait.as_secs()),
            other => panic!("{other:?}"),
        };
        assert_eq!(waits("120"), Some(120));
        assert_eq!(waits("Mon, 30 Nov 2026 12:01:30 GMT"), Some(90));
        assert_eq!(waits("Mon, 30 Nov 2026 11:00:00 GMT"), Some(0));
        assert_eq!(waits("soon"), None);
    }
}
