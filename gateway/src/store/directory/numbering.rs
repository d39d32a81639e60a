//! Hints: by which numbers each controller knows its profiles, and all of them the hours in these. Not journaled and gone after a
//! rebuild; a hint that is missing costs the controllers' rows being written anew, nothing else.

use std::collections::BTreeMap;

use super::Directory;
use crate::domain::ControllerId;
use crate::store::error::StoreError;

/// CRC of name and content, before the content.
const CRC_LEN: usize = 4;

/// sled's tree of hints.
const TREE: &str = "numbering";

/// The one of those that are the same for all controllers, and what it stands under there.
const SITE_TREE: &str = "site-numbering";
const HOURS: &[u8] = b"hours";

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

    /// Remembers the numbers of hours, whose bytes mean nothing here.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn set_hour_numbers(&self, numbers: &[u8]) -> Result<(), StoreError> {
        let value = encode(HOURS, numbers);
        self.inner.tree.with_side_tree(SITE_TREE, |tree| tree.insert(HOURS, value)).map(|_| ())
    }

    /// What was last remembered of them; nothing if that doesn't check.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn hour_numbers(&self) -> Result<Vec<u8>, StoreError> {
        let value = self.inner.tree.with_side_tree(SITE_TREE, |tree| tree.get(HOURS))?;
        Ok(value.and_then(|value| checked(HOURS, &value).map(<[u8]>::to_vec)).unwrap_or_default())
    }
}

fn encode(name: &[u8], numbering: &[u8]) -> Vec<u8> {
    let crc = crc32c::crc32c_append(crc32c::crc32c(name), numbering);
    [&crc.to_le_bytes(), numbering].concat()
}

fn decode(name: &[u8], value: &[u8]) -> Option<(ControllerId, Vec<u8>)> {
    let numbering = checked(name, value)?;
    Some((std::str::from_utf8(name).ok()?.parse().ok()?, numbering.to_vec()))
}

fn checked<'a>(name: &[u8], value: &'a [u8]) -> Option<&'a [u8]> {
    let (_, content) = value.split_at_checked(CRC_LEN)?;
    (value == encode(name, content)).then_some(content)
}
