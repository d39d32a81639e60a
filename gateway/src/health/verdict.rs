//! One line that says whether all is well, and the few after it.
//!
//! Findings come in the order in which somebody should care: what keeps changes from being kept, who may still walk in
//! though revoked, then what is broken, then what wants a look. What follows from another finding is left out: a
//! controller on a line that is down is not told as offline as well.

use jiff::Timestamp;

use super::source::{Reach, reach_finding};
use super::words::{counted, named, since};
use super::{DeviceKind, DeviceStanding, Health, exposure};
use crate::domain::{
    AlarmKind, AlarmRecord, DeviceCondition, Exposure, Finding, Level, LocalClock, Muted, Notice, Verdict,
};

/// What health is not told and the verdict rests on as well, as it stands at the same instant.
#[derive(Clone, Debug)]
pub struct Seen {
    /// The instant, in the site's zone.
    pub clock: LocalClock,
    /// When each device last said anything, in their order.
    pub heard: Vec<Option<Timestamp>>,
    /// Whether each device has proven its card table, in their order; `None` for one that holds none.
    pub proven: Vec<Option<bool>>,
    /// Every revocation that a device has not proven.
    pub exposed: Vec<Exposure>,
    /// Whether sources can get through.
    pub reach: Reach,
    /// What is to be known of the sources.
    pub sources: Vec<Finding>,
    /// How many card numbers came with a person and could not be made a card.
    pub refused_cards: u64,
    /// What else somebody should know, beside health's own notices.
    pub notices: Vec<Notice>,
}

impl Health {
    /// What everything amounts to.
    pub fn verdict(&self, seen: &Seen) -> Verdict {
        let devices = self.devices_at(seen);
        let mut findings: Vec<Finding> =
            self.parts.values().filter_map(|part| part.finding(&seen.clock)).collect();
        findings.extend(exposure::findings(&seen.exposed, &seen.clock));
        findings.extend(self.link_findings(&seen.clock));
        findings.extend(self.device_findings(&devices, &seen.clock));
        findings.extend(self.alarm_findings(&seen.clock));
        findings.extend(reach_finding(&seen.reach));
        findings.extend(seen.sources.iter().cloned());
        findings.extend(refused_cards(seen.refused_cards));
        let notices = seen.notices.iter().chain(&self.notices);
        findings.extend(notices.map(|it| Finding { level: it.level, text: it.text.clone() }));
        into_verdict(findings, || all_well(&devices, &seen.proven))
    }

    fn devices_at(&self, seen: &Seen) -> Vec<DeviceStanding> {
        let heard = |at: usize| seen.heard.get(at).copied().flatten();
        (0..self.devices.len()).filter_map(|at| self.device(at, seen.clock.now(), heard(at))).collect()
    }

    fn link_findings(&self, clock: &LocalClock) -> Vec<Finding> {
        let told = self.links.iter().filter_map(|link| {
            let why = link.condition.why()?;
            let since = since(link.since, clock);
            Some(Finding::problem(format!("Line {} {}{since}: {why}", link.id, link.condition.words())))
        });
        told.collect()
    }

    fn device_findings(&self, devices: &[DeviceStanding], clock: &LocalClock) -> Vec<Finding> {
        if devices.is_empty() {
            return vec![Finding::attention("No controllers are configured.".to_owned())];
        }
        let accounted_for = |device: &&DeviceStanding| {
            self.links
                .get(device.setup.link)
                .is_some_and(|link| link.condition.accounts_for(device.condition))
        };
        let told: Vec<&DeviceStanding> = devices.iter().filter(|device| !accounted_for(device)).collect();
        let of_condition = WORST_FIRST.iter().filter_map(|condition| {
            let there: Vec<_> = told.iter().copied().filter(|it| it.condition == *condition).collect();
            let text = (!there.is_empty()).then(|| devices_text(&there, *condition, clock))?;
            Some(Finding { level: condition.level(), text })
        });
        of_condition.chain(in_clear(devices)).collect()
    }

    /// A muted alarm is as bad as it was; it is told after the others, with whoever looks after it.
    fn alarm_findings(&self, clock: &LocalClock) -> Vec<Finding> {
        let told = self.open_alarms().rev().filter(|record| !is_told_by_its_condition(record.what()));
        let (muted, others): (Vec<_>, Vec<_>) =
            told.partition(|record| record.muted_at(clock.now()).is_some());
        let finding = |record: &AlarmRecord| Finding {
            level: record.what().level(),
            text: format!("{}{}", record.alarm.text, muted_words(record, clock)),
        };
        others.into_iter().chain(muted).map(finding).collect()
    }
}

/// Conditions of devices that are told, in the order in which they are.
const WORST_FIRST: [DeviceCondition; 8] = [
    DeviceCondition::Offline,
    DeviceCondition::WrongKey,
    DeviceCondition::Swapped,
    DeviceCondition::NotEnrolled,
    DeviceCondition::NoSecureChannel,
    DeviceCondition::Unsupported,
    DeviceCondition::Enrolling,
    DeviceCondition::Starting,
];

/// Alarms about what the conditions of devices, links and parts tell for as long as they last.
const fn is_told_by_its_condition(what: &AlarmKind) -> bool {
    match what {
        AlarmKind::LineDown { .. }
        | AlarmKind::ControllerOffline { .. }
        | AlarmKind::WrongKey { .. }
        | AlarmKind::Swapped { .. }
        | AlarmKind::PartFailing { .. } => true,
        AlarmKind::BadMac { .. }
        | AlarmKind::TableFull { .. }
        | AlarmKind::DirectoryRebuilt
        | AlarmKind::MassRevocation { .. }
        | AlarmKind::DoorForced { .. }
        | AlarmKind::DoorHeld { .. }
        | AlarmKind::DoorTampered { .. } => false,
    }
}

/// ` Muted until 17:00 CET by ida: being rewired.`; nothing while it is not.
fn muted_words(record: &AlarmRecord, clock: &LocalClock) -> String {
    let muted = record.muted_at(clock.now());
    let words = muted.map(|Muted { by, reason, until, .. }| {
        format!(" Muted until {} by {by}: {reason}.", clock.short(until))
    });
    words.unwrap_or_default()
}

fn into_verdict(mut findings: Vec<Finding>, all_well: impl FnOnce() -> String) -> Verdict {
    findings.retain(|finding| finding.level > Level::Well);
    findings.sort_by_key(|finding| std::cmp::Reverse(finding.level));
    let level = Finding::worst(&findings);
    let mut texts = findings.into_iter().map(|finding| finding.text);
    Verdict { level, text: texts.next().unwrap_or_else(all_well), further: texts.collect() }
}

/// `dock is offline since 10:02.` or `3 controllers are offline: dock, roof and lobby.`
fn devices_text(there: &[&DeviceStanding], condition: DeviceCondition, clock: &LocalClock) -> String {
    let words = match condition {
        DeviceCondition::WrongKey => "answering with a wrong key",
        DeviceCondition::Swapped => "answered for by another device",
        DeviceCondition::NoSecureChannel => "without a secure channel",
        _ => condition.words(),
    };
    match there {
        [one] => format!("{} is {words}{}.", one.setup.id, since(one.since, clock)),
        many => {
            let ids = named(many.iter().map(|device| &device.setup.id));
            format!("{} controllers are {words}: {ids}.", many.len())
        }
    }
}

/// Devices that are used without secure channel, for as long as the configuration wants it so.
fn in_clear(devices: &[DeviceStanding]) -> Option<Finding> {
    let ids: Vec<_> = devices.iter().filter(|it| it.setup.in_clear).map(|it| &it.setup.id).collect();
    let are = if ids.len() == 1 { "is" } else { "are" };
    let text = format!(
        "{} {are} used without secure channel, as the configuration wants it: whoever touches the line can read cards \
         and forge them. Enrol a key and take `secure = false` away.",
        named(ids.iter().copied())
    );
    (!ids.is_empty()).then(|| Finding::attention(text))
}

fn refused_cards(count: u64) -> Option<Finding> {
    let numbers = counted(count, "card number was", "card numbers were");
    (count > 0).then(|| Finding::attention(format!("{numbers} refused; see the reasons below.")))
}

/// `All well: 4 controllers proven, nobody exposed.`
fn all_well(devices: &[DeviceStanding], proven: &[Option<bool>]) -> String {
    let count = |of: &dyn Fn(&DeviceStanding) -> bool| devices.iter().filter(|it| of(it)).count() as u64;
    let is_supervised = |device: &DeviceStanding| device.condition != DeviceCondition::Unsupervised;
    let panels = count(&|it| it.setup.kind == DeviceKind::Panel);
    let readers = count(&|it| it.setup.kind == DeviceKind::Reader && is_supervised(it));
    let boards = count(&|it| it.setup.kind == DeviceKind::Board && is_supervised(it));
    let unsupervised = count(&|it| it.setup.kind != DeviceKind::Panel && !is_supervised(it));
    let is_proven = |(device, proven): &(&DeviceStanding, &Option<bool>)| {
        device.condition == DeviceCondition::Online && **proven == Some(true)
    };
    let proven = devices.iter().zip(proven).filter(is_proven).count() as u64;
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
    if boards > 0 {
        parts.push(format!("{} online", counted(boards, "I/O board", "I/O boards")));
    }
    if unsupervised > 0 {
        parts.push(format!("{unsupervised} not supervised"));
    }
    parts.push("nobody exposed".to_owned());
    format!("All well: {}.", parts.join(", "))
}
