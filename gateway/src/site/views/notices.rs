//! What somebody should know of the directory, and of what rules come to.

use jiff::Timestamp;

use super::super::running::Site;
use crate::domain::{Cardholder, Level, Notice, one_line};
use crate::store::View;
use crate::sync::Fleet;

/// Most of them on the page.
const MAX_UNDONE: usize = 20;

/// Most names in one notice.
const MAX_NAMED: usize = 5;

/// What rules give and controllers can't be told, so that nobody has it.
pub(super) fn left_out(site: &Site, now: Timestamp) -> Vec<Notice> {
    let compiling = site.compiling();
    let old = speaking_version_1(&site.fleet());
    let is_old = |controller: usize| old.iter().any(|(at, _)| *at == controller);
    let compiler = &compiling.compiler;
    let levels: Vec<&str> = compiler.levels_by_schedule(is_old).map(|level| level.name.as_str()).collect();
    let levels = (!levels.is_empty()).then(|| listed(&levels));
    let spans = compiler.needs_spans(now, is_old);
    let too_long = compiler.schedules_too_long();
    let names = too_long.iter().filter_map(|id| compiler.model().schedule(*id)).map(|it| it.name.as_str());
    let too_long: Vec<&str> = names.collect();
    let too_long = (!too_long.is_empty()).then(|| listed(&too_long));
    let full = compiler.clearances().is_full() || compiler.lacks_numbers();
    drop(compiling);
    let old = listed(&old.iter().map(|(_, name)| name.as_str()).collect::<Vec<_>>());
    let notice = |text: String| Notice { at: now, level: Level::Attention, text };
    let mut notices = Vec::new();
    if let Some(levels) = levels {
        notices.push(notice(format!(
            "Access levels open doors by schedules: {levels}. Controllers of another make, or whose firmware speaks version 1 of \
             the card-table commands, are told of none, so nobody opens those doors there by them: {old}."
        )));
    }
    if spans {
        notices.push(notice(format!(
            "A rule gives somebody doors for a span who has others of the same controller for good, or for another span. \
             Controllers of another make, or whose firmware speaks version 1 of the card-table commands, hold one span of a \
             card, so those doors are left out there: {old}."
        )));
    }
    if let Some(schedules) = too_long {
        notices.push(notice(format!(
            "Schedules have more intervals or holidays than a door can go by, so nobody opens a door by them: {schedules}. \
             A door takes 20 different intervals, and 25 holidays count as one more for each of those of their calendar."
        )));
    }
    if full {
        notices.push(notice(
            "There are more different sets of access than can be told apart; cards with new ones open nothing until the \
             service is started again."
                .to_owned(),
        ));
    }
    notices
}

/// Controllers with a card table whose firmware knows no schedules.
fn speaking_version_1(fleet: &Fleet) -> Vec<(usize, String)> {
    let names = fleet.names().iter().enumerate();
    let old = names.filter(|(at, _)| fleet.status(*at).is_some_and(|status| status.version == Some(1)));
    old.map(|(at, name)| (at, name.to_string())).collect()
}

/// The first of them by name, and how many more there are.
fn listed(names: &[&str]) -> String {
    let quoted: Vec<String> =
        names.iter().take(MAX_NAMED).map(|name| format!("{:?}", one_line(name))).collect();
    match names.len().saturating_sub(MAX_NAMED) {
        0 => quoted.join(", "),
        more => format!("{} and {more} more", quoted.join(", ")),
    }
}

/// Profiles and schedules for which a controller has no room.
pub(super) fn no_room(site: &Site, now: Timestamp) -> Vec<Notice> {
    let fleet = site.fleet();
    let lacking = fleet.names().iter().enumerate().filter_map(|(at, name)| {
        let left_out = fleet.status(at)?.schedules_left_out;
        (left_out > 0).then(|| {
            let text = format!(
                "Controller {name} has no room for {left_out} of the schedules and holidays by which its doors should open: nobody \
                 opens them by these. Use fewer different schedules at its doors."
            );
            Notice { at: now, level: Level::Problem, text }
        })
    });
    let full = fleet.names().iter().enumerate().filter_map(|(at, name)| {
        let (needed, room) = (fleet.plan(at)?.profiles().len(), fleet.status(at)?.info?.profile_capacity);
        (needed > usize::from(room)).then(|| {
            let text = format!(
                "Controller {name} has room for {room} different sets of doors, and {needed} are given by rules: cards with \
                 the others open nothing there. Give people fewer different access levels at its doors."
            );
            Notice { at: now, level: Level::Problem, text }
        })
    });
    lacking.chain(full).collect()
}

/// People who were made active and inactive again at once.
pub(super) fn undone_reactivations(view: &View<'_>) -> Vec<Notice> {
    let people = view.undone().take(MAX_UNDONE).filter_map(Result::ok);
    people.filter_map(|person| undone_reactivation(&person)).collect()
}

fn undone_reactivation(person: &Cardholder) -> Option<Notice> {
    let reactivation = person.reactivation.as_ref()?;
    let text = reactivation.undone_sentence(&person.display_name)?;
    Some(Notice { at: reactivation.undone?, level: Level::Attention, text })
}
