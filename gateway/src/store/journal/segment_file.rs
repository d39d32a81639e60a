//! The file of the segment that is being written.

use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use super::options::Kind;
use super::segment::{Extent, Segment};
use crate::store::disk;
use crate::store::error::StoreError;

/// Makes a segment with its header; both are on the disk when this returns.
pub(super) fn create(dir: &Path, segment: &Segment, kind: Kind) -> Result<File, StoreError> {
    let make = || {
        let _ = fs::remove_file(&segment.path);
        let mut file = OpenOptions::new().append(true).create(true).mode(0o600).open(&segment.path)?;
        file.write_all(&segment.header(kind))?;
        file.sync_all()?;
        Ok(file)
    };
    let file = make().map_err(StoreError::io("create", &segment.path))?;
    disk::sync_dir(dir)?;
    Ok(file)
}

/// Opens a segment for appending after its last good record.
pub(super) fn reopen(segment: &Segment, extent: &Extent) -> Result<File, StoreError> {
    let open = || {
        let file = OpenOptions::new().append(true).open(&segment.path)?;
        if extent.torn > 0 {
            file.set_len(extent.end)?;
            file.sync_all()?;
        }
        Ok(file)
    };
    open().map_err(StoreError::io("open", &segment.path))
}
