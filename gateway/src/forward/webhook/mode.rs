//! How events are written into a message (CloudEvents HTTP binding).

/// How.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Mode {
    /// One event a message, all of it in the body.
    #[default]
    Structured,
    /// One event a message, its attributes as headers and its data in the body.
    Binary,
    /// Several events a message.
    Batch,
}
