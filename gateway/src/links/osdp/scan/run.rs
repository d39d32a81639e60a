//! A scan on a real port: read, feed, drain, write, wait. No rules in here.

use std::future::Future;
use std::io;
use std::path::Path;
use std::pin::pin;
use std::time::Duration;

use super::{Event, Occupied, Output, Plan, Scan};
use crate::links::osdp::limits::READ_LEN;
use crate::links::osdp::timer::{Timer, now};
use crate::links::serial_port::Port;

/// How a scan came to its end.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Ended {
    /// Everything was asked.
    Complete,
    /// It was stopped.
    Stopped,
}

/// Why a scan could not go on.
#[derive(Debug, thiserror::Error)]
pub enum ScanError {
    /// The port is another program's.
    #[error("{0}")]
    InUse(io::Error),
    /// The port can't be had, or has gone.
    #[error(transparent)]
    Port(#[from] io::Error),
    /// Somebody else speaks on the line.
    #[error(transparent)]
    Occupied(#[from] Occupied),
}

/// Scans the line behind `port` until all is asked or `stop` is ready. `tell` hears each event with the time that is
/// left, if nobody else answers.
///
/// # Errors
/// When the port can't be had, or another CP speaks.
pub async fn run(
    port: &Path,
    plan: Plan,
    mut tell: impl FnMut(&Event, Duration),
    stop: impl Future<Output = ()>,
) -> Result<Ended, ScanError> {
    let mut port = open(port, plan.rates.first().copied().unwrap_or_default())?;
    let mut timer = Timer::new()?;
    let mut scan = Scan::new(plan);
    let mut stop = pin!(stop);
    let mut buffer = vec![0; READ_LEN];
    loop {
        let until = match scan.next(now()) {
            Output::SetBaud(baud) => {
                port.set_baud(baud)?;
                continue;
            }
            Output::Transmit(frame) => {
                port.write(&frame).await?;
                continue;
            }
            Output::Event(event) => {
                tell(&event, scan.remaining());
                continue;
            }
            Output::Wait(until) => until,
            Output::Done(outcome) => return outcome.map(|()| Ended::Complete).map_err(ScanError::from),
        };
        tokio::select! {
            biased;
            () = stop.as_mut() => return Ok(Ended::Stopped),
            read = port.read(&mut buffer) => scan.handle(now(), &buffer[..read?]),
            timed = timer.until(Some(until)) => timed?,
        }
    }
}

fn open(path: &Path, baud: u32) -> Result<Port, ScanError> {
    Port::open(path, baud).map_err(|error| match error.kind() {
        io::ErrorKind::ResourceBusy => ScanError::InUse(error),
        _ => ScanError::Port(error),
    })
}
