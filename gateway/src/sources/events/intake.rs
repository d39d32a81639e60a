//! The way in for events, whichever way they came: read whole, followed one after the other, each durable before the next.
//!
//! What is malformed changes nothing, a batch as a whole. What can't be followed is kept by whoever keeps dead letters
//! before its sender is answered. Never waits for a door.

use futures_util::future::BoxFuture;
use jiff::Timestamp;
use sha2::{Digest, Sha256};

use super::cloud::{self, CloudEvent, STRUCTURED, Sent};
use super::plan::{Done, Outcome, PlanError, follow, given, repair};
use super::vocabulary::{self, Told};
use crate::domain::{Change, EventFault, Origin, Provider, Revision, SourcePerson, SourcePersonId};
use crate::sources::Moment;
use crate::sources::cards::CardPolicy;
use crate::store::{CommitError, Directory, StoreError, View};

/// A message that could not be followed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DeadLetter {
    /// The same for the same event, or for the same body where no event can be read.
    pub key: String,
    /// Identifier and type of the event, where they can be read.
    pub event: Option<(String, String)>,
    /// As it came, or its one event in structured mode.
    pub sent: Sent,
    /// Why.
    pub fault: EventFault,
}

/// What happened, for whoever shows how the source is.
#[derive(Clone, PartialEq, Debug)]
pub enum Noted {
    /// An event was followed.
    Taken {
        /// When it happened, as its sender says.
        time: Option<Timestamp>,
        /// Which it is, as a [`DeadLetter`] of it would be called.
        key: String,
        /// What came of it.
        done: Done,
        /// Whether the directory was changed.
        changed: bool,
    },
    /// Something could not be followed, and is to be kept.
    Dead(DeadLetter),
}

/// Told of everything; what it keeps is kept when it returns.
pub type Note = Box<dyn Fn(Noted) -> BoxFuture<'static, ()> + Send + Sync>;

/// Why something was not taken.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum NotTaken {
    /// It is malformed; nothing was changed.
    Malformed(EventFault),
    /// Some of it can't be followed: these are all its events with what came of each.
    Refused(Vec<Answered>),
    /// The directory can't be changed now; it is to be sent again.
    Unavailable,
}

/// One event, and what came of it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Answered {
    /// Its identifier.
    pub id: String,
    /// What came of it, or why it can't be followed.
    pub result: Result<Outcome, EventFault>,
}

/// Where the events of one source go in.
pub struct Intake {
    directory: Directory,
    policy: CardPolicy,
    origin: Origin,
    source: String,
    clock: fn() -> Timestamp,
    note: Note,
}

impl Intake {
    /// For the source of that name.
    pub fn new(
        directory: Directory,
        policy: CardPolicy,
        (provider, source): (Provider, &str),
        clock: fn() -> Timestamp,
        note: Note,
    ) -> Self {
        let origin = Origin::Source { provider, id: source.to_owned() };
        Self { directory, policy, origin, source: source.to_owned(), clock, note }
    }

    /// What the source is called.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// What time it is.
    pub fn now(&self) -> Timestamp {
        (self.clock)()
    }

    /// Takes what was sent, and returns when all of it is durable.
    ///
    /// # Errors
    /// When any of it was not taken.
    pub async fn take(&self, sent: &Sent) -> Result<Vec<Answered>, NotTaken> {
        let events = match read(sent) {
            Ok(events) => events,
            Err(fault) => {
                let key = hash(&sent.body);
                (self.note)(Noted::Dead(DeadLetter {
                    key,
                    event: None,
                    sent: sent.clone(),
                    fault: fault.clone(),
                }))
                .await;
                return Err(NotTaken::Malformed(fault));
            }
        };
        let mut answered = Vec::with_capacity(events.len());
        for (event, told) in events {
            let id = event.id.clone();
            answered.push(Answered { id, result: self.take_one(event, told).await? });
        }
        match answered.iter().all(|one| one.result.is_ok()) {
            true => Ok(answered),
            false => Err(NotTaken::Refused(answered)),
        }
    }

    async fn take_one(&self, event: CloudEvent, told: Told) -> Result<Result<Outcome, EventFault>, NotTaken> {
        let key = hash(format!("{}\n{}", event.source, event.id).as_bytes());
        match self.commit(move |view, now, policy, source| follow(view, now, policy, source, &told)).await {
            Ok((done, changed)) => {
                (self.note)(Noted::Taken { time: event.time, key, done, changed }).await;
                Ok(Ok(done.outcome))
            }
            Err(Failed::Fault(fault)) => {
                let sent = Sent {
                    content_type: STRUCTURED.to_owned(),
                    attributes: Vec::new(),
                    body: event.structured(),
                };
                let event = Some((event.id, event.kind));
                (self.note)(Noted::Dead(DeadLetter { key, event, sent, fault: fault.clone() })).await;
                Ok(Err(fault))
            }
            Err(Failed::Unavailable) => Err(NotTaken::Unavailable),
        }
    }

    /// Makes the directory say what the source has said of everybody; how many people that changed.
    ///
    /// # Errors
    /// With why that can't be done for somebody; all others are done.
    pub async fn resync(&self) -> Result<u64, String> {
        let source = self.source.clone();
        let ids = self.directory.query(move |view| {
            let all = view.all::<SourcePerson>(None).filter_map(|said| match said {
                Ok(said) => (said.source == source).then_some(Ok(said.id)),
                Err(error) => Some(Err(error)),
            });
            all.collect::<Result<Vec<SourcePersonId>, StoreError>>()
        });
        let ids = ids.await.map_err(|error| error.to_string())?;
        let (mut changed, mut trouble) = (0, None);
        for id in ids {
            match self.commit(move |view, now, policy, _| repair(view, now, policy, id)).await {
                Ok((_, is_changed)) => changed += u64::from(is_changed),
                Err(Failed::Fault(fault)) => trouble = Some(fault.to_string()),
                Err(Failed::Unavailable) => return Err("the directory can't be changed now".to_owned()),
            }
        }
        trouble.map_or(Ok(changed), Err)
    }

    async fn commit(
        &self,
        plan: impl FnOnce(&View<'_>, Moment<'_>, &CardPolicy, &str) -> Result<(Vec<Change>, Done), PlanError>
        + Send
        + 'static,
    ) -> Result<(Done, bool), Failed> {
        let at = (self.clock)();
        let (origin, by) = (self.origin.clone(), self.origin.clone());
        let (policy, source) = (self.policy.clone(), self.source.clone());
        let plan = move |view: &View<'_>, revision: Revision| {
            let (changes, done) = plan(view, Moment { at, revision, by: &by }, &policy, &source)?;
            let changed = !changes.is_empty();
            Ok((changes, (done, changed)))
        };
        match self.directory.commit(origin, at, plan).await {
            Ok(committed) => Ok(committed.value),
            Err(CommitError::Plan(PlanError::Fault(fault))) => Err(Failed::Fault(fault)),
            Err(error) => {
                tracing::error!(%error, source = self.source, "an event could not be kept");
                Err(Failed::Unavailable)
            }
        }
    }
}

enum Failed {
    Fault(EventFault),
    Unavailable,
}

/// How many people and cards the source of that name gives.
///
/// # Errors
/// When the directory can't be read.
pub fn count(view: &View<'_>, source: &str) -> Result<(u64, u64), StoreError> {
    let (mut people, mut cards) = (0, 0);
    for said in view.all::<SourcePerson>(None) {
        let said = said?;
        if said.source == source {
            let more = given(&said);
            people += more.0.unsigned_abs();
            cards += more.1.unsigned_abs();
        }
    }
    Ok((people, cards))
}

fn read(sent: &Sent) -> Result<Vec<(CloudEvent, Told)>, EventFault> {
    let events = cloud::read(sent)?;
    let is_one = events.len() == 1;
    let read = |(at, event): (usize, CloudEvent)| {
        let place = if is_one { String::new() } else { format!("[{at}].") };
        let told = vocabulary::read(&event, &place)?;
        Ok((event, told))
    };
    events.into_iter().enumerate().map(read).collect()
}

fn hash(of: &[u8]) -> String {
    Sha256::digest(of).iter().take(16).map(|byte| format!("{byte:02x}")).collect()
}
