//! What must hold for panel-protocol whatever comes: one check for each fuzz target.
//!
//! A check takes any bytes, makes of them what the world may do to the code, and panics when a promise is broken. The
//! targets in `fuzz_targets/` give it the fuzzer's bytes; the ordinary test `panel-protocol/tests/fuzz.rs` replays
//! `corpus/` and then goes on by itself. How a check reads its bytes may only be added to: what is in the corpus
//! shall go on meaning what it was kept for.

mod choices;
pub mod conversation;
pub mod deframer;
mod sound_frame;
pub mod table;

/// A check of any bytes; it panics when a promise is broken.
pub type Check = fn(&[u8]);

/// Every target: the name that its corpus bears, and its check.
pub const TARGETS: [(&str, Check); 3] =
    [("deframer", deframer::check), ("conversation", conversation::check), ("table", table::check)];
