//! The only clocks of the service. Everything pure gets time as an argument.

use std::time::Instant;

use jiff::Timestamp;
use panel_protocol::time::Micros;

/// Calendar time.
pub fn now() -> Timestamp {
    Timestamp::now()
}

/// A clock that never goes back, from 0 at its making.
#[derive(Clone, Copy, Debug)]
pub struct Monotonic(Instant);

impl Monotonic {
    /// Starts it.
    pub fn start() -> Self {
        Self(Instant::now())
    }

    /// Microseconds since its start.
    pub fn micros(&self) -> Micros {
        Micros(u64::try_from(self.0.elapsed().as_micros()).unwrap_or(u64::MAX))
    }

    /// Whole seconds since its start.
    pub fn seconds(&self) -> u64 {
        self.0.elapsed().as_secs()
    }
}
