//! `bulkId:…` in an operation's path and data: the identifier of what another operation of the request makes
//! (RFC 7644, 3.7.2).

use std::collections::HashMap;

use serde_json::Value;
use uuid::Uuid;

use super::super::error::ScimError;

const MARK: &str = "bulkId:";

/// The resources that a request makes.
#[derive(Debug)]
pub(super) struct NewIds {
    /// By the operation's place, where it is a POST.
    ids: Vec<Option<Uuid>>,
    /// The place of the first operation with this `bulkId`.
    places: HashMap<String, usize>,
    /// Places of operations whose `bulkId` an earlier one has.
    doubled: Vec<usize>,
}

impl NewIds {
    /// Chooses identifiers for operations, each told by method and `bulkId`.
    pub(super) fn of<'a>(operations: impl Iterator<Item = (Option<&'a str>, Option<&'a str>)>) -> Self {
        let mut new = Self { ids: Vec::new(), places: HashMap::new(), doubled: Vec::new() };
        for (place, (method, bulk_id)) in operations.enumerate() {
            let makes = method.is_some_and(|method| method.eq_ignore_ascii_case("post"));
            new.ids.push(makes.then(Uuid::new_v4));
            let Some(bulk_id) = bulk_id.filter(|_| makes) else { continue };
            if new.places.contains_key(bulk_id) {
                new.doubled.push(place);
            } else {
                new.places.insert(bulk_id.to_owned(), place);
            }
        }
        new
    }

    /// The identifier of what the operation at this place makes.
    pub(super) fn new_id(&self, place: usize) -> Option<Uuid> {
        self.ids.get(place).copied().flatten()
    }

    /// Whether the operation's own `bulkId` is its alone.
    pub(super) fn check_own(&self, place: usize) -> Result<(), ScimError> {
        if self.doubled.contains(&place) {
            return Err(ScimError::value("bulkId", "another operation of this request has it"));
        }
        Ok(())
    }

    /// Puts identifiers in place of references, however deep, and notes which operations they lead to.
    pub(super) fn resolve(&self, value: Value, refers_to: &mut Vec<usize>) -> Result<Value, ScimError> {
        Ok(match value {
            Value::String(text) if text.contains(MARK) => self.resolve_text(&text, refers_to)?.into(),
            Value::Array(items) => {
                let items = items.into_iter().map(|item| self.resolve(item, refers_to));
                Value::Array(items.collect::<Result<_, _>>()?)
            }
            Value::Object(members) => {
                let members =
                    members.into_iter().map(|(name, value)| Ok((name, self.resolve(value, refers_to)?)));
                Value::Object(members.collect::<Result<_, ScimError>>()?)
            }
            other => other,
        })
    }

    /// A reference is a whole text, a part of an address, or quoted in a PATCH path. Elsewhere the word means nothing.
    pub(super) fn resolve_text(&self, text: &str, refers_to: &mut Vec<usize>) -> Result<String, ScimError> {
        let mut resolved = String::with_capacity(text.len());
        let mut rest = text;
        while let Some(at) = rest.find(MARK) {
            let (before, reference) = rest.split_at(at);
            resolved.push_str(before);
            let named = &reference[MARK.len()..];
            let end = named.find(['/', '"']).unwrap_or(named.len());
            if resolved.is_empty() || resolved.ends_with(['/', '"']) {
                resolved.push_str(&self.find(&named[..end], refers_to)?.to_string());
            } else {
                resolved.push_str(&reference[..MARK.len() + end]);
            }
            rest = &named[end..];
        }
        resolved.push_str(rest);
        Ok(resolved)
    }

    fn find(&self, bulk_id: &str, refers_to: &mut Vec<usize>) -> Result<Uuid, ScimError> {
        let found = self.places.get(bulk_id).and_then(|place| Some((*place, self.new_id(*place)?)));
        let (place, id) = found.ok_or_else(|| {
            ScimError::value(format!("{MARK}{bulk_id}"), "no POST of this request has this bulkId")
        })?;
        refers_to.push(place);
        Ok(id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn ids() -> NewIds {
        let operations = [("POST", Some("a")), ("PUT", Some("b")), ("post", Some("c")), ("POST", Some("a"))];
        NewIds::of(operations.into_iter().map(|(method, bulk_id)| (Some(method), bulk_id)))
    }

    #[test]
    fn references_are_found_wherever_an_identifier_may_stand() {
        let (ids, mut to) = (ids(), Vec::new());
        let (a, c) = (ids.new_id(0).unwrap().to_string(), ids.new_id(2).unwrap().to_string());
        let sent = json!({"members": [{"value": "bulkId:a", "$ref": "../Users/bulkId:a"}], "manager": "bulkId:c",
            "path": "members[value eq \"bulkId:c\"]", "title": "my bulkId:x", "n": 1});
        let expected = json!({"members": [{"value": a, "$ref": format!("../Users/{a}")}], "manager": c,
            "path": format!("members[value eq \"{c}\"]"), "title": "my bulkId:x", "n": 1});
        assert_eq!(ids.resolve(sent, &mut to), Ok(expected));
        to.sort_unstable();
        assert_eq!(to, [0, 0, 2, 2]);
        assert_eq!(ids.resolve_text("/Users/bulkId:a", &mut to), Ok(format!("/Users/{a}")));
    }

    #[test]
    fn a_reference_to_nothing_new_is_refused() {
        for text in ["bulkId:b", "bulkId:", "/Users/bulkId:zzz"] {
            assert!(ids().resolve_text(text, &mut Vec::new()).is_err(), "{text}");
        }
        assert!(ids().check_own(0).is_ok());
        assert!(ids().check_own(3).is_err());
    }
}
