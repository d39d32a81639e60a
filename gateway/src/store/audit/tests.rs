//! What the audit log promises, and attempts to break it.

use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::time::Duration;

use super::*;
use crate::domain::{AuditOutcome, Origin};

fn entry(what: &str) -> AuditEntry {
    AuditEntry {
        at: "2026-11-30T12:00:00Z".parse().unwrap(),
        by: Some(Origin::Page { user: "mara".to_owned() }),
        from: "192.0.2.7".to_owned(),
        action: "POST /api/v1/holds".to_owned(),
        what: what.to_owned(),
        person: Some(format!("Person of {what}")),
        outcome: AuditOutcome::Done,
    }
}

fn open(dir: &Path) -> AuditLog {
    let (log, report) = AuditLog::open(dir, limits()).unwrap();
    assert_eq!(report.damaged, None);
    log
}

fn limits() -> EventLimits {
    EventLimits { max_events: u64::MAX, max_age: Duration::from_secs(365 * 24 * 3600) }
}

async fn filled(dir: &Path, count: u64) -> AuditLog {
    let log = open(dir);
    for number in 1..=count {
        assert_eq!(log.append(entry(&number.to_string())).await, Ok(number));
    }
    log
}

fn segment(dir: &Path) -> PathBuf {
    let mut files = fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path());
    files.find(|path| path.extension().is_some_and(|it| it == "seg")).unwrap()
}

#[tokio::test]
async fn what_was_answered_is_read_back_newest_first_and_the_chain_holds() {
    let folder = tempfile::tempdir().unwrap();
    let log = filled(folder.path(), 5).await;
    let page = log.page(None, 2).unwrap();
    assert_eq!(page.iter().map(|it| it.number).collect::<Vec<_>>(), [5, 4]);
    assert_eq!((&page[0].entry, page[0].previous), (&entry("5"), page[1].hash));
    assert_eq!(log.page(Some(4), 9).unwrap().len(), 3);
    let whole = verify(folder.path()).unwrap();
    assert_eq!((whole.first, whole.count, whole.newest), (1, 5, Some(page[0].hash)));
    drop(log);
    let log = open(folder.path());
    assert_eq!(log.append(entry("6")).await, Ok(6), "the chain goes on after a restart");
    assert_eq!(verify(folder.path()).unwrap().count, 6);
}

#[tokio::test]
async fn entries_that_share_a_flush_or_come_from_several_threads_are_one_chain() {
    let folder = tempfile::tempdir().unwrap();
    let log = Arc::new(open(folder.path()));
    let many = (0..200).map(|number| {
        let log = Arc::clone(&log);
        tokio::spawn(async move { log.append(entry(&number.to_string())).await.unwrap() })
    });
    let mut numbers =
        futures_util::future::join_all(many).await.into_iter().map(Result::unwrap).collect::<Vec<_>>();
    numbers.sort_unstable();
    assert_eq!(numbers, (1..=200).collect::<Vec<_>>());
    assert_eq!(verify(folder.path()).unwrap().count, 200);
}

#[tokio::test]
async fn a_changed_word_is_found_and_the_first_entry_that_it_breaks_is_named() {
    for forged in [false, true] {
        let folder = tempfile::tempdir().unwrap();
        drop(filled(folder.path(), 4).await);
        let path = segment(folder.path());
        let bytes = fs::read(&path).unwrap();
        let mut payloads = Vec::new();
        journal::read_whole::<StoreError>(folder.path(), KIND, |_, payload| {
            payloads.push(payload.to_vec());
            Ok(())
        })
        .unwrap();
        if forged {
            // Whoever knows the files writes entry 2 anew, with its check sum and its hash.
            let first = link::read(&payloads[0]).unwrap();
            let (other, _) = link::forge(&first.hash, &entry("other"), [7; 16]).unwrap();
            payloads[1] = other;
            fs::remove_file(&path).unwrap();
            let mut journal = AuditLog::journal(folder.path()).unwrap().0;
            journal.write(&payloads).unwrap();
            journal.sync().unwrap();
        } else {
            let at = bytes.windows(8).position(|part| part == b"\"what\":\"").unwrap();
            let second = at + 8 + bytes[at + 8..].windows(8).position(|part| part == b"\"what\":\"").unwrap();
            let mut changed = bytes.clone();
            changed[second + 8] = b'9';
            fs::write(&path, changed).unwrap();
        }
        let broken = verify(folder.path()).unwrap_err();
        assert_eq!(broken.number, if forged { 3 } else { 2 }, "{broken}");
    }
}

#[tokio::test]
async fn a_name_that_was_put_beside_an_entry_or_changed_is_found_and_one_that_was_taken_out_breaks_nothing() {
    let (bytes, hash) = link::forge(&link::BEGINNING, &entry("1"), [7; 16]).unwrap();
    let text = String::from_utf8(bytes).unwrap();
    assert_eq!(link::read(text.as_bytes()).unwrap().entry, entry("1"));
    assert!(!text.split('\n').nth(1).unwrap().contains("Person of"), "the hashed part has no name: {text}");
    let other = text.replace("Person of 1", "Person of 2");
    assert!(link::read(other.as_bytes()).unwrap_err().contains("name"));
    let start = text.find(",\"person\":{").unwrap();
    let end = start + text[start..].find('}').unwrap() + 1;
    let forgotten = format!("{}{}", &text[..start], &text[end..]);
    let read = link::read(forgotten.as_bytes()).unwrap();
    assert_eq!((read.hash, read.entry.person), (hash, None));
    let (bare, _) =
        link::forge(&link::BEGINNING, &AuditEntry { person: None, ..entry("1") }, [7; 16]).unwrap();
    let bare = String::from_utf8(bare).unwrap();
    let added = bare.replacen('}', ",\"person\":{\"salt\":\"00\",\"name\":\"Eve\"}}", 1);
    assert!(link::read(added.as_bytes()).unwrap_err().contains("not written with"));
}

#[tokio::test]
async fn a_crash_in_the_middle_of_a_write_leaves_a_chain_that_holds() {
    let folder = tempfile::tempdir().unwrap();
    drop(filled(folder.path(), 3).await);
    let path = segment(folder.path());
    let whole = fs::read(&path).unwrap();
    let third = {
        let mut from = 0;
        for _ in 0..2 {
            from += whole[from..].windows(12).position(|part| part == b"{\"previous\":").unwrap() + 1;
        }
        from + whole[from..].windows(12).position(|part| part == b"{\"previous\":").unwrap()
    };
    for cut in (third + 1..whole.len()).step_by(17) {
        let folder = tempfile::tempdir().unwrap();
        disk::make_dir(folder.path()).unwrap();
        fs::write(folder.path().join(path.file_name().unwrap()), &whole[..cut]).unwrap();
        let (log, report) = AuditLog::open(folder.path(), limits()).unwrap();
        assert!(report.torn.is_some() && report.damaged.is_none(), "cut at {cut}");
        assert_eq!(log.append(entry("after")).await, Ok(3), "cut at {cut}");
        assert_eq!(verify(folder.path()).unwrap().count, 3, "cut at {cut}");
    }
}

#[tokio::test]
async fn a_log_that_is_damaged_is_set_aside_and_the_box_starts() {
    let folder = tempfile::tempdir().unwrap();
    drop(filled(folder.path(), 3).await);
    let path = segment(folder.path());
    let mut bytes = fs::read(&path).unwrap();
    bytes[60] ^= 1;
    fs::write(&path, bytes).unwrap();
    let (log, report) = AuditLog::open(folder.path(), limits()).unwrap();
    let (aside, why) = report.damaged.expect("it is told");
    assert!(why.contains("damaged"), "{why}");
    assert_eq!(fs::read_dir(aside).unwrap().count(), 1);
    assert_eq!(log.append(entry("new")).await, Ok(1));
    assert_eq!(verify(folder.path()).unwrap().count, 1);
}

#[tokio::test]
async fn what_finds_no_room_is_told_in_the_log_itself() {
    let folder = tempfile::tempdir().unwrap();
    let log = open(folder.path());
    log.lost.store(7, Ordering::Relaxed);
    assert_eq!(log.append(entry("1")).await, Ok(2));
    let page = log.page(None, 9).unwrap();
    assert!(page[1].entry.what.starts_with("7 entries before this one"), "{:?}", page[1].entry);
    assert_eq!(log.lost.load(Ordering::Relaxed), 0);
    assert_eq!(verify(folder.path()).unwrap().count, 2);
}

#[tokio::test]
async fn old_segments_go_and_what_is_left_is_a_chain_that_begins_later() {
    let folder = tempfile::tempdir().unwrap();
    let limits = EventLimits { max_events: 10, max_age: Duration::from_secs(3600) };
    let (log, _) = AuditLog::open(folder.path(), limits).unwrap();
    let long = "x".repeat(AuditEntry::MAX_SENTENCE_CHARS);
    let mut written = 0;
    while fs::read_dir(folder.path())
        .unwrap()
        .filter(|it| it.as_ref().unwrap().path().ends_with("00000000000000000001.seg"))
        .count()
        == 1
    {
        log.append(entry(&long)).await.unwrap();
        written += 1;
    }
    let whole = verify(folder.path()).unwrap();
    assert!(whole.first > 1 && whole.first + whole.count == written + 1, "{whole:?} of {written}");
}

#[tokio::test]
async fn while_one_process_has_the_log_another_reads_it_and_cannot_write() {
    let folder = tempfile::tempdir().unwrap();
    let log = filled(folder.path(), 2).await;
    assert!(matches!(AuditLog::open(folder.path(), limits()), Err(StoreError::InUse { .. })));
    let mut read = Vec::new();
    self::read(folder.path(), |it| read.push(it.number)).unwrap();
    assert_eq!(read, [1, 2]);
    drop(log);
    OpenOptions::new()
        .append(true)
        .open(segment(folder.path()))
        .unwrap()
        .write_all(b"rest of a write")
        .unwrap();
    assert_eq!(verify(folder.path()).unwrap_err().number, 3);
}
