//! OSDP lines: one task each, between a serial port and the controllers' operations.
//!
//! The rules of the wire are in [`panel_protocol::osdp::cp`], those of card tables in [`crate::sync`]; here are the
//! port, the clock, the key files, and the loop that joins them. A link sees bytes for a controller and bytes back, and
//! never decides what to send: it asks its [`PanelClient`] when a controller's turn has come.
//!
//! [`line`] makes a line's task and the handle to it. `line_task` is the loop, `driver` joins CP and client, `port` is
//! the serial port, `timer` a clock fine enough for it, `tap` lets others listen, [`key_file`] and [`keys`] the secure
//! channel's keys, `identity_file` which device had them last. [`scan`] finds devices on a line that nobody serves yet.

mod driver;
mod event;
mod identity_file;
pub mod key_file;
pub mod keys;
mod line_task;
mod port;
pub mod scan;
mod status;
mod tap;
mod timer;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use panel_protocol::osdp::reply::Reply;
use tokio::sync::{Notify, broadcast, mpsc, oneshot, watch};

pub use line_task::LineTask;
pub use status::{LineStatus, PanelStatus};
use tap::Tap;

use crate::domain::{Became, LineId, LinkCondition};
use crate::osdpcap::Record;
use crate::sync::Demand;

/// Every bound of this module.
pub mod limits {
    use std::time::Duration;

    /// Most bytes that are read before the loop looks at everything else again.
    pub const READ_LEN: usize = 4096;

    /// Orders of the operator that wait for a line's task.
    pub const PENDING_ORDERS: usize = 16;

    /// Longest time that a port may take to accept a frame; after it, it counts as gone.
    pub const WRITE_TIMEOUT: Duration = Duration::from_secs(3);

    /// First pause before a port that can't be opened is tried again; each is twice the one before.
    pub const REOPEN_FIRST: Duration = Duration::from_millis(250);

    /// Longest such pause.
    pub const REOPEN_CAP: Duration = Duration::from_secs(5);

    /// A controller that refuses an operation is given no other for this long.
    pub const REFUSED_PAUSE: Duration = Duration::from_secs(1);

    /// A controller for which there was demand and then no operation that fits is not asked about for this long.
    pub const IDLE_PAUSE: Duration = Duration::from_millis(10);

    /// Records that wait for a listener at a line's tap; one that is slower loses the oldest.
    pub const TAPPED_RECORDS: usize = 1024;

    /// A line's status is renewed this often at most, but for events.
    pub const STATUS_INTERVAL: Duration = Duration::from_millis(500);

    /// Longest time that install mode may be open.
    pub const MAX_INSTALL_TIME: Duration = Duration::from_secs(3600);
}

/// Who knows what to send to controllers, and wants to know what comes of it. Its methods are called on the line's task:
/// they are short and never block on anything but a short lock.
pub trait PanelClient: Send + Sync {
    /// Whether it has something for this controller, and how much it hurries.
    fn demand(&self, controller: usize) -> Demand;

    /// Writes the next operation for this controller to `to`, which is as long as the controller and the line allow;
    /// how many bytes, `None` if there is nothing to send after all. Then comes exactly one
    /// [`answer`](Self::answer) or [`failed`](Self::failed).
    fn next_operation(&self, controller: usize, to: &mut [u8]) -> Option<usize>;

    /// The answer to the operation.
    fn answer(&self, controller: usize, bytes: &[u8]);

    /// The operation will not be answered, and nobody knows whether it was carried out; or it was refused.
    fn failed(&self, controller: usize);

    /// What a controller told without being asked.
    fn told(&self, controller: usize, reply: &Reply<'_>);

    /// What a controller became.
    fn became(&self, controller: usize, became: &Became);

    /// How the line is, when that changes.
    fn link(&self, condition: &LinkCondition);
}

/// One line as the installer describes it.
#[derive(Clone, Debug)]
pub struct LineSetup {
    /// Its name.
    pub id: LineId,
    /// The serial device.
    pub port: PathBuf,
    /// Bits a second.
    pub baud: u32,
    /// Its controllers, 32 at most.
    pub panels: Vec<PanelSetup>,
}

/// One controller of a line.
#[derive(Clone, Debug)]
pub struct PanelSetup {
    /// What the client calls it.
    pub controller: usize,
    /// Its address, 0 to 126.
    pub address: u8,
    /// Where its key is, or will be.
    pub key_file: PathBuf,
}

/// Why install mode was not opened.
#[derive(Debug, thiserror::Error)]
pub enum InstallError {
    /// The line has no such controller.
    #[error("the line has no such controller")]
    Unknown,
    /// Longer than an hour, or no time at all.
    #[error("install mode can be opened for a second to an hour")]
    TooLong,
    /// The new key could not be kept, and so must not be given away.
    #[error("the new key can't be kept: {0}")]
    Key(#[from] keys::KeyError),
    /// The line's task has ended, or has too much to do.
    #[error("the line does not take orders now; try again")]
    Busy,
}

/// What the operator wants of a line.
#[derive(Debug)]
enum Order {
    Install { controller: usize, span: Duration, done: oneshot::Sender<Result<(), InstallError>> },
}

/// A line's task from outside.
#[derive(Clone, Debug)]
pub struct LineHandle {
    wake: Arc<Notify>,
    orders: mpsc::Sender<Order>,
    status: watch::Receiver<LineStatus>,
    listeners: broadcast::Sender<Record>,
}

/// Makes a line's task, to be spawned, and the handle to it.
pub fn line(setup: LineSetup, client: Arc<dyn PanelClient>) -> (LineHandle, LineTask) {
    let wake = Arc::new(Notify::new());
    let (orders, inbox) = mpsc::channel(limits::PENDING_ORDERS);
    let (publisher, status) = watch::channel(LineStatus::new(setup.id.clone()));
    let (tap, listeners) = Tap::new();
    let handle = LineHandle { wake: Arc::clone(&wake), orders, status, listeners };
    (handle, LineTask::new(setup, client, wake, inbox, publisher, tap))
}

impl LineHandle {
    /// Tells the line that a controller's demand has grown, so that it need not find out at the next poll.
    pub fn wake(&self) {
        self.wake.notify_one();
    }

    /// By the operator's word alone: lets a controller have a new key during `span`, even one that still has the key
    /// it was delivered with.
    ///
    /// # Errors
    /// When it could not be opened; then nothing has changed.
    pub async fn open_install_mode(&self, controller: usize, span: Duration) -> Result<(), InstallError> {
        if span.is_zero() || span > limits::MAX_INSTALL_TIME {
            return Err(InstallError::TooLong);
        }
        let (done, answer) = oneshot::channel();
        let order = Order::Install { controller, span, done };
        self.orders.try_send(order).map_err(|_| InstallError::Busy)?;
        answer.await.unwrap_or(Err(InstallError::Busy))
    }

    /// Every byte of the line from now on, as it passes, but for keys. Whoever is slow loses the oldest records.
    pub fn listen(&self) -> broadcast::Receiver<Record> {
        self.listeners.subscribe()
    }

    /// The line and its controllers, as they stood at most half a second ago.
    pub fn status(&self) -> watch::Receiver<LineStatus> {
        self.status.clone()
    }
}

#[cfg(test)]
mod tests;
