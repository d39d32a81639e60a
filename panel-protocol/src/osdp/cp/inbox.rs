//! What a frame turned out to be, and the reply that is on its way to the caller.

use core::time::Duration;

use heapless::Vec;

/// What a frame from the PD whose reply is awaited turned out to be.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Heard {
    /// Not the reply that is awaited: wait on.
    Ignored,
    /// Something that was to be a frame and arrived damaged.
    Damaged,
    /// The reply, dealt with.
    Answered,
    /// The reply, and the inbox has it for the caller.
    Delivered(Delivery),
}

/// What a reply is to the caller.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Delivery {
    /// The answer to its command.
    Answer,
    /// What was told to a poll; no older than that, if it is known.
    News { max_age: Option<Duration> },
}

/// A reply on its way to the caller.
#[derive(Debug)]
pub(super) struct Inbox<const N: usize> {
    pub code: u8,
    pub data: Vec<u8, N>,
}

impl<const N: usize> Default for Inbox<N> {
    fn default() -> Self {
        Self { code: 0, data: Vec::new() }
    }
}

impl<const N: usize> Inbox<N> {
    pub(super) fn put(&mut self, code: u8, data: &[u8]) {
        self.code = code;
        self.data.clear();
        let _ = self.data.extend_from_slice(data); // a frame of at most N bytes has fewer bytes of data
    }
}
