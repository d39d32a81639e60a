//! `GET /`: how the site is, at a glance.

use askama::Template;
use axum::extract::State;
use axum::response::Response;

use super::super::api::site_for;
use super::super::guard::PageUser;
use super::super::limits::MAX_REASON_CHARS;
use super::super::state::WebState;
use super::LivePage;
use super::layout::{of_site, template_failed};
use super::part::{Label, Part, Place, Seen, Telling, render};
use crate::domain::{AccessMode, DeviceCondition, Level};
use crate::operator::InstallMinutes;
use crate::views::{AlarmView, ControllerKind, ControllerView, ExposureView, SiteView, SourceView};

/// The page.
pub(super) const PAGE: LivePage = LivePage {
    name: "status",
    render: |state, role, telling| {
        Box::pin(async move {
            let site = site_for(state, role).await;
            render(PARTS, &site, &site.clock(), role, telling)
        })
    },
};

/// In the order of the page; a narrow screen has them by rank.
const PARTS: &[Part<SiteView>] = &[
    Part {
        id: "verdict",
        label: Label::ReadOut("Verdict"),
        place: Place::Top,
        rank: 1,
        render: |s| VerdictPart { s }.render(),
    },
    Part {
        id: "counts",
        label: Label::Spoken("Counts"),
        place: Place::Top,
        rank: 8,
        render: |s| CountsPart { s }.render(),
    },
    Part {
        id: "controllers",
        label: Label::Heading,
        place: Place::Main,
        rank: 4,
        render: |s| ControllersPart { s }.render(),
    },
    Part {
        id: "receipts",
        label: Label::Heading,
        place: Place::Main,
        rank: 6,
        render: |s| ReceiptsPart { s }.render(),
    },
    Part {
        id: "exposed",
        label: Label::Heading,
        place: Place::Side,
        rank: 2,
        render: |s| ExposedPart { s }.render(),
    },
    Part {
        id: "refused",
        label: Label::Heading,
        place: Place::Side,
        rank: 7,
        render: |s| RefusedPart { s }.render(),
    },
    Part {
        id: "alarms",
        label: Label::Heading,
        place: Place::Side,
        rank: 3,
        render: |s| AlarmsPart { s }.render(),
    },
    Part {
        id: "events",
        label: Label::Heading,
        place: Place::Side,
        rank: 5,
        render: |s| EventsPart { s }.render(),
    },
    Part {
        id: "identity",
        label: Label::Heading,
        place: Place::Side,
        rank: 9,
        render: |s| IdentityProvidersPart { s }.render(),
    },
    Part {
        id: "sources",
        label: Label::Heading,
        place: Place::Side,
        rank: 10,
        render: |s| SourcesPart { s }.render(),
    },
];

/// `GET /`
pub(in super::super) async fn status(
    PageUser(principal): PageUser,
    State(state): State<WebState>,
) -> Response {
    match PAGE.parts(&state, principal.role, Telling::Here).await {
        Ok(parts) => of_site(&state, &principal, state.views.name(), "/live?page=status", &parts),
        Err(error) => template_failed(&error),
    }
}

#[derive(Template)]
#[template(path = "parts/verdict.html")]
struct VerdictPart<'a> {
    s: &'a Seen<'a, SiteView>,
}

#[derive(Template)]
#[template(path = "parts/counts.html")]
struct CountsPart<'a> {
    s: &'a Seen<'a, SiteView>,
}

#[derive(Template)]
#[template(path = "parts/controllers.html")]
struct ControllersPart<'a> {
    s: &'a Seen<'a, SiteView>,
}

#[derive(Template)]
#[template(path = "parts/receipts.html")]
struct ReceiptsPart<'a> {
    s: &'a Seen<'a, SiteView>,
}

#[derive(Template)]
#[template(path = "parts/exposed.html")]
struct ExposedPart<'a> {
    s: &'a Seen<'a, SiteView>,
}

#[derive(Template)]
#[template(path = "parts/refused.html")]
struct RefusedPart<'a> {
    s: &'a Seen<'a, SiteView>,
}

#[derive(Template)]
#[template(path = "parts/alarms.html")]
struct AlarmsPart<'a> {
    s: &'a Seen<'a, SiteView>,
}

#[derive(Template)]
#[template(path = "parts/events.html")]
struct EventsPart<'a> {
    s: &'a Seen<'a, SiteView>,
}

#[derive(Template)]
#[template(path = "parts/identity_providers.html")]
struct IdentityProvidersPart<'a> {
    s: &'a Seen<'a, SiteView>,
}

#[derive(Template)]
#[template(path = "parts/sources.html")]
struct SourcesPart<'a> {
    s: &'a Seen<'a, SiteView>,
}

impl Seen<'_, SiteView> {
    fn source_words(&self, source: &SourceView) -> &'static str {
        if source.is_expired(self.clock.now()) {
            "token expired"
        } else if source.heard().is_none() {
            "not used yet"
        } else {
            match source.level {
                Level::Well => "connected",
                _ => "needs a look",
            }
        }
    }

    /// Heard within the last seconds: no need to say when.
    fn is_fresh(&self, controller: &ControllerView) -> bool {
        const FRESH_S: i64 = 10;
        let now = self.clock.now().as_second();
        controller.last_heard.is_some_and(|at| now.saturating_sub(at.as_second()) < FRESH_S)
    }

    /// Being filled: how far it has come is worth a bar.
    fn is_loading(&self, controller: &ControllerView) -> bool {
        controller.state == DeviceCondition::Online
            && controller.table.as_ref().is_some_and(|table| table.held.unwrap_or(0) < table.desired)
    }

    fn online(&self) -> usize {
        self.data
            .facts
            .controllers
            .iter()
            .filter(|controller| controller.state == DeviceCondition::Online)
            .count()
    }

    fn exposure_key(&self, exposure: &ExposureView) -> String {
        format!("{}-{}", exposure.revision, exposure.at.controller)
    }

    /// Those that nobody looks after first, then the muted, then those that are over.
    fn alarms(&self) -> impl Iterator<Item = &AlarmView> {
        let facts = &self.data.facts;
        let (muted, open): (Vec<_>, Vec<_>) = facts.alarms.iter().partition(|alarm| alarm.muted.is_some());
        open.into_iter().chain(muted).chain(&facts.alarms_over)
    }

    /// How bad it is; muted and past ones are no less bad, and don't shout.
    fn alarm_class(&self, alarm: &AlarmView) -> &'static str {
        if alarm.muted.is_some() || alarm.over.is_some() { "attention" } else { alarm.level.word() }
    }

    fn ordinal(&self, times: &u32) -> String {
        match (times % 10, times % 100) {
            (1, except) if except != 11 => format!("{times}st"),
            (2, except) if except != 12 => format!("{times}nd"),
            (3, except) if except != 13 => format!("{times}rd"),
            _ => format!("{times}th"),
        }
    }

    fn max_words(&self) -> usize {
        MAX_REASON_CHARS
    }

    fn max_minutes(&self) -> u8 {
        InstallMinutes::MAX
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_narrow_screen_knows_the_place_of_every_part() {
        let style = include_str!("../../../assets/style.css");
        for part in PARTS {
            let rule = format!(".rank-{rank} {{ order: {rank}; }}", rank = part.rank);
            assert!(style.contains(&rule), "{} would stand before the verdict: no {rule}", part.id);
        }
    }
}
