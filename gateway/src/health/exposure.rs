//! Who is exposed, as findings: revocations whose proof is overdue, and those on their way.

use super::limits::MAX_NAMED;
use super::words::{counted, named};
use crate::domain::{Exposure, Finding, LocalClock, UnprovenAt};

/// What somebody should know of the exposed: the overdue first.
pub(super) fn findings(exposed: &[Exposure], clock: &LocalClock) -> Vec<Finding> {
    let (under_way, overdue): (Vec<&Exposure>, Vec<&Exposure>) =
        exposed.iter().partition(|exposure| exposure.at.is_under_way(clock.now()));
    let mut findings = Vec::new();
    if !overdue.is_empty() {
        let revocations = counted(revocations(&overdue), "revocation", "revocations");
        findings.push(Finding::problem(format!("{revocations} not proven {}", places(&overdue, clock))));
    }
    if !under_way.is_empty() {
        let revocations = counted(revocations(&under_way), "revocation", "revocations");
        let ids = one_for_each_controller(&under_way).into_iter().map(|at| &at.controller);
        findings.push(Finding::attention(format!("{revocations} on the way to {}.", named(ids))));
    }
    findings
}

/// `at dock: offline since 10:02` or `at 2 controllers: dock offline since 10:02, roof wrong key`.
fn places(exposed: &[&Exposure], clock: &LocalClock) -> String {
    let places = one_for_each_controller(exposed);
    if let [one] = places.as_slice() {
        return format!("at {}: {}", one.controller, one.why(clock));
    }
    let mut told: Vec<String> =
        places.iter().take(MAX_NAMED).map(|at| format!("{} {}", at.controller, at.why(clock))).collect();
    if places.len() > MAX_NAMED {
        told.push(format!("and {} more", places.len() - MAX_NAMED));
    }
    format!("at {} controllers: {}", places.len(), told.join(", "))
}

/// The first of each controller, in order.
fn one_for_each_controller<'a>(exposed: &[&'a Exposure]) -> Vec<&'a UnprovenAt> {
    let mut seen: Vec<&UnprovenAt> = Vec::new();
    for exposure in exposed {
        if !seen.iter().any(|earlier| earlier.controller == exposure.at.controller) {
            seen.push(&exposure.at);
        }
    }
    seen
}

/// How many cards' revocations these are; one may be missing at many controllers.
fn revocations(exposed: &[&Exposure]) -> u64 {
    let mut each: Vec<_> = exposed.iter().map(|exposure| (exposure.revision, exposure.card)).collect();
    each.sort_unstable();
    each.dedup();
    each.len() as u64
}
