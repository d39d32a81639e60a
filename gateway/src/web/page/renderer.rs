//! Renders a live page once for all who have it open.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::Mutex;

use super::part::{Rendered, Telling};
use crate::store::users::Role;

/// A rendering is used again for so long, if nothing was announced meanwhile.
const REUSED_FOR: Duration = Duration::from_secs(1);

/// A page by name, for whom, and who tells the time in it.
pub(super) type Key = (&'static str, Role, Telling);

/// The latest renderings, one for each key.
#[derive(Default)]
pub(in super::super) struct Renderer(Mutex<HashMap<Key, Rendering>>);

struct Rendering {
    change: u64,
    at: Instant,
    parts: Arc<Vec<Rendered>>,
}

impl Renderer {
    /// The parts of a page after `change`. Renders only if something was announced since, or a second has gone by.
    pub(super) async fn parts(
        &self,
        key: Key,
        change: u64,
        render: impl Future<Output = askama::Result<Vec<Rendered>>>,
    ) -> askama::Result<Arc<Vec<Rendered>>> {
        let mut renderings = self.0.lock().await;
        if let Some(kept) = renderings.get(&key)
            && kept.change == change
            && kept.at.elapsed() < REUSED_FOR
        {
            return Ok(Arc::clone(&kept.parts));
        }
        let parts = Arc::new(render.await?);
        renderings.insert(key, Rendering { change, at: Instant::now(), parts: Arc::clone(&parts) });
        Ok(parts)
    }
}
