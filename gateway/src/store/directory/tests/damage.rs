//! Whatever happens to sled, the list comes back whole; whatever happens to the journal, it never shrinks in silence.

use std::path::PathBuf;

use super::*;

type Rows = Vec<(Key, Value)>;

/// A folder with some history, closed, and its rows.
async fn history(records: u32) -> (TempDir, Rows) {
    let dir = TempDir::new().unwrap();
    let (directory, _) = open(dir.path());
    let rules = vec![put_level(level(1, &["lobby"])), put_rule(rule(1, 1, 1))];
    commit(&directory, [vec![Change::PutGroup { group: group(1) }], rules].concat()).await;
    for number in 1..records {
        let join = Change::AddMember { group: group_id(1), member: person_id(number) };
        let changes = vec![put(person(number, &[number, number + 1])), join, put(person(number / 2, &[]))];
        commit(&directory, changes).await;
    }
    let rows = rows_of(&directory);
    directory.close();
    (dir, rows)
}

fn files(dir: &Path, end: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path());
    let mut files = entries.filter(|path| path.to_string_lossy().contains(end)).collect::<Vec<_>>();
    files.sort();
    files
}

fn refusal(dir: &Path) -> StoreError {
    Directory::open(dir, Box::new(|_| {})).err().expect("refused")
}

#[tokio::test]
async fn a_deleted_sled_is_rebuilt_to_the_last_row() {
    let (dir, whole) = history(20).await;
    fs::remove_dir_all(dir.path().join("sled")).unwrap();
    let (directory, report) = open(dir.path());
    assert_eq!(rows_of(&directory), whole);
    assert_eq!((report.revision, report.replayed), (Revision(20), 20));
    assert_eq!(report.rebuilt.unwrap().cause, RebuildCause::Missing);
}

#[tokio::test]
async fn a_kill_at_any_moment_loses_nothing_that_was_answered() {
    let dir = TempDir::new().unwrap();
    let (directory, _) = open(dir.path());
    for number in 1..20 {
        commit(&directory, vec![put(person(number, &[number]))]).await;
        let copy = as_if_killed(dir.path());
        let (survivor, report) = open(copy.path());
        assert_eq!(report.revision.0, u64::from(number));
        assert_eq!(rows_of(&survivor), rows_of(&directory));
    }
}

/// Opens a copy of `dir` in which `spoil` was done to one of sled's files.
fn with_spoilt_sled(
    dir: &Path,
    file: &Path,
    spoil: impl FnOnce(&mut Vec<u8>),
) -> (TempDir, Rows, OpenReport) {
    let copy = as_if_killed(dir);
    let target = copy.path().join("sled").join(file.file_name().unwrap());
    let mut bytes = fs::read(&target).unwrap();
    spoil(&mut bytes);
    fs::write(&target, bytes).unwrap();
    let (directory, report) = open(copy.path());
    let rows = rows_of(&directory);
    directory.close();
    (copy, rows, report)
}

#[tokio::test]
async fn a_spoilt_sled_never_changes_what_is_read() {
    let (dir, whole) = history(40).await;
    // sled writes its own snapshot when it opens what it has.
    open(dir.path()).0.close();
    let sled = dir.path().join("sled");
    let spoilable = [files(&sled, "db"), files(&sled, "snap."), files(&sled, "conf")].concat();
    assert!(spoilable.len() >= 3, "{spoilable:?}");
    let mut quarantined = 0;
    for file in spoilable {
        let len = fs::metadata(&file).unwrap().len() as usize;
        let cuts = [0, 1, 10, len / 3, len / 2, len - 1];
        let flips = (0..12).map(|step| len * step / 12);
        let mut outcomes = Vec::new();
        for cut in cuts {
            outcomes.push(with_spoilt_sled(dir.path(), &file, |bytes| bytes.truncate(cut)));
        }
        for at in flips {
            outcomes.push(with_spoilt_sled(dir.path(), &file, |bytes| bytes[at] ^= 0x10));
        }
        outcomes.push(with_spoilt_sled(dir.path(), &file, |bytes| bytes.fill(0xA5)));
        for (copy, rows, report) in outcomes {
            assert!(rows == whole, "{file:?}: {report:?}");
            if let Some(place) = report.rebuilt.and_then(|rebuilt| rebuilt.quarantine) {
                assert!(place.starts_with(copy.path().join("quarantine")) && place.exists());
                quarantined += 1;
            }
        }
    }
    assert!(quarantined > 0, "nothing that was done to sled was noticed");
}

#[tokio::test]
async fn a_row_altered_behind_our_back_is_noticed() {
    let (dir, whole) = history(10).await;
    let tampering: [fn(&sled::Db); 5] = [
        |db| drop(db.remove(entity::key::<Cardholder>(person_id(3))).unwrap()),
        |db| drop(db.insert(rows::refused_key(person_id(3)), &[]).unwrap()),
        |db| drop(db.insert(entity::key::<Cardholder>(person_id(3)), b"garbage").unwrap()),
        |db| drop(db.remove(entity::key::<Rule>(rule_id(1))).unwrap()),
        |db| drop(db.insert(entity::key::<AccessLevel>(level_id(1)), b"garbage").unwrap()),
    ];
    for tamper in tampering {
        let copy = as_if_killed(dir.path());
        let db = sled::open(copy.path().join("sled")).unwrap();
        tamper(&db);
        db.flush().unwrap();
        drop(db);
        let (directory, report) = open(copy.path());
        assert_eq!(rows_of(&directory), whole);
        assert!(matches!(report.rebuilt.unwrap().cause, RebuildCause::Damaged(_)));
    }
}

#[tokio::test]
async fn an_unanswered_change_torn_by_a_crash_is_cut_off_and_reported() {
    let (dir, whole) = history(10).await;
    let segment = files(&dir.path().join("journal"), ".seg").remove(0);
    let mut bytes = fs::read(&segment).unwrap();
    let end = bytes.len() as u64;
    bytes.extend_from_slice(&[0x40, 1, 0, 0, 9, 9, 9, 9, 11, 0, 0, 0, 0, 0, 0, 0, b'{']);
    fs::write(&segment, bytes).unwrap();
    let (directory, report) = open(dir.path());
    let torn = report.torn.unwrap();
    assert_eq!((torn.offset, torn.bytes, torn.path), (end, 17, segment));
    assert_eq!((report.rebuilt, rows_of(&directory)), (None, whole));
    assert_eq!(commit(&directory, vec![put(person(900, &[]))]).await, Revision(11));
}

#[tokio::test]
async fn a_journal_damaged_in_its_middle_is_refused_by_name_with_and_without_sled() {
    let (dir, _) = history(10).await;
    let segment = files(&dir.path().join("journal"), ".seg").remove(0);
    let mut bytes = fs::read(&segment).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(&segment, &bytes).unwrap();
    for _ in 0..2 {
        let error = refusal(dir.path());
        assert!(matches!(&error, StoreError::Damaged { path, .. } if *path == segment), "{error}");
        assert_eq!(fs::read(&segment).unwrap(), bytes);
        let _ = fs::remove_dir_all(dir.path().join("sled"));
    }
}

#[tokio::test]
async fn a_journal_that_lost_answered_changes_is_mended_from_sled_and_nothing_is_lost() {
    let (dir, _) = history(10).await;
    let segment = files(&dir.path().join("journal"), ".seg").remove(0);
    let len = fs::metadata(&segment).unwrap().len();
    fs::File::options().write(true).open(&segment).unwrap().set_len(len - 1).unwrap();
    let (directory, report) = open(dir.path());
    let mended = report.mended.unwrap();
    assert_eq!((mended.journal, mended.sled), (Revision(9), Revision(10)));
    assert!(report.torn.is_some() && report.rebuilt.is_none() && mended.quarantine.exists());
    assert!(directory.read().cardholder(person_id(9)).unwrap().is_some());
    assert_eq!(commit(&directory, vec![put(person(20, &[]))]).await, Revision(11));
    let rows = rows_of(&directory);
    directory.close();
    fs::remove_dir_all(dir.path().join("sled")).unwrap();
    let (rebuilt, report) = open(dir.path());
    assert_eq!(report.rebuilt.unwrap().snapshot, Revision(10));
    assert_eq!(rows_of(&rebuilt), rows);
}

#[tokio::test]
async fn a_lost_journal_is_not_an_empty_directory() {
    let (dir, _) = history(10).await;
    fs::remove_dir_all(dir.path().join("journal")).unwrap();
    for _ in 0..2 {
        let error = refusal(dir.path());
        assert!(matches!(error, StoreError::Missing { .. }), "{error}");
        assert!(dir.path().join("sled").exists());
    }
}

/// A folder with two snapshots, at 10 and 15, and changes up to 20.
async fn with_snapshots() -> (TempDir, Rows) {
    let (dir, _) = history(10).await;
    let (directory, _) = open(dir.path());
    assert_eq!(directory.snapshot().await.unwrap(), Revision(10));
    for number in 11..=20 {
        commit(&directory, vec![put(person(number, &[number]))]).await;
        if number == 15 {
            assert_eq!(directory.snapshot().await.unwrap(), Revision(15));
        }
    }
    let rows = rows_of(&directory);
    directory.close();
    (dir, rows)
}

#[tokio::test]
async fn a_rebuild_begins_with_the_newest_snapshot_that_is_whole() {
    let (dir, whole) = with_snapshots().await;
    fs::remove_dir_all(dir.path().join("sled")).unwrap();
    let snapshots = files(&dir.path().join("snapshots"), ".snapshot");
    assert_eq!(snapshots.len(), 2);
    let newest = fs::read(&snapshots[1]).unwrap();
    let spoilt = (0..newest.len()).step_by(newest.len() / 20).map(|at| {
        let mut bytes = newest.clone();
        bytes[at] ^= 4;
        (bytes, Revision(10), 10)
    });
    let cut = newest[..newest.len() - 1].to_vec();
    let cases = spoilt.chain([
        (newest.clone(), Revision(15), 5),
        (cut, Revision(10), 10),
        (Vec::new(), Revision(10), 10),
    ]);
    for (bytes, snapshot, replayed) in cases {
        let copy = as_if_killed(dir.path());
        fs::write(copy.path().join("snapshots").join(snapshots[1].file_name().unwrap()), bytes).unwrap();
        let (directory, report) = open(copy.path());
        assert_eq!(rows_of(&directory), whole);
        assert_eq!((report.rebuilt.unwrap().snapshot, report.replayed), (snapshot, replayed));
        assert_eq!(report.damaged_snapshots.len(), usize::from(snapshot == Revision(10)));
    }
}

#[tokio::test]
async fn an_interrupted_rebuild_is_begun_again() {
    let (dir, whole) = with_snapshots().await;
    fs::remove_dir_all(dir.path().join("sled")).unwrap();
    let tree = Tree::open(&dir.path().join("sled")).unwrap();
    let mut overlay = overlay::Overlay::new(Meta { loading: true, ..Meta::EMPTY });
    overlay.meta.counts.add(&person(77, &[77]).counts());
    for (key, value) in entity::rows_of(&person(77, &[77])).unwrap() {
        overlay.set(&tree, key, Some(value)).unwrap();
    }
    overlay.apply(&tree).unwrap();
    drop(tree);
    fs::write(dir.path().join("snapshots/00000000000000000099.new"), b"half").unwrap();
    let (directory, report) = open(dir.path());
    assert_eq!(rows_of(&directory), whole);
    assert_eq!(report.rebuilt.unwrap().snapshot, Revision(15));
    assert!(files(&dir.path().join("snapshots"), ".new").is_empty());
    assert!(!dir.path().join("quarantine").exists());
}

#[tokio::test]
async fn a_journal_that_ends_before_the_snapshot_goes_on_after_it() {
    let (dir, _) = with_snapshots().await;
    fs::remove_dir_all(dir.path().join("sled")).unwrap();
    fs::remove_dir_all(dir.path().join("journal")).unwrap();
    let (directory, report) = open(dir.path());
    assert_eq!((report.revision, report.replayed), (Revision(15), 0));
    assert_eq!(commit(&directory, vec![put(person(99, &[]))]).await, Revision(16));
    let whole = rows_of(&directory);
    directory.close();
    fs::remove_dir_all(dir.path().join("sled")).unwrap();
    assert_eq!(rows_of(&open(dir.path()).0), whole);
}

#[tokio::test]
async fn history_that_is_nowhere_is_refused_not_skipped() {
    let (dir, _) = with_snapshots().await;
    fs::remove_dir_all(dir.path().join("sled")).unwrap();
    fs::remove_dir_all(dir.path().join("snapshots")).unwrap();
    let journal = dir.path().join("journal");
    let segment = files(&journal, ".seg").remove(0);
    fs::rename(&segment, dir.path().join("elsewhere")).unwrap();
    let options = crate::store::journal::Options {
        kind: open::KIND,
        segment_bytes: 1,
        verify: crate::store::journal::Verify::All,
        durable: None,
        mark: None,
    };
    let (mut later, _) = crate::store::journal::Journal::open(&journal, options).unwrap();
    later.restart_at(18, &dir.path().join("quarantine")).unwrap();
    drop(later);
    let error = refusal(dir.path()).to_string();
    assert!(error.contains("changes 1 to 17"), "{error}");
}

#[tokio::test]
async fn segments_go_only_when_both_snapshots_cover_them() {
    let dir = TempDir::new().unwrap();
    let (directory, _) = open(dir.path());
    let bulky = |number: u32| {
        let mut person = person(number, &[]);
        person.attributes.insert("note".to_owned(), "x".repeat(3 << 20).into());
        put(person)
    };
    let segments = || files(&dir.path().join("journal"), ".seg").len();
    for number in 1..=6 {
        commit(&directory, vec![bulky(number)]).await;
    }
    let before = segments();
    assert!(before >= 2);
    directory.snapshot().await.unwrap();
    assert_eq!(segments(), before, "one snapshot alone could be damaged");
    commit(&directory, vec![bulky(7)]).await;
    directory.snapshot().await.unwrap();
    assert!(segments() < before);
    let whole = rows_of(&directory);
    directory.close();
    fs::remove_dir_all(dir.path().join("sled")).unwrap();
    let newest = files(&dir.path().join("snapshots"), ".snapshot").pop().unwrap();
    fs::write(newest, b"gone").unwrap();
    assert!(rows_of(&open(dir.path()).0) == whole);
}

#[tokio::test]
async fn a_journal_that_has_grown_long_gets_a_snapshot_by_itself() {
    let dir = TempDir::new().unwrap();
    let (directory, _) = open(dir.path());
    for number in 1..=6 {
        let mut person = person(1, &[number]);
        person.attributes.insert("note".to_owned(), "x".repeat(7 << 20).into());
        commit(&directory, vec![put(person)]).await;
    }
    while directory.stats().snapshot.is_none() {
        tokio::task::yield_now().await;
    }
    assert_eq!(files(&dir.path().join("snapshots"), ".snapshot").len(), 1);
}

/// What the power leaves of a flush of three changes whose first block didn't reach the disk.
async fn with_a_hole_in_the_last_flush(mark: Option<u64>) -> (TempDir, Rows) {
    let (dir, whole) = history(10).await;
    let journal = dir.path().join("journal");
    let segment = files(&journal, ".seg").remove(0);
    let answered = fs::metadata(&segment).unwrap().len() as usize;
    let options = crate::store::journal::Options {
        kind: open::KIND,
        segment_bytes: 1 << 20,
        verify: crate::store::journal::Verify::All,
        durable: None,
        mark: None,
    };
    let (mut writer, _) = crate::store::journal::Journal::open(&journal, options).unwrap();
    let record = |revision: u64| {
        let changes = vec![put(person(90 + u32::try_from(revision).unwrap(), &[]))];
        let (origin, version) = (Origin::CommandLine, 1);
        let record = Record { version, revision: Revision(revision), at: now(), origin, changes };
        serde_json::to_vec(&record).unwrap()
    };
    writer.write(&[record(11), record(12), record(13)]).unwrap();
    writer.sync().unwrap();
    drop(writer);
    let mut bytes = fs::read(&segment).unwrap();
    bytes[answered..answered + 40].fill(0);
    fs::write(&segment, bytes).unwrap();
    if let Some(sequence) = mark {
        let options = crate::store::journal::Options {
            kind: open::KIND,
            segment_bytes: 1 << 20,
            verify: crate::store::journal::Verify::All,
            durable: Some(sequence),
            mark: Some(dir.path().join("durable")),
        };
        // A mark says what its journal has.
        let elsewhere = TempDir::new().unwrap();
        let (mut marked, _) = crate::store::journal::Journal::open(elsewhere.path(), options).unwrap();
        marked.restart_at(sequence + 1, &elsewhere.path().join("aside")).unwrap();
        marked.begin_mark().unwrap();
    }
    (dir, whole)
}

#[tokio::test]
async fn a_flush_that_the_power_interrupted_is_cut_off_whatever_became_of_sled() {
    for sled_is_gone in [false, true] {
        let (dir, whole) = with_a_hole_in_the_last_flush(None).await;
        if sled_is_gone {
            fs::remove_dir_all(dir.path().join("sled")).unwrap();
        }
        let (directory, report) = open(dir.path());
        assert_eq!((report.revision, rows_of(&directory)), (Revision(10), whole));
        assert!(report.torn.is_some() && report.incomplete.is_none(), "{report:?}");
        assert_eq!(commit(&directory, vec![put(person(99, &[]))]).await, Revision(11));
    }
}

#[tokio::test]
async fn a_hole_in_a_flush_that_was_answered_is_refused_by_name_when_sled_is_gone() {
    let (dir, _) = with_a_hole_in_the_last_flush(Some(13)).await;
    fs::remove_dir_all(dir.path().join("sled")).unwrap();
    let error = refusal(dir.path());
    assert!(matches!(error, StoreError::Damaged { .. }), "{error}");
}

#[tokio::test]
async fn changes_that_are_nowhere_are_told_at_every_start_until_somebody_accepts_it() {
    let (dir, _) = with_snapshots().await;
    for lost in ["sled", "journal"] {
        fs::remove_dir_all(dir.path().join(lost)).unwrap();
    }
    let lacking = Incomplete { kept: Revision(15), known: Revision(20) };
    for start in 0..3 {
        let (directory, report) = open(dir.path());
        assert_eq!(report.incomplete, Some(lacking), "start {start}");
        let why = directory.incomplete().unwrap().text();
        assert!(why.contains("at least 5 changes") && why.contains("16 to 20"), "{why}");
        commit(&directory, vec![put(person(200 + start, &[]))]).await;
    }
    let (directory, _) = open(dir.path());
    assert_eq!(Incomplete::accept(dir.path()).unwrap(), Some(lacking), "while the service runs");
    assert_eq!(directory.incomplete(), None);
    assert_eq!(Incomplete::accept(dir.path()).unwrap(), None);
    drop(directory);
    assert_eq!(open(dir.path()).1.incomplete, None);
}

#[tokio::test]
async fn a_second_loss_is_added_to_one_that_nobody_has_accepted() {
    let (dir, _) = history(10).await;
    let lose_everything = || {
        for lost in ["sled", "journal"] {
            fs::remove_dir_all(dir.path().join(lost)).unwrap();
        }
    };
    lose_everything();
    let (directory, report) = open(dir.path());
    assert_eq!(report.incomplete.map(|incomplete| incomplete.lost()), Some(10));
    for number in 1..=12 {
        commit(&directory, vec![put(person(number, &[]))]).await;
    }
    directory.close();
    lose_everything();
    let expected = Incomplete { kept: Revision(0), known: Revision(12) };
    assert_eq!(open(dir.path()).1.incomplete, Some(expected));
}
