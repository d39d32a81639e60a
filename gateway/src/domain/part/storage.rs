//! The directory's writer, and the disk under it.

use super::Level;

/// How changes are kept, where not all is well.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum StorageCondition {
    /// The disk is nearly full.
    DiskLow {
        /// What is left.
        free_bytes: u64,
    },
    /// The disk has no room: no change can be kept.
    DiskFull {
        /// What is left.
        free_bytes: u64,
    },
    /// The directory's writer can't keep changes for another reason.
    WriterFailing {
        /// What the system says.
        why: String,
    },
    /// Whether the last changes were kept can't be told: the service ends, so that it is started anew.
    Unknown {
        /// What the system says.
        why: String,
    },
    /// Changes are kept, and what is read may be older.
    DirectoryBehind {
        /// What the system says.
        why: String,
    },
    /// A part of the directory was lost and could not be brought back.
    DirectoryIncomplete {
        /// What is known of the loss, and how to accept it.
        why: String,
    },
}

impl StorageCondition {
    /// How bad it is.
    pub(super) const fn level(&self) -> Level {
        match self {
            Self::DiskLow { .. } => Level::Attention,
            Self::DiskFull { .. }
            | Self::WriterFailing { .. }
            | Self::Unknown { .. }
            | Self::DirectoryBehind { .. }
            | Self::DirectoryIncomplete { .. } => Level::Problem,
        }
    }

    /// What is wrong, what that means and what to do.
    pub(super) fn sentence(&self) -> String {
        match self {
            Self::DiskLow { free_bytes } => format!(
                "The disk of the data folder is nearly full: {} are free. Make room before changes can't be kept.",
                size(*free_bytes)
            ),
            Self::DiskFull { free_bytes } => format!(
                "The disk of the data folder is full: {} are free. Changes are refused, revocations too, until there \
                 is room; it goes on by itself then.",
                size(*free_bytes)
            ),
            Self::WriterFailing { why } => format!(
                "The directory can't keep changes: {why}. Changes are refused, revocations too, until it can; look at \
                 the disk of the data folder."
            ),
            Self::Unknown { why } => format!(
                "Whether the last changes are on the disk can't be told: {why}. The service ends now, so that it is \
                 started anew; nobody was told that they are kept. Look at the disk of the data folder."
            ),
            Self::DirectoryBehind { why } => format!(
                "Changes are kept, and pages and identity providers may read older ones: {why}. It is tried again; a \
                 restart rebuilds it."
            ),
            Self::DirectoryIncomplete { why } => why.clone(),
        }
    }
}

/// `12.3 GB`, `140.0 MB`, `0 bytes`.
fn size(bytes: u64) -> String {
    let tenths = |unit: u64| format!("{}.{}", bytes / unit, bytes % unit * 10 / unit);
    match bytes {
        0..1_000_000 => format!("{bytes} bytes"),
        1_000_000..1_000_000_000 => format!("{} MB", tenths(1_000_000)),
        _ => format!("{} GB", tenths(1_000_000_000)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_told_to_a_tenth_of_their_unit() {
        assert_eq!([size(999), size(1_250_000), size(12_345_000_000)], ["999 bytes", "1.2 MB", "12.3 GB"]);
    }
}
