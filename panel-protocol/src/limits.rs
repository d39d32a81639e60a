//! Every bound of this crate, in one place.

/// Longest OSDP frame, SOM to check (OSDP 2.2, 5.9: ceiling of the length field's use).
pub const MAX_FRAME_LEN: usize = 1440;

/// Shortest receive buffer that a device must have (OSDP 2.2, 5.6).
pub const MIN_FRAME_LEN: usize = 128;

/// Most polled devices on one line that Gatehouse takes on (RS-485 unit loads).
pub const MAX_PDS_PER_LINE: usize = 32;

/// Most readers of one controller.
pub const MAX_READERS: usize = 16;

/// Buckets a card table's digest is made of.
pub const BUCKETS: usize = 256;
