//! The site as people are shown it.

mod hardware;
mod identity;
mod receipts;
mod refused;

use std::sync::Arc;

use futures_util::future::BoxFuture;
use futures_util::stream::BoxStream;
use jiff::SignedDuration;
use tokio::sync::watch;

use super::cards::card_policy;
use super::clock;
use super::identity::new_token;
use super::running::Site;
use crate::domain::{Cardholder, ControllerId, EventKind, Level, LineId, LocalClock, Notice};
use crate::health::Seen;
use crate::osdpcap::Record;
use crate::views::{
    AccessSource, Actor, AlarmView, CaptureError, CardOrder, CardOrderDone, CardOrderError, CardText,
    ControllerView, Counts, EventView, InstallMinutes, InstallModeError, InstallModeOpened, OperationView,
    ReAuthenticateError, ReAuthenticated, Readiness, SiteFacts, SiteSource, SiteView,
};

/// Most entries of each list on the page.
const MAX_EVENTS: usize = 30;
const MAX_UNDONE: usize = 20;

impl SiteSource for Site {
    fn site(&self) -> SiteView {
        let (now, format) = (clock::now(), self.config.cards.default_format);
        let refused_cards = refused::cards(&self.directory.read(), &card_policy(&self.config.cards).defaults);
        let counts = self.counts(refused_cards.len());
        let events = self.card_reads();
        let identity = self.identity_view(now);
        let undone = self.undone_reactivations();
        let wires = self.wires();
        let revision = self.directory.stats().revision;
        let heard: Vec<_> = (0..self.config.controllers.len()).map(|at| wires.heard(at)).collect();
        let fleet = self.fleet();
        let health = self.health();
        let standing = |at: usize| health.device(at, now, heard[at]);
        let controllers: Vec<ControllerView> = (0..heard.len())
            .filter_map(|at| Some(self.controller(at, &fleet, &standing(at)?, wires.panel(at))))
            .collect();
        let unproven = receipts::unproven(&fleet, &controllers);
        let mut notices = undone;
        notices.splice(0..0, receipts::cut(unproven.len(), now));
        let verdict = health.verdict(&Seen {
            clock: LocalClock::new(self.time_zone(), now),
            proven: controllers.iter().map(|it| it.table.as_ref().map(|it| it.proven)).collect(),
            exposed: unproven.iter().map(|(_, _, exposure)| exposure.clone()).collect(),
            reach: self.identity.reach(),
            sources: identity.findings().cloned().collect(),
            refused_cards: counts.refused_cards,
            notices: notices.clone(),
            heard,
        });
        notices.extend(health.notices().cloned());
        let facts = SiteFacts {
            name: self.config.site.name.clone(),
            time_zone: self.time_zone().to_owned(),
            at: now,
            started: self.started,
            uptime_s: self.running.seconds(),
            revision,
            counts,
            lines: (0..self.config.lines.len())
                .map(|at| {
                    hardware::line(&self.config.lines[at], &health.links()[at], wires.lines[at].as_ref())
                })
                .collect(),
            receipts: receipts::newest(&fleet, format),
            exposed: receipts::exposed(&unproven, format),
            refused_cards,
            identity,
            alarms: health.alarms().rev().map(|(since, alarm)| AlarmView::of(since, alarm)).collect(),
            events,
            notices,
            controllers,
        };
        drop((health, fleet));
        SiteView::of(facts, verdict)
    }

    fn changed(&self) -> watch::Receiver<u64> {
        self.watch()
    }

    fn readiness(&self) -> Readiness {
        let directory_open = self.directory.stats().failed.is_none();
        let links_started = self.health().links().iter().all(|link| link.since.is_some());
        Readiness { directory_open, links_started }
    }

    fn access(&self) -> &dyn AccessSource {
        &self.access
    }

    fn open_install_mode(
        &self,
        controller: &ControllerId,
        minutes: InstallMinutes,
        actor: &Actor,
    ) -> BoxFuture<'_, Result<InstallModeOpened, InstallModeError>> {
        let (controller, actor) = (controller.clone(), actor.clone());
        Box::pin(async move {
            let at = self.config.controllers.iter().position(|known| known.id == controller);
            let at = at.ok_or_else(|| InstallModeError::UnknownController(controller.clone()))?;
            let unavailable =
                |why: String| InstallModeError::Unavailable { controller: controller.clone(), why };
            let line = self.line_of(at).ok_or_else(|| unavailable("its line has not started".to_owned()))?;
            let span = SignedDuration::from_mins(i64::from(minutes.get()));
            let until = clock::now() + span;
            self.health().install_mode(at, until);
            let opened = line.open_install_mode(at, span.unsigned_abs()).await;
            opened.map_err(|error| unavailable(error.to_string()))?;
            tracing::warn!(%controller, ?actor, %until, "install mode opened");
            self.bump();
            Ok(InstallModeOpened { controller, until })
        })
    }

    fn capture(&self, line: &LineId, actor: &Actor) -> Result<BoxStream<'static, Record>, CaptureError> {
        self.listen(line, actor)
    }

    fn operations(&self, before: Option<u64>, count: usize) -> Vec<OperationView> {
        self.operation_views(before, count)
    }

    fn re_authenticate(
        &self,
        source: &str,
        actor: &Actor,
    ) -> BoxFuture<'_, Result<ReAuthenticated, ReAuthenticateError>> {
        let (source, actor) = (source.to_owned(), actor.clone());
        Box::pin(async move {
            let (tokens, name) = (Arc::clone(self.identity.tokens()), source.clone());
            let made = tokio::task::spawn_blocking(move || new_token(&tokens, &name)).await;
            let made = made.map_err(|_| ReAuthenticateError::Unavailable)??;
            tracing::warn!(token = source, ?actor, "re-authenticated");
            self.bump();
            Ok(made)
        })
    }

    fn change_card(
        &self,
        order: CardOrder,
        actor: &Actor,
    ) -> BoxFuture<'_, Result<CardOrderDone, CardOrderError>> {
        Box::pin(self.order_card(order, actor.clone(), clock::now()))
    }
}

impl Site {
    fn counts(&self, refused: usize) -> Counts {
        let counts = self.directory.stats().counts;
        Counts {
            people: counts.cardholders,
            active_people: counts.active,
            cards: counts.cards,
            active_cards: counts.active_cards,
            groups: counts.groups,
            refused_cards: counts.refused_cards.max(refused as u64),
            access_levels: counts.access_levels,
            rules: counts.rules,
        }
    }

    fn undone_reactivations(&self) -> Vec<Notice> {
        let view = self.directory.read();
        let people = view.undone().take(MAX_UNDONE).filter_map(Result::ok);
        people.filter_map(|person| undone_reactivation(&person)).collect()
    }

    fn card_reads(&self) -> Vec<EventView> {
        let format = self.config.cards.default_format;
        let door_name = |read: &crate::domain::CardRead| {
            let doors = self.config.controllers.iter().flat_map(|controller| &controller.doors);
            doors.into_iter().find(|door| Some(&door.id) == read.door.as_ref()).map(|door| door.name.as_str())
        };
        let recent = self.events.recent(MAX_EVENTS * 4);
        recent
            .iter()
            .filter_map(|logged| match &logged.event.kind {
                EventKind::CardRead(read) => Some(EventView::of_card_read(
                    logged.event.at,
                    read,
                    door_name(read),
                    CardText::of_credential(&read.credential, format),
                )),
                _ => None,
            })
            .take(MAX_EVENTS)
            .collect()
    }
}

/// Why somebody who was just made active is inactive, and what to do if they should not be.
fn undone_reactivation(person: &Cardholder) -> Option<Notice> {
    let reactivation = person.reactivation.as_ref()?;
    let at = reactivation.undone?;
    let seconds = at.duration_since(reactivation.at).as_secs();
    let (name, token) = (&person.display_name, &reactivation.token);
    let text = format!(
        "{name} was made inactive {seconds} s after being made active again, both by the SCIM token {token}. It may be \
         an outdated active=false that arrived late, as Okta is known to send. It was obeyed, as every suspension is. \
         If {name} should be active, have the identity provider say so again: in Okta, take {name}'s assignment to this \
         application away and give it again, or push the profile; in Entra ID, provision {name} on demand."
    );
    Some(Notice { at, level: Level::Attention, text })
}
