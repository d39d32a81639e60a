//! Getting over a disk that was full or failed: sled, which takes nothing more once it could not write, is opened anew as
//! soon as the disk takes writes again, and caught up from the journal.
//!
//! Nothing is given up meanwhile but time: what was answered is in the journal, and what can't be kept is refused.

use std::sync::Arc;
use std::sync::MutexGuard;
use std::thread;
use std::time::Instant;

use super::{Writer, answer_all};
use crate::store::directory::message::Message;
use crate::store::directory::meta::Meta;
use crate::store::directory::{locked, open};
use crate::store::disk;
use crate::store::error::StoreError;
use crate::store::limits::HEAL_EVERY;

impl Writer {
    /// What stands in the way of a change, after an attempt to have it out of the way.
    pub(super) fn obstacle(&mut self) -> Option<Arc<StoreError>> {
        if self.broken.is_none()
            && let Err(error) = self.tree.healthy()
        {
            tracing::error!(%error, "sled takes no more changes; it is opened anew");
            self.broken = Some(Arc::new(error));
        }
        if self.broken.is_some() && self.heal_at.is_none_or(|at| at <= Instant::now()) {
            let state = Arc::clone(&self.state);
            self.heal(&mut locked(&state.meta));
        }
        self.broken.clone()
    }

    /// A moment has passed since something failed: is it over?
    pub(super) fn look_again(&mut self) {
        self.looking = false;
        if self.obstacle().is_some() {
            return self.look_again_soon();
        }
        match disk::probe(&self.dir) {
            Ok(()) => self.state.succeed(),
            Err(error) => {
                self.state.fail(&error);
                self.look_again_soon();
            }
        }
    }

    /// Has [`look_again`](Self::look_again) called, unless that is so already.
    pub(super) fn look_again_soon(&mut self) {
        if self.looking {
            return;
        }
        let queue = self.queue.clone();
        let wait = move || {
            thread::sleep(HEAL_EVERY);
            if let Some(queue) = queue.upgrade() {
                // The writer lives as long as a sender does.
                let _ = queue.blocking_send(Message::LookAgain);
            }
        };
        let started = thread::Builder::new().name("look again".to_owned()).spawn(wait);
        self.looking = started.is_ok();
    }

    /// Opens sled anew, if the disk takes writes. Whoever reads waits meanwhile.
    pub(super) fn heal(&mut self, visible: &mut MutexGuard<'_, Meta>) {
        self.heal_at = Some(Instant::now() + HEAL_EVERY);
        let healed = disk::probe(&self.dir).and_then(|()| {
            if let Some((export, answers)) = self.export.take() {
                export.cancel();
                self.uncovered = self.interval;
                answer_all(answers, &Err(Arc::new(StoreError::Closed)));
            }
            self.tree.close();
            open::reopen(&self.dir, &mut self.journal, &self.snapshots)
        });
        match healed {
            Ok((tree, meta)) => {
                self.tree.adopt(&tree);
                self.meta = meta;
                **visible = meta;
                self.broken = None;
                self.heal_at = None;
                self.state.succeed();
            }
            Err(error) => {
                tracing::warn!(%error, "sled can't be opened anew yet");
                self.broken.get_or_insert_with(|| Arc::new(error));
                self.look_again_soon();
            }
        }
    }
}
