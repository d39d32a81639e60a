//! One line that says whether all is well, and the few after it.
//!
//! Findings come in the order in which somebody should care: who may still walk in though revoked, then what is
//! broken, then what wants a look. What follows from another finding is left out: a controller on a line that is down
//! is not told as offline as well.

use super::controller::{ControllerKind, ControllerView};
use super::event::AlarmView;
use super::receipt::Exposure;
use super::site::SiteFacts;
use crate::domain::{AlarmKind, ControllerId, DeviceCondition, Level, LocalClock, Verdict};

/// Most controllers that one line names.
const MAX_NAMED: usize = 3;

/// What the facts amount to.
pub fn verdict(site: &SiteFacts) -> Verdict {
    let clock = site.clock();
    let mut findings = Findings::default();
    findings.exposures(site, &clock);
    findings.lines(site, &clock);
    findings.controllers(site, &clock);
    findings.alarms(&site.alarms);
    findings.0.extend(site.identity.findings(&clock));
    findings.refused_cards(site.counts.refused_cards);
    findings.notices(site);
    findings.into_verdict(site)
}

#[derive(Default)]
struct Findings(Vec<(Level, String)>);

impl Findings {
    fn add(&mut self, level: Level, text: String) {
        self.0.push((level, text));
    }

    fn exposures(&mut self, site: &SiteFacts, clock: &LocalClock) {
        let (under_way, overdue): (Vec<&Exposure>, Vec<&Exposure>) =
            site.exposed.iter().partition(|exposure| exposure.is_under_way(site.at));
        if !overdue.is_empty() {
            let revocations = counted(revocations(&overdue), "revocation", "revocations");
            self.add(Level::Problem, format!("{revocations} not proven {}", places(&overdue, clock)));
        }
        if !under_way.is_empty() {
            let revocations = counted(revocations(&under_way), "revocation", "revocations");
            let ids = controllers_of(&under_way).into_iter().map(|exposure| &exposure.controller);
            self.add(Level::Attention, format!("{revocations} on the way to {}.", named(ids)));
        }
    }

    fn lines(&mut self, site: &SiteFacts, clock: &LocalClock) {
        for line in &site.lines {
            if let Some(why) = line.state.why() {
                let since = line.since.map(|at| format!(" since {}", clock.short(&at))).unwrap_or_default();
                self.add(Level::Problem, format!("Line {} {}{since}: {why}", line.id, line.state.words()));
            }
        }
    }

    fn controllers(&mut self, site: &SiteFacts, clock: &LocalClock) {
        let by_line = |c: &ControllerView| {
            site.lines.iter().any(|line| line.id == c.line && line.state.accounts_for(c.state))
        };
        let told: Vec<&ControllerView> = site.controllers.iter().filter(|c| !by_line(c)).collect();
        if site.controllers.is_empty() {
            self.add(Level::Attention, "No controllers are configured.".to_owned());
        }
        for state in WORST_FIRST {
            let there: Vec<&ControllerView> = told.iter().copied().filter(|c| c.state == state).collect();
            if !there.is_empty() {
                self.add(state.level(), state_text(&there, state, clock));
            }
        }
    }

    fn alarms(&mut self, alarms: &[AlarmView]) {
        for alarm in alarms.iter().filter(|alarm| !is_told_by_state(&alarm.what)) {
            self.add(alarm.level, alarm.text.clone());
        }
    }

    fn refused_cards(&mut self, count: u64) {
        if count > 0 {
            let numbers = counted(count, "card number was", "card numbers were");
            self.add(Level::Attention, format!("{numbers} refused; see the reasons below."));
        }
    }

    fn notices(&mut self, site: &SiteFacts) {
        for notice in &site.notices {
            self.add(notice.level, notice.text.clone());
        }
    }

    fn into_verdict(mut self, site: &SiteFacts) -> Verdict {
        self.0.retain(|(level, _)| *level > Level::Well);
        self.0.sort_by_key(|(level, _)| std::cmp::Reverse(*level));
        let mut texts = self.0.iter().map(|(_, text)| text.clone());
        Verdict {
            level: self.0.first().map_or(Level::Well, |(level, _)| *level),
            text: texts.next().unwrap_or_else(|| all_well(site)),
            further: texts.collect(),
        }
    }
}

const WORST_FIRST: [DeviceCondition; 8] = [
    DeviceCondition::Offline,
    DeviceCondition::WrongKey,
    DeviceCondition::Swapped,
    DeviceCondition::NotEnrolled,
    DeviceCondition::Unsupported,
    DeviceCondition::NoSecureChannel,
    DeviceCondition::Enrolling,
    DeviceCondition::Starting,
];

/// Alarms about what controllers' and lines' states already tell.
const fn is_told_by_state(what: &AlarmKind) -> bool {
    match what {
        AlarmKind::LineDown { .. }
        | AlarmKind::ControllerOffline { .. }
        | AlarmKind::WrongKey { .. }
        | AlarmKind::Swapped { .. } => true,
        AlarmKind::BadMac { .. }
        | AlarmKind::TableFull { .. }
        | AlarmKind::DirectoryRebuilt
        | AlarmKind::MassRevocation { .. } => false,
    }
}

/// `dock is offline since 10:02.` or `3 controllers are offline: dock, roof and lobby.`
fn state_text(there: &[&ControllerView], state: DeviceCondition, clock: &LocalClock) -> String {
    let words = match state {
        DeviceCondition::WrongKey => "answering with a wrong key",
        DeviceCondition::Swapped => "answered for by another device",
        _ => state.words(),
    };
    match there {
        [one] => {
            let since = one.state_since.map(|at| format!(" since {}", clock.short(&at))).unwrap_or_default();
            format!("{} is {words}{since}.", one.id)
        }
        many => format!("{} controllers are {words}: {}.", many.len(), named(many.iter().map(|c| &c.id))),
    }
}

/// `at dock: offline since 10:02` or `at 2 controllers: dock offline since 10:02, roof wrong key`.
fn places(exposures: &[&Exposure], clock: &LocalClock) -> String {
    let places = controllers_of(exposures);
    if let [one] = places.as_slice() {
        return format!("at {}: {}", one.controller, one.why(clock));
    }
    let mut told: Vec<String> =
        places.iter().take(MAX_NAMED).map(|e| format!("{} {}", e.controller, e.why(clock))).collect();
    if places.len() > MAX_NAMED {
        told.push(format!("and {} more", places.len() - MAX_NAMED));
    }
    format!("at {} controllers: {}", places.len(), told.join(", "))
}

/// One exposure for each controller, in order.
fn controllers_of<'a>(exposures: &[&'a Exposure]) -> Vec<&'a Exposure> {
    let mut seen: Vec<&Exposure> = Vec::new();
    for exposure in exposures {
        if !seen.iter().any(|earlier| earlier.controller == exposure.controller) {
            seen.push(exposure);
        }
    }
    seen
}

/// How many cards' revocations these are; one revocation may be missing at many controllers.
fn revocations(exposures: &[&Exposure]) -> u64 {
    let mut cards: Vec<_> = exposures.iter().map(|e| (e.revision, e.card.as_str())).collect();
    cards.sort_unstable();
    cards.dedup();
    cards.len() as u64
}

/// `dock`, `dock and roof`, `dock, roof, lobby and 2 more`.
fn named<'a>(ids: impl Iterator<Item = &'a ControllerId>) -> String {
    let ids: Vec<&str> = ids.map(ControllerId::as_str).collect();
    match ids.as_slice() {
        [first @ .., last] if ids.len() <= MAX_NAMED && !first.is_empty() => {
            format!("{} and {last}", first.join(", "))
        }
        _ if ids.len() > MAX_NAMED => {
            format!("{} and {} more", ids[..MAX_NAMED].join(", "), ids.len() - MAX_NAMED)
        }
        _ => ids.join(", "),
    }
}

fn counted(count: u64, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}

/// `All well: 4 controllers proven, nobody exposed.`
fn all_well(site: &SiteFacts) -> String {
    let count = |keep: &dyn Fn(&&ControllerView) -> bool| site.controllers.iter().filter(keep).count() as u64;
    let panels = count(&|c| c.kind == ControllerKind::Panel);
    let proven = count(&|c| c.kind == ControllerKind::Panel && c.is_proven());
    let readers = count(&|c| c.kind == ControllerKind::Reader);
    let mut parts = Vec::new();
    if proven < panels {
        parts.push(format!("{proven} of {panels} controllers proven"));
        parts.push(format!("{} being brought up to date", panels - proven));
    } else if panels > 0 {
        parts.push(format!("{} proven", counted(panels, "controller", "controllers")));
    }
    if readers > 0 {
        parts.push(format!("{} online", counted(readers, "reader", "readers")));
    }
    parts.push("nobody exposed".to_owned());
    format!("All well: {}.", parts.join(", "))
}

#[cfg(test)]
#[path = "verdict_tests.rs"]
mod tests;
