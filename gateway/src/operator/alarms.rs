//! What people do about alarms.

use futures_util::future::BoxFuture;

use super::Actor;
use crate::domain::{AlarmDeed, AlarmDeedError, AlarmNumber};
use crate::views::AlarmView;

/// Takes what people do about alarms.
pub trait HandleAlarm: Send + Sync {
    /// Acknowledges, comments, mutes or unmutes an alarm, and gives it as it is then. When it is done, it is durable.
    ///
    /// # Errors
    /// When it was not done; nothing has changed then.
    fn handle_alarm(
        &self,
        number: AlarmNumber,
        deed: AlarmDeed,
        actor: &Actor,
    ) -> BoxFuture<'_, Result<AlarmView, AlarmError>>;
}

/// Why nothing was done.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum AlarmError {
    /// It makes no sense.
    #[error("{0}")]
    Refused(#[from] AlarmDeedError),
    /// It can't be kept on the disk.
    #[error("what you did can't be kept, so it is not done")]
    Unavailable,
}
