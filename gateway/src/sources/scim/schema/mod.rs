//! What resources look like: tables of attributes (RFC 7643, 7) that drive all else.
//!
//! Parsing, coercion, PATCH, filters, projection and `/Schemas` read these tables; none of them names an attribute by
//! itself. A new attribute, extension or resource type is a new row here. Never says where an attribute is stored.

mod describe;
mod group;
mod user;

pub(super) use describe::{resource_type_json, schema_json};
pub(super) use group::GROUP;
pub(super) use user::{ENTERPRISE_USER, GATEHOUSE_USER, USER};

/// Attribute data types (RFC 7643, 2.3).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Kind {
    String,
    Boolean,
    DateTime,
    Reference,
    Binary,
    Complex,
}

/// Who may change an attribute (RFC 7643, 7).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Mutability {
    ReadWrite,
    ReadOnly,
    Immutable,
}

/// In which answers an attribute is (RFC 7643, 7).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Returned {
    /// In every one, whatever the client selects.
    Always,
    /// Unless the client leaves it out.
    Default,
    /// Where the client names it.
    Request,
}

/// Who else may have the value (RFC 7643, 7).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Uniqueness {
    None,
    Server,
}

/// One row: an attribute or sub-attribute.
#[derive(Clone, Copy, Debug)]
pub(super) struct Attribute {
    pub(super) name: &'static str,
    pub(super) kind: Kind,
    pub(super) description: &'static str,
    pub(super) multi_valued: bool,
    pub(super) required: bool,
    /// Values that clients are advised to use; others are taken too.
    pub(super) canonical: &'static [&'static str],
    pub(super) case_exact: bool,
    pub(super) mutability: Mutability,
    pub(super) returned: Returned,
    pub(super) uniqueness: Uniqueness,
    pub(super) refers_to: &'static [&'static str],
    pub(super) sub_attributes: &'static [Attribute],
}

impl Attribute {
    const fn new(name: &'static str, kind: Kind, description: &'static str) -> Self {
        Self {
            name,
            kind,
            description,
            multi_valued: false,
            required: false,
            canonical: &[],
            case_exact: false,
            mutability: Mutability::ReadWrite,
            returned: Returned::Default,
            uniqueness: Uniqueness::None,
            refers_to: &[],
            sub_attributes: &[],
        }
    }

    const fn text(name: &'static str, description: &'static str) -> Self {
        Self::new(name, Kind::String, description)
    }

    const fn boolean(name: &'static str, description: &'static str) -> Self {
        Self::new(name, Kind::Boolean, description)
    }

    const fn reference(name: &'static str, to: &'static [&'static str], description: &'static str) -> Self {
        Self { refers_to: to, case_exact: true, ..Self::new(name, Kind::Reference, description) }
    }

    const fn complex(name: &'static str, subs: &'static [Attribute], description: &'static str) -> Self {
        Self { sub_attributes: subs, ..Self::new(name, Kind::Complex, description) }
    }

    const fn many(self) -> Self {
        Self { multi_valued: true, ..self }
    }

    const fn required(self) -> Self {
        Self { required: true, ..self }
    }

    const fn exact(self) -> Self {
        Self { case_exact: true, ..self }
    }

    const fn always(self) -> Self {
        Self { returned: Returned::Always, ..self }
    }

    const fn on_request(self) -> Self {
        Self { returned: Returned::Request, ..self }
    }

    const fn unique(self) -> Self {
        Self { uniqueness: Uniqueness::Server, ..self }
    }

    const fn read_only(self) -> Self {
        Self { mutability: Mutability::ReadOnly, ..self }
    }

    const fn immutable(self) -> Self {
        Self { mutability: Mutability::Immutable, ..self }
    }

    const fn canonical(self, values: &'static [&'static str]) -> Self {
        Self { canonical: values, ..self }
    }

    /// The sub-attribute of this name, in any letter case.
    pub(super) fn sub(&self, name: &str) -> Option<&'static Attribute> {
        find(self.sub_attributes, name)
    }
}

/// A schema: a name and its rows.
#[derive(Debug)]
pub(super) struct Schema {
    pub(super) id: &'static str,
    pub(super) name: &'static str,
    pub(super) description: &'static str,
    pub(super) attributes: &'static [Attribute],
}

/// A resource type: where it is found and what it is made of (RFC 7643, 6).
#[derive(Debug)]
pub(super) struct ResourceType {
    pub(super) name: &'static str,
    pub(super) endpoint: &'static str,
    pub(super) description: &'static str,
    pub(super) schema: &'static Schema,
    pub(super) extensions: &'static [&'static Schema],
    /// What the directory keeps it as.
    pub(super) held_as: Held,
    /// Attributes that clients send and the gateway never keeps.
    pub(super) dropped: &'static [&'static str],
}

/// What the directory keeps a resource as.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Held {
    Cardholders,
    Groups,
}

impl Held {
    /// The attribute that stands for relations: it is no part of what is kept of the resource itself.
    pub(super) const fn related(self) -> &'static str {
        match self {
            Self::Cardholders => "groups",
            Self::Groups => "members",
        }
    }
}

/// All resource types.
pub(super) static RESOURCE_TYPES: [&ResourceType; 2] = [&USER, &GROUP];

/// All schemas, each once.
pub(super) static SCHEMAS: [&Schema; 4] = [USER.schema, GROUP.schema, &ENTERPRISE_USER, &GATEHOUSE_USER];

/// Attributes of every resource (RFC 7643, 3.1).
pub(super) static COMMON: [Attribute; 4] = [
    Attribute::text("id", "The gateway's identifier.").exact().read_only().always(),
    Attribute::text("externalId", "The client's own identifier.").exact(),
    Attribute::reference("schemas", &["uri"], "The schemas that apply.").many().read_only().always(),
    Attribute::complex("meta", &META, "About the resource itself.").read_only(),
];

static META: [Attribute; 5] = [
    Attribute::text("resourceType", "The resource's type.").exact().read_only(),
    Attribute::new("created", Kind::DateTime, "When it was made.").read_only(),
    Attribute::new("lastModified", Kind::DateTime, "When it was changed last.").read_only(),
    Attribute::reference("location", &["uri"], "Its address.").read_only(),
    Attribute::text("version", "Its version, as in the ETag header.").exact().read_only(),
];

impl ResourceType {
    /// The extension schema of this URN, in any letter case.
    pub(super) fn extension(&self, id: &str) -> Option<&'static Schema> {
        self.extensions.iter().copied().find(|schema| schema.id.eq_ignore_ascii_case(id))
    }

    /// The attribute of the core schema, or common to all, of this name in any letter case.
    pub(super) fn core_attribute(&self, name: &str) -> Option<&'static Attribute> {
        find(self.schema.attributes, name).or_else(|| find(&COMMON, name))
    }

    /// The extension that has an attribute of this name which the core schema lacks. Clients write `manager` where
    /// the whole URN belongs.
    pub(super) fn extension_attribute(&self, name: &str) -> Option<(&'static Schema, &'static Attribute)> {
        self.extensions.iter().find_map(|schema| find(schema.attributes, name).map(|row| (*schema, row)))
    }

    /// Whether clients send an attribute of this name that is never kept.
    pub(super) fn drops(&self, name: &str) -> bool {
        self.dropped.iter().any(|dropped| dropped.eq_ignore_ascii_case(name))
    }
}

/// The row of this name in any letter case (RFC 7643, 2.1).
pub(super) fn find(rows: &'static [Attribute], name: &str) -> Option<&'static Attribute> {
    rows.iter().find(|row| row.name.eq_ignore_ascii_case(name))
}

/// The sub-attributes that multi-valued attributes have by default (RFC 7643, 2.4).
const fn plural(value: Attribute, types: &'static [&'static str]) -> [Attribute; 4] {
    [
        value,
        Attribute::text("display", "A name to show."),
        Attribute::text("type", "What this value is for.").canonical(types),
        Attribute::boolean("primary", "Whether it is the preferred one; true at most once."),
    ]
}

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
