//! Queries: which resources satisfy a filter, in which order, and which page of them a client gets (RFC 7644, 3.4.2;
//! RFC 9865).
//!
//! Equality on what is indexed (`id`, `userName`, `externalId`, card numbers, a group's `displayName`), alone or in an `and`, reads
//! the few candidates; everything else looks at each resource. Finding nothing is an answer, never an error. Memory is
//! bounded whatever the size of the directory: a page of resources, and for a sorted page the places of at most
//! [`limits::MAX_SORTED`] results.

mod bookmarks;
mod cursor;
mod first;
mod key;
mod query;
mod response;
mod sort;

use std::iter;

use jiff::Timestamp;
use serde_json::Value;

use super::document::Document;
use super::error::ScimError;
use super::filter;
use super::limits;
use super::resource::Entity;
use super::schema::{RESOURCE_TYPES, ResourceType};
use crate::store::{StoreError, View};
use bookmarks::{Bookmark, Key as BookmarkKey};
use cursor::Cursor;
use first::First;
use key::Key;
use query::From;
use response::cursor_list;
use sort::{Position, Sort};

pub(super) use bookmarks::Bookmarks;
pub(super) use query::Query;
pub(super) use response::list;

/// A query on its way through the directory.
pub(super) struct Search<'a> {
    pub(super) view: &'a View<'a>,
    pub(super) resources: &'a [&'static ResourceType],
    pub(super) query: &'a Query,
    /// The endpoint's address.
    pub(super) base: &'a str,
    pub(super) now: Timestamp,
    /// Where earlier pages ended.
    pub(super) bookmarks: &'a Bookmarks,
}

/// The part of the results that a client gets.
struct Page {
    resources: Vec<Value>,
    /// All results, of all pages.
    total: usize,
    /// Where the page ends, if more results follow.
    more_after: Option<Position>,
}

impl Search<'_> {
    /// Answers the query.
    ///
    /// # Errors
    /// When the filter compares what has no order, the cursor isn't this query's, or the page lies too deep in a sorted
    /// list.
    pub(super) fn answer(&self) -> Result<Value, ScimError> {
        if let Some(filter) = &self.query.filter {
            self.resources.iter().try_for_each(|resource| filter::check(filter, resource))?;
        }
        let question = || self.query.question(self.resources);
        let here = match self.query.from {
            From::Index(start) => Some(BookmarkKey::of(&question(), self.view.revision(), start)),
            From::Start | From::Cursor(_) => None,
        };
        let resumed = match (&self.query.from, &here) {
            (From::Cursor(text), _) => Some(Cursor::read(text, &question(), self.now)?),
            (From::Index(2..), Some(here)) => self.bookmarks.find(here).map(|mark| self.resumed_at(mark)),
            _ => None,
        };
        let page = match &self.query.sort {
            Some(sort) if !self.is_natural(sort) => self.sorted(sort, resumed.as_ref())?,
            _ => self.in_natural_order(resumed.as_ref())?,
        };
        if let (From::Index(start), Some(here)) = (&self.query.from, here) {
            if let Some(last) = page.more_after {
                let next = here.starting_at(start.saturating_add(page.resources.len()));
                self.bookmarks.put(next, Bookmark { total: page.total, last });
            }
            return Ok(list(page.total, *start, page.resources));
        }
        let (began_s, total) =
            resumed.map_or((self.now.as_second(), page.total), |cursor| (cursor.began_s, cursor.total));
        let next = page.more_after.map(|last| Cursor { began_s, total, last }.write(&question()));
        Ok(cursor_list(total, page.resources, next))
    }

    fn resumed_at(&self, mark: Bookmark) -> Cursor {
        Cursor { began_s: self.now.as_second(), total: mark.total, last: mark.last }
    }

    /// Whether the directory holds the results in this order.
    fn is_natural(&self, sort: &Sort) -> bool {
        self.resources.len() == 1 && sort.is_by_id()
    }

    /// Results by type and identifier, as the directory holds them: reads no further than it must.
    fn in_natural_order(&self, resumed: Option<&Cursor>) -> Result<Page, ScimError> {
        let Query { filter, count, .. } = self.query;
        let known = match (resumed, filter) {
            (Some(cursor), _) => Some(cursor.total),
            (None, None) => {
                Some(self.resources.iter().map(|resource| Entity::count(self.view, resource)).sum())
            }
            (None, Some(_)) => None,
        };
        let skip = self.skipped(resumed);
        let mut page = Page { resources: Vec::new(), total: 0, more_after: None };
        let mut begin = resumed.map(|cursor| cursor.last.clone());
        if let (None, Some(total), 1..) = (filter, known, skip) {
            // Where nobody is looked at, nobody need be read to be passed over.
            begin = self.place_of(skip)?;
            if begin.is_none() {
                return Ok(Page { total, ..page });
            }
        }
        let skip = if filter.is_none() { 0 } else { skip };
        let mut last = None;
        for entity in self.candidates(begin.as_ref()) {
            let entity = entity?;
            let looked_at = filter.as_ref().map(|_| self.looked_at(&entity)).transpose()?;
            if looked_at.as_ref().is_some_and(|document| !self.satisfies(&entity, document)) {
                continue;
            }
            page.total += 1;
            if page.total <= skip {
                continue;
            }
            if page.resources.len() < *count {
                page.resources.push(self.shown(&entity, looked_at)?);
                last = Some(position(sort::Key::NONE, &entity));
                continue;
            }
            page.more_after = page.more_after.or_else(|| last.take());
            if known.is_some() {
                break;
            }
        }
        page.total = known.unwrap_or(page.total);
        Ok(page)
    }

    /// Results in the order of a key: looks at all, and remembers the places of no more than the page needs.
    fn sorted(&self, sort: &Sort, resumed: Option<&Cursor>) -> Result<Page, ScimError> {
        let skip = self.skipped(resumed);
        let end = skip.saturating_add(self.query.count);
        // One more than the page, to know whether another follows.
        let mut first = First::new(end.saturating_add(1), limits::MAX_SORTED);
        let mut total = 0;
        for entity in self.candidates(None) {
            let entity = entity?;
            let document = self.looked_at(&entity)?;
            if !self.satisfies(&entity, &document) {
                continue;
            }
            total += 1;
            let place = position(sort.key(entity.resource(), &document), &entity);
            if resumed.is_none_or(|cursor| place > cursor.last) {
                first.offer(place).map_err(|_| too_deep())?;
            }
        }
        let places = first.into_sorted();
        let on_page = &places[skip.min(places.len())..end.min(places.len())];
        let more_after = on_page.last().filter(|_| places.len() > end).cloned();
        let entities = on_page.iter().filter_map(|place| self.at(place).transpose());
        let resources = entities.map(|entity| self.shown(&entity?, None)).collect::<Result<_, _>>()?;
        Ok(Page { resources, total, more_after })
    }

    /// How many results are passed over from the first, or from where an earlier page ended.
    fn skipped(&self, resumed: Option<&Cursor>) -> usize {
        match self.query.from {
            From::Index(start) if resumed.is_none() => start - 1,
            From::Index(_) | From::Start | From::Cursor(_) => 0,
        }
    }

    /// The place of the `n`th resource of all, counted from 1, in the order in which the directory holds them; none where
    /// there are not so many.
    fn place_of(&self, mut n: usize) -> Result<Option<Position>, ScimError> {
        for resource in self.resources {
            let there = Entity::count(self.view, resource);
            if n <= there {
                let id = Entity::nth_id(self.view, resource, n - 1)?;
                return Ok(id.map(|id| Position { key: sort::Key::NONE, kind: kind(resource), id }));
            }
            n -= there;
        }
        Ok(None)
    }

    /// All that may be results, by type and identifier, after a place.
    fn candidates(&self, after: Option<&Position>) -> impl Iterator<Item = Result<Entity, ScimError>> {
        let after = after.map(|place| (place.kind, place.id));
        self.resources.iter().flat_map(move |resource| {
            let kind = kind(resource);
            match after {
                Some((last, _)) if kind < last => Box::new(iter::empty()),
                Some((last, id)) if kind == last => self.of_type(resource, Some(id)),
                _ => self.of_type(resource, None),
            }
        })
    }

    fn of_type(
        &self,
        resource: &'static ResourceType,
        after: Option<uuid::Uuid>,
    ) -> Box<dyn Iterator<Item = Result<Entity, ScimError>> + '_> {
        let Some(key) = self.query.key(resource) else {
            return Box::new(Entity::all(self.view, resource, after).map(|entity| Ok(entity?)));
        };
        let found: Box<dyn Iterator<Item = Result<Entity, StoreError>> + '_> = match key {
            Key::Id(id) => {
                let found = id.parse().map_or(Ok(None), |id| Entity::find(self.view, resource, id));
                Box::new(found.transpose().into_iter())
            }
            Key::Name(name) => Box::new(Entity::by_name(self.view, resource, &name).transpose().into_iter()),
            Key::ExternalId(id) => Entity::by_external_id(self.view, resource, &id),
            Key::CardNumber(number) => Box::new(Entity::by_card_number(self.view, &number)),
        };
        let is_after = move |entity: &Entity| after.is_none_or(|after| entity.id() > after);
        Box::new(found.filter(move |entity| entity.as_ref().map_or(true, is_after)).map(|entity| Ok(entity?)))
    }

    fn at(&self, place: &Position) -> Result<Option<Entity>, StoreError> {
        let resource = RESOURCE_TYPES.get(usize::from(place.kind));
        resource.map_or(Ok(None), |resource| Entity::find(self.view, resource, place.id))
    }

    fn satisfies(&self, entity: &Entity, document: &Document) -> bool {
        self.query.filter.as_ref().is_none_or(|filter| filter::matches(filter, entity.resource(), document))
    }

    /// As much of a resource as the filter and the order look at.
    fn looked_at(&self, entity: &Entity) -> Result<Document, ScimError> {
        let related = entity.resource().held_as.related();
        entity.present(self.view, self.base, self.query.looks_at(related))
    }

    /// A resource as the client wants it, made from what was looked at if anything was.
    fn shown(&self, entity: &Entity, looked_at: Option<Document>) -> Result<Value, ScimError> {
        let (resource, projection) = (entity.resource(), &self.query.projection);
        let related = resource.held_as.related();
        let has_related = looked_at.is_some() && self.query.looks_at(related);
        let mut document = looked_at.unwrap_or_else(|| entity.present_alone(self.base));
        if !has_related && projection.wants(resource, related) {
            entity.add_related(self.view, self.base, &mut document)?;
        }
        Ok(projection.apply(resource, document).into())
    }
}

fn too_deep() -> ScimError {
    let bound = limits::MAX_SORTED;
    ScimError::TooMany(format!(
        "a sorted page must end within the first {bound} results; go on by cursor instead"
    ))
}

fn position(key: sort::Key, entity: &Entity) -> Position {
    Position { key, kind: kind(entity.resource()), id: entity.id() }
}

/// A resource type's place in the table of all.
fn kind(resource: &ResourceType) -> u8 {
    let place = RESOURCE_TYPES.iter().position(|other| other.held_as == resource.held_as);
    place.and_then(|place| u8::try_from(place).ok()).unwrap_or(u8::MAX)
}
