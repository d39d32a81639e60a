//! What passes at the broker, in words, for whoever watches. Nothing is put into words while nobody does.

use jiff::Timestamp;
use tokio::sync::broadcast;

use super::dialect::native;
use super::message::{Incoming, Outgoing};
use super::topic;
use crate::domain::osdpcap::Record;

pub(super) struct Tap {
    site: String,
    listeners: broadcast::Sender<Record>,
}

impl Tap {
    pub(super) fn new(site: &str, listeners: broadcast::Sender<Record>) -> Self {
        Self { site: site.to_owned(), listeners }
    }

    /// A message has been handed to the broker's connection.
    pub(super) fn sent(&self, message: &Outgoing) {
        self.tell(|site| topic::told(site, &message.topic), "->", &message.payload, "");
    }

    /// A message has come.
    pub(super) fn came(&self, message: &Incoming) {
        let kept = if message.retained { ", kept by the broker" } else { "" };
        self.tell(|site| topic::said(site, &message.topic), "<-", &message.payload, kept);
    }

    fn tell<'t>(
        &self,
        split: impl FnOnce(&str) -> Option<(&'t str, &'t str)>,
        arrow: &str,
        payload: &[u8],
        more: &str,
    ) {
        if self.listeners.receiver_count() == 0 {
            return;
        }
        let text = match split(&self.site) {
            Some((who, what)) => format!("{arrow} {who} {}{more}", native::words(what, payload)),
            None => format!("{arrow} a topic of nobody, {} bytes{more}", payload.len()),
        };
        // Whoever listened may have gone.
        let _ = self.listeners.send(Record::note(Timestamp::now(), text));
    }
}
