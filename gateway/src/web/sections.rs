//! The parts of the status page, each rendered by itself, so that a live page gets only those that changed.
//!
//! Templates escape everything; nothing that came from outside reaches the page in another way.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use askama::Template;

use super::api::site_for;
use super::state::WebState;
use crate::domain::{DeviceCondition, Level, LocalClock, Verdict};
use crate::store::users::Role;
use crate::views::{ControllerView, IdentitySourceView, InstallMinutes, SiteFacts, SiteView};

/// A rendering is used again for so long, if nothing was announced meanwhile.
const REUSED_FOR: Duration = Duration::from_secs(1);

/// What the templates see.
struct Shown<'a> {
    verdict: &'a Verdict,
    site: &'a SiteFacts,
    clock: &'a LocalClock,
    role: Role,
    /// Tell how long ago things were. A live page tells that itself.
    ago: bool,
}

impl Shown<'_> {
    fn may_install(&self) -> bool {
        self.role >= Role::Installer
    }

    fn may_manage(&self) -> bool {
        self.role >= Role::Manager
    }

    fn source_words(&self, source: &IdentitySourceView) -> &'static str {
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
        self.site.controllers.iter().filter(|controller| controller.state == DeviceCondition::Online).count()
    }

    fn max_minutes(&self) -> u8 {
        InstallMinutes::MAX
    }
}

#[derive(Template)]
#[template(path = "sections/verdict.html")]
struct VerdictSection<'a> {
    s: &'a Shown<'a>,
}

#[derive(Template)]
#[template(path = "sections/counts.html")]
struct CountsSection<'a> {
    s: &'a Shown<'a>,
}

#[derive(Template)]
#[template(path = "sections/controllers.html")]
struct ControllersSection<'a> {
    s: &'a Shown<'a>,
}

#[derive(Template)]
#[template(path = "sections/receipts.html")]
struct ReceiptsSection<'a> {
    s: &'a Shown<'a>,
}

#[derive(Template)]
#[template(path = "sections/exposed.html")]
struct ExposedSection<'a> {
    s: &'a Shown<'a>,
}

#[derive(Template)]
#[template(path = "sections/refused.html")]
struct RefusedSection<'a> {
    s: &'a Shown<'a>,
}

#[derive(Template)]
#[template(path = "sections/alarms.html")]
struct AlarmsSection<'a> {
    s: &'a Shown<'a>,
}

#[derive(Template)]
#[template(path = "sections/identity.html")]
struct IdentitySection<'a> {
    s: &'a Shown<'a>,
}

#[derive(Template)]
#[template(path = "sections/events.html")]
struct EventsSection<'a> {
    s: &'a Shown<'a>,
}

/// The parts of the page as HTML.
#[derive(PartialEq, Eq, Debug)]
pub(super) struct Sections {
    pub(super) verdict: String,
    pub(super) counts: String,
    pub(super) controllers: String,
    pub(super) receipts: String,
    pub(super) exposed: String,
    pub(super) refused: String,
    pub(super) alarms: String,
    pub(super) events: String,
    pub(super) identity: String,
}

impl Sections {
    /// Of a view; `ago` as the page without script needs it.
    pub(super) fn render(view: &SiteView, role: Role, ago: bool) -> askama::Result<Self> {
        let clock = view.clock();
        let shown = Shown { verdict: &view.verdict, site: &view.facts, clock: &clock, role, ago };
        Ok(Self {
            verdict: VerdictSection { s: &shown }.render()?,
            counts: CountsSection { s: &shown }.render()?,
            controllers: ControllersSection { s: &shown }.render()?,
            receipts: ReceiptsSection { s: &shown }.render()?,
            exposed: ExposedSection { s: &shown }.render()?,
            refused: RefusedSection { s: &shown }.render()?,
            alarms: AlarmsSection { s: &shown }.render()?,
            events: EventsSection { s: &shown }.render()?,
            identity: IdentitySection { s: &shown }.render()?,
        })
    }

    /// With the ids that they have on the page, in its order.
    pub(super) fn parts(&self) -> [(&'static str, &str); 9] {
        [
            ("verdict", &self.verdict),
            ("counts", &self.counts),
            ("controllers", &self.controllers),
            ("receipts", &self.receipts),
            ("exposed", &self.exposed),
            ("refused", &self.refused),
            ("alarms", &self.alarms),
            ("events", &self.events),
            ("identity", &self.identity),
        ]
    }
}

/// Renders once for all pages that are open.
#[derive(Default)]
pub(super) struct Renderer(Mutex<HashMap<(Role, bool), Rendering>>);

struct Rendering {
    change: u64,
    at: Instant,
    sections: Arc<Sections>,
}

impl Renderer {
    /// The page's parts now, for a role. Renders only if something was announced since, or a second has gone by.
    pub(super) fn sections(&self, state: &WebState, role: Role, ago: bool) -> askama::Result<Arc<Sections>> {
        // The number is read before the view is taken, so a change in between is rendered again, never missed.
        let change = *state.source.changed().borrow();
        let mut renderings = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(kept) = renderings.get(&(role, ago))
            && kept.change == change
            && kept.at.elapsed() < REUSED_FOR
        {
            return Ok(Arc::clone(&kept.sections));
        }
        let sections = Arc::new(Sections::render(&site_for(state, role), role, ago)?);
        let rendering = Rendering { change, at: Instant::now(), sections: Arc::clone(&sections) };
        renderings.insert((role, ago), rendering);
        Ok(sections)
    }
}
