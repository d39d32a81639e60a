//! From the directory's changes to the fleet: called on the writer's thread, before the change is answered. What a change
//! means for more cards than should be held up by it is compiled afterwards, a chunk at a time.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use panel_protocol::credential::Credential;
use tokio::sync::watch;

use super::clock;
use super::losses;
use super::running::{Compiling, Site};
use crate::access::{self, AccessModel, CardAccess, Compiler, Concern, Holder, PlannedDoor};
use crate::config::Config;
use crate::domain::{
    AccessMode, AccessSettings, Cardholder, CardholderId, Change, Event, EventKind, HoldOn, Level, Revision,
    RuleDropped, one_line,
};
use crate::store::{Applied, StoreError, View};
use crate::sync::limits::MAX_CHANGES_AT_ONCE;
use crate::sync::{CardChange, Chunk};

/// How long until what could not be read of the directory is tried again.
const RETRY_AFTER: Duration = Duration::from_secs(1);

/// How often the clock is looked at, in case somebody sets it while a hold or a span is waited for.
const LOOK_AGAIN: Duration = Duration::from_secs(30);

/// A change has become durable: its cards are compiled and the lines woken.
pub fn observe(site: &Site, applied: &Applied<'_>) {
    let now = clock::now();
    let revision = applied.record.revision;
    let reached = reach(&mut site.compiling(), applied);
    let (read, unread) = read_cards(applied.view, reached.cards);
    let mut compiling = site.compiling();
    let changes = compile(&mut compiling, revision, now, &read, now);
    let hours_changed = site.learn(&mut compiling, now);
    let touched = hours_changed || !changes.is_empty() || !reached.concern.is_empty();
    apply(site, revision, changes, now);
    if !reached.concern.is_empty() {
        compiling.concern.join(reached.concern);
        site.fleet().recompile(revision, now);
    }
    drop(compiling);
    if !unread.is_empty() {
        site.fleet().recompile_cards(revision, now, unread);
    }
    site.recompile.notify_one();
    if touched {
        site.wake_lines();
    }
    tell_dropped(site, applied.dropped, now);
    losses::watch(site, applied, now);
    site.audit_source(applied);
    site.news.notify_one();
    site.bump();
}

/// A card whose access may have changed, and whose it is or was, as far as the change says it.
type Reached = BTreeMap<Credential, Option<(CardholderId, String)>>;

/// Whom a record concerns.
#[derive(Default)]
struct ReachedBy {
    cards: Reached,
    concern: Concern,
}

/// Whom the record concerns; the compiler's model follows it.
fn reach(compiling: &mut Compiling, applied: &Applied<'_>) -> ReachedBy {
    let mut reached = ReachedBy::default();
    let mut people = BTreeSet::new();
    for (change, before) in applied.record.changes.iter().zip(applied.before) {
        let after = match change {
            Change::PutCardholder { cardholder } => Some(&**cardholder),
            _ => None,
        };
        let step = access::reach(compiling.compiler.model(), change, before.as_ref());
        let person = after.or(before.as_ref()).map(named);
        reached.cards.extend(step.cards.into_iter().map(|card| (card, person.clone())));
        people.extend(step.people);
        reached.concern.join(step.concern);
        compiling.compiler.apply(change);
    }
    if people.len() > MAX_CHANGES_AT_ONCE {
        reached.concern.people.extend(people);
        return reached;
    }
    for person in people {
        match applied.view.cardholder(person) {
            Ok(person) => {
                let cards = access::affected(None, person.as_ref()).into_iter();
                let named = person.as_ref().map(named);
                reached.cards.extend(cards.map(|card| (card, named.clone())));
            }
            Err(error) => {
                tracing::error!(%error, "the directory can't be read; a person is compiled when it can");
                reached.concern.people.insert(person);
            }
        }
    }
    reached
}

fn named(person: &Cardholder) -> (CardholderId, String) {
    (person.id, person.display_name.clone())
}

/// A card as the directory has it.
struct ReadCard {
    card: Credential,
    holders: Vec<Holder>,
    /// Whose it is or was, where nobody holds it.
    person: Option<(CardholderId, String)>,
}

/// Who holds these cards, and which of them could not be looked up.
fn read_cards(view: &View<'_>, cards: Reached) -> (Vec<ReadCard>, Vec<Credential>) {
    let mut unread = Vec::new();
    let read = cards.into_iter().map(|(card, person)| {
        let holders = holders(view, card).unwrap_or_else(|error| {
            // A card of which nothing can be known opens nothing.
            tracing::error!(%error, "the directory can't be read; a card is deactivated until it can");
            unread.push(card);
            Vec::new()
        });
        ReadCard { card, holders, person }
    });
    (read.collect(), unread)
}

/// What these cards may do at `now`.
fn compile(
    compiling: &mut Compiling,
    revision: Revision,
    committed: Timestamp,
    cards: &[ReadCard],
    now: Timestamp,
) -> Vec<CardChange> {
    let change = |read: &ReadCard| {
        let access = compiling.compiler.compile(read.card, &read.holders, now);
        let of = |holder: &Holder| named(&holder.person);
        let holds = |holder: &&Holder| access.is_some_and(|access| access.holder == holder.person.id);
        let current = read.holders.iter().find(holds).map(of);
        let (holder, holder_name) =
            current.or_else(|| read.person.clone()).or_else(|| read.holders.first().map(of))?;
        Some(CardChange { revision, committed, credential: read.card, access, holder, holder_name })
    };
    cards.iter().filter_map(change).collect()
}

/// Deactivations first, and no more at once than the fleet should be held for.
fn apply(site: &Site, revision: Revision, mut changes: Vec<CardChange>, now: Timestamp) {
    let opens = |change: &CardChange| change.access.is_some_and(|access| access.opens_something());
    changes.sort_by_key(opens);
    while changes.len() > MAX_CHANGES_AT_ONCE {
        let rest = changes.split_off(MAX_CHANGES_AT_ONCE);
        site.fleet().change(std::mem::replace(&mut changes, rest), now);
        site.wake_lines();
    }
    site.fleet().apply(revision, changes, now);
}

/// Compiles anew what the fleet has been told to, a chunk at a time, and whom holds and spans concern that begin or end.
/// Until `stop`.
pub async fn recompile(site: Arc<Site>, mut stop: watch::Receiver<bool>) {
    let mut passed = clock::now();
    loop {
        let now = clock::now();
        begin_and_end(&site, passed, now);
        passed = passed.max(now);
        let wait = match next_chunk(&site).await {
            Some(wait) => wait,
            None => until_next_moment(&site, now),
        };
        tokio::select! {
            () = site.recompile.notified(), if wait != Duration::ZERO => {}
            () = tokio::time::sleep(wait) => {}
            _ = stop.changed() => return,
        }
    }
}

/// What has begun or ended since is compiled anew, and a new year's days are counted out.
fn begin_and_end(site: &Site, after: Timestamp, now: Timestamp) {
    let mut compiling = site.compiling();
    if site.learn(&mut compiling, now) {
        site.wake_lines();
    }
    let passed = compiling.compiler.model().passed(after, now);
    if passed.is_empty() {
        return;
    }
    let (mut cards, mut concern) = (Vec::new(), Concern::default());
    for on in passed {
        match on {
            HoldOn::Card(card) => cards.push(card),
            HoldOn::Person(person) => {
                concern.people.insert(person);
            }
        }
    }
    let revision = site.directory.stats().revision;
    if !concern.is_empty() {
        compiling.concern.join(concern);
        site.fleet().recompile(revision, now);
    }
    if !cards.is_empty() {
        site.fleet().recompile_cards(revision, now, cards);
    }
}

fn until_next_moment(site: &Site, now: Timestamp) -> Duration {
    let next = site.compiling().compiler.model().next_moment(now);
    let wait = next.and_then(|next| Duration::try_from(next.duration_since(now)).ok());
    wait.map_or(LOOK_AGAIN, |wait| wait.max(Duration::from_millis(1)).min(LOOK_AGAIN))
}

/// Compiles one chunk; when to go on with the next, if there is one.
async fn next_chunk(site: &Site) -> Option<Duration> {
    let (chunk, concern) = {
        let mut compiling = site.compiling();
        let chunk = site.fleet().next_chunk();
        if chunk.is_none() {
            compiling.concern = Concern::default();
        }
        (chunk, compiling.concern.clone())
    };
    site.news.notify_one();
    let chunk = chunk?;
    let (revision, committed) = (chunk.revision, chunk.committed);
    let concerned = concerned_for_certain(site, &chunk, &concern);
    match site.directory.query(move |view| read_chunk(view, &chunk, &concerned, &concern)).await {
        Ok(read) => {
            let now = clock::now();
            let mut compiling = site.compiling();
            let changes = compile(&mut compiling, revision, committed, &read, now);
            site.learn(&mut compiling, now);
            site.fleet().apply_chunk(changes, now);
            drop(compiling);
            site.wake_lines();
            site.bump();
            Some(Duration::ZERO)
        }
        Err(error) => {
            tracing::warn!(%error, "cards wait to be compiled until the directory can be read");
            Some(RETRY_AFTER)
        }
    }
}

/// Which cards of the chunk are concerned whatever groups their holders are in, in its order.
fn concerned_for_certain(site: &Site, chunk: &Chunk, concern: &Concern) -> Vec<bool> {
    let compiling = site.compiling();
    let clearances = compiling.compiler.clearances();
    let is = |access: &CardAccess| concern.takes_in(access, clearances);
    chunk.cards.iter().map(|(_, access)| chunk.by_name || access.as_ref().is_none_or(is)).collect()
}

fn read_chunk(
    view: &View<'_>,
    chunk: &Chunk,
    concerned: &[bool],
    concern: &Concern,
) -> Result<Vec<ReadCard>, StoreError> {
    let mut read = Vec::new();
    for ((card, before), certain) in chunk.cards.iter().zip(concerned) {
        let holder = before.map(|access| access.holder);
        if !certain && !is_in_one_of(view, concern, holder)? {
            continue;
        }
        let holders = holders(view, *card)?;
        let person = match holder.filter(|_| holders.is_empty()) {
            Some(holder) => {
                let name = view.cardholder(holder)?.map(|person| person.display_name);
                Some((holder, name.unwrap_or_default()))
            }
            None => None,
        };
        read.push(ReadCard { card: *card, holders, person });
    }
    Ok(read)
}

fn is_in_one_of(
    view: &View<'_>,
    concern: &Concern,
    person: Option<CardholderId>,
) -> Result<bool, StoreError> {
    let Some(person) = person else { return Ok(false) };
    for group in &concern.groups {
        if view.is_member(*group, person)? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Rules that went with their group, into the event log and onto the page.
fn tell_dropped(site: &Site, dropped: &[RuleDropped], now: Timestamp) {
    for rule in dropped {
        tracing::warn!("{}", one_line(rule.sentence()));
        site.notice(Level::Attention, rule.sentence());
        if let Err(error) = site.events.post(Event { at: now, kind: EventKind::RuleDropped(rule.clone()) }) {
            tracing::error!(%error, "a rule's end could not be logged");
        }
    }
}

/// A compiler for what the directory has and the configuration's doors.
///
/// # Errors
/// When the directory can't be read.
pub fn compiler(view: &View<'_>, config: &Config) -> Result<Compiler, StoreError> {
    let mode = view.access_settings()?.map_or(AccessMode::default(), |AccessSettings { mode, .. }| mode);
    let levels = view.access_levels().collect::<Result<Vec<_>, _>>()?;
    let rules = view.rules().collect::<Result<Vec<_>, _>>()?;
    let holds = view.all(None).collect::<Result<Vec<_>, _>>()?;
    let mut doors = vec![Vec::new(); config.controllers.len()];
    for (at, controller) in config.controllers.iter().enumerate() {
        for door in &controller.doors {
            let own = door.reader.map(|reader| (at, reader));
            let exit = door.parts.and_then(|parts| parts.exit_reader).map(|exit| (exit.device, exit.reader));
            for (device, reader) in own.into_iter().chain(exit) {
                let planned = PlannedDoor { door: door.id.clone(), place: door.place.clone(), reader };
                doors.get_mut(device).into_iter().for_each(|doors: &mut Vec<_>| doors.push(planned.clone()));
            }
        }
    }
    let schedules = view.all(None).collect::<Result<Vec<_>, _>>()?;
    let calendars = view.all(None).collect::<Result<Vec<_>, _>>()?;
    let model = AccessModel::new(mode, levels, rules, holds).with_hours(schedules, calendars);
    Ok(Compiler::new(model, doors).in_zone(config.site.time_zone.clone()))
}

/// What everybody's active cards may do now; where the service starts from.
///
/// # Errors
/// When the directory can't be read.
pub fn active_cards(
    view: &View<'_>,
    compiler: &mut Compiler,
    now: Timestamp,
) -> Result<Vec<(Credential, CardAccess)>, StoreError> {
    let mut held: Vec<(Credential, CardholderId, Option<CardAccess>)> = Vec::new();
    for person in view.cardholders(None) {
        let holder = holder(view, person?)?;
        for card in access::affected(None, Some(&holder.person)) {
            let access = compiler.compile(card, std::slice::from_ref(&holder), now);
            held.push((card, holder.person.id, access));
        }
    }
    held.sort_unstable_by_key(|(card, holder, _)| (*card, *holder));
    let mut cards = Vec::with_capacity(held.len());
    for of_card in held.chunk_by(|(one, ..), (next, ..)| one == next) {
        let (card, access) = match of_card {
            [(card, _, access)] => (*card, *access),
            // Who of several holders counts is known only when all are looked at together.
            shared => (shared[0].0, compiler.compile(shared[0].0, &holders(view, shared[0].0)?, now)),
        };
        cards.extend(access.map(|access| (card, access)));
    }
    Ok(cards)
}

fn holders(view: &View<'_>, credential: Credential) -> Result<Vec<Holder>, StoreError> {
    let mut people = Vec::new();
    for id in view.active_holders_of(credential)? {
        if let Some(person) = view.cardholder(id)? {
            people.push(holder(view, person)?);
        }
    }
    Ok(people)
}

fn holder(view: &View<'_>, person: Cardholder) -> Result<Holder, StoreError> {
    let groups = view.groups_of(person.id)?;
    Ok(Holder { person, groups })
}
