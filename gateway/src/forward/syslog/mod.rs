//! A syslog receiver over TCP or TLS (RFC 5424, 5425, 6587).
//!
//! Nothing acknowledges a message: it counts as taken when it was written and not refused. So a read is always pending, a
//! connection that ends or says anything is a failure, and what was written shortly before is written again.

pub(super) mod framing;
pub(super) mod message;

use std::collections::VecDeque;
use std::io;
use std::sync::Arc;
use std::time::Instant;

use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, ReadHalf, WriteHalf, split};
use tokio::net::TcpStream;
use tokio::task::JoinHandle;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;

use super::deliveries::Outcome;
use super::limits::{ANSWER_WITHIN, MAX_UNCERTAIN, REFUSED_WITHIN, UNCERTAIN_FOR};
use super::receiver::SyslogReceiver;
use super::told::Told;
use message::{Sender, message};

/// A stream in clear or inside TLS.
trait Stream: AsyncRead + AsyncWrite + Send + Sync + Unpin {}
impl<S: AsyncRead + AsyncWrite + Send + Sync + Unpin> Stream for S {}

/// Sends to one syslog receiver.
pub(super) struct Syslog {
    receiver: SyslogReceiver,
    sender: Sender,
    tls: Option<Arc<ClientConfig>>,
    open: Option<Connection>,
    /// What was written within the last moments.
    uncertain: VecDeque<(Instant, Vec<u8>)>,
}

/// An open connection.
struct Connection {
    write: WriteHalf<Box<dyn Stream>>,
    /// Ends with why, when the receiver ends it or says anything.
    refused: JoinHandle<String>,
}

impl Syslog {
    pub(super) fn new(receiver: SyslogReceiver, sender: Sender, tls: Option<Arc<ClientConfig>>) -> Self {
        Self { receiver, sender, tls, open: None, uncertain: VecDeque::new() }
    }

    /// Sends a batch.
    pub(super) async fn send(&mut self, told: &[Told]) -> Outcome {
        let messages: Vec<Vec<u8>> = told.iter().map(|told| message(&self.sender, told)).collect();
        let why = match timeout(ANSWER_WITHIN, self.write(&messages)).await {
            Ok(Ok(())) => {
                self.remember(messages);
                return Outcome::Taken;
            }
            Ok(Err(error)) => error.to_string(),
            Err(_) => format!("nothing could be written within {} s", ANSWER_WITHIN.as_secs()),
        };
        Outcome::Unavailable { why, wait: None }
    }

    /// A connection is taken out while it is written to: what is cut off in the middle of a message ends it.
    async fn write(&mut self, messages: &[Vec<u8>]) -> io::Result<()> {
        let framing = self.receiver.framing;
        let mut bytes = Vec::new();
        let (mut open, is_new) = match self.open.take().filter(|open| !open.refused.is_finished()) {
            Some(open) => (open, false),
            None => (Connection::open(&self.receiver, self.tls.clone()).await?, true),
        };
        if is_new {
            let now = Instant::now();
            let uncertain = self.uncertain.iter().filter(|(at, _)| now.duration_since(*at) < UNCERTAIN_FOR);
            uncertain.for_each(|(_, message)| framing.write(message, &mut bytes));
        }
        messages.iter().for_each(|message| framing.write(message, &mut bytes));
        open.write.write_all(&bytes).await?;
        open.write.flush().await?;
        if is_new {
            open.not_refused().await?;
        }
        self.open = Some(open);
        Ok(())
    }

    fn remember(&mut self, messages: Vec<Vec<u8>>) {
        let now = Instant::now();
        self.uncertain.extend(messages.into_iter().map(|message| (now, message)));
        let is_old = |at: &Instant| now.duration_since(*at) >= UNCERTAIN_FOR;
        while self.uncertain.len() > MAX_UNCERTAIN || self.uncertain.front().is_some_and(|(at, _)| is_old(at))
        {
            self.uncertain.pop_front();
        }
    }

    /// Ends the connection in order.
    pub(super) async fn close(&mut self) {
        if let Some(mut open) = self.open.take() {
            // The receiver may have gone already; then there is nothing to end.
            let _ = timeout(REFUSED_WITHIN, open.write.shutdown()).await;
        }
    }
}

impl Connection {
    async fn open(receiver: &SyslogReceiver, tls: Option<Arc<ClientConfig>>) -> io::Result<Self> {
        let stream = TcpStream::connect((receiver.host.as_str(), receiver.port)).await?;
        let stream: Box<dyn Stream> = match tls {
            None => Box::new(stream),
            Some(tls) => {
                let name = ServerName::try_from(receiver.host.clone());
                let name =
                    name.map_err(|_| io::Error::other("its name is none that a certificate can have"))?;
                Box::new(TlsConnector::from(tls).connect(name, stream).await?)
            }
        };
        let (read, write) = split(stream);
        Ok(Self { write, refused: tokio::spawn(refusal(read)) })
    }

    /// With TLS 1.3, whether our certificate is taken shows at the first read only.
    async fn not_refused(&mut self) -> io::Result<()> {
        match timeout(REFUSED_WITHIN, &mut self.refused).await {
            Err(_) => Ok(()),
            Ok(why) => Err(io::Error::other(why.unwrap_or_else(|_| "the connection has ended".to_owned()))),
        }
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.refused.abort();
    }
}

/// Returns when the receiver ends the connection or says anything, with why.
async fn refusal(mut read: ReadHalf<Box<dyn Stream>>) -> String {
    let mut said = [0; 64];
    match read.read(&mut said).await {
        Ok(0) => "it ended the connection".to_owned(),
        Ok(_) => "it answered, and no syslog receiver does".to_owned(),
        Err(error) => error.to_string(),
    }
}
