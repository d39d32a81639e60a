//! The site as people are shown it: one file for each concern, and the whole of them here.
//!
//! What the directory has to be read for is read where blocking is allowed; everything else takes a short lock.

mod access;
mod events;
mod hardware;
mod identity_providers;
mod notices;
mod receipts;
mod refused;
mod sources;

pub(super) use events::card_as_shown;

use futures_util::future::BoxFuture;

use super::clock;
use super::running::Site;
use crate::domain::{LocalClock, Notice};
use crate::health::Seen;
use crate::views::{
    Counts, Figures, Readiness, RefusedCardView, ShowIdentityProviders, ShowSite, SiteFacts, SiteView,
};

/// So many of the latest at any door.
const EVENTS: usize = 30;

impl ShowSite for Site {
    fn name(&self) -> &str {
        &self.config.site.name
    }

    fn clock(&self) -> LocalClock {
        LocalClock::new(self.time_zone(), clock::now())
    }

    fn change(&self) -> u64 {
        *self.watch().borrow()
    }

    fn changed_since(&self, seen: u64) -> BoxFuture<'_, ()> {
        let mut changed = self.watch();
        Box::pin(async move {
            // Fails only when the site is gone, and then nobody shows it.
            let _ = changed.wait_for(|change| *change != seen).await;
        })
    }

    fn readiness(&self) -> Readiness {
        let directory_open = self.directory.stats().failed.is_none();
        let links_started = self.health().links().iter().all(|link| link.since.is_some());
        Readiness { directory_open, links_started }
    }

    fn figures(&self) -> Figures {
        let identity_providers = ShowIdentityProviders::identity_providers(self);
        let (now, stats, links) = (clock::now(), self.directory.stats(), self.link_statuses());
        let fleet = self.fleet();
        let health = self.health();
        let unproven = fleet.unproven_revocations().flat_map(|receipt| &receipt.landings);
        Figures {
            at: now,
            uptime_s: self.running.seconds(),
            revision: stats.revision,
            counts: self.counts(),
            lines: self.line_views(&health, &links),
            controllers: self.controller_views(&fleet, &health, &links, now),
            exposed: unproven.filter(|landing| landing.proven.is_none()).count() as u64,
            alarms: health.open_alarms().count() as u64,
            alarms_unseen: health.open_alarms().filter(|it| it.acknowledged.is_none()).count() as u64,
            identity_providers,
        }
    }

    fn site(&self) -> BoxFuture<'_, SiteView> {
        Box::pin(async move {
            let read = self.read_directory().await;
            self.whole(read)
        })
    }
}

/// What only the directory knows of the page.
#[derive(Default)]
struct OfDirectory {
    refused_cards: Vec<RefusedCardView>,
    undone: Vec<Notice>,
}

impl Site {
    /// Reads where blocking is allowed. What can't be read is told by the verdict's own conditions.
    async fn read_directory(&self) -> OfDirectory {
        let directory = self.directory.clone();
        let defaults = super::card_policy::card_policy(&self.config.cards).defaults;
        let read = tokio::task::spawn_blocking(move || {
            let view = directory.read();
            OfDirectory {
                refused_cards: refused::cards(&view, &defaults),
                undone: notices::undone_reactivations(&view),
            }
        });
        read.await.unwrap_or_else(|error| {
            tracing::error!(%error, "the directory can't be read for the page");
            OfDirectory::default()
        })
    }

    fn whole(&self, read: OfDirectory) -> SiteView {
        let OfDirectory { refused_cards, undone } = read;
        let (now, format) = (clock::now(), self.config.cards.default_format);
        let counts = self.counts();
        let counts = Counts { refused_cards: counts.refused_cards.max(refused_cards.len() as u64), ..counts };
        let events = self.latest_events(EVENTS);
        let identity_providers = ShowIdentityProviders::identity_providers(self);
        let sources = self.sources_at(now);
        let (revision, links) = (self.directory.stats().revision, self.link_statuses());
        let access_mode = self.compiling().compiler.model().mode();
        let left_out = [notices::left_out(self, now), notices::no_room(self, now)].concat();
        let fleet = self.fleet();
        let health = self.health();
        let controllers = self.controller_views(&fleet, &health, &links, now);
        let unproven = receipts::unproven(&fleet, &controllers);
        let mut notices = undone;
        notices.splice(0..0, receipts::cut(unproven.len(), now));
        notices.extend(left_out);
        let verdict = health.verdict(&Seen {
            clock: LocalClock::new(self.time_zone(), now),
            proven: controllers.iter().map(|it| it.table.as_ref().map(|it| it.proven)).collect(),
            exposed: unproven.iter().map(|(_, _, exposure)| exposure.clone()).collect(),
            reach: self.providers.reach(),
            sources: identity_providers
                .findings()
                .chain(sources.iter().flat_map(|it| &it.findings))
                .cloned()
                .collect(),
            refused_cards: counts.refused_cards,
            notices: notices.clone(),
            heard: (0..self.config.controllers.len()).map(|at| hardware::last_heard(&links, at)).collect(),
        });
        notices.extend(health.notices().cloned());
        let over = health.alarm_records().iter().rev().filter(|it| it.over.is_some());
        let facts = SiteFacts {
            name: self.config.site.name.clone(),
            time_zone: self.time_zone().to_owned(),
            at: now,
            started: self.started,
            uptime_s: self.running.seconds(),
            revision,
            access_mode,
            counts,
            lines: self.line_views(&health, &links),
            receipts: receipts::newest(&fleet, format),
            exposed: receipts::exposed(&unproven, format),
            refused_cards,
            identity_providers,
            sources,
            alarms: health.open_alarms().rev().map(|it| self.alarm_view(it, now)).collect(),
            alarms_over: over.map(|it| self.alarm_view(it, now)).collect(),
            door_events: self.latest_door_events(EVENTS),
            events,
            notices,
            controllers,
        };
        SiteView::of(facts, verdict)
    }

    fn counts(&self) -> Counts {
        let counts = self.directory.stats().counts;
        Counts {
            people: counts.cardholders,
            active_people: counts.active,
            cards: counts.cards,
            active_cards: counts.active_cards,
            groups: counts.groups,
            refused_cards: counts.refused_cards,
            access_levels: counts.access_levels,
            rules: counts.rules,
        }
    }
}
