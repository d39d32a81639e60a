//! What the CP's caller wants of one PD, and has heard of it.

use std::collections::{BTreeMap, VecDeque};

use panel_protocol::osdp::cp::{Demand, Event};
use panel_protocol::osdp::reply::DeviceId;
use panel_protocol::osdp::secure::Scbk;

/// A command that waits for its PD's turn.
pub(super) struct Job {
    pub(super) number: u32,
    pub(super) len: u8,
    pub(super) urgent: bool,
}

/// The caller, as far as one PD is concerned.
pub(super) struct Caller {
    pub(super) jobs: VecDeque<Job>,
    /// The command that is on its way.
    pub(super) underway: Option<u32>,
    /// Every command sent, with the CP's session that it was sent in.
    pub(super) sent: BTreeMap<u32, u32>,
    pub(super) answered: Vec<u32>,
    pub(super) failed: Vec<u32>,
    /// News as they came.
    pub(super) told: Vec<u16>,
    /// The device that has last proven to have the key.
    pub(super) accepted: DeviceId,
    /// The key in use, and one that is being installed.
    pub(super) installed: Scbk,
    pub(super) offered: Option<Scbk>,
    /// The file that is being sent.
    pub(super) file: Option<Vec<u8>>,
    /// Whether the PD is being moved to another address.
    pub(super) moving: bool,
}

impl Caller {
    pub(super) fn new(accepted: DeviceId, installed: Scbk) -> Self {
        Self {
            jobs: VecDeque::new(),
            underway: None,
            sent: BTreeMap::new(),
            answered: Vec::new(),
            failed: Vec::new(),
            told: Vec::new(),
            accepted,
            installed,
            offered: None,
            file: None,
            moving: false,
        }
    }

    pub(super) fn demand(&self) -> Demand {
        match self.jobs.front() {
            Some(job) if job.urgent => Demand::Urgent,
            Some(_) => Demand::Bulk,
            None => Demand::None,
        }
    }

    /// Whether a key is one that it would try.
    pub(super) fn knows(&self, key: &Scbk) -> bool {
        *key == self.installed || self.offered.as_ref() == Some(key)
    }

    /// The CP tells of the PD, which is now `about`; `held` is the file that the device has.
    pub(super) fn hear(&mut self, event: Event, about: Option<DeviceId>, held: &[u8]) {
        match event {
            Event::SecureUp => self.accepted = about.expect("identified before its session came up"),
            Event::KeyInstalled => self.installed = self.offered.take().expect("a key was offered"),
            Event::KeyKept => assert!(self.offered.take().is_some(), "a key was offered"),
            Event::FileSent { .. } => {
                let file = self.file.take().expect("a file was being sent");
                assert_eq!(held, file, "the device has another file");
            }
            Event::FileFailed { .. } => assert!(self.file.take().is_some(), "a file was being sent"),
            Event::Moved { .. } | Event::NotMoved { .. } => {
                assert!(std::mem::take(&mut self.moving), "it was not being moved");
            }
            _ => {}
        }
    }

    /// What is on its way will have an end, and nothing waits.
    pub(super) fn is_done(&self) -> bool {
        self.jobs.is_empty() && self.underway.is_none() && self.file.is_none() && !self.moving
    }
}
