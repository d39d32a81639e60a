//! The lines' own threads: nothing but links runs on them, so that no page, no disk and no search of the directory keeps a
//! frame waiting. Their priority is raised where the system permits.

use std::io;
use std::sync::{Arc, Once};

use futures_util::future::BoxFuture;
use rustix::process::{Resource, getrlimit, setpriority_process};
use tokio::runtime::{Builder, Runtime};
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::site::Site;

/// Makes the link of that number in the configuration, gives the site its handle, and returns what serves it until the
/// service stops. Called where waiting for the disk is allowed.
pub type MakeLink = dyn Fn(&Arc<Site>, usize, watch::Receiver<bool>) -> BoxFuture<'static, ()> + Send + Sync;

/// Most threads. Lines wait for wires nearly all the time.
const MAX_THREADS: usize = 2;

/// Files that lines write at a time: keys, at an operator's word.
const FILE_THREADS: usize = 4;

/// The niceness that the lines ask for: well before everything ordinary.
const NICENESS: i32 = -10;

/// The links that run.
pub(super) struct Lines {
    runtime: Option<Runtime>,
    tasks: JoinSet<()>,
}

impl Lines {
    /// Starts all links of the configuration. Waits for the disk.
    ///
    /// # Errors
    /// When the system gives no threads.
    pub(super) fn start(
        site: &Arc<Site>,
        make: &MakeLink,
        stopped: &watch::Receiver<bool>,
    ) -> io::Result<Self> {
        let count = site.config().lines.len();
        let runtime = Builder::new_multi_thread()
            .worker_threads(count.clamp(1, MAX_THREADS))
            .max_blocking_threads(FILE_THREADS)
            .thread_name("line")
            .on_thread_start(raise_priority)
            .enable_all()
            .build()?;
        let mut tasks = JoinSet::new();
        for link in 0..count {
            tasks.spawn_on(make(site, link, stopped.clone()), runtime.handle());
        }
        Ok(Self { runtime: Some(runtime), tasks })
    }

    /// Waits until all links have ended, after they have been told to.
    pub(super) async fn ended(mut self) {
        while self.tasks.join_next().await.is_some() {}
    }
}

impl Drop for Lines {
    /// A runtime may not wait for its threads on another one's.
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

/// Puts this thread before ordinary ones, or says once that the system doesn't permit it.
fn raise_priority() {
    static TOLD: Once = Once::new();
    let raised = match may_ask() {
        true => setpriority_process(None, NICENESS).map_err(|error| error.to_string()),
        false => Err("it is not permitted".to_owned()),
    };
    if let Err(why) = raised {
        TOLD.call_once(|| {
            tracing::info!(
                "the lines run at ordinary priority: {why}; on a box that other programs keep busy, permit more by \
                 LimitNICE={NICENESS} in the service's unit"
            );
        });
    }
}

/// Whether asking can do no harm: a filter of system calls may end a program that asks for what its unit doesn't grant.
fn may_ask() -> bool {
    let granted = getrlimit(Resource::Nice)
        .current
        .is_none_or(|limit| limit >= 20 + u64::from(NICENESS.unsigned_abs()));
    granted || !is_filtered()
}

fn is_filtered() -> bool {
    let status = std::fs::read_to_string("/proc/thread-self/status").unwrap_or_default();
    !status.lines().any(|line| line.strip_prefix("Seccomp:").is_some_and(|mode| mode.trim() == "0"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thread_without_permission_goes_on_and_with_it_is_preferred() {
        let before = rustix::process::getpriority_process(None).unwrap();
        let after = std::thread::spawn(|| {
            raise_priority();
            rustix::process::getpriority_process(None).unwrap()
        });
        let after = after.join().unwrap();
        assert!(after == NICENESS || after == before, "niceness {before} became {after}");
        assert_eq!(rustix::process::getpriority_process(None).unwrap(), before, "of this thread alone");
    }
}
