//! How sources of the configuration are: whether they can be heard, and what of theirs could not be followed.

use crate::domain::{Finding, LocalClock, SourceCondition, SourceId};

use super::words::{counted, since};

/// What is known of one source of the configuration, as far as its health goes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct EventSourceFacts<'a> {
    /// What it is called.
    pub id: &'a SourceId,
    /// How it is.
    pub condition: &'a SourceCondition,
    /// Messages that could not be followed and are kept.
    pub dead_letters: u64,
    /// Such messages that are no longer kept.
    pub dropped: u64,
}

/// What somebody should know of one source; empty while all is well with it.
pub fn event_source_findings(source: &EventSourceFacts<'_>, clock: &LocalClock) -> Vec<Finding> {
    let EventSourceFacts { id, condition, dead_letters, dropped } = source;
    let trouble = condition.trouble().map(|(at, why)| {
        let since = since(Some(at), clock);
        Finding::problem(format!("Source {id} {}{since}: {why}", is(condition)))
    });
    let letters = (*dead_letters > 0).then(|| {
        let messages = counted(*dead_letters, "message", "messages");
        let more = if *dropped > 0 { format!(", and {dropped} older ones are lost") } else { String::new() };
        Finding::attention(format!(
            "Source {id}: {messages} could not be followed{more}; see why, then try again or discard."
        ))
    });
    trouble.into_iter().chain(letters).collect()
}

const fn is(condition: &SourceCondition) -> &'static str {
    match condition {
        SourceCondition::Starting => "starts",
        SourceCondition::Connected { .. } => "is connected",
        SourceCondition::Disconnected { .. } => "is not connected",
        SourceCondition::Unusable { .. } => "can't be used",
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::domain::Level;

    #[test]
    fn what_is_broken_is_a_problem_and_what_waits_for_somebody_wants_a_look() {
        let at: Timestamp = "2026-11-30T11:00:00Z".parse().unwrap();
        let clock = LocalClock::new("Europe/Berlin", at);
        let id = "hr".parse().unwrap();
        let told = |condition: SourceCondition, dead_letters, dropped| {
            let facts = EventSourceFacts { id: &id, condition: &condition, dead_letters, dropped };
            event_source_findings(&facts, &clock)
        };
        assert_eq!(told(SourceCondition::Connected { since: at }, 0, 0), []);
        let why = "start the broker".to_owned();
        let [broken, letters] = &told(SourceCondition::Disconnected { since: at, why }, 1, 4)[..] else {
            panic!("two findings")
        };
        assert_eq!(broken.level, Level::Problem);
        assert!(
            broken.text.starts_with("Source hr is not connected")
                && broken.text.ends_with("start the broker")
        );
        assert_eq!(letters.level, Level::Attention);
        assert!(
            letters.text.starts_with("Source hr: 1 message could not be followed, and 4 older"),
            "{letters:?}"
        );
    }
}
