//! What a client asks for, from a query string or the body of a POST to `/.search` (RFC 7644, 3.4.2 and 3.4.3).

use serde_json::Value;

use super::super::document::{Document, get};
use super::super::error::ScimError;
use super::super::filter::{self, Filter};
use super::super::limits;
use super::super::project::Projection;
use super::super::schema::ResourceType;
use super::key::{Key, key};
use super::sort::Sort;

/// A query.
#[derive(Clone, Debug)]
pub(in super::super) struct Query {
    pub(super) filter: Option<Filter>,
    pub(super) sort: Option<Sort>,
    pub(super) from: From,
    /// At most [`limits::MAX_PAGE`].
    pub(super) count: usize,
    pub(in super::super) projection: Projection,
}

/// Where the page begins.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum From {
    /// At a result counted from 1.
    Index(usize),
    /// At the first result, and the client wants to go on by cursor.
    Start,
    /// After the last result that this text knows.
    Cursor(String),
}

/// The parameters as they were sent.
struct Sent<'a> {
    filter: Option<&'a str>,
    sort_by: Option<&'a str>,
    sort_order: Option<&'a str>,
    start: Option<i64>,
    cursor: Option<&'a str>,
    count: Result<Option<i64>, ScimError>,
    projection: Projection,
}

impl Query {
    /// Reads a query's parameters, whose names may be in any letter case. Unknown ones mean nothing: Entra appends
    /// flags to its base address.
    pub(in super::super) fn from_parameters(parameters: &[(String, String)]) -> Result<Self, ScimError> {
        let all = |name: &'static str| {
            let named = parameters.iter().filter(move |(key, _)| key.eq_ignore_ascii_case(name));
            named.map(|(_, value)| value.as_str())
        };
        let first = |name: &'static str| all(name).next();
        let number = |name: &'static str| first(name).map(|text| integer(name, text)).transpose();
        Self::new(Sent {
            filter: first("filter"),
            sort_by: first("sortBy"),
            sort_order: first("sortOrder"),
            start: number("startIndex")?,
            cursor: first("cursor"),
            count: number("count"),
            projection: Projection::read(all("attributes"), all("excludedAttributes"))?,
        })
    }

    /// Reads the body of a POST to `/.search`.
    pub(in super::super) fn from_search(body: &Document) -> Result<Self, ScimError> {
        let number = |name: &'static str| match get(body, name) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) => integer(name, text).map(Some),
            Some(value) => {
                value.as_i64().map(Some).ok_or_else(|| ScimError::value(name, "must be an integer"))
            }
        };
        let text = |name: &'static str| get(body, name).map_or(Ok(None), |value| optional_text(name, value));
        let texts = |name: &'static str| get(body, name).map_or(Ok(Vec::new()), |value| texts(name, value));
        let (only, without) = (texts("attributes")?, texts("excludedAttributes")?);
        Self::new(Sent {
            filter: text("filter")?,
            sort_by: text("sortBy")?,
            sort_order: text("sortOrder")?,
            start: number("startIndex")?,
            cursor: text("cursor")?,
            count: number("count"),
            projection: Projection::read(only.into_iter(), without.into_iter())?,
        })
    }

    fn new(sent: Sent<'_>) -> Result<Self, ScimError> {
        let filter = sent
            .filter
            .filter(|text| !text.trim().is_empty())
            .map(|text| filter::parse(text).map_err(|error| ScimError::Filter(error.to_string())))
            .transpose()?;
        let (from, count) = match sent.cursor {
            Some(cursor) => (From::after(cursor), cursor_count(sent.count)?),
            None => (From::index(sent.start), index_count(sent.count?)),
        };
        let sort = Sort::read(sent.sort_by, sent.sort_order)?;
        Ok(Self { filter, sort, from, count, projection: sent.projection })
    }

    /// Whether answering means looking at each resource.
    pub(in super::super) fn scans(&self, resources: &[&'static ResourceType]) -> bool {
        resources.iter().any(|resource| self.key(resource).is_none())
    }

    /// Whether it looks at an attribute of this name to find and order the results.
    pub(super) fn looks_at(&self, attribute: &str) -> bool {
        self.filter.as_ref().is_some_and(|filter| filter.names(attribute))
            || self.sort.as_ref().is_some_and(|sort| sort.names(attribute))
    }

    /// Whether the filter names an attribute that is a secret.
    pub(in super::super) fn tells_a_secret(&self, resource: &ResourceType) -> bool {
        let filter = self.filter.as_ref();
        filter.is_some_and(|filter| resource.dropped.iter().any(|name| filter.names(name)))
    }

    /// The indexed equality that decides, if there is one.
    pub(super) fn key(&self, resource: &ResourceType) -> Option<Key> {
        self.filter.as_ref()?.conjuncts().iter().find_map(|term| key(term, resource))
    }

    /// What a cursor of this query belongs to: all that decides which results there are and in which order.
    pub(super) fn question(&self, resources: &[&'static ResourceType]) -> String {
        let types = resources.iter().map(|resource| resource.name).collect::<Vec<_>>().join(",");
        let filter = self.filter.as_ref().map(ToString::to_string).unwrap_or_default();
        let sort = self.sort.as_ref().map(ToString::to_string).unwrap_or_default();
        format!("{types}\n{sort}\n{filter}")
    }
}

impl From {
    fn after(cursor: &str) -> Self {
        if cursor.is_empty() { Self::Start } else { Self::Cursor(cursor.to_owned()) }
    }

    /// RFC 7644, 3.4.2.4: an index below 1 is 1.
    fn index(start: Option<i64>) -> Self {
        Self::Index(usize::try_from(start.unwrap_or(1)).unwrap_or(1).max(1))
    }
}

/// RFC 7644, 3.4.2.4: a negative count is 0.
fn index_count(count: Option<i64>) -> usize {
    match count {
        Some(count) => usize::try_from(count).unwrap_or(0).min(limits::MAX_PAGE),
        None => limits::DEFAULT_PAGE,
    }
}

/// RFC 9865, 2: a positive integer.
fn cursor_count(count: Result<Option<i64>, ScimError>) -> Result<usize, ScimError> {
    let refused = || ScimError::Count(format!("count must be an integer from 1 to {}", limits::MAX_PAGE));
    match count.map_err(|_| refused())? {
        None => Ok(limits::DEFAULT_PAGE),
        Some(count @ 1..) => Ok(usize::try_from(count).unwrap_or(usize::MAX).min(limits::MAX_PAGE)),
        Some(_) => Err(refused()),
    }
}

fn optional_text<'a>(name: &'static str, value: &'a Value) -> Result<Option<&'a str>, ScimError> {
    match value {
        Value::Null => Ok(None),
        Value::String(text) => Ok(Some(text)),
        _ if name == "filter" => Err(ScimError::Filter("must be a string".into())),
        _ if name == "cursor" => Err(ScimError::Cursor),
        _ => Err(ScimError::value(name, "must be a string")),
    }
}

/// The texts of an array; one text may stand for an array of it.
fn texts<'a>(name: &'static str, value: &'a Value) -> Result<Vec<&'a str>, ScimError> {
    let items = match value {
        Value::Null => return Ok(Vec::new()),
        Value::Array(items) => items.as_slice(),
        one => std::slice::from_ref(one),
    };
    let texts = items.iter().map(Value::as_str).collect::<Option<Vec<_>>>();
    texts.ok_or_else(|| ScimError::value(name, "must be an array of strings"))
}

fn integer(name: &str, text: &str) -> Result<i64, ScimError> {
    text.trim().parse().map_err(|_| ScimError::value(name, format!("{text:?} must be an integer")))
}

#[cfg(test)]
mod tests {
    use super::super::super::schema::{GROUP, USER};
    use super::*;
    use serde_json::json;

    fn query(parameters: &[(&str, &str)]) -> Result<Query, ScimError> {
        let owned: Vec<_> = parameters.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
        Query::from_parameters(&owned)
    }

    #[test]
    fn pages_are_bounded_and_odd_numbers_mean_what_the_rfc_says() {
        let odd = query(&[("STARTINDEX", "-3"), ("count", "-1"), ("aadOptscim062020", "")]).unwrap();
        assert_eq!((odd.from, odd.count), (From::Index(1), 0));
        assert_eq!(query(&[("count", "999999")]).unwrap().count, limits::MAX_PAGE);
        assert!(
            matches!(query(&[("count", "ten")]), Err(ScimError::Value { attribute, .. }) if attribute == "count")
        );
    }

    #[test]
    fn a_search_of_the_wrong_types_is_refused_and_not_answered_with_everybody() {
        let refused = |body: Value| Query::from_search(body.as_object().unwrap()).unwrap_err();
        for filter in [json!(5), json!(["userName pr"]), json!({"a": 1})] {
            assert!(matches!(refused(json!({ "filter": filter })), ScimError::Filter(_)));
        }
        assert_eq!(refused(json!({"cursor": 5})), ScimError::Cursor);
        for name in ["sortBy", "sortOrder", "attributes", "excludedAttributes"] {
            let refused = refused(json!({ name: [5] }));
            assert!(matches!(&refused, ScimError::Value { attribute, .. } if attribute == name), "{refused}");
        }
        let right = json!({"filter": null, "attributes": "title", "excludedAttributes": ["title", "name"]});
        assert!(Query::from_search(right.as_object().unwrap()).is_ok());
    }

    #[test]
    fn a_cursor_wants_a_count_of_one_or_more() {
        assert_eq!(query(&[("cursor", "")]).unwrap().from, From::Start);
        assert_eq!(query(&[("Cursor", "x"), ("startIndex", "9")]).unwrap().from, From::Cursor("x".into()));
        assert_eq!(query(&[("cursor", ""), ("count", "999999")]).unwrap().count, limits::MAX_PAGE);
        for count in ["0", "-1", "ten"] {
            let refused = query(&[("cursor", ""), ("count", count)]);
            assert!(matches!(refused, Err(ScimError::Count(_))), "{count}");
        }
    }

    #[test]
    fn equality_on_what_is_indexed_reads_one_candidate() {
        let scans = |text: &str| query(&[("filter", text)]).unwrap().scans(&[&USER]);
        assert!(!scans("userName eq \"ada\""));
        assert!(!scans("USERNAME EQ \"ada\" and active eq true"));
        assert!(!scans("externalId eq jyoung"));
        assert!(!scans("id eq \"u\" and manager eq \"m\""));
        assert!(!scans("cardNumber eq \"1\""));
        assert!(!scans(
            "active eq true and urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:cardnumber eq 1"
        ));
        assert!(!scans("cards.value eq \"1\"") && !scans("cards eq \"1\""));
        assert!(!scans("cards[active eq true and value eq \"1\"]"));
        for other in [
            "cards[badgeType eq \"1\"]",
            "cards.badgeType eq \"1\"",
            "cardNumber ne \"1\"",
            "cardNumber eq null",
        ] {
            assert!(scans(other), "{other}");
        }
        assert!(scans("cards[not (value eq \"1\")]") && scans("cards[value eq \"1\" or active eq true]"));
        assert!(query(&[("filter", "cardNumber eq \"1\"")]).unwrap().scans(&[&GROUP]));
        assert!(scans("userName sw \"a\""));
        assert!(scans("userName eq \"a\" or userName eq \"b\""));
        assert!(scans("emails[type eq \"work\"].value eq \"x\""));
        assert!(!query(&[("filter", "displayName eq \"g\"")]).unwrap().scans(&[&GROUP]));
        assert!(query(&[]).unwrap().scans(&[&USER]));
    }
}
