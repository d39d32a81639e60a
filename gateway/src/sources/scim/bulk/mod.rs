//! Bulk requests (RFC 7644, 3.7): many operations in one body, which may refer to each other's new resources.
//!
//! Every new resource's identifier is chosen before any is made, so references are resolved beforehand, be they
//! backward, forward or circular. An operation waits for those that it refers to; otherwise they are done in the order
//! in which they were sent. Pure: `routes::bulk` does them.

mod circles;
mod order;
mod references;

use serde_json::Value;
use uuid::Uuid;

use super::client::Speaker;
use super::document::{Document, get};
use super::error::ScimError;
use super::limits;
use super::patch::Patch;
use super::resource::{Condition, Wish, Write};
use super::schema::{RESOURCE_TYPES, ResourceType};
use super::sent::from_body;
use references::NewIds;

pub(super) use circles::circles;
pub(super) use order::order;

/// A bulk request.
#[derive(Debug)]
pub(super) struct Bulk {
    pub(super) operations: Vec<Operation>,
    /// The number of failures after which nothing more is done.
    pub(super) fail_on_errors: Option<usize>,
}

/// One operation.
#[derive(Debug)]
pub(super) struct Operation {
    /// As sent, in capitals.
    pub(super) method: String,
    pub(super) bulk_id: Option<String>,
    /// The operations whose new resources it refers to, by their place in the request.
    pub(super) refers_to: Vec<usize>,
    /// What it wants, or why that can't be understood.
    pub(super) write: Result<Write, ScimError>,
}

impl Bulk {
    /// Reads a request's body. What is wrong with one operation is that operation's own failure.
    ///
    /// # Errors
    /// When the body is no bulk request, or has more operations than the gateway takes.
    pub(super) fn read(body: &Document, speaker: Speaker) -> Result<Self, ScimError> {
        let fail_on_errors = match get(body, "failOnErrors") {
            None | Some(Value::Null) => None,
            Some(value) => {
                let bound = value.as_u64().filter(|bound| *bound > 0).ok_or_else(|| {
                    ScimError::value("failOnErrors", format!("{value} must be an integer of 1 or more"))
                })?;
                Some(usize::try_from(bound).unwrap_or(usize::MAX))
            }
        };
        let sent = get(body, "Operations")
            .and_then(Value::as_array)
            .ok_or_else(|| ScimError::Syntax("a bulk request needs an array \"Operations\"".into()))?;
        if sent.len() > limits::MAX_BULK_OPERATIONS {
            let (len, bound) = (sent.len(), limits::MAX_BULK_OPERATIONS);
            return Err(ScimError::TooLarge(format!(
                "{len} operations are more than {bound}, the maxOperations"
            )));
        }
        let ids =
            NewIds::of(sent.iter().map(|operation| (text(operation, "method"), text(operation, "bulkId"))));
        let operations = sent.iter().enumerate();
        let operations =
            operations.map(|(place, sent)| Operation::read(place, sent, &ids, speaker)).collect();
        Ok(Self { operations, fail_on_errors })
    }
}

impl Operation {
    fn read(place: usize, sent: &Value, ids: &NewIds, speaker: Speaker) -> Self {
        let mut refers_to = Vec::new();
        let write = write(place, sent, ids, speaker, &mut refers_to);
        refers_to.sort_unstable();
        refers_to.dedup();
        refers_to.retain(|target| *target != place);
        Self {
            method: text(sent, "method").unwrap_or_default().to_ascii_uppercase(),
            bulk_id: text(sent, "bulkId").map(str::to_owned),
            refers_to,
            write,
        }
    }
}

fn text<'a>(operation: &'a Value, name: &str) -> Option<&'a str> {
    get(operation.as_object()?, name)?.as_str()
}

fn write(
    place: usize,
    sent: &Value,
    ids: &NewIds,
    speaker: Speaker,
    refers_to: &mut Vec<usize>,
) -> Result<Write, ScimError> {
    ids.check_own(place)?;
    let path = text(sent, "path").ok_or_else(|| ScimError::value("path", "is required"))?;
    let (resource, named) = address(&ids.resolve_text(path, refers_to)?)?;
    let method = text(sent, "method").unwrap_or_default().to_ascii_uppercase();
    let id = match (method.as_str(), named) {
        ("POST", None) => ids.new_id(place).ok_or_else(|| ScimError::value("method", "is not POST"))?,
        ("POST", Some(_)) => {
            return Err(ScimError::value("path", "of a POST must be a resource type's alone"));
        }
        (_, Some(id)) => id?,
        (_, None) => return Err(ScimError::value("path", "must name one resource")),
    };
    let mut data = || -> Result<Document, ScimError> {
        let data = sent.as_object().and_then(|sent| get(sent, "data")).cloned().unwrap_or_default();
        match ids.resolve(data, refers_to)? {
            Value::Object(data) => Ok(data),
            _ => Err(ScimError::value("data", "must be an object")),
        }
    };
    let wish = match method.as_str() {
        "POST" => Wish::Create(from_body(resource, data()?)?),
        "PUT" => Wish::Replace(from_body(resource, data()?)?),
        "PATCH" => Wish::Patch(Patch::read(&data()?, speaker)?),
        "DELETE" => Wish::Delete,
        _ => return Err(ScimError::value("method", "must be POST, PUT, PATCH or DELETE")),
    };
    let if_match = text(sent, "version").map(str::to_owned);
    Ok(Write { resource, id, wish, condition: Condition { if_match, if_none_match: None } })
}

/// The resource type in a path, and the identifier after it.
type Address = (&'static ResourceType, Option<Result<Uuid, ScimError>>);

/// `/Users` or `/Users/{id}`, from the endpoint's own address on.
fn address(path: &str) -> Result<Address, ScimError> {
    let mut parts = path.trim_matches('/').split('/');
    let (endpoint, id) = (parts.next().unwrap_or_default(), parts.next());
    let resource = RESOURCE_TYPES.into_iter().find(|known| known.endpoint.eq_ignore_ascii_case(endpoint));
    let resource = resource
        .filter(|_| parts.next().is_none())
        .ok_or_else(|| ScimError::value("path", format!("{path:?} must be /Users or /Groups, and an id")))?;
    let not_found = |id: &str| ScimError::NotFound(format!("{} {id:?} not found", resource.name));
    Ok((resource, id.map(|id| id.parse().map_err(|_| not_found(id)))))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn read(body: &Value) -> Result<Bulk, ScimError> {
        Bulk::read(body.as_object().unwrap(), Speaker::default())
    }

    fn refusal(operation: &Value) -> String {
        let bulk = read(&json!({ "Operations": [operation] })).unwrap();
        bulk.operations.into_iter().next().unwrap().write.unwrap_err().to_string()
    }

    #[test]
    fn what_is_wrong_with_one_operation_is_its_own_failure() {
        let refused = |operation: Value| refusal(&operation);
        assert!(refused(json!({"method": "POST", "data": {}})).contains("path"));
        assert!(refused(json!({"method": "POST", "path": "/Users/1", "data": {}})).contains("POST"));
        assert!(refused(json!({"method": "DELETE", "path": "/Users"})).contains("one resource"));
        assert!(refused(json!({"method": "DELETE", "path": "/Users/1"})).contains("not found"));
        assert!(
            refused(json!({"method": "POST", "path": "/Doors", "data": {}})).contains("/Users or /Groups")
        );
        assert!(
            refused(json!({"method": "GET", "path": format!("/Users/{}", Uuid::nil())})).contains("PATCH")
        );
        assert!(refused(json!({"method": "POST", "path": "/Users", "data": 7})).contains("data"));
        assert!(refused(json!({"method": "PUT", "path": "/Users/bulkId:x", "data": {}})).contains("bulkId"));
        assert!(refused(json!("?")).contains("path"));
    }

    #[test]
    fn the_request_as_a_whole_is_bounded() {
        let many = vec![json!({}); limits::MAX_BULK_OPERATIONS + 1];
        assert!(matches!(read(&json!({ "Operations": many })), Err(ScimError::TooLarge(_))));
        assert!(matches!(read(&json!({})), Err(ScimError::Syntax(_))));
        for odd in [json!(0), json!(-1), json!("x")] {
            assert!(matches!(
                read(&json!({"failOnErrors": odd, "Operations": []})),
                Err(ScimError::Value { .. })
            ));
        }
    }
}
