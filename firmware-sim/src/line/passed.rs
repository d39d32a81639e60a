//! What has passed on a line lately: who talked from when until when, for whoever measures a gateway by it.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use super::burst::{Burst, Talker};
use crate::limits::REMEMBERED_FRAMES;

/// Bytes of one talker without a pause, after they have passed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Passed {
    /// The gateway talked; else a device.
    pub from_gateway: bool,
    /// How many bytes.
    pub bytes: usize,
    /// When the first of them began.
    pub began: Instant,
    /// When the last of them had passed.
    pub ended: Instant,
}

/// The latest, oldest first; times are the line's.
#[derive(Debug, Default)]
pub(super) struct Traffic(VecDeque<(bool, usize, Duration, Duration)>);

impl Traffic {
    /// A burst has passed whole.
    pub(super) fn add(&mut self, burst: &Burst) {
        if self.0.len() == REMEMBERED_FRAMES {
            self.0.pop_front();
        }
        let (start, end) = (burst.start + burst.delay, burst.end() + burst.delay);
        self.0.push_back((burst.talker == Talker::Gateway, burst.bytes.len(), start, end));
    }

    /// All of it, for a line that was opened then.
    pub(super) fn since(&self, opened: Instant) -> Vec<Passed> {
        let passed = |(from_gateway, bytes, began, ended): &(bool, usize, Duration, Duration)| Passed {
            from_gateway: *from_gateway,
            bytes: *bytes,
            began: opened + *began,
            ended: opened + *ended,
        };
        self.0.iter().map(passed).collect()
    }
}
