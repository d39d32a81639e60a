//! Recording what passes on a line.

use futures_util::stream::BoxStream;

use super::Actor;
use crate::domain::LineId;
use crate::domain::osdpcap::Record;

/// Lets people listen to a line.
pub trait CaptureLine: Send + Sync {
    /// Everything that passes on a line from now on, but for keys; never ends by itself. Whoever implements this also
    /// records `actor`.
    ///
    /// # Errors
    /// When there is no such line, or nothing passes on it yet.
    fn capture(&self, line: &LineId, actor: &Actor) -> Result<BoxStream<'static, Record>, CaptureError>;
}

/// Why a line can't be recorded.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum CaptureError {
    /// The configuration names no such line.
    #[error("there is no line {0}")]
    UnknownLine(LineId),
    /// Its task is not there yet.
    #[error("line {0} has not started")]
    NotStarted(LineId),
}
