//! Sources that send by HTTP: their addresses, and whether anybody can be let in.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::spawn_blocking;

use super::super::running::Site;
use super::board::Keeper;
use super::now;
use crate::config::SourceKind;
use crate::domain::SourceCondition;
use crate::sources::webhook::{Asked, Observer, Secrets, Webhook};

/// How often it is looked whether the secrets are there.
const EVERY: Duration = Duration::from_secs(15);

/// The address of each.
pub fn webhooks(site: &Site) -> Vec<Webhook> {
    let of = |source: &super::EventSource| {
        let SourceKind::Webhook { secret_file, tolerance } = &source.config.kind else { return None };
        let intake = Arc::clone(&source.intake);
        Some(Webhook::new(intake, secret_file.clone(), *tolerance, observer(&source.keeper)))
    };
    site.sources.0.iter().filter_map(of).collect()
}

fn observer(keeper: &Arc<Keeper>) -> Observer {
    let keeper = Arc::clone(keeper);
    Box::new(move |asked| {
        let at = now();
        match asked {
            Asked::Signed => {
                keeper.received(at);
                keeper.became(SourceCondition::Connected { since: at });
            }
            Asked::TurnedAway(fault) => keeper.failed("turned_away", at, fault),
            Asked::NoSecret(why) => keeper.became(SourceCondition::Unusable { since: at, why }),
        }
        Box::pin(async {})
    })
}

/// Looks whether somebody could be let in, again and again, until `stop`.
pub async fn watch_secrets(site: Arc<Site>, mut stop: watch::Receiver<bool>) {
    loop {
        for source in &site.sources.0 {
            if let SourceKind::Webhook { secret_file, .. } = &source.config.kind {
                source.keeper.became(looked(secret_file.clone()).await);
            }
        }
        tokio::select! {
            () = tokio::time::sleep(EVERY) => {}
            _ = stop.changed() => return,
        }
    }
}

/// Whether the secrets in that file can be used now.
pub(super) async fn looked(secret_file: PathBuf) -> SourceCondition {
    let read = spawn_blocking(move || Secrets::read(&secret_file).map(drop)).await;
    match read {
        Ok(Ok(())) => SourceCondition::Connected { since: now() },
        Ok(Err(error)) => {
            SourceCondition::Unusable { since: now(), why: format!("{error}; {}", error.remedy()) }
        }
        Err(error) => SourceCondition::Unusable { since: now(), why: error.to_string() },
    }
}
