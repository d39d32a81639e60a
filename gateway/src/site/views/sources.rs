//! The sources of the configuration as people are shown them.

use jiff::Timestamp;

use super::super::clock;
use super::super::running::Site;
use super::super::sources::EventSource;
use crate::config::SourceKind;
use crate::domain::{Finding, LocalClock};
use crate::health::{EventSourceFacts, event_source_findings};
use crate::store::dead_letters::KeptLetter;
use crate::views::{ConfiguredSourceView, DeadLetterView, ShowSources, SourceErrorCount, SourceErrorView};

impl ShowSources for Site {
    fn sources(&self) -> Vec<ConfiguredSourceView> {
        self.sources_at(clock::now())
    }

    fn dead_letters(&self, source: &str) -> Option<Vec<DeadLetterView>> {
        let source = self.sources.find(source)?;
        Some(source.keeper.letters().list().into_iter().map(letter).collect())
    }
}

impl Site {
    /// All sources at `now`.
    pub(super) fn sources_at(&self, now: Timestamp) -> Vec<ConfiguredSourceView> {
        let clock = LocalClock::new(self.time_zone(), now);
        self.sources.0.iter().map(|source| view(source, &clock)).collect()
    }
}

fn view(source: &EventSource, clock: &LocalClock) -> ConfiguredSourceView {
    let board = source.keeper.board();
    let (dead_letters, dropped) = source.keeper.letters().counts();
    let id = source.config.id.clone();
    let facts = EventSourceFacts { id: &id, condition: &board.condition, dead_letters, dropped };
    let findings = event_source_findings(&facts, clock);
    let (kind, place) = match &source.config.kind {
        SourceKind::Webhook { .. } => ("webhook", format!("POST /sources/{id}")),
        SourceKind::Mqtt { broker, topic } => ("mqtt", format!("{topic} at {broker}")),
    };
    let errors = board.errors.iter().map(|(kind, count)| SourceErrorCount { kind, count: *count });
    ConfiguredSourceView {
        kind,
        place,
        level: Finding::worst(&findings),
        findings,
        last_received: board.last_received,
        last_success: board.last_success,
        last_change: board.last_change,
        lag_s: board.lag_s,
        followed: board.followed,
        errors: errors.collect(),
        last_error: board.last_error.map(|(at, fault)| SourceErrorView { at, fault }),
        people: board.people,
        cards: board.cards,
        dead_letters,
        condition: board.condition,
        id,
    }
}

fn letter(kept: KeptLetter) -> DeadLetterView {
    let (event, kind) = kept.event.unzip();
    DeadLetterView {
        number: kept.number,
        first: kept.first,
        at: kept.at,
        attempts: kept.attempts,
        event,
        kind,
        fault: kept.fault,
        body: Some(kept.body),
        can_retry: kept.whole,
    }
}
