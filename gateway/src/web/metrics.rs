//! Metrics in OpenMetrics text, for Prometheus.
//!
//! What the site's view knows is written from the view at every scrape; what only other parts see, they count through
//! [`Metrics`]. The registries are owned; there are no globals. No label holds a person, a card or an address.

use std::fmt;
use std::time::Duration;

use jiff::Timestamp;
use prometheus_client::collector::Collector;
use prometheus_client::encoding::text::{encode_eof, encode_registry};
use prometheus_client::encoding::{
    DescriptorEncoder, EncodeLabelSet, EncodeLabelValue, MetricEncoder, NoLabelSet,
};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::registry::Registry;

use crate::domain::{DeviceCondition, LinkCondition};
use crate::views::Figures;

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
    fn encode(
        &self,
        encoder: &mut prometheus_client::encoding::LabelValueEncoder<'_>,
    ) -> Result<(), fmt::Error> {
        let word = match self {
            Self::Ok => "ok",
            Self::Refused => "refused",
            Self::Unauthorized => "unauthorized",
            Self::Failed => "failed",
        };
        EncodeLabelValue::encode(&word, encoder)
    }
}

/// Writes what a view knows.
#[derive(Debug)]
struct OfSite(Figures);

/// One sample: labels and value.
type Sample<'a> = (Vec<(&'static str, &'a str)>, u64);

impl Collector for OfSite {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), fmt::Error> {
        self.totals(&mut encoder)?;
        self.controllers(&mut encoder)?;
        self.lines(&mut encoder)?;
        self.identity_providers(&mut encoder)
    }
}

impl OfSite {
    fn totals(&self, encoder: &mut DescriptorEncoder<'_>) -> Result<(), fmt::Error> {
        let OfSite(site) = self;
        let counts = &site.counts;
        let online = site.controllers.iter().filter(|c| c.state == DeviceCondition::Online).count();
        let proven = site.controllers.iter().filter(|c| c.is_proven()).count();
        let pending: u64 = site.controllers.iter().filter_map(|c| c.table.as_ref()).map(|t| t.pending).sum();
        let totals = [
            ("people", "People in the directory", counts.people),
            ("active_people", "People who are active", counts.active_people),
            ("cards", "Cards in the directory", counts.cards),
            ("active_cards", "Active cards of active people", counts.active_cards),
            ("groups", "Groups in the directory", counts.groups),
            ("refused_cards", "Card numbers that were refused", counts.refused_cards),
            ("access_levels", "Access levels", counts.access_levels),
            ("rules", "Rules that give an access level to a group", counts.rules),
            ("revision", "The directory's latest revision", site.revision.0),
            ("uptime_seconds", "How long the service runs", site.uptime_s),
            ("controllers", "Controllers configured", site.controllers.len() as u64),
            ("controllers_online", "Controllers that talk in a secure channel", online as u64),
            ("controllers_proven", "Controllers whose table is proven", proven as u64),
            ("pending_operations", "Operations still to be done at controllers", pending),
            ("exposed", "Revoked cards not yet proven, counted at each controller", site.exposed),
            ("alarms", "Alarms that are not over", site.alarms),
        ];
        for (name, help, value) in totals {
            samples(encoder, MetricType::Gauge, name, help, vec![(Vec::new(), value)])?;
        }
        Ok(())
    }

    fn controllers(&self, encoder: &mut DescriptorEncoder<'_>) -> Result<(), fmt::Error> {
        let all = || self.0.controllers.iter().map(|c| (vec![("controller", c.id.as_str())], c));
        let online = all().map(|(labels, c)| (labels, u64::from(c.state == DeviceCondition::Online)));
        let proven = all().map(|(labels, c)| (labels, u64::from(c.is_proven())));
        let held = all().filter_map(|(labels, c)| Some((labels, c.table.as_ref()?.held?)));
        let desired = all().filter_map(|(labels, c)| Some((labels, c.table.as_ref()?.desired)));
        let faults = all().flat_map(|(labels, c)| {
            let by_cause = [
                ("timeout", c.faults.timeouts),
                ("bad_check", c.faults.bad_check),
                ("bad_mac", c.faults.bad_mac),
                ("foreign", c.faults.foreign),
                ("nak", c.faults.nak),
            ];
            by_cause.map(|(cause, count)| ([labels.clone(), vec![("cause", cause)]].concat(), count))
        });
        let gauge = MetricType::Gauge;
        samples(encoder, gauge, "controller_online", "1 when it talks in a secure channel", online)?;
        samples(encoder, gauge, "controller_proven", "1 when its table is proven", proven)?;
        samples(encoder, gauge, "controller_rows", "Rows that it says it holds", held)?;
        samples(encoder, gauge, "controller_rows_desired", "Rows that it should hold", desired)?;
        samples(encoder, MetricType::Counter, "controller_faults", "What went wrong, by cause", faults)
    }

    fn identity_providers(&self, encoder: &mut DescriptorEncoder<'_>) -> Result<(), fmt::Error> {
        let OfSite(site) = self;
        let seconds = |from: Timestamp, to: Timestamp| {
            u64::try_from(to.duration_since(from).as_secs()).unwrap_or_default()
        };
        let all = || {
            site.identity_providers
                .sources
                .iter()
                .map(|source| (vec![("token", source.name.as_str())], source))
        };
        let left = all().filter_map(|(labels, s)| Some((labels, seconds(site.at, s.expires?))));
        let silent = all().filter_map(|(labels, s)| Some((labels, seconds(s.heard()?, site.at))));
        let changed = all().filter_map(|(labels, s)| Some((labels, seconds(s.last_change?, site.at))));
        let requests = all().map(|(labels, s)| (labels, s.total.requests));
        let failed = all().map(|(labels, s)| (labels, s.total.failed()));
        let test = site.identity_providers.test.iter().map(|test| (Vec::new(), u64::from(test.passed)));
        let (gauge, counter) = (MetricType::Gauge, MetricType::Counter);
        samples(
            encoder,
            gauge,
            "scim_connection_test",
            "1 when a client's connection test would pass",
            test,
        )?;
        samples(encoder, gauge, "scim_token_seconds_left", "Until the token expires, 0 when it has", left)?;
        samples(
            encoder,
            gauge,
            "scim_silent_seconds",
            "Since a request with the token last succeeded",
            silent,
        )?;
        samples(encoder, gauge, "scim_unchanged_seconds", "Since the token last changed something", changed)?;
        samples(encoder, counter, "scim_token_requests", "Requests with the token", requests)?;
        samples(encoder, counter, "scim_token_errors", "Of those, refused or failed", failed)
    }

    fn lines(&self, encoder: &mut DescriptorEncoder<'_>) -> Result<(), fmt::Error> {
        let all = || self.0.lines.iter().map(|line| (vec![("line", line.id.as_str())], line));
        let up = all().map(|(labels, line)| (labels, u64::from(line.state == LinkCondition::Up)));
        let noise = all().map(|(labels, line)| (labels, line.noise_bytes));
        let both = |sent: u64, received: u64| [("sent", sent), ("received", received)];
        let frames = all().flat_map(|(labels, line)| {
            both(line.frames_sent, line.frames_received)
                .map(|(direction, count)| ([labels.clone(), vec![("direction", direction)]].concat(), count))
        });
        let counter = MetricType::Counter;
        samples(encoder, MetricType::Gauge, "line_up", "1 when its port is open", up)?;
        samples(encoder, counter, "line_frames", "Whole frames on the line", frames)?;
        samples(encoder, counter, "line_noise_bytes", "Bytes received that belong to no frame", noise)
    }
}

fn samples<'a>(
    encoder: &mut DescriptorEncoder<'_>,
    kind: MetricType,
    name: &str,
    help: &str,
    samples: impl IntoIterator<Item = Sample<'a>>,
) -> Result<(), fmt::Error> {
    let mut family = encoder.encode_descriptor(name, &format!("{help}."), None, kind)?;
    for (labels, value) in samples {
        if labels.is_empty() {
            sample(&mut family, kind, value)?;
        } else {
            sample(&mut family.encode_family(&labels)?, kind, value)?;
        }
    }
    Ok(())
}

fn sample(encoder: &mut MetricEncoder<'_>, kind: MetricType, value: u64) -> Result<(), fmt::Error> {
    match kind {
        MetricType::Counter => encoder.encode_counter::<NoLabelSet, _, u64>(&value, None),
        _ => encoder.encode_gauge(&i64::try_from(value).unwrap_or(i64::MAX)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::views::fixture;

    #[test]
    fn the_text_tells_site_and_counters_and_ends_properly() {
        let metrics = Metrics::new();
        metrics.journal_flushed(3, Duration::from_millis(2));
        for status in [200, 201, 401, 409, 500] {
            metrics.scim_answered(status);
        }
        let text = metrics.encode(fixture::everything().into()).unwrap();
        for line in [
            "gatehouse_people 214",
            "gatehouse_revision 1482",
            "gatehouse_controllers_online 3",
            "gatehouse_controllers_proven 2",
            "gatehouse_exposed 1",
            "gatehouse_controller_online{controller=\"dock\"} 0",
            "gatehouse_controller_faults_total{controller=\"dock\",cause=\"timeout\"} 412",
            "gatehouse_line_frames_total{line=\"north\",direction=\"sent\"} 1284022",
            "gatehouse_journal_records_total 3",
            "gatehouse_journal_fdatasync_seconds_count 1",
            "gatehouse_scim_connection_test 1",
            "gatehouse_scim_token_seconds_left{token=\"entra\"} 1036800",
            "gatehouse_scim_silent_seconds{token=\"spare\"} 60",
            "gatehouse_scim_token_requests_total{token=\"entra\"} 1044",
            "gatehouse_scim_requests_total{result=\"ok\"} 2",
            "gatehouse_scim_requests_total{result=\"refused\"} 1",
        ] {
            assert!(text.lines().any(|told| told == line), "{line} is missing in\n{text}");
        }
        assert_eq!(text.matches("# EOF").count(), 1);
        assert!(text.ends_with("# EOF\n"));
    }

    #[test]
    fn no_metric_names_a_person_or_a_card() {
        let text = Metrics::new().encode(fixture::everything().into()).unwrap();
        for secret in fixture::CARD_NUMBERS.iter().chain(&["Ann", "Carla"]) {
            assert!(!text.contains(secret), "{secret}");
        }
    }
}
