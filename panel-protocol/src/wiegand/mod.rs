//! Card formats: what the bits of a card mean.
//!
//! A format is data: where facility code and card number lie, which bits are fixed, and which guard others. Bit 0 is
//! the first on the wire, the most significant. A length never identifies a format and checks only ever reject, so the
//! format is chosen by whoever knows the cards: [`readings`] tells what a card could be, and decides nothing.
//!
//! [`Format`] reads and composes cards of any length up to [`MAX_BITS`] as [`CardBits`], those of up to 64 bits as
//! [`Credential`](crate::credential::Credential) too. [`FORMATS`] has them all. Keypads that send their keys over the
//! same wires are in [`keypad`].

mod bits;
mod check;
mod field;
mod format;
pub mod keypad;
mod reading;
pub mod table;

pub use bits::{CardBits, CardBitsError, MAX_BITS};
pub use check::{Checksum, Parity, ParityBit};
pub use field::Field;
pub use format::{Confidence, Format, FormatError};
pub use reading::{DEFAULT_OEM, Part, Reading};
pub use table::{FORMATS, H10301};

/// Everything that a card could say: each format whose length, fixed bits and checks it fits.
///
/// The likeliest come first: formats that account for every bit, among them those that guard some, then the more
/// common ones. Formats that the wire can't tell apart are all there.
pub fn readings(card: CardBits) -> impl Iterator<Item = (&'static Format, Reading)> {
    let fitting = move |exact: bool| {
        let read = move |format: &'static Format| Some((format, format.read(card).ok()?));
        FORMATS.iter().filter_map(read).filter(move |(format, _)| format.is_exact(card) == exact)
    };
    fitting(true).chain(fitting(false))
}
