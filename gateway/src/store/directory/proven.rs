//! Hints: up to which revision each controller has proven its table. Not journaled and gone after a rebuild; a hint that
//! is missing costs a question to the controller, nothing else.

use std::collections::BTreeMap;

use super::{Directory, locked};
use crate::domain::{ControllerId, Revision};
use crate::store::error::StoreError;

/// Revision and CRC of name and revision.
const VALUE_LEN: usize = 12;

/// sled's tree of hints.
const TREE: &str = "proven";

impl Directory {
    /// Remembers that a controller has proven everything up to `revision`.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn set_proven(&self, controller: &ControllerId, revision: Revision) -> Result<(), StoreError> {
        let name = controller.as_str().as_bytes();
        let value = encode(name, revision);
        self.inner.tree.with_side_tree(TREE, |tree| tree.insert(name, value.as_slice())).map(|_| ())
    }

    /// What controllers had proven when it was last remembered. Hints that don't check, or that speak of revisions
    /// which the directory doesn't have, are left out.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn proven(&self) -> Result<BTreeMap<ControllerId, Revision>, StoreError> {
        let newest = locked(&self.inner.state.meta).revision;
        let rows = self.inner.tree.with_side_tree(TREE, |tree| tree.iter().collect::<Result<Vec<_>, _>>())?;
        let hints = rows.iter().filter_map(|(name, value)| decode(name, value));
        Ok(hints.filter(|(_, revision)| *revision <= newest).collect())
    }
}

fn encode(name: &[u8], revision: Revision) -> [u8; VALUE_LEN] {
    let mut value = [0; VALUE_LEN];
    value[..8].copy_from_slice(&revision.0.to_le_bytes());
    let crc = crc32c::crc32c_append(crc32c::crc32c(name), &value[..8]);
    value[8..].copy_from_slice(&crc.to_le_bytes());
    value
}

fn decode(name: &[u8], value: &[u8]) -> Option<(ControllerId, Revision)> {
    let revision = Revision(u64::from_le_bytes(*value.first_chunk::<8>()?));
    (value == encode(name, revision)).then_some(())?;
    let controller = std::str::from_utf8(name).ok()?.parse().ok()?;
    Some((controller, revision))
}
