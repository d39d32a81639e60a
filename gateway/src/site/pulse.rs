//! Whether the site's own work goes on.
//!
//! A process that is there proves nothing. A [`beat`](Pulse::beat) does: the directory's writer has answered, and every
//! line has gone round since the last one. A line that can't open its port goes round as well.

use std::convert::Infallible;
use std::future::pending;

use tokio::sync::watch;

use super::{Site, clock};
use crate::domain::Origin;
use crate::links::LinkStatus;
use crate::store::{CommitError, Directory, StoreError};

/// Listens to what must go on.
pub struct Pulse {
    directory: Directory,
    lines: Vec<watch::Receiver<LinkStatus>>,
}

impl Pulse {
    /// Of a site whose lines have been started. A line without controllers has nothing to do, and isn't listened to.
    pub fn of(site: &Site) -> Self {
        Self { directory: site.directory.clone(), lines: site.statuses() }
    }

    /// Returns when the writer and every line have shown that they work. Never, if one of them doesn't.
    pub async fn beat(&mut self) {
        writer_answers(&self.directory).await;
        all_go_round(&mut self.lines).await;
    }
}

/// A plan without changes goes through the writer's queue and writes nothing. A disk that refuses is an answer too: that
/// is a problem on the page, and no reason to start anew.
async fn writer_answers(directory: &Directory) {
    let nothing =
        directory.commit(Origin::CommandLine, clock::now(), |_, _| Ok::<_, Infallible>((Vec::new(), ())));
    if let Err(CommitError::Store(error)) = nothing.await
        && matches!(*error, StoreError::Closed)
    {
        pending::<()>().await;
    }
}

/// Each publishes its status when it goes round.
async fn all_go_round<S>(lines: &mut [watch::Receiver<S>]) {
    for line in lines {
        if line.changed().await.is_err() {
            pending::<()>().await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::FutureExt;

    #[test]
    fn one_line_that_stands_still_holds_up_the_beat() {
        let (north, south) = (watch::Sender::new(0), watch::Sender::new(0));
        let mut lines = [north.subscribe(), south.subscribe()];
        let mut beats = || all_go_round(&mut lines).now_or_never().is_some();
        assert!(!beats(), "neither has gone round");
        north.send_replace(1);
        assert!(!beats(), "one has");
        south.send_replace(1);
        north.send_replace(2);
        assert!(beats(), "both have");
        assert!(!beats(), "since then, neither");
        drop(south);
        north.send_replace(3);
        assert!(!beats(), "the task of one has ended");
    }

    #[tokio::test]
    async fn a_writer_that_has_stopped_gives_no_beat() {
        let folder = tempfile::tempdir().unwrap();
        let (directory, _) = Directory::open(folder.path(), Box::new(|_| {})).unwrap();
        writer_answers(&directory).await;
        assert_eq!(directory.stats().revision.0, 0, "asking is no change");
        let closing = directory.clone();
        tokio::task::spawn_blocking(move || closing.close()).await.unwrap();
        assert!(writer_answers(&directory).now_or_never().is_none());
    }
}
