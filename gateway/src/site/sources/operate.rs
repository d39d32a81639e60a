//! What people do to sources: test, resync, and what is to become of messages that could not be followed.

use futures_util::future::BoxFuture;

use super::super::running::Site;
use super::webhook::looked;
use super::{EventSource, now};
use crate::config::SourceKind;
use crate::domain::{LocalClock, SourceCondition};
use crate::operator::{Actor, OperateSource, SourceCheck, SourceOrderError, SourceResynced, SourceTested};
use crate::sources::events::{NotTaken, Sent};

impl OperateSource for Site {
    fn test_source(&self, source: &str) -> BoxFuture<'_, Result<SourceTested, SourceOrderError>> {
        let source = source.to_owned();
        Box::pin(async move {
            let source = self.named(&source)?;
            let clock = LocalClock::new(self.time_zone(), now());
            let checks = vec![source.reach().await, source.heard(&clock), source.letters()];
            Ok(SourceTested { passed: checks.iter().all(|check| check.passed != Some(false)), checks })
        })
    }

    fn resync_source(
        &self,
        source: &str,
        actor: &Actor,
    ) -> BoxFuture<'_, Result<SourceResynced, SourceOrderError>> {
        let (source, actor) = (source.to_owned(), actor.clone());
        Box::pin(async move {
            let source = self.named(&source)?;
            tracing::info!(?actor, source = %source.config.id, "the directory is compared with what the source has said");
            let resynced = source.intake.resync().await;
            self.bump();
            resynced.map(|changed| SourceResynced { changed }).map_err(SourceOrderError::Refused)
        })
    }

    fn retry_letter(
        &self,
        source: &str,
        letter: u64,
        actor: &Actor,
    ) -> BoxFuture<'_, Result<(), SourceOrderError>> {
        let (source, actor) = (source.to_owned(), actor.clone());
        Box::pin(async move {
            let source = self.named(&source)?;
            tracing::info!(?actor, source = %source.config.id, letter, "a message is tried again");
            source.retry(letter).await
        })
    }

    fn discard_letter(
        &self,
        source: &str,
        letter: u64,
        actor: &Actor,
    ) -> BoxFuture<'_, Result<(), SourceOrderError>> {
        let (source, actor) = (source.to_owned(), actor.clone());
        Box::pin(async move {
            let source = self.named(&source)?;
            tracing::info!(?actor, source = %source.config.id, letter, "a message is discarded");
            source.forget(letter).await
        })
    }
}

impl Site {
    fn named(&self, source: &str) -> Result<&EventSource, SourceOrderError> {
        self.sources.find(source).ok_or_else(|| SourceOrderError::Unknown(source.to_owned()))
    }
}

impl EventSource {
    async fn reach(&self) -> SourceCheck {
        let what = match &self.config.kind {
            SourceKind::Webhook { .. } => "secret",
            SourceKind::Mqtt { .. } => "broker",
        };
        let condition = match &self.config.kind {
            SourceKind::Webhook { secret_file, .. } => looked(secret_file.clone()).await,
            SourceKind::Mqtt { .. } => self.keeper.board().condition,
        };
        self.keeper.became(condition.clone());
        let passed = match &condition {
            SourceCondition::Starting => None,
            other => Some(other.trouble().is_none()),
        };
        let found = condition.trouble().map_or_else(|| condition.words().to_owned(), |(_, why)| why.clone());
        SourceCheck { what: what.to_owned(), passed, found }
    }

    fn heard(&self, clock: &LocalClock) -> SourceCheck {
        let heard = self.keeper.board().last_received;
        let found = match heard {
            Some(at) => format!("something arrived on {}", clock.dated(&at)),
            None => "nothing has arrived since the service started".to_owned(),
        };
        SourceCheck { what: "messages".to_owned(), passed: heard.map(|_| true), found }
    }

    fn letters(&self) -> SourceCheck {
        let (letters, _) = self.keeper.letters().counts();
        let found = match letters {
            0 => "every event could be followed".to_owned(),
            1 => "1 message could not be followed; try it again or discard it".to_owned(),
            some => format!("{some} messages could not be followed; try them again or discard them"),
        };
        SourceCheck { what: "dead letters".to_owned(), passed: Some(letters == 0), found }
    }

    async fn retry(&self, number: u64) -> Result<(), SourceOrderError> {
        let letter = self.keeper.letters().get(number).ok_or_else(|| self.no_letter(number))?;
        if !letter.whole {
            let why = "only its beginning is kept; have its sender send it again, and discard it here";
            return Err(SourceOrderError::Refused(why.to_owned()));
        }
        let sent = Sent {
            content_type: letter.content_type,
            attributes: letter.attributes,
            body: letter.body.into_bytes(),
        };
        match self.intake.take(&sent).await {
            Ok(_) => self.forget(number).await.or(Ok(())),
            Err(NotTaken::Malformed(fault)) => Err(SourceOrderError::Refused(fault.to_string())),
            Err(NotTaken::Refused(answered)) => {
                let first = answered.into_iter().find_map(|one| one.result.err());
                Err(SourceOrderError::Refused(first.map(|fault| fault.to_string()).unwrap_or_default()))
            }
            Err(NotTaken::Unavailable) => Err(SourceOrderError::Unavailable),
        }
    }

    async fn forget(&self, number: u64) -> Result<(), SourceOrderError> {
        let letters = std::sync::Arc::clone(self.keeper.letters());
        let forgotten = tokio::task::spawn_blocking(move || letters.forget(|letter| letter.number == number));
        let forgotten = match forgotten.await {
            Ok(Ok(forgotten)) => forgotten,
            Ok(Err(error)) => return Err(SourceOrderError::Refused(error.to_string())),
            Err(_) => return Err(SourceOrderError::Unavailable),
        };
        self.keeper.bump();
        if forgotten { Ok(()) } else { Err(self.no_letter(number)) }
    }

    fn no_letter(&self, number: u64) -> SourceOrderError {
        SourceOrderError::NoLetter(self.config.id.to_string(), number)
    }
}
