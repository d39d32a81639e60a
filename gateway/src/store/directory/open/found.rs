//! sled as it is found: believed only as far as every row checks out.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use crate::store::directory::entity::{KINDS, Kind, PRIMARY};
use crate::store::directory::meta::{META_KEY, Meta};
use crate::store::directory::rows::{self, kind};
use crate::store::directory::tree::Tree;
use crate::store::error::StoreError;

/// sled lets go of its lock a little after it is dropped.
const SLED_LOCK_PATIENCE: Duration = Duration::from_secs(3);
const SLED_LOCK_PAUSE: Duration = Duration::from_millis(20);

/// sled as it was found.
pub(super) enum Found {
    Whole(Tree, Meta),
    Empty(Tree),
    Damaged(String),
}

/// Opens sled and checks every row.
pub(super) fn look(path: &Path) -> Result<Found, StoreError> {
    let tree = match open_patiently(path) {
        Ok(tree) => tree,
        Err(StoreError::Directory { what, .. }) => return Ok(Found::Damaged(what)),
        Err(error) => return Err(error),
    };
    match verify(&tree) {
        Ok(Some(meta)) if meta.loading => {
            // A rebuild of ours that was interrupted; all that it holds is in the snapshot.
            drop(tree);
            fs::remove_dir_all(path).map_err(StoreError::io("clear", path))?;
            open_patiently(path).map(Found::Empty)
        }
        Ok(Some(meta)) => Ok(Found::Whole(tree, meta)),
        Ok(None) => Ok(Found::Empty(tree)),
        Err(StoreError::Directory { what, .. }) => Ok(Found::Damaged(what)),
        Err(error) => Err(error),
    }
}

/// We hold the data folder's lock, so a lock on sled's file is one that is about to be released.
pub(super) fn open_patiently(path: &Path) -> Result<Tree, StoreError> {
    let start = Instant::now();
    loop {
        match Tree::open(path) {
            Err(StoreError::Directory { what, .. }) if what.contains("could not acquire lock") => {
                if start.elapsed() > SLED_LOCK_PATIENCE {
                    return Err(StoreError::InUse { path: path.to_owned() });
                }
                thread::sleep(SLED_LOCK_PAUSE);
            }
            other => return other,
        }
    }
}

/// What the tree says it is, if all rows bear it out; `None` for an empty tree.
fn verify(tree: &Tree) -> Result<Option<Meta>, StoreError> {
    let Some(value) = tree.get(META_KEY)? else {
        return match tree.range(Vec::new(), Vec::new()).next() {
            None => Ok(None),
            Some(row) => row.and_then(|_| Err(tree.content("it doesn't say what it should hold".to_owned()))),
        };
    };
    let meta = Meta::decode(&value).map_err(|what| tree.content(what))?;
    let mut counted = Meta::EMPTY;
    let mut rows_of: BTreeMap<u8, u64> = BTreeMap::new();
    for row in tree.range(rows::after(META_KEY), Vec::new()) {
        let (key, value) = row?;
        let kind = key.first().copied().unwrap_or(kind::META);
        if PRIMARY.contains(&kind) && kind != kind::MEMBER {
            rows::checked(&value).map_err(|what| tree.content(what))?;
        }
        *rows_of.entry(kind).or_default() += 1;
        counted.add_row(&key, &value);
    }
    let of = |kind: u8| rows_of.get(&kind).copied().unwrap_or(0);
    let is_counted = |kind: &Kind| kind.counted.is_none_or(|counted| counted(&meta.counts) == of(kind.byte));
    let adds_up = KINDS.iter().all(is_counted)
        && meta.counts.refused_cards == of(kind::REFUSED)
        && meta.revocations == of(kind::REVOCATION);
    if !adds_up || (counted.rows, counted.sum) != (meta.rows, meta.sum) {
        let what = format!("it holds {} rows that are not the {} it should hold", counted.rows, meta.rows);
        return Err(tree.content(what));
    }
    Ok(Some(meta))
}
