//! A link from outside, and the end of it that its task holds. The same for every kind of link.

use std::sync::Arc;
use std::time::{Duration, Instant};

use panel_protocol::door::Signal;
use tokio::sync::{Notify, broadcast, mpsc, oneshot, watch};

use super::limits::{MAX_ACTUATION, MAX_INSTALL_TIME, PENDING_ORDERS, TAPPED_RECORDS};
use super::status::LinkStatus;
use super::tending::{TendError, Tended, Tending, Wish};
use crate::domain::LineId;
use crate::domain::osdpcap::Record;

/// A link from outside.
#[derive(Clone, Debug)]
pub struct LinkHandle {
    wake: Arc<Notify>,
    orders: mpsc::Sender<Order>,
    status: watch::Receiver<LinkStatus>,
    listeners: broadcast::Sender<Record>,
}

/// What a link's task holds of its handles.
#[derive(Debug)]
pub struct LinkEnd {
    /// Notified when a device's demand has grown.
    pub wake: Arc<Notify>,
    /// What operators want. Whatever is not done is answered all the same.
    pub orders: mpsc::Receiver<Order>,
    /// Where the link publishes how it stands.
    pub status: watch::Sender<LinkStatus>,
    /// Who wants to see what passes.
    pub listeners: broadcast::Sender<Record>,
}

/// What an operator, or a decision, wants of a link.
#[derive(Debug)]
pub enum Order {
    /// To let a device have a new key during `span`.
    Install {
        /// Which device.
        device: usize,
        /// For how long.
        span: Duration,
        /// Where to say what came of it.
        done: oneshot::Sender<Result<(), InstallError>>,
    },
    /// To switch an output.
    Actuate {
        /// Which, and for how long.
        actuation: Actuation,
        /// Where to say what came of it.
        done: oneshot::Sender<Result<(), ActuateError>>,
    },
    /// To show people something at a reader.
    Show(Showing),
    /// What an installer wants of one device.
    Tend(Tending),
}

/// Something to be shown at a reader, by whatever lights, tones and texts it has. What comes too late is not shown.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Showing {
    /// Which device.
    pub device: usize,
    /// Which of its readers, from 0.
    pub reader: u8,
    /// What.
    pub signal: Signal,
    /// After this it is not sent any more.
    pub deadline: Instant,
}

/// What an output shall do.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Switch {
    /// Be on for so long; the device's own timer ends it, whatever becomes of the link.
    OnFor(Duration),
    /// Be off at once, whatever its timer says.
    Off,
}

/// An output to be switched. It is never kept beyond its deadline, nor over the loss of its device: a door
/// must not open when nobody expects it any more.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Actuation {
    /// Which device.
    pub device: usize,
    /// Which of its outputs, from 0.
    pub output: u8,
    /// What it shall do.
    pub switch: Switch,
    /// After this it is not sent any more.
    pub deadline: Instant,
}

/// Why install mode was not opened.
#[derive(Debug, thiserror::Error)]
pub enum InstallError {
    /// The link has no such device.
    #[error("the line has no such controller")]
    Unknown,
    /// It is used without secure channel, by the installer's word.
    #[error(
        "it is used without secure channel, so it takes no key; take `secure = false` out of the configuration first"
    )]
    InClear,
    /// It is a device without keys.
    #[error("it is an I/O board, which has no key")]
    NoKey,
    /// Nothing can be sent to it, or its kind knows no keys.
    #[error("a device of this kind takes no key")]
    NoKeys,
    /// Longer than an hour, or no time at all.
    #[error("install mode can be opened for a second to an hour")]
    TooLong,
    /// The new key could not be kept, and so must not be given away.
    #[error("the new key can't be kept: {0}")]
    Key(String),
    /// Its devices are given what they need by hand.
    #[error("no key is set over its link; `gateway enrol --controller` on the box prints what it needs")]
    ByHand,
    /// The link's task has ended, or has too much to do.
    #[error("the line does not take orders now; try again")]
    Busy,
}

/// Why an output was not switched, or may not have been.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum ActuateError {
    /// The link has no such device.
    #[error("the line has no such controller")]
    Unknown,
    /// No time at all, or longer than a device's timer runs.
    #[error("an output can be switched for a tenth of a second to {} s", MAX_ACTUATION.as_secs())]
    Span,
    /// The device can't be reached now.
    #[error("the controller is not online")]
    NotOnline,
    /// Its deadline passed before it could be sent.
    #[error("it could not be sent in time, and is not sent any more")]
    TooLate,
    /// The device refused it; its reason.
    #[error("the controller refused it: {0}")]
    Refused(String),
    /// It was sent, and nobody knows whether it was carried out.
    #[error("the controller did not confirm it, and may or may not have done it")]
    Unconfirmed,
    /// The link's task has ended, or has too much to do.
    #[error("the line does not take orders now; try again")]
    Busy,
}

impl LinkHandle {
    /// The two ends of a link that has not begun.
    pub fn new(id: LineId) -> (Self, LinkEnd) {
        let wake = Arc::new(Notify::new());
        let (orders, inbox) = mpsc::channel(PENDING_ORDERS);
        let (publisher, status) = watch::channel(LinkStatus::new(id));
        let listeners = broadcast::Sender::new(TAPPED_RECORDS);
        let end = LinkEnd {
            wake: Arc::clone(&wake),
            orders: inbox,
            status: publisher,
            listeners: listeners.clone(),
        };
        (Self { wake, orders, status, listeners }, end)
    }

    /// Tells the link that a device's demand has grown, so that it need not find out by itself.
    pub fn wake(&self) {
        self.wake.notify_one();
    }

    /// By the operator's word alone: lets a device have a new key during `span`, even one that still has the key it was
    /// delivered with.
    ///
    /// # Errors
    /// When it could not be opened; then nothing has changed.
    pub async fn open_install_mode(&self, device: usize, span: Duration) -> Result<(), InstallError> {
        if span.is_zero() || span > MAX_INSTALL_TIME {
            return Err(InstallError::TooLong);
        }
        let (done, answer) = oneshot::channel();
        self.orders.try_send(Order::Install { device, span, done }).map_err(|_| InstallError::Busy)?;
        answer.await.unwrap_or(Err(InstallError::Busy))
    }

    /// Switches an output, unless that can't be begun before the deadline.
    ///
    /// # Errors
    /// When it was not done. Only [`Unconfirmed`](ActuateError::Unconfirmed) leaves open whether it was.
    pub async fn actuate(&self, actuation: Actuation) -> Result<(), ActuateError> {
        self.begin(actuation)?.await.unwrap_or(Err(ActuateError::Busy))
    }

    /// The same for a thread that can't wait: the answer comes when it has been done, or is given up.
    ///
    /// # Errors
    /// When it is not even tried.
    pub fn begin(
        &self,
        actuation: Actuation,
    ) -> Result<oneshot::Receiver<Result<(), ActuateError>>, ActuateError> {
        if let Switch::OnFor(span) = actuation.switch
            && (span.as_millis() < 100 || span > MAX_ACTUATION)
        {
            return Err(ActuateError::Span);
        }
        let (done, answer) = oneshot::channel();
        self.orders.try_send(Order::Actuate { actuation, done }).map_err(|_| ActuateError::Busy)?;
        Ok(answer)
    }

    /// Shows people something at a reader, if the link has time for it before the deadline. Nobody is told whether.
    pub fn show(&self, showing: Showing) {
        drop(self.orders.try_send(Order::Show(showing)));
    }

    /// What an installer wants of one device. The answer comes when it is certain.
    ///
    /// # Errors
    /// When it is not even tried.
    pub fn tend(
        &self,
        device: usize,
        wish: Wish,
    ) -> Result<oneshot::Receiver<Result<Tended, TendError>>, TendError> {
        let (done, answer) = oneshot::channel();
        let tending = Tending { device, wish, done };
        self.orders.try_send(Order::Tend(tending)).map_err(|_| TendError::Busy)?;
        Ok(answer)
    }

    /// Everything that passes on the link from now on, but for keys. Whoever is slow loses the oldest records.
    pub fn listen(&self) -> broadcast::Receiver<Record> {
        self.listeners.subscribe()
    }

    /// The link and its devices, as they stood at most half a second ago.
    pub fn status(&self) -> watch::Receiver<LinkStatus> {
        self.status.clone()
    }
}
