//! To whom events are forwarded, as the installer says.

use std::fmt;
use std::path::PathBuf;

use super::syslog::framing::Framing;
use super::webhook::address::Place;
use super::webhook::mode::Mode;
use crate::domain::ForwarderId;

/// One receiver of events.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Forwarder {
    /// Its name.
    pub id: ForwarderId,
    /// Who it is.
    pub to: Receiver,
    /// How much of a card it is told.
    pub cards: ShownCards,
}

/// How much of a card's number is told.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum ShownCards {
    /// Its end.
    #[default]
    Masked,
    /// All of it.
    Full,
}

/// Who takes events.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Receiver {
    /// An HTTP server, by Standard Webhooks with CloudEvents.
    Webhook(WebhookReceiver),
    /// A syslog receiver, by RFC 5424 over TCP or TLS.
    Syslog(SyslogReceiver),
}

/// An HTTP server.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct WebhookReceiver {
    /// Where.
    pub place: Place,
    /// A file with the secret that messages are signed with; two lines while it is changed. `None`: they are not signed.
    pub secret_file: Option<PathBuf>,
    /// How events are written.
    pub mode: Mode,
    /// How it is believed, where its address begins with `https`.
    pub tls: TlsFiles,
}

/// A syslog receiver.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SyslogReceiver {
    /// Its name or IP address.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// `None`: in clear.
    pub tls: Option<TlsFiles>,
    /// How messages are told apart.
    pub framing: Framing,
}

/// Whose certificates are believed, and what is shown to the receiver.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct TlsFiles {
    /// The authorities that are believed, PEM; `None`: the system's.
    pub ca: Option<PathBuf>,
    /// Our certificate and its key, both PEM.
    pub client: Option<(PathBuf, PathBuf)>,
}

impl Receiver {
    /// The files that TLS needs; `None` where there is no TLS.
    pub fn tls(&self) -> Option<&TlsFiles> {
        match self {
            Self::Webhook(webhook) => webhook.place.is_secure().then_some(&webhook.tls),
            Self::Syslog(syslog) => syslog.tls.as_ref(),
        }
    }
}

impl fmt::Display for Receiver {
    /// What it is and where, without anything secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Webhook(webhook) => write!(f, "webhook {}", webhook.place.host()),
            Self::Syslog(SyslogReceiver { host, port, tls, .. }) => {
                let wire = if tls.is_some() { "TLS" } else { "in clear" };
                write!(f, "syslog {host}:{port}, {wire}")
            }
        }
    }
}
