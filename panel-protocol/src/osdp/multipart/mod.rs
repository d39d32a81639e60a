//! Messages longer than a frame, sent as fragments (OSDP 2.2, 5.10).
//!
//! A [`Fragment`] names the whole message's length and its own place in it. [`Fragments`] cuts a message up, an
//! [`Assembler`] puts it together again: in order, without gaps, and never more than it has room for. PIVDATAR, GENAUTH,
//! GENAUTHR, CRAUTH and CRAUTHR consist of fragments; a vendor may use them inside MFG and MFGREP.
//!
//! Nothing here knows which message a fragment belongs to, nor sends or asks for one.

mod assembler;
mod fragment;

pub use assembler::{Assembled, Assembler, AssemblyError};
pub use fragment::{Fragment, Fragments, SplitError};

pub(super) use fragment::Head;

#[cfg(test)]
mod tests;
