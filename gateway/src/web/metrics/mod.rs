//! Metrics in OpenMetrics text, for Prometheus.
//!
//! What the site's view knows is written from the view at every scrape; what only other parts see, they count through
//! [`Metrics`]. The registries are owned; there are no globals. No label holds a person, a card or an address.

mod of_site;

use std::fmt;
use std::time::Duration;

use prometheus_client::encoding::text::{encode_eof, encode_registry};
use prometheus_client::encoding::{EncodeLabelSet, EncodeLabelValue, LabelValueEncoder};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::registry::Registry;

use crate::views::Figures;
use of_site::OfSite;

const PREFIX: &str = "gatehouse";

/// Counters that the rest of the gateway bumps. Share it in an `Arc`.
pub struct Metrics {
    registry: Registry,
    journal_records: Counter,
    journal_fdatasync: Histogram,
    scim_requests: Family<Answer, Counter>,
    sign_ins: Family<SignIn, Counter>,
    connections_cut: Family<Cut, Counter>,
}

impl Metrics {
    /// All at zero.
    pub fn new() -> Self {
        let mut registry = Registry::with_prefix(PREFIX);
        let journal_records = Counter::default();
        // From half a millisecond, a good solid-state disk, to four seconds, a dying card.
        let journal_fdatasync = Histogram::new(exponential_buckets(0.000_5, 2.0, 14));
        let scim_requests = Family::default();
        let sign_ins = Family::default();
        registry.register("journal_records", "Records made durable", journal_records.clone());
        registry.register(
            "journal_fdatasync_seconds",
            "How long the disk took to make a batch of records durable",
            journal_fdatasync.clone(),
        );
        registry.register("scim_requests", "SCIM requests by how they were answered", scim_requests.clone());
        registry.register("sign_ins", "Passwords verified, by result", sign_ins.clone());
        let connections_cut = Family::default();
        let help = "Connections that were ended or refused, by reason";
        registry.register("connections_cut", help, connections_cut.clone());
        Self { registry, journal_records, journal_fdatasync, scim_requests, sign_ins, connections_cut }
    }

    /// One flush of a journal made `records` durable and took `fdatasync`.
    pub fn journal_flushed(&self, records: u64, fdatasync: Duration) {
        self.journal_records.inc_by(records);
        self.journal_fdatasync.observe(fdatasync.as_secs_f64());
    }

    /// A SCIM request was answered with this HTTP status.
    pub fn scim_answered(&self, status: u16) {
        let result = match status {
            0..=399 => Outcome::Ok,
            401 | 403 => Outcome::Unauthorized,
            400..=499 => Outcome::Refused,
            _ => Outcome::Failed,
        };
        self.scim_requests.get_or_create(&Answer { result }).inc();
    }

    /// A connection was ended or refused.
    pub(super) fn connection_cut(&self, reason: &'static str) {
        self.connections_cut.get_or_create(&Cut { reason }).inc();
    }

    /// A password was verified.
    pub(super) fn sign_in(&self, right: bool) {
        let result = if right { Outcome::Ok } else { Outcome::Unauthorized };
        self.sign_ins.get_or_create(&SignIn { result }).inc();
    }

    /// Everything as text, the site as it is in `site`.
    ///
    /// # Errors
    /// Never in practice: writing to a string doesn't fail.
    pub fn encode(&self, site: Figures) -> Result<String, fmt::Error> {
        let mut of_site = Registry::with_prefix(PREFIX);
        of_site.register_collector(Box::new(OfSite(site)));
        let mut text = String::new();
        encode_registry(&mut text, &of_site)?;
        encode_registry(&mut text, &self.registry)?;
        encode_eof(&mut text)?;
        Ok(text)
    }
}

impl Default for Metrics {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Metrics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Metrics")
    }
}

#[derive(Clone, PartialEq, Eq, Hash, Debug, EncodeLabelSet)]
struct Answer {
    result: Outcome,
}

#[derive(Clone, PartialEq, Eq, Hash, Debug, EncodeLabelSet)]
struct SignIn {
    result: Outcome,
}

#[derive(Clone, PartialEq, Eq, Hash, Debug, EncodeLabelSet)]
struct Cut {
    reason: &'static str,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
enum Outcome {
    Ok,
    Refused,
    Unauthorized,
    Failed,
}

impl EncodeLabelValue for Outcome {
    fn encode(&self, encoder: &mut LabelValueEncoder<'_>) -> Result<(), fmt::Error> {
        let word = match self {
            Self::Ok => "ok",
            Self::Refused => "refused",
            Self::Unauthorized => "unauthorized",
            Self::Failed => "failed",
        };
        EncodeLabelValue::encode(&word, encoder)
    }
}

#[cfg(test)]
mod tests;
