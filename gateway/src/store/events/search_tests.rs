//! The log, searched: what is found is what a reading of the whole log finds, whatever became of the index.

use std::fs;

use jiff::Timestamp;
use panel_protocol::credential::Credential;
use panel_protocol::decide::Reason;
use tempfile::TempDir;
use uuid::Uuid;

use super::index::Index;
use super::*;
use crate::domain::{Alarm, AlarmKind, CardRead, CardholderId, EventKind, EventResult};

const PEOPLE: [&str; 4] = ["Ann Archer", "Bo", "ÉMILE", "Dee"];
const DOORS: [&str; 3] = ["lobby-main", "dock-roller", "roof"];

fn person(number: u64) -> CardholderId {
    CardholderId(Uuid::from_u128(u128::from(number % 4)))
}

/// The event of that number: a card read, and an alarm now and then. Times go up and down a little.
fn event(number: u64) -> Event {
    let at = Timestamp::from_second(
        1_700_000_000 + i64::try_from(number * 60).unwrap() - i64::from(number.is_multiple_of(7)) * 4_000,
    );
    let at = at.unwrap();
    if number.is_multiple_of(11) {
        let what = AlarmKind::ControllerOffline { controller: "lobby".parse().unwrap() };
        return Event { at, kind: EventKind::Alarm(Alarm::new(what, "x".to_owned())) };
    }
    let reason = Reason::ALL[usize::try_from(number * 5 % 23).unwrap()];
    let known = !number.is_multiple_of(5);
    let read = CardRead {
        controller: "lobby".parse().unwrap(),
        door: (!number.is_multiple_of(13))
            .then(|| DOORS[usize::try_from(number % 3).unwrap()].parse().unwrap()),
        reader: 0,
        credential: Credential::new(26, number % 17).unwrap(),
        holder: known.then(|| person(number)),
        holder_name: known.then(|| PEOPLE[usize::try_from(number % 4).unwrap()].to_owned()),
        granted: reason.granted(),
        reason,
        held_back: None,
        explained: None,
        sequence: u32::try_from(number).unwrap(),
        epoch: 1,
    };
    Event { at, kind: EventKind::CardRead(read) }
}

/// A log of closed segments with 40 events each, and one that is being written.
fn written(dir: &Path, count: u64) {
    let options = Options { kind: KIND, segment_bytes: 1, verify: Verify::Newest, durable: None, mark: None };
    let (mut journal, _) = Journal::open(dir, options).unwrap();
    let numbers: Vec<u64> = (1..=count).collect();
    for batch in numbers.chunks(40) {
        let payloads = batch.iter().map(|number| serde_json::to_vec(&event(*number)).unwrap());
        journal.write(&payloads.collect::<Vec<_>>()).unwrap();
        journal.sync().unwrap();
    }
}

fn open(dir: &Path) -> EventLog {
    EventLog::open(dir, EventLimits::default()).unwrap().0
}

fn questions() -> Vec<Wanted> {
    let at = |number: i64| Some(Timestamp::from_second(1_700_000_000 + number * 60).unwrap());
    let people = |ids: &[u64], name: &str| {
        Some(PeopleWanted { ids: ids.iter().map(|id| person(*id)).collect(), name: name.to_owned() })
    };
    let doors = |names: &[&str]| Some(names.iter().map(|name| name.parse().unwrap()).collect());
    let all = Wanted::default;
    vec![
        all(),
        Wanted { doors: doors(&["dock-roller"]), ..all() },
        Wanted { doors: doors(&["dock-roller", "roof"]), from: at(100), until: at(160), ..all() },
        Wanted { doors: doors(&[]), ..all() },
        Wanted { doors: doors(&["nowhere"]), ..all() },
        Wanted { people: people(&[2], "nobody"), ..all() },
        Wanted { people: people(&[], "émile"), ..all() },
        Wanted { people: people(&[1, 3], "ann archer "), ..all() },
        Wanted { card: Credential::new(26, 5).ok(), ..all() },
        Wanted { card: Credential::new(37, 5).ok(), ..all() },
        Wanted { result: Some(EventResult::Granted), ..all() },
        Wanted { result: Some(EventResult::Refused), until: at(90), ..all() },
        Wanted { result: Some(EventResult::For(Reason::Expired)), from: at(90), ..all() },
        Wanted { from: at(10_000), ..all() },
        Wanted { from: at(100), until: at(100), ..all() },
    ]
}

/// All numbers that fit, newest first, by reading everything.
fn naive(wanted: &Wanted, count: u64) -> Vec<u64> {
    (1..=count).rev().filter(|number| wanted.fits(&event(*number))).collect()
}

/// All numbers that are found, page after page.
fn paged(log: &EventLog, wanted: &Wanted, page: usize) -> Vec<u64> {
    let (mut all, mut before) = (Vec::new(), None);
    loop {
        let found = log.find(wanted, before, page).unwrap();
        assert!(found.events.len() <= page);
        all.extend(found.events.iter().map(|logged| logged.sequence));
        for logged in &found.events {
            assert_eq!(logged.event, event(logged.sequence));
        }
        before = found.next;
        if before.is_none() {
            return all;
        }
    }
}

fn agrees(log: &EventLog, count: u64) {
    for wanted in questions() {
        let expected = naive(&wanted, count);
        for page in [1, 7, 1_000] {
            assert_eq!(paged(log, &wanted, page), expected, "{page} {wanted:?}");
        }
    }
}

fn index_files(dir: &Path) -> Vec<PathBuf> {
    let all = fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<_> = all.filter(|path| path.to_string_lossy().contains(".idx")).collect();
    files.sort();
    files
}

#[tokio::test]
async fn what_is_found_is_what_reading_everything_finds_in_old_segments_and_the_newest() {
    let dir = TempDir::new().unwrap();
    written(dir.path(), 400);
    let log = open(dir.path());
    agrees(&log, 400);
    assert_eq!(index_files(dir.path()).len(), 9, "one for each closed segment");
    for number in 401..=450 {
        log.append(event(number)).await.unwrap();
    }
    log.append_all((451..=500).map(event).collect()).await.unwrap();
    agrees(&log, 500);
    drop(log);
    agrees(&open(dir.path()), 500);
}

#[test]
fn an_index_that_is_missing_cut_short_of_zeros_flipped_or_of_another_segment_is_made_anew() {
    let dir = TempDir::new().unwrap();
    written(dir.path(), 200);
    let log = open(dir.path());
    agrees(&log, 200);
    let whole = fs::read(&index_files(dir.path())[1]).unwrap();
    let harm = |change: &dyn Fn(usize, Vec<u8>) -> Option<Vec<u8>>| {
        for (number, path) in index_files(dir.path()).into_iter().enumerate() {
            match change(number, fs::read(&path).unwrap()) {
                Some(bytes) => fs::write(&path, bytes).unwrap(),
                None => fs::remove_file(&path).unwrap(),
            }
        }
        agrees(&log, 200);
        assert_eq!(fs::read(&index_files(dir.path())[1]).unwrap(), whole, "and kept");
    };
    harm(&|_, _| None);
    harm(&|_, bytes| Some(bytes[..bytes.len() / 2].to_vec()));
    harm(&|_, bytes| Some(bytes[..20].to_vec()));
    harm(&|_, bytes| Some(vec![0; bytes.len()]));
    harm(&|_, _| Some(Vec::new()));
    harm(&|number, bytes| {
        Some(if number == 1 { fs::read(&index_files(dir.path())[2]).unwrap() } else { bytes })
    });
    for byte in [0, 9, 13, 17, 25, 33, 41, 53, 60, 100, whole.len() - 1] {
        harm(&|_, mut bytes| {
            bytes[byte] ^= 0x40;
            Some(bytes)
        });
    }
}

#[test]
fn damage_to_a_record_is_told_by_its_file_and_no_other_day_suffers() {
    let dir = TempDir::new().unwrap();
    written(dir.path(), 200);
    let log = open(dir.path());
    agrees(&log, 200);
    let second = dir.path().join(format!("{:020}.seg", 41));
    let mut bytes = fs::read(&second).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(&second, bytes).unwrap();
    let all = log.find(&Wanted::default(), Some(81), 100).unwrap_err();
    assert!(matches!(&all, StoreError::Damaged { path, .. } if *path == second), "{all}");
    let at = Timestamp::from_second(1_700_000_000 + 120 * 60).unwrap();
    let later = Wanted { from: Some(at), ..Wanted::default() };
    assert_eq!(paged(&log, &later, 9), naive(&later, 200));
}

#[tokio::test]
async fn the_index_of_a_segment_that_is_closed_is_kept_at_once_and_goes_with_it() {
    let dir = TempDir::new().unwrap();
    written(dir.path(), 80);
    // The log's own segments are too long for a test to fill, so one is closed by hand.
    let options = Options { kind: KIND, segment_bytes: 1, verify: Verify::Newest, durable: None, mark: None };
    let (mut journal, _) = Journal::open(dir.path(), options).unwrap();
    let index = Index::open(dir.path(), &journal).unwrap();
    for number in 81..=83 {
        let payload = serde_json::to_vec(&event(number)).unwrap();
        let first = journal.write(&[&payload]).unwrap();
        journal.sync().unwrap();
        index.flushed(&journal, first, [(&event(number), payload.len())].into_iter());
    }
    let kept = index_files(dir.path());
    let firsts = [41_u64, 81, 82].map(|first| dir.path().join(format!("{first:020}.idx")));
    assert_eq!(kept, firsts);
    let by_flushes = fs::read(&firsts[1]).unwrap();
    fs::remove_file(&firsts[1]).unwrap();
    drop(journal);
    let log = open(dir.path());
    assert_eq!(paged(&log, &Wanted::default(), 9), naive(&Wanted::default(), 83));
    assert_eq!(fs::read(&firsts[1]).unwrap(), by_flushes, "made from the segment it is the same");
    drop(log);
    let limits = EventLimits { max_events: 2, ..EventLimits::default() };
    let log = EventLog::open(dir.path(), limits).unwrap().0;
    assert_eq!(index_files(dir.path()), firsts[2..]);
    assert_eq!(paged(&log, &Wanted::default(), 9), [83, 82]);
}

#[test]
fn events_of_older_programs_are_found_and_those_of_newer_ones_passed_over() {
    let dir = TempDir::new().unwrap();
    let options = Options { kind: KIND, segment_bytes: 1, verify: Verify::Newest, durable: None, mark: None };
    let (mut journal, _) = Journal::open(dir.path(), options).unwrap();
    let newer = br#"{"version":250,"when":"tomorrow","kind":"card_read"}"#.to_vec();
    for _ in 0..2 {
        let old = |number| serde_json::to_vec(&event(number)).unwrap();
        journal.write(&[old(1), newer.clone(), old(3)]).unwrap();
        journal.sync().unwrap();
    }
    drop(journal);
    let found = open(dir.path()).find(&Wanted::default(), None, 9).unwrap();
    assert_eq!(found.events.iter().map(|logged| logged.sequence).collect::<Vec<_>>(), [6, 4, 3, 1]);
    assert_eq!(found.next, None);
}
