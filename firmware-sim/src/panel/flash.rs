//! A panel's flash image: up to 100,000 rows that outlive a loss of power.

use std::collections::BTreeMap;
use std::ops::Bound::{Excluded, Included};

use panel_protocol::credential::Credential;
use panel_protocol::table::{Row, RowStore, TableFull, bucket_of};

/// Rows by bucket and credential.
#[derive(Debug)]
pub(crate) struct Flash {
    rows: BTreeMap<(u8, Credential), Row>,
    capacity: u32,
}

impl Flash {
    /// An empty image for `capacity` rows.
    pub(super) const fn new(capacity: u32) -> Self {
        Self { rows: BTreeMap::new(), capacity }
    }
}

const fn key(credential: Credential) -> (u8, Credential) {
    (bucket_of(credential), credential)
}

impl RowStore for Flash {
    fn get(&self, credential: Credential) -> Option<Row> {
        self.rows.get(&key(credential)).copied()
    }

    fn put(&mut self, row: Row) -> Result<Option<Row>, TableFull> {
        let key = key(row.credential);
        if self.len() >= self.capacity && !self.rows.contains_key(&key) {
            return Err(TableFull);
        }
        Ok(self.rows.insert(key, row))
    }

    fn remove(&mut self, credential: Credential) -> Option<Row> {
        self.rows.remove(&key(credential))
    }

    fn len(&self) -> u32 {
        u32::try_from(self.rows.len()).unwrap_or(u32::MAX)
    }

    fn capacity(&self) -> u32 {
        self.capacity
    }

    fn next_in_bucket(&self, bucket: u8, after: Option<Credential>) -> Option<Row> {
        let first = Credential::new(1, 0).expect("one bit is a credential");
        let from = match after {
            Some(after) => Excluded((bucket, after)),
            None => Included((bucket, first)),
        };
        let (found, row) = self.rows.range((from, std::ops::Bound::Unbounded)).next()?;
        (found.0 == bucket).then_some(*row)
    }
}

#[cfg(test)]
mod tests {
    use panel_protocol::table::{CardTable, DigestKey, SortedRows};

    use super::*;

    fn card(raw: u64) -> Credential {
        Credential::new(26, raw).unwrap()
    }

    #[test]
    fn a_full_image_takes_changes_but_no_new_rows() {
        let mut flash = Flash::new(2);
        flash.put(Row::new(card(1), 0)).unwrap();
        flash.put(Row::new(card(2), 0)).unwrap();
        assert_eq!(flash.put(Row::new(card(3), 0)), Err(TableFull));
        assert_eq!(flash.put(Row::new(card(2), 5)), Ok(Some(Row::new(card(2), 0))));
        assert_eq!((flash.len(), flash.get(card(2))), (2, Some(Row::new(card(2), 5))));
    }

    #[test]
    fn it_holds_and_lists_what_the_firmwares_own_store_does() {
        let mut flash = CardTable::<_, 1>::new(Flash::new(400), DigestKey::new([7; 16]));
        let mut sorted = CardTable::<_, 1>::new(SortedRows::<400>::new(), DigestKey::new([7; 16]));
        for step in 0..2_000u64 {
            let credential = card(step * 7_919 % 499);
            if step % 3 == 0 {
                assert_eq!(flash.remove(credential), sorted.remove(credential));
            } else {
                let row = Row::new(credential, u16::try_from(step % 5).unwrap());
                assert_eq!(flash.put(row), sorted.put(row));
            }
            assert_eq!(flash.digest(), sorted.digest());
        }
        for bucket in 0..=u8::MAX {
            let mut after = None;
            loop {
                let next = flash.next_in_bucket(bucket, after);
                assert_eq!(next, sorted.next_in_bucket(bucket, after));
                let Some(row) = next else { break };
                after = Some(row.credential);
            }
        }
    }
}
