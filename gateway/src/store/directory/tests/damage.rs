//! Whatever happens to sled, the list comes back whole; whatever happens to the journal, it never shrinks in silence.

use super::*;

#[tokio::test]
async fn a_deleted_sled_is_rebuilt_to_the_last_row() {
    let dir = TempDir::new().unwrap();
    let (directory, _) = open(dir.path());
    for number in 1..20 {
        commit(&directory, vec![put(person(number, &[number])), put(person(number / 2, &[]))]).await;
    }
    let whole = rows_of(&directory);
    directory.close();
    fs::remove_dir_all(dir.path().join("sled")).unwrap();
    let (directory, report) = open(dir.path());
    assert_eq!(rows_of(&directory), whole);
    assert_eq!((report.revision, report.replayed), (Revision(19), 19));
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
