//! How far a journal is known to have been on the disk: a small file that says "everything up to this record was
//! flushed". It is written after each flush and not flushed itself, so whichever version of it survives a power cut is
//! true, and what it says is the least that was answered.
//!
//! Two slots are written in turn, each a sector of its own: a write that the power interrupts spoils one of them.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use crate::store::disk;
use crate::store::error::StoreError;

/// Bytes from one slot to the other: no sector has both.
const SLOT_BYTES: u64 = 4096;
/// `sequence u64 | crc u32`, little endian.
const LEN: usize = 12;

/// The file, while its journal is written.
#[derive(Debug)]
pub(super) struct Mark {
    path: PathBuf,
    file: File,
    /// Where the next one goes.
    slot: u64,
}

/// What the file at `path` says. `None` when there is none; 0 when nothing in it can be believed.
pub(super) fn read(path: &Path) -> Result<Option<u64>, StoreError> {
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(StoreError::io("open", path)(error)),
    };
    let slots = [slot(&file, 0), slot(&file, 1)];
    Ok(Some(slots.into_iter().flatten().max().unwrap_or(0)))
}

impl Mark {
    /// Has the file say `sequence`, and be there after a power cut.
    pub(super) fn begin(path: &Path, sequence: u64) -> Result<Self, StoreError> {
        let open = || {
            let mut options = OpenOptions::new();
            let file = options.create(true).truncate(false).read(true).write(true).mode(0o600).open(path)?;
            // The one that says more goes first: between the two, nothing is claimed that isn't so.
            let newer = u64::from(slot(&file, 1) > slot(&file, 0));
            for number in [newer, 1 - newer] {
                file.write_all_at(&encode(sequence), number * SLOT_BYTES)?;
                file.sync_data()?;
            }
            Ok(file)
        };
        let file = open().map_err(StoreError::io("write", path))?;
        path.parent().map_or(Ok(()), disk::sync_dir)?;
        Ok(Self { path: path.to_owned(), file, slot: 0 })
    }

    /// Everything up to `sequence` is on the disk. Failing to say so loses evidence and nothing else.
    pub(super) fn note(&mut self, sequence: u64) {
        if let Err(error) = self.file.write_all_at(&encode(sequence), self.slot * SLOT_BYTES) {
            tracing::warn!(%error, file = %self.path.display(), "how far the journal was flushed can't be noted");
        }
        self.slot = 1 - self.slot;
    }
}

impl Drop for Mark {
    fn drop(&mut self) {
        // What isn't flushed now is flushed by the system soon.
        let _ = self.file.sync_data();
    }
}

fn encode(sequence: u64) -> [u8; LEN] {
    let mut bytes = [0; LEN];
    bytes[..8].copy_from_slice(&sequence.to_le_bytes());
    bytes[8..].copy_from_slice(&crc32c::crc32c(&sequence.to_le_bytes()).to_le_bytes());
    bytes
}

/// What a slot says, if it checks.
fn slot(file: &File, number: u64) -> Option<u64> {
    let mut bytes = [0; LEN];
    file.read_exact_at(&mut bytes, number * SLOT_BYTES).ok()?;
    let sequence = u64::from_le_bytes(*bytes.first_chunk()?);
    // Zeros, as a file has them that was made longer, check by no accident: the sum of 0 is not 0.
    (bytes == encode(sequence)).then_some(sequence)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn a_mark_outlives_the_loss_of_either_slot_and_claims_nothing_that_was_not_noted() {
        let dir = tempfile::TempDir::new().unwrap();
        let path = dir.path().join("durable");
        assert_eq!(read(&path).unwrap(), None);
        let mut mark = Mark::begin(&path, 7).unwrap();
        assert_eq!(read(&path).unwrap(), Some(7));
        for sequence in [8, 9] {
            mark.note(sequence);
            assert_eq!(read(&path).unwrap(), Some(sequence));
        }
        let whole = fs::read(&path).unwrap();
        for (torn, says) in [(0, 9), (SLOT_BYTES as usize, 8)] {
            for byte in torn..torn + LEN {
                let mut bytes = whole.clone();
                bytes[byte] ^= 0x40;
                fs::write(&path, &bytes).unwrap();
                assert_eq!(read(&path).unwrap(), Some(says), "{byte}");
            }
        }
        for bytes in [Vec::new(), vec![0; 5_000], vec![0xFF; 5_000], whole[..LEN - 1].to_vec()] {
            fs::write(&path, bytes).unwrap();
            assert_eq!(read(&path).unwrap(), Some(0));
        }
        Mark::begin(&path, 3).unwrap();
        assert_eq!(read(&path).unwrap(), Some(3), "what is begun anew may say less");
    }
}
