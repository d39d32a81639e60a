//! A line's bytes for whoever records them.

use futures_util::StreamExt;
use futures_util::stream::BoxStream;
use tokio_stream::wrappers::BroadcastStream;
use tokio_stream::wrappers::errors::BroadcastStreamRecvError;

use super::clock;
use super::running::Site;
use crate::domain::LineId;
use crate::domain::osdpcap::Record;
use crate::operator::{Actor, CaptureError, CaptureLine};

impl CaptureLine for Site {
    /// A listener that is too slow is told how much it has lost.
    fn capture(&self, line: &LineId, actor: &Actor) -> Result<BoxStream<'static, Record>, CaptureError> {
        let at = self.config.lines.iter().position(|known| known.id == *line);
        let at = at.ok_or_else(|| CaptureError::UnknownLine(line.clone()))?;
        let handle = self.link(at).ok_or_else(|| CaptureError::NotStarted(line.clone()))?;
        tracing::warn!(%line, ?actor, "the line is being recorded");
        let records = BroadcastStream::new(handle.listen()).map(|heard| match heard {
            Ok(record) => record,
            Err(BroadcastStreamRecvError::Lagged(lost)) => Record::note(
                clock::now(),
                format!("{lost} records are missing here: the recorder was too slow"),
            ),
        });
        Ok(records.boxed())
    }
}
