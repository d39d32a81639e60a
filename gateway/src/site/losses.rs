//! Whom changes take access from: the shell around the alarm on mass revocation.

use jiff::Timestamp;

use super::running::Site;
use crate::access::mass_revocation::{Output, Turnover};
use crate::domain::{AlarmKind, Change};
use crate::store::Applied;

/// Counts whom a change takes access from. Called on the directory's writer's thread: it tells, and waits for nothing.
pub(super) fn watch(site: &Site, applied: &Applied<'_>, now: Timestamp) {
    let mut turnover = Turnover::default();
    for (change, before) in applied.record.changes.iter().zip(applied.before) {
        match change {
            Change::PutCardholder { cardholder } => turnover.note(before.as_ref(), Some(cardholder)),
            Change::DeleteCardholder { .. } => turnover.note(before.as_ref(), None),
            _ => {}
        }
    }
    if turnover != Turnover::default() {
        let (source, left) = (applied.record.origin.name(), applied.view.counts().active);
        let output = site.providers.losses().changed(now, source, &turnover, left);
        output.into_iter().for_each(|output| alarm(site, now, output));
    }
}

/// What passes with time.
pub(super) fn pass(site: &Site, now: Timestamp) {
    let left = site.directory.stats().counts.active;
    let output = site.providers.losses().tick(now, left);
    output.into_iter().for_each(|output| alarm(site, now, output));
}

fn alarm(site: &Site, now: Timestamp, output: Output) {
    let alarms = {
        let mut health = site.health();
        let is_it = |what: &&AlarmKind| matches!(what, AlarmKind::MassRevocation { .. });
        let up = health.alarms().map(|(_, alarm)| &alarm.what).find(is_it).cloned();
        match output {
            Output::Raised(happened) => {
                let source = happened.by.first().cloned().unwrap_or_default();
                let what = up.unwrap_or(AlarmKind::MassRevocation { source });
                health.raise(now, what, happened.sentence())
            }
            Output::Passed => up.map(|what| health.clear(now, &what)).unwrap_or_default(),
        }
    };
    site.log_alarms(now, alarms);
    site.bump();
}
