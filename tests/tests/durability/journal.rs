//! The directory's journal: torn at its end, and damaged elsewhere, while the service is stopped.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use rand::rngs::SmallRng;
use rand::{Rng, SeedableRng};
use tests::{Gateway, seed};

use crate::{everybody, notices, with_people};

/// Every file below a folder with what is in it.
fn content(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut all = BTreeMap::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let (path, kind) = entry.map(|entry| (entry.path(), entry.file_type().unwrap())).unwrap();
            if kind.is_dir() {
                folders.push(path);
            } else if kind.is_file() {
                let bytes = fs::read(&path).unwrap();
                all.insert(path, bytes);
            }
        }
    }
    all
}

/// Makes a folder what it was.
fn restore(folder: &Path, content: &BTreeMap<PathBuf, Vec<u8>>) {
    fs::remove_dir_all(folder).unwrap();
    for (path, bytes) in content {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
        fs::set_permissions(path, fs::Permissions::from_mode(0o600)).unwrap();
    }
}

/// The directory's journal, which is one file yet.
fn journal(data: &Path) -> PathBuf {
    let folder = fs::read_dir(data.join("directory/journal")).unwrap();
    let files: Vec<PathBuf> = folder.map(|entry| entry.unwrap().path()).collect();
    let [file] = files.as_slice() else { panic!("{files:?}") };
    file.clone()
}

#[tokio::test]
async fn the_remains_of_an_unfinished_write_are_cut_off_and_told_and_cost_nobody() {
    let mut random = SmallRng::seed_from_u64(seed());
    let (plan, mut gateway) = with_people(&mut random).await;
    let before = everybody(&gateway).await;
    assert!(gateway.stop().await.success());
    let answered = content(&plan.data());
    let written = fs::read(journal(&plan.data())).unwrap();
    gateway.restart().await;
    gateway.scim().create("late", Some("30000")).await;
    assert!(gateway.stop().await.success());
    let with_late = fs::read(journal(&plan.data())).unwrap();
    assert!(with_late.starts_with(&written));
    let record = with_late.len() - written.len();
    let garbage: Vec<u8> = (0..random.random_range(1..3_000)).map(|_| random.random()).collect();
    let tails = [
        // The power went while the write was under way, so nobody was answered: all of it but some bytes, and one byte.
        with_late[written.len()..with_late.len() - random.random_range(1..record)].to_vec(),
        with_late[written.len()..=written.len()].to_vec(),
        // The file had grown, and its content was not there yet.
        vec![0; 4096],
        garbage,
    ];
    for tail in tails {
        restore(&plan.data(), &answered);
        fs::write(journal(&plan.data()), [written.as_slice(), tail.as_slice()].concat()).unwrap();
        gateway.restart().await;
        assert_eq!(everybody(&gateway).await, before);
        let notices = notices(&gateway).await;
        assert!(
            notices.contains("was cut off") && notices.contains(&format!("({} bytes)", tail.len())),
            "{notices}"
        );
        gateway.scim().create("late", Some("30000")).await;
        let after = everybody(&gateway).await;
        gateway.kill();
        gateway.restart().await;
        assert_eq!(everybody(&gateway).await, after);
        assert!(gateway.stop().await.success());
    }
}

#[tokio::test]
async fn an_answered_change_that_the_journal_lost_comes_back_from_sled_and_is_told() {
    let mut random = SmallRng::seed_from_u64(seed());
    let (plan, mut gateway) = with_people(&mut random).await;
    gateway.scim().create("late", Some("30000")).await;
    let before = everybody(&gateway).await;
    assert!(gateway.stop().await.success());
    let path = journal(&plan.data());
    let bytes = fs::read(&path).unwrap();
    fs::write(&path, &bytes[..bytes.len() - random.random_range(1..100)]).unwrap();
    gateway.restart().await;
    assert_eq!(everybody(&gateway).await, before);
    let notices = notices(&gateway).await;
    assert!(notices.contains("nothing is lost") && notices.contains("quarantine"), "{notices}");
    assert!(!notices.contains("nobody had been told"), "it had been answered: {notices}");
    gateway.scim().create("later", Some("30001")).await;
    let before = everybody(&gateway).await;
    gateway.kill();
    fs::remove_dir_all(plan.data().join("directory/sled")).unwrap();
    gateway.restart().await;
    assert_eq!(everybody(&gateway).await, before, "what was mended doesn't live in sled alone");
}

#[tokio::test]
async fn a_journal_damaged_in_its_middle_is_refused_by_name_and_left_as_it_is() {
    let mut random = SmallRng::seed_from_u64(seed());
    let (plan, mut gateway) = with_people(&mut random).await;
    let before = everybody(&gateway).await;
    assert!(gateway.stop().await.success());
    let path = journal(&plan.data());
    let whole = fs::read(&path).unwrap();
    let places =
        [0, 31, 32, random.random_range(33..whole.len() / 2), random.random_range(33..whole.len() / 2)];
    for at in places {
        let mut spoilt = whole.clone();
        spoilt[at] ^= 1 << random.random_range(0..8);
        fs::write(&path, spoilt).unwrap();
        let found = content(&plan.data());
        let mut process = Gateway::spawn(&plan.config());
        assert_eq!(process.ended().await.code(), Some(1));
        let errors = process.errors().join("\n");
        let named = format!("{} is damaged at byte ", path.display());
        let told = errors.split_once(&named).unwrap_or_else(|| panic!("byte {at}: {errors}")).1;
        let offset: usize = told.split_once(':').unwrap().0.parse().unwrap();
        assert!(offset <= at && at < offset + 4_096, "byte {at} was spoilt: {errors}");
        let now = content(&plan.data());
        let names = found.keys().chain(now.keys()).collect::<BTreeSet<_>>();
        let changed: Vec<_> = names.into_iter().filter(|path| found.get(*path) != now.get(*path)).collect();
        assert!(changed.is_empty(), "a start that was refused changed {changed:?}");
    }
    fs::write(&path, whole).unwrap();
    gateway.restart().await;
    assert_eq!(everybody(&gateway).await, before);
}
