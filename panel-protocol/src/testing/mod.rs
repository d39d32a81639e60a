//! One faulty line and one simulated device, for the tests, benches and fuzz targets of everybody who uses this crate.
//!
//! [`Line`] carries frames under a virtual clock, byte by byte at a baud rate, and lets happen to them what [`Faults`] say;
//! [`Device`] is a PD's machine with a power switch, a reply time and whatever handler is put behind it. Both are made of
//! numbers from a seed, so that what has gone wrong once goes wrong again. Needs `std`; never in firmware.

pub mod decisions;
mod device;
mod dice;
mod faults;
mod line;

pub use device::{Device, Said};
pub use dice::Dice;
pub use faults::{Disorder, Fate, Faults, Injector, Way};
pub use line::{Flight, Line, Sender};
