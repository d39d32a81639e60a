//! What a line has to write, one file after the other, on a thread for blocking: the line itself never waits for the disk.

use std::collections::VecDeque;
use std::fmt;
use std::future::pending;
use std::path::PathBuf;
use std::time::Duration;

use panel_protocol::osdp::cp::DeviceIdentity;
use panel_protocol::osdp::secure::Scbk;
use tokio::sync::oneshot;
use tokio::task::{JoinHandle, spawn_blocking};

use super::keys::KeyError;
use super::limits::WAITING_FILES;
use super::{identity_file, keys, works};
use crate::links::InstallError;

/// Work on files, and what it comes to.
pub(super) type Job = Box<dyn FnOnce() -> Kept + Send>;

/// Makes a new key for a device.
pub(super) fn begin(device: usize, path: PathBuf, span: Duration, done: Done) -> Job {
    Box::new(move || Kept::Begun { device, span, key: keys::begin(&path), done })
}

/// Makes a new key for a device that has one.
pub(super) fn rotate(device: usize, path: PathBuf, done: works::Done) -> Job {
    Box::new(move || Kept::NewKey { device, key: keys::begin(&path), done })
}

/// Ends a change of key.
pub(super) fn end(device: usize, path: PathBuf, worked: bool) -> Job {
    Box::new(move || {
        let ended = if worked { keys::finish(&path) } else { keys::give_up(&path) };
        Kept::Ended { device, worked, ended }
    })
}

/// Keeps which device has the key of that file.
pub(super) fn remember(path: PathBuf, identity: DeviceIdentity) -> Job {
    Box::new(move || {
        if let Err(error) = identity_file::write(&path, &identity) {
            not_remembered(&error);
        }
        Kept::Remembered
    })
}

/// Where to say whether install mode was opened.
pub(super) type Done = oneshot::Sender<Result<(), InstallError>>;

/// What came of it.
#[derive(Debug)]
pub(super) enum Kept {
    /// A new key for a device is on the disk, so it may be given to the device.
    Begun { device: usize, span: Duration, key: Result<Scbk, KeyError>, done: Done },
    /// The same for a device that has one already.
    NewKey { device: usize, key: Result<Scbk, KeyError>, done: works::Done },
    /// The key that worked is in its place, or the one that didn't is gone.
    Ended { device: usize, worked: bool, ended: Result<(), KeyError> },
    /// Which device has a key, as well as that could be kept.
    Remembered,
}

/// One job runs at a time, so that those of one device never overtake each other.
#[derive(Debug, Default)]
pub(super) struct Keeper {
    running: Option<JoinHandle<Kept>>,
    waiting: VecDeque<Waiting>,
}

struct Waiting(Job);

impl fmt::Debug for Waiting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Waiting")
    }
}

impl Keeper {
    /// Whether it takes no more for now.
    pub(super) fn is_full(&self) -> bool {
        self.waiting.len() >= WAITING_FILES
    }

    /// Has a job done after those before it; false if there are too many. To be called within a runtime.
    pub(super) fn add(&mut self, job: Job) -> bool {
        if self.running.is_none() {
            self.running = Some(spawn_blocking(job));
        } else if self.is_full() {
            return false;
        } else {
            self.waiting.push_back(Waiting(job));
        }
        true
    }

    /// Whether anything is still to be done.
    pub(super) const fn is_busy(&self) -> bool {
        self.running.is_some()
    }

    /// Waits until the next job is done; for ever while there is none. May be abandoned.
    pub(super) async fn done(&mut self) -> Kept {
        loop {
            let Some(running) = &mut self.running else { return pending().await };
            let kept = running.await;
            self.running = self.waiting.pop_front().map(|Waiting(job)| spawn_blocking(job));
            match kept {
                Ok(kept) => return kept,
                Err(error) => tracing::error!(%error, "a key file could not be worked on"),
            }
        }
    }
}

/// Which device a controller is could not be kept.
pub(super) fn not_remembered(error: &dyn fmt::Display) {
    tracing::error!(
        %error,
        "which device a controller is can't be kept: one that is swapped while the service is stopped will not be noticed"
    );
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    fn remembered(kept: &Kept) -> bool {
        matches!(kept, Kept::Remembered)
    }

    #[tokio::test]
    async fn jobs_are_done_in_order_however_long_the_disk_takes() {
        let mut keeper = Keeper::default();
        let (disk, slow) = mpsc::channel::<()>();
        let (order, done) = mpsc::channel();
        let first = order.clone();
        assert!(keeper.add(Box::new(move || {
            let _ = slow.recv(); // until the test drops the disk
            let _ = first.send(1);
            Kept::Remembered
        })));
        for _ in 0..WAITING_FILES {
            let next = order.clone();
            assert!(keeper.add(Box::new(move || {
                let _ = next.send(2);
                Kept::Remembered
            })));
        }
        assert!(keeper.is_full() && !keeper.add(Box::new(|| Kept::Remembered)));
        tokio::select! {
            biased;
            _ = keeper.done() => panic!("the disk still works on the first"),
            () = std::future::ready(()) => {}
        }
        drop((disk, order));
        let mut count = 0;
        while keeper.is_busy() {
            assert!(remembered(&keeper.done().await));
            count += 1;
        }
        assert_eq!(count, WAITING_FILES + 1);
        assert_eq!(done.iter().next(), Some(1));
    }

    #[tokio::test]
    async fn a_job_that_panics_does_not_stop_the_next() {
        let mut keeper = Keeper::default();
        keeper.add(Box::new(|| panic!("on purpose")));
        keeper.add(Box::new(|| Kept::Remembered));
        assert!(remembered(&keeper.done().await));
        assert!(!keeper.is_busy());
    }
}
