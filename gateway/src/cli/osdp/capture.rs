//! `gateway osdp capture`

use std::fs::{File, OpenOptions};
use std::io::{self, ErrorKind, IsTerminal, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, anyhow};
use clap::Args;
use jiff::SignedDuration;
use tokio::time::{Instant, MissedTickBehavior, interval, sleep_until};

use super::Failure;
use crate::cli::client::{Client, ClientError, Incoming};
use crate::cli::suggestion::meant;
use crate::cli::{SiteFile, asked, counted, tell};
use crate::config::{Config, NamedFiles};
use crate::domain::LineId;
use crate::service::Stop;

/// How often a terminal is shown how much there is.
const PROGRESS: Duration = Duration::from_millis(500);

/// Longest recording: after it the service ends the stream.
const LONGEST: SignedDuration = SignedDuration::from_hours(24);

/// Record what passes on a line of the running service, as OSDPCAP
///
/// Ends by Ctrl-C, after a time or before a size; every record is written as it comes, so nothing of it is lost. What is
/// encrypted on the wire stays so: `gateway osdp decode` opens it with the controllers' keys, for which the recording
/// has to begin before the controller's handshake. Commands that would show a new key (osdp_KEYSET) are left out.
#[derive(Args)]
#[command(after_help = "Examples:
  gateway osdp capture --line north --out north.osdpcap --for 60s
  gateway osdp capture --line north | gateway osdp decode --scbk-file keys/lobby.scbk")]
pub(super) struct Capture {
    #[command(flatten)]
    site: SiteFile,

    /// The line's id in the configuration
    #[arg(long, value_name = "ID")]
    line: String,

    /// A new file for the records [default: standard output]
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,

    /// How long, such as 60s, 10m or 1h, a day at most [default: until Ctrl-C]
    #[arg(long = "for", value_name = "TIME", value_parser = span)]
    span: Option<Duration>,

    /// Ends before the file has more bytes than this
    #[arg(long, value_name = "N")]
    max_bytes: Option<u64>,
}

/// Why the recording ended.
enum End {
    /// Somebody pressed Ctrl-C.
    Asked,
    /// The time is over.
    Time,
    /// One more record would be too much.
    Size,
    /// The service does not go on.
    Broken(ClientError),
    /// The service has ended it.
    Service,
}

/// Where records go, whole ones only.
struct Sink {
    to: Box<dyn Write>,
    max_bytes: u64,
    records: usize,
    bytes: u64,
    /// A record of which the end has not come.
    begun: Vec<u8>,
}

impl Capture {
    pub(super) fn run(&self) -> Result<(), Failure> {
        let config = self.site.load(NamedFiles::Ignored)?;
        let line = self.known_line(&config)?;
        let path = format!("/api/v1/lines/{line}/capture");
        asked(&config, async |client: &Client| {
            let incoming = client.stream(&path).await?;
            Ok(self.record(incoming).await)
        })?
    }

    /// The configuration's name for the line.
    fn known_line<'a>(&self, config: &'a Config) -> Result<&'a LineId, Failure> {
        let known = || config.lines.iter().map(|line| &line.id);
        known().find(|id| id.as_str() == self.line).ok_or_else(|| {
            let file = config.file.display();
            let near = meant(&self.line, known().map(LineId::as_str));
            Failure::Usage(format!("--line: no line in {file} has the id \"{}\"{near}", self.line))
        })
    }

    async fn record(&self, incoming: Incoming) -> Result<(), Failure> {
        let mut stop = Stop::listen().map_err(anyhow::Error::from)?;
        let mut sink = Sink::open(self.out.as_deref(), self.max_bytes)?;
        let how_to_end = if self.span.is_some() { "" } else { "; Ctrl-C ends it" };
        tell(format_args!("recording line {}{how_to_end}", self.line));
        let end = self.pour(incoming, &mut sink, &mut stop).await?;
        let what = format!("{} of line {}", counted(sink.records, "record"), self.line);
        match &self.out {
            Some(path) => tell(format_args!("{what} in {}", path.display())),
            None => tell(what),
        }
        match end {
            End::Asked | End::Time | End::Size => Ok(()),
            End::Broken(error) => {
                Err(anyhow::Error::new(error).context("the recording was cut short").into())
            }
            End::Service => Err(anyhow!("the service has ended the recording").into()),
        }
    }

    /// Writes what comes until the end, whichever it is.
    async fn pour(&self, mut incoming: Incoming, sink: &mut Sink, stop: &mut Stop) -> Result<End, Failure> {
        let until = self.span.map(|span| Instant::now() + span);
        let over = async {
            match until {
                Some(until) => sleep_until(until).await,
                None => std::future::pending().await,
            }
        };
        tokio::pin!(over);
        let mut shown = interval(PROGRESS);
        shown.set_missed_tick_behavior(MissedTickBehavior::Skip);
        let shows = self.out.is_some() && io::stderr().is_terminal();
        loop {
            let heard = tokio::select! {
                biased;
                () = stop.wait() => return Ok(End::Asked),
                () = &mut over => return Ok(End::Time),
                heard = incoming.next() => heard,
                _ = shown.tick(), if shows => {
                    sink.show();
                    continue;
                }
            };
            match heard {
                Ok(Some(bytes)) => {
                    if !sink.take(&bytes)? {
                        return Ok(End::Size);
                    }
                }
                Ok(None) => return Ok(End::Service),
                Err(error) => return Ok(End::Broken(error)),
            }
        }
    }
}

impl Sink {
    fn open(path: Option<&Path>, max_bytes: Option<u64>) -> Result<Self, Failure> {
        let to: Box<dyn Write> = match path {
            Some(path) => Box::new(create(path)?),
            None => Box::new(io::stdout()),
        };
        let max_bytes = max_bytes.unwrap_or(u64::MAX);
        Ok(Self { to, max_bytes, records: 0, bytes: 0, begun: Vec::new() })
    }

    /// Takes what has come, and writes every record that is whole. False: there is no room for the next.
    fn take(&mut self, bytes: &[u8]) -> Result<bool, Failure> {
        self.begun.extend_from_slice(bytes);
        while let Some(end) = self.begun.iter().position(|byte| *byte == b'\n') {
            let len = (end + 1) as u64;
            if self.bytes.saturating_add(len) > self.max_bytes {
                return Ok(false);
            }
            let record: Vec<u8> = self.begun.drain(..=end).collect();
            self.write(&record)?;
            self.bytes += len;
            self.records += 1;
        }
        Ok(true)
    }

    fn write(&mut self, record: &[u8]) -> Result<(), Failure> {
        match self.to.write_all(record).and_then(|()| self.to.flush()) {
            Ok(()) => Ok(()),
            Err(error) if error.kind() == ErrorKind::BrokenPipe => Err(Failure::OutputClosed),
            Err(error) => Err(anyhow::Error::new(error).context("a record can't be written").into()),
        }
    }

    fn show(&self) {
        let records = counted(self.records, "record");
        // There is nowhere to complain if that fails.
        let _ = write!(io::stderr(), "\r{records}, {} bytes ", self.bytes);
    }
}

/// A new file for its owner's eyes: what is in it may be opened with keys.
fn create(path: &Path) -> Result<File, Failure> {
    let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
    match file {
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Err(Failure::Usage(format!(
            "--out: {} is there already and is not overwritten; give another name or remove it",
            path.display()
        ))),
        file => Ok(file.with_context(|| format!("{} can't be written", path.display()))?),
    }
}

/// A time such as `60s` or `10m`.
fn span(text: &str) -> Result<Duration, String> {
    let span = text.parse::<SignedDuration>().ok().filter(|span| span.is_positive() && *span <= LONGEST);
    span.map(SignedDuration::unsigned_abs)
        .ok_or_else(|| "give a time such as 60s, 10m or 1h; a day at most".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_in_seconds_minutes_and_hours() {
        for (text, seconds) in [("60s", 60), ("10m", 600), ("1h", 3600), ("1h 30m", 5400), ("24h", 86_400)] {
            assert_eq!(span(text), Ok(Duration::from_secs(seconds)), "{text}");
        }
        for text in ["", "60", "0s", "-5s", "25h", "soon"] {
            assert!(span(text).is_err(), "{text}");
        }
    }

    #[test]
    fn only_whole_records_are_written_and_none_above_the_limit() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("line.osdpcap");
        let mut sink = Sink::open(Some(&path), Some(9)).unwrap_or_else(|_| panic!("a file"));
        let mut take = |bytes: &[u8]| sink.take(bytes).unwrap_or_else(|_| panic!("room on the disk"));
        assert!(take(b"on"));
        assert!(take(b"e\ntwo\nthr"));
        assert_eq!(std::fs::read(&path).unwrap(), b"one\ntwo\n");
        assert!(!take(b"ee\n"));
        assert_eq!(std::fs::read(&path).unwrap(), b"one\ntwo\n");
    }
}
