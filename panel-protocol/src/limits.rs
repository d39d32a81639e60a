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

/// Most intervals of one schedule, holidays' hours among them: what one operation of the card-table commands carries.
pub const MAX_INTERVALS: usize = 20;

/// Most holidays of one calendar: single days, days of every year, and spans.
pub const MAX_HOLIDAYS: usize = 25;

/// Most clock changes that a controller keeps: eight years where clocks change twice a year.
pub const MAX_CLOCK_CHANGES: usize = 17;

/// Fewest digits of a PIN.
pub const MIN_PIN_LEN: usize = 4;

/// Most digits of a PIN.
pub const MAX_PIN_LEN: usize = 8;

/// Schedules that a panel takes, and calendars, unless it says otherwise.
pub const PANEL_SCHEDULES: usize = 32;

/// Cards of which a panel remembers where they went and their wrong PINs, unless it says otherwise.
pub const PANEL_MEMORY: usize = 64;
