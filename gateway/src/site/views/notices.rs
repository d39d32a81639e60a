//! What somebody should know of the directory, and of what rules come to.

use jiff::Timestamp;

use super::super::running::Site;
use crate::domain::{Cardholder, Level, Notice, one_line};
use crate::store::View;

/// Most of them on the page.
const MAX_UNDONE: usize = 20;

/// Most access levels that one notice names.
const MAX_NAMED: usize = 5;

/// What rules give and controllers can't be told, so that nobody has it.
pub(super) fn left_out(site: &Site, now: Timestamp) -> Vec<Notice> {
    let compiling = site.compiling();
    let mut names: Vec<String> =
        compiling.compiler.levels_left_out().map(|level| format!("{:?}", one_line(&level.name))).collect();
    let spans = compiling.compiler.leaves_out_spans(now);
    let full = compiling.compiler.clearances().is_full();
    drop(compiling);
    let notice = |text: String| Notice { at: now, level: Level::Attention, text };
    let mut notices = Vec::new();
    if !names.is_empty() {
        let more = names.len().saturating_sub(MAX_NAMED);
        names.truncate(MAX_NAMED);
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        notices.push(notice(format!(
            "Access levels open doors by schedules: {}{more}. Controllers can't be told of schedules yet, so nobody opens \
             those doors by them.",
            names.join(", ")
        )));
    }
    if spans {
        notices.push(notice(
            "A rule gives somebody doors for a span who has others of the same controller for good, or for another span. \
             A controller holds one span of a card, so those doors are left out there."
                .to_owned(),
        ));
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

/// Profiles for which a controller has no room.
pub(super) fn no_room(site: &Site, now: Timestamp) -> Vec<Notice> {
    let fleet = site.fleet();
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
    full.collect()
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
