//! What a plan knows besides the directory that it is shown.

use jiff::Timestamp;

use crate::domain::{Origin, Revision};

/// When a change is made, as which revision, and by whose word.
#[derive(Clone, Copy, Debug)]
pub struct Moment<'a> {
    /// When.
    pub at: Timestamp,
    /// The revision that the change would get.
    pub revision: Revision,
    /// Who causes it.
    pub by: &'a Origin,
}
