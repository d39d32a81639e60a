//! Events about people and cards that a cloud system sends: one vocabulary, whichever way they come.
//!
//! `cloud` reads CloudEvents, `vocabulary` what they say; `merge` adds that to what the sender has said before, by the
//! sender's own revisions, and `plan` makes the directory say the same. [`Intake`] is the way through all of them.
//!
//! Events may come in any order and more than once. A source changes those people alone whom it gave.

pub mod cloud;
mod intake;
pub mod limits;
mod merge;
mod plan;
#[cfg(test)]
mod tests;
pub mod vocabulary;

pub use cloud::Sent;
pub use intake::{Answered, DeadLetter, Intake, NotTaken, Note, Noted, count};
pub use plan::{Done, Outcome};
