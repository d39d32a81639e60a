//! What the endpoint tells about itself (RFC 7644, 4). All of it comes from the schema tables.

use serde_json::{Value, json};

use super::limits;
use super::list::list;
use super::schema::{RESOURCE_TYPES, SCHEMAS, resource_type_json, schema_json};

/// `/ServiceProviderConfig` (RFC 7643, 5; RFC 9865, 4).
pub(super) fn service_provider_config(base: &str) -> Value {
    json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig"],
        "patch": { "supported": true },
        "bulk": {
            "supported": true,
            "maxOperations": limits::MAX_BULK_OPERATIONS,
            "maxPayloadSize": limits::MAX_BODY_LEN,
        },
        "filter": { "supported": true, "maxResults": limits::MAX_PAGE },
        "changePassword": { "supported": false },
        "sort": { "supported": true },
        "pagination": {
            "cursor": true,
            "index": true,
            "defaultPaginationMethod": "index",
            "defaultPageSize": limits::DEFAULT_PAGE,
            "maxPageSize": limits::MAX_PAGE,
            "cursorTimeout": limits::CURSOR_TIMEOUT_S,
        },
        "etag": { "supported": true },
        "authenticationSchemes": [{
            "type": "oauthbearertoken",
            "name": "Bearer token",
            "description": "A token made by `gateway token create`, sent as Authorization: Bearer TOKEN.",
            "specUri": "https://www.rfc-editor.org/info/rfc6750",
            "primary": true,
        }],
        "meta": { "resourceType": "ServiceProviderConfig", "location": format!("{base}/ServiceProviderConfig") },
    })
}

/// `/ResourceTypes`.
pub(super) fn resource_types(base: &str) -> Value {
    all(RESOURCE_TYPES.iter().map(|resource| resource_type_json(resource, base)))
}

/// `/ResourceTypes/{name}`.
pub(super) fn resource_type(name: &str, base: &str) -> Option<Value> {
    let resource = RESOURCE_TYPES.iter().find(|resource| resource.name.eq_ignore_ascii_case(name))?;
    Some(resource_type_json(resource, base))
}

/// `/Schemas`.
pub(super) fn schemas(base: &str) -> Value {
    all(SCHEMAS.iter().map(|schema| schema_json(schema, base)))
}

/// `/Schemas/{urn}`.
pub(super) fn schema(id: &str, base: &str) -> Option<Value> {
    let schema = SCHEMAS.iter().find(|schema| schema.id.eq_ignore_ascii_case(id))?;
    Some(schema_json(schema, base))
}

fn all(resources: impl Iterator<Item = Value>) -> Value {
    let resources: Vec<Value> = resources.collect();
    list(resources.len(), 1, resources)
}
