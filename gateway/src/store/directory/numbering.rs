//! Hints: by which numbers each controller knows its profiles. Not journaled and gone after a rebuild; a hint that is missing
//! costs the controller's rows being written anew, nothing else.

use std::collections::BTreeMap;

use super::Directory;
use crate::domain::ControllerId;
use crate::store::error::StoreError;

/// CRC of name and content, before the content.
const CRC_LEN: usize = 4;

/// sled's tree of hints.
const TREE: &str = "numbering";

impl Directory {
    /// Remembers a controller's numbering, whose bytes mean nothing here.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn set_numbering(&self, controller: &ControllerId, numbering: &[u8]) -> Result<(), StoreError> {
        let name = controller.as_str().as_bytes();
        let value = encode(name, numbering);
        self.inner.tree.with_side_tree(TREE, |tree| tree.insert(name, value)).map(|_| ())
    }

    /// What was last remembered. Hints that don't check are left out.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn numbering(&self) -> Result<BTreeMap<ControllerId, Vec<u8>>, StoreError> {
        let rows = self.inner.tree.with_side_tree(TREE, |tree| tree.iter().collect::<Result<Vec<_>, _>>())?;
        Ok(rows.iter().filter_map(|(name, value)| decode(name, value)).collect())
    }
}

fn encode(name: &[u8], numbering: &[u8]) -> Vec<u8> {
    let crc = crc32c::crc32c_append(crc32c::crc32c(name), numbering);
    [&crc.to_le_bytes(), numbering].concat()
}

fn decode(name: &[u8], value: &[u8]) -> Option<(ControllerId, Vec<u8>)> {
    let (_, numbering) = value.split_at_checked(CRC_LEN)?;
    (value == encode(name, numbering)).then_some(())?;
    Some((std::str::from_utf8(name).ok()?.parse().ok()?, numbering.to_vec()))
}
