//! Reading the whole log, link by link, whether or not a service has it open. Changes nothing.

use std::path::Path;

use super::link::{self, Hash};
use super::{KIND, LoggedAudit};
use crate::store::error::StoreError;
use crate::store::journal;

/// What a whole chain is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Verified {
    /// The number of the oldest entry that is kept; older ones have gone by their age.
    pub first: u64,
    /// How many there are.
    pub count: u64,
    /// The hash of the newest, worth noting down elsewhere; `None` while there is none.
    pub newest: Option<Hash>,
}

/// Where a chain breaks.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("entry {number}: {what}")]
pub struct Broken {
    /// The first entry that doesn't hold.
    pub number: u64,
    /// What is wrong with it.
    pub what: String,
}

/// Goes through all of it.
///
/// # Errors
/// With the first link that doesn't hold.
pub fn verify(dir: &Path) -> Result<Verified, Broken> {
    read(dir, |_| ())
}

/// The same, and hands each entry over once its link holds.
///
/// # Errors
/// With the first link that doesn't hold.
pub fn read(dir: &Path, mut each: impl FnMut(LoggedAudit)) -> Result<Verified, Broken> {
    let mut chain = Chain { first: None, next: 0, newest: None };
    let walked = journal::read_whole(dir, KIND, |number, payload| {
        each(chain.follow(number, payload)?);
        Ok(())
    });
    let next = chain.first.map_or(1, |_| chain.next);
    match walked {
        Ok(()) => {}
        Err(Walked::Broken(broken)) => return Err(broken),
        Err(Walked::Store(error)) => return Err(Broken { number: next, what: error.to_string() }),
    }
    let first = chain.first.unwrap_or(1);
    Ok(Verified { first, count: next - first, newest: chain.newest })
}

/// Why a walk ended early.
#[derive(Debug)]
enum Walked {
    Broken(Broken),
    Store(StoreError),
}

impl From<StoreError> for Walked {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

/// What has been gone through.
struct Chain {
    first: Option<u64>,
    next: u64,
    newest: Option<Hash>,
}

impl Chain {
    fn follow(&mut self, number: u64, payload: &[u8]) -> Result<LoggedAudit, Walked> {
        let broken = |what: String| Walked::Broken(Broken { number, what });
        let link = link::read(payload).map_err(broken)?;
        let before = self.newest.or((number == 1).then_some(link::BEGINNING));
        if before.is_some_and(|before| before != link.previous) {
            return Err(broken("it doesn't follow the entry before it".to_owned()));
        }
        self.first.get_or_insert(number);
        (self.next, self.newest) = (number + 1, Some(link.hash));
        Ok(LoggedAudit { number, previous: link.previous, hash: link.hash, entry: link.entry })
    }
}
