//! The directory's copy in sled: spoilt while the service is stopped.

use std::fs;
use std::path::{Path, PathBuf};

use rand::rngs::SmallRng;
use rand::{Rng, SeedableRng};
use tests::seed;

use crate::{everybody, notices, with_people};

/// The files of sled whose names begin so.
fn sled_files(data: &Path, begin: &str) -> Vec<PathBuf> {
    let sled = data.join("directory/sled");
    let is_wanted =
        |path: &PathBuf| path.is_file() && path.file_name().unwrap().to_string_lossy().starts_with(begin);
    fs::read_dir(sled).unwrap().map(|entry| entry.unwrap().path()).filter(is_wanted).collect()
}

/// Things that can happen to sled's files.
#[derive(Clone, Copy, Debug)]
enum Spoil {
    DeleteAll,
    Delete(&'static str),
    Truncate(&'static str),
    FlipBits(&'static str, usize),
}

impl Spoil {
    fn apply(self, data: &Path, random: &mut SmallRng) {
        match self {
            Self::DeleteAll => fs::remove_dir_all(data.join("directory/sled")).unwrap(),
            Self::Delete(name) => {
                for path in sled_files(data, name) {
                    fs::remove_file(path).unwrap();
                }
            }
            Self::Truncate(name) => {
                change_files(data, name, |bytes| bytes.truncate(random.random_range(0..bytes.len())));
            }
            Self::FlipBits(name, bits) => change_files(data, name, |bytes| {
                // sled reserves room beyond what it has written; only what is written can be spoilt.
                let written = bytes.iter().rposition(|byte| *byte != 0).map_or(1, |last| last + 1);
                for _ in 0..bits {
                    bytes[random.random_range(0..written)] ^= 1 << random.random_range(0..8);
                }
            }),
        }
    }
}

fn change_files(data: &Path, begin: &str, mut change: impl FnMut(&mut Vec<u8>)) {
    for path in sled_files(data, begin) {
        let mut bytes = fs::read(&path).unwrap();
        if !bytes.is_empty() {
            change(&mut bytes);
            fs::write(&path, bytes).unwrap();
        }
    }
}

#[tokio::test]
async fn whatever_happens_to_sled_the_list_comes_back_whole_and_a_rebuild_is_told() {
    let mut random = SmallRng::seed_from_u64(seed());
    let (plan, mut gateway) = with_people(&mut random).await;
    let spoils = [
        Spoil::DeleteAll,
        Spoil::Delete("db"),
        Spoil::Delete("conf"),
        Spoil::Delete("snap"),
        Spoil::Truncate("db"),
        Spoil::Truncate("db"),
        Spoil::Truncate("snap"),
        Spoil::Truncate("conf"),
        Spoil::FlipBits("db", 1),
        Spoil::FlipBits("db", 50),
        Spoil::FlipBits("db", 500),
        Spoil::FlipBits("snap", 3),
        Spoil::FlipBits("conf", 1),
    ];
    let mut told = 0;
    for (round, spoil) in spoils.into_iter().enumerate() {
        let before = everybody(&gateway).await;
        assert!(!before.is_empty());
        assert!(gateway.stop().await.success());
        spoil.apply(&plan.data(), &mut random);
        let kept = || fs::read_dir(plan.data().join("directory/quarantine")).map_or(0, Iterator::count);
        let kept_before = kept();
        gateway.restart().await;
        assert_eq!(everybody(&gateway).await, before, "{spoil:?}");
        let notices = notices(&gateway).await;
        let rebuilt = notices.contains("built anew from the journal");
        let empty = matches!(spoil, Spoil::DeleteAll | Spoil::Delete("db"));
        assert!(rebuilt || !empty && kept() == kept_before, "{spoil:?} is not told: {notices}");
        told += usize::from(rebuilt);
        println!("{spoil:?}: {notices}");
        gateway.scim().create(&format!("after.{round}"), Some(&(20_000 + round).to_string())).await;
    }
    assert!(told > 2, "nearly nothing that was done to sled was noticed");
}
