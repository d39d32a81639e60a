//! The event log's promises.

use std::fs::{self, File, FileTimes};
use std::sync::Arc;

use jiff::Timestamp;
use tempfile::TempDir;
use uuid::Uuid;

use super::*;
use crate::domain::{
    AccessLevelId, Alarm, AlarmKind, EventKind, GroupId, Origin, Provider, Revision, RuleDropped, RuleId,
};

fn event(number: i64) -> Event {
    let what = AlarmKind::ControllerOffline { controller: "lobby".parse().unwrap() };
    let alarm = Alarm::new(what, format!("event {number}"));
    Event { at: Timestamp::from_second(number).unwrap(), kind: EventKind::Alarm(alarm) }
}

fn open(dir: &Path) -> EventLog {
    EventLog::open(dir, EventLimits::default()).unwrap().0
}

fn numbers(events: &[LoggedEvent]) -> Vec<u64> {
    events.iter().map(|event| event.sequence).collect()
}

#[tokio::test]
async fn events_come_back_in_order_after_a_restart() {
    let dir = TempDir::new().unwrap();
    let log = open(dir.path());
    for number in 1..=5 {
        assert_eq!(log.append(event(number)).await.unwrap(), number as u64);
    }
    assert_eq!(numbers(&log.recent(3)), [5, 4, 3]);
    drop(log);
    let log = open(dir.path());
    assert_eq!(log.newest(), 5);
    assert_eq!(log.recent(10).last().unwrap().event, event(1));
    assert_eq!(numbers(&log.page(None, 2).unwrap()), [5, 4]);
    assert_eq!(numbers(&log.page(Some(4), 9).unwrap()), [3, 2, 1]);
    assert_eq!(numbers(&log.page(Some(1), 9).unwrap()), [] as [u64; 0]);
    assert_eq!(numbers(&log.since(2, 2).unwrap()), [3, 4]);
    assert_eq!(numbers(&log.since(5, 2).unwrap()), [] as [u64; 0]);
    assert_eq!(log.append(event(6)).await.unwrap(), 6);
}

#[tokio::test]
async fn what_was_acknowledged_is_in_the_file_already() {
    let dir = TempDir::new().unwrap();
    let log = open(dir.path());
    for number in 1..=10 {
        log.append(event(number)).await.unwrap();
        let copy = TempDir::new().unwrap();
        for entry in fs::read_dir(dir.path()).unwrap() {
            let entry = entry.unwrap();
            fs::copy(entry.path(), copy.path().join(entry.file_name())).unwrap();
        }
        assert_eq!(open(copy.path()).newest(), number as u64);
    }
}

#[tokio::test]
async fn many_writers_share_flushes_and_none_is_lost() {
    let dir = TempDir::new().unwrap();
    let log = Arc::new(open(dir.path()));
    let writers = (0..32).map(|number| {
        let log = Arc::clone(&log);
        tokio::spawn(async move { log.append(event(number)).await.unwrap() })
    });
    let mut given = Vec::new();
    for writer in writers.collect::<Vec<_>>() {
        given.push(writer.await.unwrap());
    }
    given.sort_unstable();
    assert_eq!(given, (1..=32).collect::<Vec<_>>());
    let stats = log.stats();
    assert_eq!(stats.records, 32);
    assert!(stats.flushes < 32, "{stats:?}");
}

#[tokio::test]
async fn events_added_together_are_on_the_disk_in_order_even_when_they_exceed_the_queue() {
    let dir = TempDir::new().unwrap();
    let log = open(dir.path());
    let count = i64::try_from(crate::store::limits::QUEUED_JOBS).unwrap() + 7;
    log.append_all((1..=count).map(event).collect()).await.unwrap();
    let copy = TempDir::new().unwrap();
    for entry in fs::read_dir(dir.path()).unwrap() {
        let entry = entry.unwrap();
        fs::copy(entry.path(), copy.path().join(entry.file_name())).unwrap();
    }
    let kept = open(copy.path()).since(0, 3).unwrap();
    assert_eq!(
        kept.iter().map(|logged| &logged.event).collect::<Vec<_>>(),
        [&event(1), &event(2), &event(3)]
    );
    assert_eq!(open(copy.path()).newest(), u64::try_from(count).unwrap());
    assert!(log.stats().flushes < log.stats().records);
    log.append_all(Vec::new()).await.unwrap();
}

#[tokio::test]
async fn posted_events_are_written_before_the_log_closes() {
    let dir = TempDir::new().unwrap();
    let log = open(dir.path());
    for number in 1..=20 {
        log.post(event(number)).unwrap();
    }
    drop(log);
    assert_eq!(open(dir.path()).newest(), 20);
}

#[tokio::test]
async fn an_event_beyond_all_measure_is_refused() {
    let dir = TempDir::new().unwrap();
    let log = open(dir.path());
    let mut long = event(1);
    if let EventKind::Alarm(alarm) = &mut long.kind {
        alarm.text = "x".repeat(MAX_EVENT_BYTES);
    }
    assert!(matches!(log.append(long.clone()).await, Err(AppendError::TooLong(_))));
    assert!(matches!(log.post(long), Err(AppendError::TooLong(_))));
    assert_eq!(log.append(event(2)).await.unwrap(), 1);
}

#[test]
fn events_of_older_programs_are_read_and_those_of_newer_ones_left_where_they_are() {
    let dir = TempDir::new().unwrap();
    let options =
        Options { kind: KIND, segment_bytes: 1 << 20, verify: Verify::Newest, durable: None, mark: None };
    let (mut journal, _) = Journal::open(dir.path(), options).unwrap();
    let unversioned = serde_json::to_vec(&event(1)).unwrap();
    let newer = br#"{"version":250,"when":"tomorrow","kind":"prophecy"}"#.to_vec();
    let versioned = serde_json::to_vec(&Versioned { version: 1, event: &event(2) }).unwrap();
    journal.write(&[unversioned, newer.clone(), newer.clone(), versioned, newer]).unwrap();
    journal.sync().unwrap();
    drop(journal);
    let log = open(dir.path());
    assert_eq!(numbers(&log.recent(9)), [4, 1]);
    assert_eq!(numbers(&log.page(None, 2).unwrap()), [4, 1]);
    assert_eq!(numbers(&log.page(None, 1).unwrap()), [4]);
    assert_eq!(numbers(&log.page(Some(4), 9).unwrap()), [1]);
    assert_eq!(numbers(&log.since(1, 1).unwrap()), [4]);
    assert_eq!((log.recent(9)[1].event.clone(), log.newest()), (event(1), 5));
}

#[tokio::test]
async fn an_event_says_by_its_version_what_a_program_must_know() {
    let dir = TempDir::new().unwrap();
    let log = open(dir.path());
    let dropped = |origin| Event {
        at: Timestamp::UNIX_EPOCH,
        kind: EventKind::RuleDropped(RuleDropped {
            revision: Revision(1),
            origin,
            rule: RuleId(Uuid::nil()),
            group: GroupId(Uuid::nil()),
            group_name: String::new(),
            access_level: AccessLevelId(Uuid::nil()),
            access_level_name: String::new(),
        }),
    };
    let source = Origin::Source { provider: Provider::Graph, id: "entra".to_owned() };
    log.append_all(vec![event(1), dropped(Origin::CommandLine), dropped(source)]).await.unwrap();
    let mut versions = Vec::new();
    journal::read(dir.path(), KIND, 1, 3, |_, payload| {
        let json: serde_json::Value = serde_json::from_slice(payload).unwrap();
        versions.push(json["version"].as_u64().unwrap());
        Ok(true)
    })
    .unwrap();
    assert_eq!(versions, [1, 1, 2]);
}

/// A journal of three segments with four events each, and one event in a fourth.
fn four_segments(dir: &Path) {
    let options = Options { kind: KIND, segment_bytes: 1, verify: Verify::Newest, durable: None, mark: None };
    let (mut journal, _) = Journal::open(dir, options).unwrap();
    for batch in 0..4 {
        let events = (0..if batch < 3 { 4 } else { 1 }).map(|number| batch * 4 + number + 1);
        let payloads = events.map(|number| serde_json::to_vec(&event(number)).unwrap());
        journal.write(&payloads.collect::<Vec<_>>()).unwrap();
        journal.sync().unwrap();
    }
}

fn oldest_with(dir: &Path, limits: EventLimits) -> u64 {
    let log = EventLog::open(dir, limits).unwrap().0;
    let oldest = log.since(0, 1).unwrap()[0].sequence;
    assert_eq!(log.recent(100).last().unwrap().sequence, oldest);
    assert_eq!(log.newest(), 13);
    oldest
}

#[test]
fn old_events_go_by_number_and_never_more_than_asked() {
    for (max_events, oldest) in [(13, 1), (10, 1), (9, 5), (5, 9), (1, 13)] {
        let dir = TempDir::new().unwrap();
        four_segments(dir.path());
        let limits = EventLimits { max_events, ..EventLimits::default() };
        assert_eq!(oldest_with(dir.path(), limits), oldest, "{max_events}");
    }
}

#[test]
fn old_events_go_by_age_whatever_the_controllers_clock_said() {
    let dir = TempDir::new().unwrap();
    four_segments(dir.path());
    assert_eq!(oldest_with(dir.path(), EventLimits::default()), 1, "their own times are from 1970");
    let long_ago = SystemTime::now() - Duration::from_secs(100 * 24 * 3600);
    let mut files = fs::read_dir(dir.path()).unwrap().map(|entry| entry.unwrap().path()).collect::<Vec<_>>();
    files.sort();
    for path in &files[..2] {
        let file = File::options().write(true).open(path).unwrap();
        file.set_times(FileTimes::new().set_modified(long_ago)).unwrap();
    }
    assert_eq!(oldest_with(dir.path(), EventLimits::default()), 9);
}

/// Has all files of the log written so long ago, or so long from now.
fn stamp(dir: &Path, change: impl Fn(SystemTime) -> SystemTime) -> SystemTime {
    let time = change(SystemTime::now());
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|end| end == "seg") {
            let file = File::options().write(true).open(path).unwrap();
            file.set_times(FileTimes::new().set_modified(time)).unwrap();
        }
    }
    time
}

fn newest_stamp(dir: &Path) -> SystemTime {
    let files = fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path());
    let segments = files.filter(|path| path.extension().is_some_and(|end| end == "seg"));
    segments.map(|path| fs::metadata(path).unwrap().modified().unwrap()).max().unwrap()
}

const DAY: Duration = Duration::from_secs(24 * 3600);

#[tokio::test]
async fn a_clock_that_is_91_days_ahead_at_the_start_deletes_nothing_and_is_told() {
    let dir = TempDir::new().unwrap();
    four_segments(dir.path());
    let written = stamp(dir.path(), |now| now - 91 * DAY);
    for start in 1..=3 {
        let log = open(dir.path());
        assert_eq!(log.since(0, 1).unwrap()[0].sequence, 1);
        let apart = log.clock_apart().as_hours();
        assert!((91 * 24 - 1..=91 * 24).contains(&apart), "{apart}");
        log.append(event(13 + start)).await.unwrap();
        assert_eq!(log.since(0, 1).unwrap()[0].sequence, 1);
        drop(log);
        let left = newest_stamp(dir.path()).duration_since(written).unwrap();
        assert!(left < DAY, "a wrong clock leaves no trace: {left:?}");
    }
}

#[tokio::test]
async fn a_clock_that_is_years_behind_at_the_start_neither_deletes_nor_dates_back() {
    let dir = TempDir::new().unwrap();
    four_segments(dir.path());
    let written = stamp(dir.path(), |now| now + 5_000 * DAY);
    let log = open(dir.path());
    assert!(log.clock_apart().as_hours() <= -(5_000 * 24 - 1), "{}", log.clock_apart());
    assert_eq!(log.append(event(14)).await.unwrap(), 14);
    assert_eq!(log.since(0, 1).unwrap()[0].sequence, 1);
    drop(log);
    assert!(newest_stamp(dir.path()) >= written - DAY, "else what is written now would be old at once");
}
