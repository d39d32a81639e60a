//! Queries: which resources satisfy a filter, and which page of them a client gets (RFC 7644, 3.4.2).
//!
//! Equality on what is indexed (`id`, `userName`, `externalId`, a group's `displayName`), alone or in an `and`, reads
//! the one candidate; everything else looks at each resource. Finding nothing is an answer, never an error.

use serde_json::{Value, json};

use super::document::{Document, get};
use super::error::ScimError;
use super::filter::{self, Filter, Operator};
use super::limits;
use super::path::Place;
use super::project::Projection;
use super::resource::{group, user};
use super::schema::{GROUP, Held, ResourceType, USER};
use crate::domain::{Cardholder, Group};
use crate::store::{StoreError, View};

const LIST_SCHEMA: &str = "urn:ietf:params:scim:api:messages:2.0:ListResponse";

/// What a client asks for.
#[derive(Clone, Debug)]
pub(super) struct Query {
    pub(super) filter: Option<Filter>,
    /// Counted from 1.
    start: usize,
    /// At most [`limits::MAX_PAGE`].
    count: usize,
    pub(super) projection: Projection,
}

impl Query {
    /// Reads a query's parameters, whose names may be in any letter case. Unknown ones mean nothing: Entra appends
    /// flags to its base address.
    pub(super) fn from_parameters(parameters: &[(String, String)]) -> Result<Self, ScimError> {
        let all = |name: &'static str| {
            let named = parameters.iter().filter(move |(key, _)| key.eq_ignore_ascii_case(name));
            named.map(|(_, value)| value.as_str())
        };
        let number = |name: &'static str| all(name).next().map(|text| integer(name, text)).transpose();
        Self::new(
            all("filter").next(),
            number("startIndex")?,
            number("count")?,
            Projection::read(all("attributes"), all("excludedAttributes"))?,
        )
    }

    /// Reads the body of a POST to `/.search`.
    pub(super) fn from_search(body: &Document) -> Result<Self, ScimError> {
        let number = |name: &'static str| match get(body, name) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) => integer(name, text).map(Some),
            Some(value) => {
                value.as_i64().map(Some).ok_or_else(|| ScimError::value(name, "must be an integer"))
            }
        };
        let texts = |name: &str| match get(body, name) {
            Some(Value::Array(items)) => items.iter().filter_map(Value::as_str).collect(),
            Some(Value::String(text)) => vec![text.as_str()],
            _ => Vec::new(),
        };
        Self::new(
            get(body, "filter").and_then(Value::as_str),
            number("startIndex")?,
            number("count")?,
            Projection::read(texts("attributes").into_iter(), texts("excludedAttributes").into_iter())?,
        )
    }

    fn new(
        filter: Option<&str>,
        start: Option<i64>,
        count: Option<i64>,
        projection: Projection,
    ) -> Result<Self, ScimError> {
        let filter = filter
            .filter(|text| !text.trim().is_empty())
            .map(|text| filter::parse(text).map_err(|error| ScimError::Filter(error.to_string())))
            .transpose()?;
        // RFC 7644, 3.4.2.4: an index below 1 is 1, a negative count is 0.
        let start = usize::try_from(start.unwrap_or(1)).unwrap_or(1).max(1);
        let count = match count {
            Some(count) => usize::try_from(count).unwrap_or(0).min(limits::MAX_PAGE),
            None => limits::DEFAULT_PAGE,
        };
        Ok(Self { filter, start, count, projection })
    }

    /// Whether answering means looking at each resource.
    pub(super) fn scans(&self, resources: &[&'static ResourceType]) -> bool {
        resources.iter().any(|resource| self.key(resource).is_none())
    }

    /// The indexed equality that decides, if there is one.
    fn key(&self, resource: &ResourceType) -> Option<Key> {
        self.filter.as_ref()?.conjuncts().iter().find_map(|term| key(term, resource))
    }
}

fn integer(name: &str, text: &str) -> Result<i64, ScimError> {
    text.trim().parse().map_err(|_| ScimError::value(name, format!("{text:?} must be an integer")))
}

/// An equality that an index answers.
enum Key {
    Id(String),
    ExternalId(String),
    /// `userName` of a person, `displayName` of a group.
    Name(String),
}

fn key(term: &Filter, resource: &ResourceType) -> Option<Key> {
    let Filter::Compare { path, operator: Operator::Equal, literal } = term else { return None };
    let Place::Attribute(spot) = path.locate(resource) else { return None };
    if spot.extension.is_some() || spot.sub.is_some() {
        return None;
    }
    let text = literal.as_text()?;
    match (resource.held_as, spot.name) {
        (_, "id") => Some(Key::Id(text)),
        (_, "externalId") => Some(Key::ExternalId(text)),
        (Held::Cardholders, "userName") | (Held::Groups, "displayName") => Some(Key::Name(text)),
        _ => None,
    }
}

/// Answers a query on these resource types.
///
/// # Errors
/// When the filter compares what has no order.
pub(super) fn answer(
    view: &View<'_>,
    resources: &[&'static ResourceType],
    query: &Query,
    base: &str,
) -> Result<Value, ScimError> {
    let mut page = Page { skip: query.start - 1, room: query.count, total: 0, resources: Vec::new() };
    for resource in resources {
        if let Some(filter) = &query.filter {
            filter::check(filter, resource)?;
        }
        match resource.held_as {
            Held::Cardholders => people(view, query, base, &mut page)?,
            Held::Groups => groups(view, query, base, &mut page)?,
        }
    }
    Ok(list(page.total, query.start, page.resources))
}

/// A `ListResponse`.
pub(super) fn list(total: usize, start: usize, resources: Vec<Value>) -> Value {
    let mut list = json!({
        "schemas": [LIST_SCHEMA],
        "totalResults": total,
        "startIndex": start,
        "itemsPerPage": resources.len(),
    });
    list["Resources"] = Value::Array(resources);
    list
}

/// The part of the results that a client gets.
struct Page {
    skip: usize,
    room: usize,
    total: usize,
    resources: Vec<Value>,
}

impl Page {
    /// Counts a result; whether it belongs on the page.
    fn takes_next(&mut self) -> bool {
        self.total += 1;
        self.total > self.skip && self.resources.len() < self.room
    }

    /// Takes what belongs on the page of `count` results that need no look.
    fn fill<T>(
        &mut self,
        count: u64,
        results: impl Iterator<Item = Result<T, StoreError>>,
        mut shown: impl FnMut(T) -> Result<Value, ScimError>,
    ) -> Result<(), ScimError> {
        let skipped = self.skip.saturating_sub(self.total);
        let room = self.room - self.resources.len();
        for result in results.skip(skipped).take(room) {
            self.resources.push(shown(result?)?);
        }
        self.total += usize::try_from(count).unwrap_or(usize::MAX);
        Ok(())
    }
}

fn people(view: &View<'_>, query: &Query, base: &str, page: &mut Page) -> Result<(), ScimError> {
    let with_groups = query.projection.wants(&USER, "groups");
    let shown = |document| Value::from(query.projection.apply(&USER, document));
    let Some(filter) = &query.filter else {
        return page.fill(view.counts().cardholders, view.cardholders(None), |person| {
            user::present(view, &person, base, with_groups).map(shown)
        });
    };
    let with_groups = with_groups || filter.names("groups");
    let mut offer = |person: Cardholder| -> Result<(), ScimError> {
        let document = user::present(view, &person, base, with_groups)?;
        if filter::matches(filter, &USER, &document) && page.takes_next() {
            page.resources.push(shown(document));
        }
        Ok(())
    };
    let found = match query.key(&USER) {
        None => return view.cardholders(None).try_for_each(|person| offer(person?)),
        Some(Key::Id(id)) => id.parse().ok().map(|id| view.cardholder(id)).transpose()?.flatten(),
        Some(Key::ExternalId(id)) => view.cardholder_by_external_id(&id)?,
        Some(Key::Name(name)) => view.cardholder_by_user_name(&name)?,
    };
    found.map_or(Ok(()), offer)
}

fn groups(view: &View<'_>, query: &Query, base: &str, page: &mut Page) -> Result<(), ScimError> {
    let with_members = query.projection.wants(&GROUP, "members");
    let shown = |group: Group| -> Result<Value, ScimError> {
        let document = group::present(view, &group, base, with_members)?;
        Ok(query.projection.apply(&GROUP, document).into())
    };
    let Some(filter) = &query.filter else {
        return page.fill(view.counts().groups, view.groups(None), shown);
    };
    let mut offer = |group: Group| -> Result<(), ScimError> {
        let document = group::present(view, &group, base, filter.names("members"))?;
        if filter::matches(filter, &GROUP, &document) && page.takes_next() {
            page.resources.push(shown(group)?);
        }
        Ok(())
    };
    let found = match query.key(&GROUP) {
        None => return view.groups(None).try_for_each(|group| offer(group?)),
        Some(Key::Id(id)) => id.parse().ok().map(|id| view.group(id)).transpose()?.flatten(),
        Some(Key::ExternalId(id)) => view.group_by_external_id(&id)?,
        Some(Key::Name(name)) => view.group_by_display_name(&name)?,
    };
    found.map_or(Ok(()), offer)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn query(parameters: &[(&str, &str)]) -> Result<Query, ScimError> {
        let owned: Vec<_> = parameters.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
        Query::from_parameters(&owned)
    }

    #[test]
    fn pages_are_bounded_and_odd_numbers_mean_what_the_rfc_says() {
        let odd = query(&[("STARTINDEX", "-3"), ("count", "-1"), ("aadOptscim062020", "")]).unwrap();
        assert_eq!((odd.start, odd.count), (1, 0));
        assert_eq!(query(&[("count", "999999")]).unwrap().count, limits::MAX_PAGE);
        assert!(
            matches!(query(&[("count", "ten")]), Err(ScimError::Value { attribute, .. }) if attribute == "count")
        );
    }

    #[test]
    fn equality_on_what_is_indexed_reads_one_candidate() {
        let scans = |text: &str| query(&[("filter", text)]).unwrap().scans(&[&USER]);
        assert!(!scans("userName eq \"ada\""));
        assert!(!scans("USERNAME EQ \"ada\" and active eq true"));
        assert!(!scans("externalId eq jyoung"));
        assert!(!scans("id eq \"u\" and manager eq \"m\""));
        assert!(scans("userName sw \"a\""));
        assert!(scans("userName eq \"a\" or userName eq \"b\""));
        assert!(scans("emails[type eq \"work\"].value eq \"x\""));
        assert!(!query(&[("filter", "displayName eq \"g\"")]).unwrap().scans(&[&GROUP]));
        assert!(query(&[]).unwrap().scans(&[&USER]));
    }
}
