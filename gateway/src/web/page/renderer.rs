//! Renders a live page once for all who have it open.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::Mutex;

use super::super::state::WebState;
use super::{LivePage, Rendered, Telling};
use crate::store::users::Role;

/// A rendering is used again for so long, if nothing was announced meanwhile.
const REUSED_FOR: Duration = Duration::from_secs(1);

/// The latest renderings: one for each page, role and way of telling.
#[derive(Default)]
pub(in super::super) struct Renderer(Mutex<HashMap<(&'static str, Role, Telling), Rendering>>);

struct Rendering {
    change: u64,
    at: Instant,
    parts: Arc<Vec<Rendered>>,
}

impl Renderer {
    /// The parts of `page` now. Renders only if something was announced since, or a second has gone by.
    pub(in super::super) async fn parts(
        &self,
        state: &WebState,
        page: &LivePage,
        role: Role,
        telling: Telling,
    ) -> askama::Result<Arc<Vec<Rendered>>> {
        // The number is read before the view is taken, so a change in between is rendered again, never missed.
        let change = *state.views.changed().borrow();
        let mut renderings = self.0.lock().await;
        let key = (page.name, role, telling);
        if let Some(kept) = renderings.get(&key)
            && kept.change == change
            && kept.at.elapsed() < REUSED_FOR
        {
            return Ok(Arc::clone(&kept.parts));
        }
        let parts = Arc::new((page.render)(state, role, telling).await?);
        renderings.insert(key, Rendering { change, at: Instant::now(), parts: Arc::clone(&parts) });
        Ok(parts)
    }
}
