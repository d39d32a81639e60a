//! Cards by hand: from the page's, the API's and the command line's orders to the directory.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;
use jiff::Timestamp;
use tokio::sync::watch;

use super::card_policy::card_policy;
use super::clock;
use super::running::Site;
use crate::domain::{Change, Origin, Revision};
use crate::operator::{Actor, CardAction, CardOrder, CardOrderDone, CardOrderError, ChangeCard};
use crate::sources::Moment;
use crate::sources::by_hand::{self, ByHandError, Changed, NewCard};
use crate::sources::cards::{CardPolicy, SettleError, hand_over, hand_over_ended};
use crate::store::{CommitError, View};

/// How often it is looked whether a card has ended for which somebody waits.
const EVERY: Duration = Duration::from_secs(5);

/// Gives cards whose validity has ended to those who wait for them. Until `stop`.
pub async fn ended_cards(site: Arc<Site>, mut stop: watch::Receiver<bool>) {
    loop {
        if let Err(error) = site.hand_over_ended(clock::now()).await {
            tracing::error!(%error, "cards that have ended can't be given to those who wait for them");
        }
        tokio::select! {
            () = tokio::time::sleep(EVERY) => {}
            _ = stop.changed() => return,
        }
    }
}

/// Why a plan was refused.
#[derive(Debug, thiserror::Error)]
enum Refused {
    #[error(transparent)]
    ByHand(ByHandError),
    #[error(transparent)]
    HandOver(SettleError),
}

impl ChangeCard for Site {
    fn change_card(
        &self,
        order: CardOrder,
        actor: &Actor,
    ) -> BoxFuture<'_, Result<CardOrderDone, CardOrderError>> {
        Box::pin(self.order_card(order, actor.clone(), clock::now()))
    }
}

impl Site {
    /// The directory's writer is asked only if there is something to do.
    async fn hand_over_ended(&self, at: Timestamp) -> Result<(), CommitError<SettleError>> {
        let policy = Arc::new(card_policy(&self.config.cards));
        let plan = move |view: &View<'_>, revision: Revision| {
            hand_over_ended(view, &policy, Moment { at, revision, by: &Origin::Gateway })
        };
        let look = plan.clone();
        let due = self.directory.query(move |view| look(view, view.revision().next())).await;
        if due.map_err(CommitError::Plan)?.is_empty() {
            return Ok(());
        }
        let plan = move |view: &View<'_>, revision: Revision| Ok((plan(view, revision)?, ()));
        self.directory.commit(Origin::Gateway, at, plan).await.map(|_| ())
    }

    /// Does what `order` says, and gives the cards that this frees to whoever waits for them.
    async fn order_card(
        &self,
        order: CardOrder,
        actor: Actor,
        at: Timestamp,
    ) -> Result<CardOrderDone, CardOrderError> {
        let policy = card_policy(&self.config.cards);
        let origin = match actor {
            Actor::Account(user) => Origin::Page { user },
            Actor::LocalOperator => Origin::CommandLine,
        };
        let by = origin.clone();
        let plan = move |view: &View<'_>, revision: Revision| {
            plan(view, Moment { at, revision, by: &by }, &policy, &order)
        };
        let committed = self.directory.commit(origin, at, plan).await.map_err(refusal)?;
        Ok(CardOrderDone { holder_name: committed.value, revision: committed.revision })
    }
}

fn plan(
    view: &View<'_>,
    now: Moment<'_>,
    policy: &CardPolicy,
    order: &CardOrder,
) -> Result<(Vec<Change>, String), Refused> {
    let (user_name, number) = (order.user_name.as_str(), order.number.as_str());
    let changed = match &order.action {
        CardAction::Add { badge_type, valid_from, valid_until } => {
            let new = NewCard {
                number: number.to_owned(),
                badge_type: badge_type.clone().unwrap_or_else(|| policy.default_badge_type.clone()),
                valid_from: *valid_from,
                valid_until: *valid_until,
            };
            by_hand::add(view, now, policy, user_name, &new)
        }
        CardAction::Deactivate => by_hand::deactivate(view, now, &policy.defaults, user_name, number),
    };
    let changed = changed.map_err(Refused::ByHand)?;
    let mut changes = changed.changes();
    let Changed { before, after } = changed;
    changes.extend(hand_over(view, policy, now, Some(&before), Some(&after)).map_err(Refused::HandOver)?);
    Ok((changes, after.display_name))
}

fn refusal(error: CommitError<Refused>) -> CardOrderError {
    match error {
        CommitError::Plan(Refused::ByHand(error)) => match error {
            ByHandError::UnknownPerson(name) => CardOrderError::UnknownPerson(name),
            ByHandError::Number { .. } | ByHandError::MeansNone { .. } | ByHandError::Validity => {
                CardOrderError::NotACard(error.to_string())
            }
            ByHandError::Store(error) => unavailable(&error),
            in_the_way => CardOrderError::Conflict(in_the_way.to_string()),
        },
        CommitError::Plan(Refused::HandOver(error)) => unavailable(&error),
        failed @ (CommitError::TooLarge(_) | CommitError::Panicked | CommitError::Store(_)) => {
            unavailable(&failed)
        }
    }
}

fn unavailable(error: &dyn std::fmt::Display) -> CardOrderError {
    tracing::error!(%error, "a card could not be changed by hand");
    CardOrderError::Unavailable
}
