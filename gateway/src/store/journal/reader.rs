//! Reading a journal while another thread may be writing it: only records up to a given one are looked at.

use std::path::Path;

use super::Kind;
use super::segment::{Records, Segment};
use crate::store::error::{RESTORE, StoreError};

/// A record as it is read back.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Entry {
    /// Its number.
    pub sequence: u64,
    /// What it carries.
    pub payload: Vec<u8>,
}

/// Calls `each` for the records `from..=to` in order, as far as they are kept, until it says `false`.
///
/// # Errors
/// When a record in that range is damaged or missing, or `each` fails.
pub fn read(
    dir: &Path,
    kind: Kind,
    from: u64,
    to: u64,
    mut each: impl FnMut(u64, &[u8]) -> Result<bool, StoreError>,
) -> Result<(), StoreError> {
    let segments = Segment::list(dir)?;
    let start = segments.iter().rposition(|segment| segment.first <= from).unwrap_or(0);
    let mut expected = segments.get(start).map_or(from, |segment| segment.first);
    for segment in &segments[start..] {
        if segment.first > to {
            return Ok(());
        }
        if segment.first != expected {
            let what = format!("record {expected} is in none of the segments");
            return Err(StoreError::Missing { path: dir.to_owned(), what, remedy: RESTORE });
        }
        match each_of(segment, kind, from, to, &mut each)? {
            Some(next) => expected = next,
            None => return Ok(()),
        }
    }
    Ok(())
}

/// Calls `each` for every record that there is, in order.
///
/// # Errors
/// When a record is damaged or missing, an end is not that of a record, or `each` fails.
pub(in crate::store) fn read_whole<E: From<StoreError>>(
    dir: &Path,
    kind: Kind,
    mut each: impl FnMut(u64, &[u8]) -> Result<(), E>,
) -> Result<(), E> {
    let segments = if dir.is_dir() { Segment::list(dir)? } else { Vec::new() };
    let mut expected = segments.first().map_or(1, |segment| segment.first);
    for segment in &segments {
        if segment.first != expected {
            let what = format!("record {expected} is in none of the segments");
            return Err(StoreError::Missing { path: dir.to_owned(), what, remedy: RESTORE }.into());
        }
        let bytes = segment.read()?;
        segment.check_header(kind, &bytes)?;
        let mut records = Records::new(&bytes, segment.first);
        for record in records.by_ref() {
            each(record.sequence, record.payload)?;
        }
        segment.broken(&records).map_or(Ok(()), Err)?;
        expected = records.expected;
    }
    Ok(())
}

/// Up to `count` records, the newest at or before `to` first.
///
/// # Errors
/// When one of them is damaged or missing.
pub fn read_newest_first(dir: &Path, kind: Kind, to: u64, count: usize) -> Result<Vec<Entry>, StoreError> {
    let from = to.saturating_sub(count as u64).saturating_add(1);
    let mut entries = Vec::new();
    read(dir, kind, from, to, |sequence, payload| {
        entries.push(Entry { sequence, payload: payload.to_vec() });
        Ok(true)
    })?;
    entries.reverse();
    Ok(entries)
}

/// Reads one segment. `None` when there is nothing more to read, else the record that the next segment begins with.
fn each_of(
    segment: &Segment,
    kind: Kind,
    from: u64,
    to: u64,
    each: &mut impl FnMut(u64, &[u8]) -> Result<bool, StoreError>,
) -> Result<Option<u64>, StoreError> {
    let bytes = segment.read()?;
    segment.check_header(kind, &bytes)?;
    let mut records = Records::new(&bytes, segment.first);
    while records.expected <= to {
        let Some(record) = records.next() else { break };
        if record.sequence >= from && !each(record.sequence, record.payload)? {
            return Ok(None);
        }
    }
    if records.expected > to {
        return Ok(None);
    }
    segment.broken(&records).map_or(Ok(Some(records.expected)), Err)
}
