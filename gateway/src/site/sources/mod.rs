//! The sources of the configuration as they run: where their events go in, how they are, and what could not be followed.

mod board;
mod mqtt;
mod operate;
mod webhook;

use std::sync::Arc;

use jiff::Timestamp;
use tokio::sync::watch;

use super::card_policy::card_policy;
use super::clock;
use crate::config::{Config, Source, SourceKind};
use crate::domain::Provider;
use crate::sources::events::{Intake, Note, count};
use crate::store::dead_letters::DeadLetters;
use crate::store::{Directory, StoreError};

use board::Keeper;
pub use mqtt::subscriptions;
pub use webhook::{watch_secrets, webhooks};

/// One source of the configuration.
pub(super) struct EventSource {
    pub(super) config: Source,
    pub(super) keeper: Arc<Keeper>,
    pub(super) intake: Arc<Intake>,
}

/// All of them, in the order of the configuration.
pub struct EventSources(pub(super) Vec<EventSource>);

impl EventSources {
    /// Those of the configuration; `changed` is told whenever people would be shown something new. Blocks.
    ///
    /// # Errors
    /// When the disk refuses.
    pub fn open(
        config: &Config,
        directory: &Directory,
        changed: &watch::Sender<u64>,
    ) -> Result<Self, StoreError> {
        let open = |source: &Source| {
            let letters = DeadLetters::open(&config.site.data_dir, source.id.as_str())?;
            let given = count(&directory.read(), source.id.as_str())?;
            let keeper = Arc::new(Keeper::new(letters, given, changed.clone()));
            let policy = card_policy(&config.cards);
            let name = (source.provider(), source.id.as_str());
            let intake = Intake::new(directory.clone(), policy, name, clock::now, note(&keeper));
            Ok(EventSource { config: source.clone(), keeper, intake: Arc::new(intake) })
        };
        config.sources.iter().map(open).collect::<Result<_, _>>().map(Self)
    }

    /// The source of that name.
    pub(super) fn find(&self, id: &str) -> Option<&EventSource> {
        self.0.iter().find(|source| source.config.id.as_str() == id)
    }
}

impl Source {
    const fn provider(&self) -> Provider {
        match self.kind {
            SourceKind::Webhook { .. } => Provider::Webhook,
            SourceKind::Mqtt { .. } => Provider::Mqtt,
        }
    }
}

fn note(keeper: &Arc<Keeper>) -> Note {
    let keeper = Arc::clone(keeper);
    Box::new(move |noted| {
        let keeper = Arc::clone(&keeper);
        Box::pin(async move { keeper.note(noted, clock::now()).await })
    })
}

/// The instant of which something is told now.
fn now() -> Timestamp {
    clock::now()
}
