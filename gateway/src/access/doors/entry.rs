//! Keys that somebody types at a reader, one after the other, until an entry is complete. They may be a PIN: they are
//! shown nowhere and overwritten when they are done with.

use std::collections::BTreeMap;
use std::fmt;

use panel_protocol::time::Micros;
use zeroize::Zeroizing;

use super::limits::{ENTRY_TIMEOUT, MAX_ENTRY_KEYS};
use crate::domain::ReaderPlace;

/// The entries that are being typed, at most one for each reader.
#[derive(Debug, Default)]
pub(super) struct Entries(BTreeMap<ReaderPlace, Entry>);

struct Entry {
    keys: Zeroizing<String>,
    last: Micros,
}

impl Entries {
    /// Keys come. How many the entry has, if `#` or their number ends it; `*` begins it anew.
    pub(super) fn pressed(&mut self, now: Micros, reader: ReaderPlace, keys: &str) -> Option<u8> {
        let entry = self.0.entry(reader).or_insert_with(|| Entry::new(now));
        if now.since(entry.last) > ENTRY_TIMEOUT {
            *entry = Entry::new(now);
        }
        entry.last = now;
        for key in keys.chars() {
            match key {
                '#' => return self.take(reader),
                '*' => entry.keys.clear(),
                digit => entry.keys.push(digit),
            }
            if entry.keys.len() >= MAX_ENTRY_KEYS {
                return self.take(reader);
            }
        }
        None
    }

    /// An entry that nobody goes on with.
    pub(super) fn over(&mut self, now: Micros) -> Option<(ReaderPlace, u8)> {
        let over = |entry: &Entry| now.since(entry.last) >= ENTRY_TIMEOUT;
        let reader = *self.0.iter().find(|(_, entry)| over(entry))?.0;
        Some((reader, self.take(reader)?))
    }

    pub(super) fn deadline(&self) -> Option<Micros> {
        self.0.values().map(|entry| entry.last + ENTRY_TIMEOUT).min()
    }

    fn take(&mut self, reader: ReaderPlace) -> Option<u8> {
        let entry = self.0.remove(&reader)?;
        u8::try_from(entry.keys.len()).ok()
    }
}

impl Entry {
    /// Room for all keys at once: a text that grows leaves copies behind.
    fn new(now: Micros) -> Self {
        Self { keys: Zeroizing::new(String::with_capacity(MAX_ENTRY_KEYS)), last: now }
    }
}

impl fmt::Debug for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Entry({} keys)", self.keys.len())
    }
}
