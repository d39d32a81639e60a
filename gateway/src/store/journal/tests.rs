//! The journal's promises: nothing durable is lost, nothing is shortened in silence.

use std::io::Error;

use tempfile::TempDir;

use super::*;

const KIND: Kind = Kind(*b"test");

fn options(segment_bytes: u64, durable: Option<u64>) -> Options {
    Options { kind: KIND, segment_bytes, verify: Verify::All, durable, mark: None }
}

fn payload(sequence: u64) -> Vec<u8> {
    format!("record {sequence} {}", "x".repeat(sequence as usize % 40)).into_bytes()
}

/// Writes flushes of the given sizes.
fn fill(dir: &Path, segment_bytes: u64, flushes: &[u64]) {
    let (mut journal, _) = Journal::open(dir, options(segment_bytes, None)).unwrap();
    for size in flushes {
        let next = journal.next();
        let payloads = (next..next + size).map(payload).collect::<Vec<_>>();
        assert_eq!(journal.write(&payloads).unwrap(), next);
        journal.sync().unwrap();
    }
}

/// Opens, and checks that what is there is what was written, up to some record. Returns that record's number.
fn check(dir: &Path, durable: Option<u64>) -> Result<(u64, Option<TornTail>), StoreError> {
    let (journal, torn) = Journal::open(dir, options(1 << 20, durable))?;
    let newest = journal.next() - 1;
    let mut expected = journal.first();
    read(dir, KIND, 0, u64::MAX, |sequence, bytes| {
        assert_eq!((sequence, bytes), (expected, payload(sequence).as_slice()));
        expected += 1;
        Ok(true)
    })?;
    assert_eq!(expected, newest + 1);
    Ok((newest, torn))
}

fn segment_files(dir: &Path) -> Vec<PathBuf> {
    Segment::list(dir).unwrap().into_iter().map(|segment| segment.path).collect()
}

fn copy_with(dir: &Path, path: &Path, bytes: &[u8]) -> TempDir {
    let copy = TempDir::new().unwrap();
    for file in segment_files(dir) {
        fs::copy(&file, copy.path().join(file.file_name().unwrap())).unwrap();
    }
    fs::write(copy.path().join(path.file_name().unwrap()), bytes).unwrap();
    copy
}

/// Where each record begins, and the end.
fn record_starts(bytes: &[u8], first: u64) -> Vec<usize> {
    let mut records = segment::Records::new(bytes, first);
    let mut starts = vec![records.offset];
    while records.next().is_some() {
        starts.push(records.offset);
    }
    starts
}

#[test]
fn records_come_back_over_segments_and_restarts() {
    let dir = TempDir::new().unwrap();
    fill(dir.path(), 200, &[1, 3, 2, 5, 1]);
    fill(dir.path(), 200, &[4, 4]);
    assert!(segment_files(dir.path()).len() > 2);
    assert_eq!(check(dir.path(), None).unwrap(), (20, None));
    let newest = read_newest_first(dir.path(), KIND, 17, 3).unwrap();
    assert_eq!(newest.iter().map(|entry| entry.sequence).collect::<Vec<_>>(), [17, 16, 15]);
}

#[test]
fn a_tail_torn_at_any_byte_costs_only_the_record_it_tore() {
    let dir = TempDir::new().unwrap();
    fill(dir.path(), 1 << 20, &[1, 2, 1, 1]);
    let path = segment_files(dir.path()).remove(0);
    let whole = fs::read(&path).unwrap();
    let starts = record_starts(&whole, 1);
    for len in 0..=whole.len() {
        let copy = copy_with(dir.path(), &path, &whole[..len]);
        let (newest, torn) = check(copy.path(), None).unwrap();
        let kept = starts.iter().filter(|start| **start <= len).count().saturating_sub(1);
        assert_eq!(newest, kept as u64, "{len}");
        let clean = len == 0 || starts.contains(&len);
        assert_eq!(torn.is_some(), !clean, "{len}");
        // Cut once, then clean, and writable.
        assert_eq!(check(copy.path(), None).unwrap(), (newest, None), "{len}");
        fill(copy.path(), 1 << 20, &[1]);
        assert_eq!(check(copy.path(), None).unwrap(), (newest + 1, None), "{len}");
    }
}

#[test]
fn garbage_after_the_last_record_is_cut_off() {
    let dir = TempDir::new().unwrap();
    fill(dir.path(), 1 << 20, &[3]);
    let path = segment_files(dir.path()).remove(0);
    let whole = fs::read(&path).unwrap();
    for garbage in [vec![0; 5000], vec![0xFF; 5000], (0..5000u32).map(|n| ((n * 167) >> 3) as u8).collect()] {
        let copy = copy_with(dir.path(), &path, &[whole.as_slice(), &garbage].concat());
        let (newest, torn) = check(copy.path(), None).unwrap();
        assert_eq!((newest, torn.unwrap().bytes), (3, 5000));
    }
}

#[test]
fn a_flipped_bit_before_a_later_flush_is_refused_by_name() {
    let dir = TempDir::new().unwrap();
    fill(dir.path(), 1 << 20, &[2, 2, 1]);
    let path = segment_files(dir.path()).remove(0);
    let whole = fs::read(&path).unwrap();
    let starts = record_starts(&whole, 1);
    let last = starts[starts.len() - 2];
    for byte in 0..last {
        let mut flipped = whole.clone();
        flipped[byte] ^= 1 << (byte % 8);
        let copy = copy_with(dir.path(), &path, &flipped);
        for durable in [None, Some(0), Some(5)] {
            let error = check(copy.path(), durable).expect_err("a flipped bit");
            let StoreError::Damaged { path: named, offset, remedy, .. } = &error else { panic!("{error}") };
            assert_eq!(named.file_name(), path.file_name());
            let start = starts.iter().rev().find(|start| **start <= byte).copied().unwrap_or(0);
            assert!(*offset == start as u64, "byte {byte}: {offset}");
            assert!(error.to_string().contains(remedy));
        }
        assert_eq!(fs::read(copy.path().join(path.file_name().unwrap())).unwrap(), flipped, "it was changed");
    }
}

#[test]
fn a_hole_in_the_last_flush_is_refused_unless_that_flush_was_nobodys_yet() {
    let dir = TempDir::new().unwrap();
    fill(dir.path(), 1 << 20, &[2, 3]);
    let path = segment_files(dir.path()).remove(0);
    let mut bytes = fs::read(&path).unwrap();
    let starts = record_starts(&bytes, 1);
    bytes[starts[3] + record::HEADER_LEN] ^= 1;
    for (durable, newest) in
        [(None, None), (Some(5), None), (Some(4), None), (Some(3), Some(3)), (Some(0), Some(3))]
    {
        let copy = copy_with(dir.path(), &path, &bytes);
        let found = check(copy.path(), durable).ok().map(|(newest, _)| newest);
        assert_eq!(found, newest, "{durable:?}");
    }
}

#[test]
fn damage_in_an_earlier_segment_is_refused_even_at_its_end() {
    let dir = TempDir::new().unwrap();
    fill(dir.path(), 100, &[3, 3, 3]);
    let files = segment_files(dir.path());
    assert!(files.len() >= 3);
    let whole = fs::read(&files[0]).unwrap();
    for len in 0..whole.len() {
        let copy = copy_with(dir.path(), &files[0], &whole[..len]);
        let error = check(copy.path(), Some(0)).expect_err("cut short");
        assert!(error.to_string().contains(files[0].file_name().unwrap().to_str().unwrap()), "{error}");
    }
    let copy = copy_with(dir.path(), &files[0], &whole);
    fs::remove_file(copy.path().join(files[1].file_name().unwrap())).unwrap();
    assert!(matches!(check(copy.path(), Some(0)), Err(StoreError::Damaged { .. })));
}

#[test]
fn a_record_from_elsewhere_is_refused_however_well_it_checks() {
    let dir = TempDir::new().unwrap();
    fill(dir.path(), 1 << 20, &[2]);
    let path = segment_files(dir.path()).remove(0);
    for sequence in [2, 4, 900] {
        let mut bytes = fs::read(&path).unwrap();
        record::encode(sequence, false, b"stray", &mut bytes);
        let copy = copy_with(dir.path(), &path, &bytes);
        assert!(matches!(check(copy.path(), Some(0)), Err(StoreError::Damaged { .. })), "{sequence}");
    }
}

#[test]
fn another_journals_segment_and_a_newer_format_are_refused() {
    let dir = TempDir::new().unwrap();
    fill(dir.path(), 1 << 20, &[2]);
    let other = Options { kind: Kind(*b"othr"), ..options(1 << 20, None) };
    assert!(matches!(Journal::open(dir.path(), other), Err(StoreError::Damaged { .. })));
    let path = segment_files(dir.path()).remove(0);
    let mut bytes = fs::read(&path).unwrap();
    bytes[8] = 2;
    let crc = crc32c::crc32c(&bytes[..28]);
    bytes[28..32].copy_from_slice(&crc.to_le_bytes());
    fs::write(&path, bytes).unwrap();
    let error = check(dir.path(), None).expect_err("format 2").to_string();
    assert!(error.contains("format"), "{error}");
}

#[test]
fn a_segment_larger_than_any_is_refused_unread() {
    let dir = TempDir::new().unwrap();
    fill(dir.path(), 1 << 20, &[1]);
    let path = segment_files(dir.path()).remove(0);
    File::options().write(true).open(&path).unwrap().set_len(1 << 40).unwrap();
    assert!(matches!(check(dir.path(), None), Err(StoreError::Damaged { .. })));
}

#[test]
fn a_flush_that_can_not_be_taken_back_is_the_end_of_writing() {
    let dir = TempDir::new().unwrap();
    let (mut journal, _) = Journal::open(dir.path(), options(1 << 20, None)).unwrap();
    journal.write(&[payload(1)]).unwrap();
    journal.sync().unwrap();
    journal.sync = FileSync::by(|_| Err(Error::other("the disk is gone")));
    journal.write(&[payload(2)]).unwrap();
    assert!(matches!(journal.sync(), Err(StoreError::Poisoned(_))));
    journal.sync = FileSync::default();
    assert!(matches!(journal.write(&[payload(3)]), Err(StoreError::Poisoned(_))), "no retrying in hope");
    assert!(matches!(journal.sync(), Err(StoreError::Poisoned(_))));
}

#[test]
fn a_record_that_is_too_long_harms_nobody_else() {
    let dir = TempDir::new().unwrap();
    let (mut journal, _) = Journal::open(dir.path(), options(1 << 20, None)).unwrap();
    assert!(journal.write(&[payload(1), vec![0; MAX_RECORD_BYTES + 1]]).is_err());
    assert_eq!(journal.write(&[payload(1)]).unwrap(), 1);
    journal.sync().unwrap();
    drop(journal);
    assert_eq!(check(dir.path(), None).unwrap(), (1, None));
}

#[test]
fn whole_segments_go_and_the_one_being_written_stays() {
    let dir = TempDir::new().unwrap();
    fill(dir.path(), 1, &[2, 2, 2]);
    let (mut journal, _) = Journal::open(dir.path(), options(1, None)).unwrap();
    journal.drop_before(4).unwrap();
    assert_eq!(journal.first(), 3);
    journal.drop_before(100).unwrap();
    assert_eq!((journal.first(), journal.next()), (5, 7));
    drop(journal);
    assert_eq!(check(dir.path(), None).unwrap(), (6, None));
}

#[tokio::test]
async fn an_appender_answers_with_numbers_and_goes_on_after_a_flush_that_was_taken_back() {
    let dir = TempDir::new().unwrap();
    let (mut journal, _) = Journal::open(dir.path(), options(1 << 20, None)).unwrap();
    journal.sync = FileSync::by(|file| {
        if file.metadata()?.len() > 200 { Err(Error::other("full of sorrow")) } else { file.sync_data() }
    });
    let appender = Appender::start(journal, |_, _, _: Vec<()>| {}).unwrap();
    assert_eq!(appender.append(payload(1), ()).await.unwrap(), 1);
    assert!(matches!(appender.append(vec![0; MAX_RECORD_BYTES + 1], ()).await, Err(AppendError::TooLong(_))));
    assert_eq!(appender.append(payload(2), ()).await.unwrap(), 2);
    assert!(matches!(appender.append(vec![0; 200], ()).await, Err(AppendError::Failed(_))));
    assert_eq!(appender.append(payload(3), ()).await.unwrap(), 3);
    assert_eq!(appender.stats().flushes, 3);
    drop(appender);
    assert_eq!(check(dir.path(), Some(3)).unwrap(), (3, None));
}

/// Flushes of which the ones with these numbers fail, from 0 on.
fn failing(numbers: &'static [usize]) -> FileSync {
    let mut count = 0;
    FileSync::by(move |file| {
        count += 1;
        if numbers.contains(&(count - 1)) {
            Err(Error::other("input/output error"))
        } else {
            file.sync_data()
        }
    })
}

#[test]
fn what_a_failed_flush_carried_is_written_anew_in_a_segment_of_its_own() {
    for written_before in [0, 3] {
        let dir = TempDir::new().unwrap();
        let (mut journal, _) = Journal::open(dir.path(), options(1 << 20, None)).unwrap();
        let payloads = |from, count| (from..from + count).map(payload).collect::<Vec<_>>();
        if written_before > 0 {
            journal.write(&payloads(1, written_before)).unwrap();
            journal.sync().unwrap();
        }
        journal.sync = failing(&[0]);
        let first = written_before + 1;
        assert_eq!(journal.write(&payloads(first, 4)).unwrap(), first);
        journal.sync().unwrap();
        let names = segment_files(dir.path());
        assert_eq!(names.len(), if written_before > 0 { 2 } else { 1 }, "{names:?}");
        assert_eq!(check(dir.path(), Some(first + 3)).unwrap(), (first + 3, None));
        assert_eq!(journal.write(&payloads(first + 4, 1)).unwrap(), first + 4);
        journal.sync().unwrap();
        assert_eq!(journal.stats.lock().unwrap().flushes, if written_before > 0 { 3 } else { 2 });
        drop(journal);
        assert_eq!(check(dir.path(), Some(first + 4)).unwrap(), (first + 4, None));
    }
}

#[test]
fn a_flush_that_fails_anew_too_is_taken_back_and_the_next_one_goes_on() {
    let dir = TempDir::new().unwrap();
    fill(dir.path(), 1 << 20, &[2]);
    let (mut journal, _) = Journal::open(dir.path(), options(1 << 20, None)).unwrap();
    // The flush, and the one of the new segment; what is cut off goes to the disk.
    journal.sync = failing(&[0, 2]);
    journal.write(&[payload(3), payload(4)]).unwrap();
    assert!(matches!(journal.sync(), Err(StoreError::Io { .. })));
    assert_eq!(journal.next(), 3, "nobody was answered");
    assert_eq!(check(dir.path(), Some(2)).unwrap(), (2, None), "and nothing is left of it");
    assert_eq!(journal.write(&[payload(3)]).unwrap(), 3);
    journal.sync().unwrap();
    drop(journal);
    assert_eq!(check(dir.path(), Some(3)).unwrap(), (3, None));
}

#[test]
fn what_had_been_durable_is_read_back_before_anything_is_written_anew() {
    let dir = TempDir::new().unwrap();
    fill(dir.path(), 1 << 20, &[2]);
    let (mut journal, _) = Journal::open(dir.path(), options(1 << 20, None)).unwrap();
    let path = segment_files(dir.path()).remove(0);
    let len = fs::metadata(&path).unwrap().len();
    let mut failed = false;
    journal.sync = FileSync::by(move |file| {
        if std::mem::replace(&mut failed, true) {
            return file.sync_data();
        }
        // The block that the old records share with the new ones is what the disk could not write.
        let mut bytes = fs::read(&path)?;
        bytes[len as usize - 1] ^= 1;
        fs::write(&path, bytes)?;
        Err(Error::other("input/output error"))
    });
    journal.write(&[payload(3)]).unwrap();
    let error = journal.sync().unwrap_err();
    assert!(matches!(&error, StoreError::Poisoned(why) if why.contains("damaged")), "{error}");
    assert!(matches!(journal.write(&[payload(3)]), Err(StoreError::Poisoned(_))));
}

/// A journal with a mark: five records, two flushes, the mark beside its folder.
fn marked() -> (TempDir, PathBuf, Options) {
    let dir = TempDir::new().unwrap();
    let (segments, mark) = (dir.path().join("journal"), dir.path().join("durable"));
    let options = Options { mark: Some(mark), ..options(1 << 20, None) };
    let (mut journal, _) = Journal::open(&segments, options.clone()).unwrap();
    assert_eq!(journal.marked(), None);
    journal.begin_mark().unwrap();
    for flush in [1..3, 3..6] {
        journal.write(&flush.map(payload).collect::<Vec<_>>()).unwrap();
        journal.sync().unwrap();
    }
    (dir, segments, options)
}

#[test]
fn a_mark_tells_an_answered_flush_with_a_hole_from_one_that_the_power_interrupted() {
    for known in [None, Some(0), Some(2)] {
        let (_dir, segments, options) = marked();
        let options = Options { durable: known, ..options };
        let path = segment_files(&segments).remove(0);
        let mut bytes = fs::read(&path).unwrap();
        let starts = record_starts(&bytes, 1);
        bytes[starts[2] + record::HEADER_LEN] ^= 1;
        fs::write(&path, &bytes).unwrap();
        let refused = Journal::open(&segments, options.clone()).unwrap_err();
        assert!(matches!(refused, StoreError::Damaged { .. }), "it had been answered: {refused}");
        // As the power leaves it: the mark is of the flush before.
        drop(Mark::begin(options.mark.as_deref().unwrap(), 2).unwrap());
        let (journal, torn) = Journal::open(&segments, options.clone()).unwrap();
        assert_eq!((journal.next(), torn.unwrap().offset), (3, starts[2] as u64));
        assert_eq!(journal.marked(), Some(2));
    }
}

#[test]
fn an_answered_record_that_is_spoilt_at_the_very_end_is_refused_unless_somebody_else_has_it() {
    let (_dir, segments, options) = marked();
    let path = segment_files(&segments).remove(0);
    let mut bytes = fs::read(&path).unwrap();
    let last = record_starts(&bytes, 1)[4];
    bytes[last + record::HEADER_LEN] ^= 1;
    fs::write(&path, &bytes).unwrap();
    for known in [None, Some(4)] {
        let options = Options { durable: known, ..options.clone() };
        assert!(matches!(Journal::open(&segments, options), Err(StoreError::Damaged { .. })), "{known:?}");
        assert_eq!(fs::read(&path).unwrap(), bytes, "it was changed");
    }
    let options = Options { durable: Some(5), ..options };
    let (journal, torn) = Journal::open(&segments, options).unwrap();
    assert!((journal.next(), journal.marked()) == (5, Some(5)) && torn.is_some());
}

#[test]
fn a_mark_says_how_far_a_journal_must_reach() {
    let (_dir, segments, options) = marked();
    fs::remove_file(segment_files(&segments).remove(0)).unwrap();
    let (mut journal, _) = Journal::open(&segments, options.clone()).unwrap();
    assert_eq!((journal.next(), journal.marked()), (1, Some(5)));
    journal.begin_mark().unwrap();
    drop(journal);
    let (journal, _) = Journal::open(&segments, options).unwrap();
    assert_eq!(journal.marked(), Some(0), "it is begun anew");
}

/// Flushes of records fail while the flag is up; cutting them off again doesn't.
fn failing_while(flag: &Arc<std::sync::atomic::AtomicBool>) -> FileSync {
    let flag = Arc::clone(flag);
    FileSync::by(move |file| {
        let fails = flag.load(std::sync::atomic::Ordering::SeqCst);
        if fails && file.metadata()?.len() > HEADER_LEN as u64 {
            return Err(Error::other("input/output error"));
        }
        file.sync_data()
    })
}

#[tokio::test]
async fn what_is_to_be_kept_waits_in_memory_until_the_disk_takes_it_and_nothing_else_does() {
    let dir = TempDir::new().unwrap();
    let (mut journal, _) = Journal::open(dir.path(), options(1 << 20, None)).unwrap();
    let fails = Arc::new(std::sync::atomic::AtomicBool::new(true));
    journal.sync = failing_while(&fails);
    let flushed = Arc::<Mutex<Vec<u8>>>::default();
    let heard = Arc::clone(&flushed);
    let appender = Appender::start(journal, move |_, _, items| heard.lock().unwrap().extend(items)).unwrap();
    let mut standing = appender.standing();
    assert!(matches!(appender.append(payload(9), 9).await, Err(AppendError::Failed(_))));
    let kept = appender.keep_all(vec![(payload(1), 1), (payload(2), 2)]).await;
    assert!(matches!(kept, Err(AppendError::Failed(_))), "it is not on the disk yet");
    appender.post(payload(3), 3).unwrap();
    let waits = standing.wait_for(|standing| standing.waiting == 3).await.unwrap().clone();
    assert!(matches!(waits.trouble, Some(crate::store::condition::Trouble::Failing(_))), "{waits:?}");
    assert!(flushed.lock().unwrap().is_empty());
    fails.store(false, std::sync::atomic::Ordering::SeqCst);
    standing.wait_for(|standing| standing.trouble.is_none() && standing.waiting == 0).await.unwrap();
    assert_eq!(*flushed.lock().unwrap(), [1, 2, 3], "by itself, and in order");
    assert_eq!(appender.append(payload(4), 4).await.unwrap(), 4);
    drop(appender);
    assert_eq!(check(dir.path(), Some(4)).unwrap(), (4, None));
}

#[tokio::test]
async fn memory_holds_so_many_records_for_a_disk_that_fails_and_no_more() {
    use crate::store::limits::MAX_HELD_RECORDS;
    let dir = TempDir::new().unwrap();
    let (mut journal, _) = Journal::open(dir.path(), options(1 << 20, None)).unwrap();
    let fails = Arc::new(std::sync::atomic::AtomicBool::new(true));
    journal.sync = failing_while(&fails);
    let flushed = Arc::<Mutex<Vec<usize>>>::default();
    let heard = Arc::clone(&flushed);
    let appender = Appender::start(journal, move |_, _, items| heard.lock().unwrap().extend(items)).unwrap();
    let too_many = MAX_HELD_RECORDS + 5;
    let records = (0..too_many).map(|number| (vec![b'x'], number)).collect();
    assert!(appender.keep_all(records).await.is_err());
    fails.store(false, std::sync::atomic::Ordering::SeqCst);
    let mut standing = appender.standing();
    standing.wait_for(|standing| standing.waiting == 0).await.unwrap();
    drop(appender);
    assert_eq!(*flushed.lock().unwrap(), (5..too_many).collect::<Vec<_>>(), "the oldest go first");
}
