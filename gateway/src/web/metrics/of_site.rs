//! What a view knows, as metrics.

use std::fmt;

use jiff::Timestamp;
use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, MetricEncoder, NoLabelSet};
use prometheus_client::metrics::MetricType;

use crate::domain::{DeviceCondition, LinkCondition};
use crate::views::Figures;

/// Writes what a view knows.
#[derive(Debug)]
pub(super) struct OfSite(pub(super) Figures);

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
            (
                "alarms_unseen",
                "Alarms that are not over and that nobody has acknowledged",
                site.alarms_unseen,
            ),
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
