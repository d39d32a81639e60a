//! What resources look like: tables of attributes (RFC 7643, 7) that drive all else.
//!
//! Parsing, coercion, PATCH, filters, projection and `/Schemas` read these tables; none of them names an attribute by
//! itself. A new attribute, extension or resource type is a new row here. Never says where an attribute is stored.

mod attribute;
mod describe;
mod group;
mod user;

pub(super) use attribute::{Attribute, Held, Kind, Mutability, ResourceType, Returned, Schema, find};
pub(super) use describe::{resource_type_json, schema_json};
pub(super) use group::GROUP;
pub(super) use user::{ENTERPRISE_USER, GATEHOUSE_USER, USER};

/// All resource types.
pub(super) static RESOURCE_TYPES: [&ResourceType; 2] = [&USER, &GROUP];

/// All schemas, each once.
pub(super) static SCHEMAS: [&Schema; 4] = [USER.schema, GROUP.schema, &ENTERPRISE_USER, &GATEHOUSE_USER];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_found_in_any_letter_case() {
        assert_eq!(USER.core_attribute("USERNAME").unwrap().name, "userName");
        assert_eq!(USER.core_attribute("externalid").unwrap().name, "externalId");
        assert_eq!(USER.extension_attribute("Manager").unwrap().1.name, "manager");
        assert!(USER.core_attribute("cardNumber").is_none());
    }

    #[test]
    fn no_attribute_of_an_extension_hides_behind_a_core_one() {
        for resource in RESOURCE_TYPES {
            for attribute in resource.extensions.iter().flat_map(|schema| schema.attributes) {
                assert!(resource.core_attribute(attribute.name).is_none(), "{}", attribute.name);
            }
        }
    }
}
