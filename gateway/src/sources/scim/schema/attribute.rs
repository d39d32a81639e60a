//! What a table is made of: rows, schemas and resource types.

/// Attribute data types (RFC 7643, 2.3).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(in super::super) enum Kind {
    String,
    Boolean,
    DateTime,
    Reference,
    Binary,
    Complex,
}

/// Who may change an attribute (RFC 7643, 7).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(in super::super) enum Mutability {
    ReadWrite,
    ReadOnly,
    Immutable,
}

/// In which answers an attribute is (RFC 7643, 7).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(in super::super) enum Returned {
    /// In every one, whatever the client selects.
    Always,
    /// Unless the client leaves it out.
    Default,
    /// Where the client names it.
    Request,
}

/// Who else may have the value (RFC 7643, 7).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(in super::super) enum Uniqueness {
    None,
    Server,
}

/// One row: an attribute or sub-attribute.
#[derive(Clone, Copy, Debug)]
pub(in super::super) struct Attribute {
    pub(in super::super) name: &'static str,
    pub(in super::super) kind: Kind,
    pub(in super::super) description: &'static str,
    pub(in super::super) multi_valued: bool,
    pub(in super::super) required: bool,
    /// Values that clients are advised to use; others are taken too.
    pub(in super::super) canonical: &'static [&'static str],
    pub(in super::super) case_exact: bool,
    pub(in super::super) mutability: Mutability,
    pub(in super::super) returned: Returned,
    pub(in super::super) uniqueness: Uniqueness,
    pub(in super::super) refers_to: &'static [&'static str],
    pub(in super::super) sub_attributes: &'static [Attribute],
}

impl Attribute {
    pub(super) const fn new(name: &'static str, kind: Kind, description: &'static str) -> Self {
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

    pub(super) const fn text(name: &'static str, description: &'static str) -> Self {
        Self::new(name, Kind::String, description)
    }

    pub(super) const fn boolean(name: &'static str, description: &'static str) -> Self {
        Self::new(name, Kind::Boolean, description)
    }

    pub(super) const fn reference(
        name: &'static str,
        to: &'static [&'static str],
        description: &'static str,
    ) -> Self {
        Self { refers_to: to, case_exact: true, ..Self::new(name, Kind::Reference, description) }
    }

    pub(super) const fn complex(
        name: &'static str,
        subs: &'static [Attribute],
        description: &'static str,
    ) -> Self {
        Self { sub_attributes: subs, ..Self::new(name, Kind::Complex, description) }
    }

    pub(super) const fn many(self) -> Self {
        Self { multi_valued: true, ..self }
    }

    pub(super) const fn required(self) -> Self {
        Self { required: true, ..self }
    }

    pub(super) const fn exact(self) -> Self {
        Self { case_exact: true, ..self }
    }

    pub(super) const fn always(self) -> Self {
        Self { returned: Returned::Always, ..self }
    }

    pub(super) const fn on_request(self) -> Self {
        Self { returned: Returned::Request, ..self }
    }

    pub(super) const fn unique(self) -> Self {
        Self { uniqueness: Uniqueness::Server, ..self }
    }

    pub(super) const fn read_only(self) -> Self {
        Self { mutability: Mutability::ReadOnly, ..self }
    }

    pub(super) const fn immutable(self) -> Self {
        Self { mutability: Mutability::Immutable, ..self }
    }

    pub(super) const fn canonical(self, values: &'static [&'static str]) -> Self {
        Self { canonical: values, ..self }
    }

    /// The sub-attribute of this name, in any letter case.
    pub(in super::super) fn sub(&self, name: &str) -> Option<&'static Attribute> {
        find(self.sub_attributes, name)
    }
}

/// A schema: a name and its rows.
#[derive(Debug)]
pub(in super::super) struct Schema {
    pub(in super::super) id: &'static str,
    pub(in super::super) name: &'static str,
    pub(in super::super) description: &'static str,
    pub(in super::super) attributes: &'static [Attribute],
}

/// A resource type: where it is found and what it is made of (RFC 7643, 6).
#[derive(Debug)]
pub(in super::super) struct ResourceType {
    pub(in super::super) name: &'static str,
    pub(in super::super) endpoint: &'static str,
    pub(in super::super) description: &'static str,
    pub(in super::super) schema: &'static Schema,
    pub(in super::super) extensions: &'static [&'static Schema],
    /// What the directory keeps it as.
    pub(in super::super) held_as: Held,
    /// Attributes that clients send and the gateway never keeps.
    pub(in super::super) dropped: &'static [&'static str],
}

/// What the directory keeps a resource as.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(in super::super) enum Held {
    Cardholders,
    Groups,
}

impl Held {
    /// The attribute that stands for relations: it is no part of what is kept of the resource itself.
    pub(in super::super) const fn related(self) -> &'static str {
        match self {
            Self::Cardholders => "groups",
            Self::Groups => "members",
        }
    }
}

impl ResourceType {
    /// The extension schema of this URN, in any letter case.
    pub(in super::super) fn extension(&self, id: &str) -> Option<&'static Schema> {
        self.extensions.iter().copied().find(|schema| schema.id.eq_ignore_ascii_case(id))
    }

    /// The attribute of the core schema, or common to all, of this name in any letter case.
    pub(in super::super) fn core_attribute(&self, name: &str) -> Option<&'static Attribute> {
        find(self.schema.attributes, name).or_else(|| find(&COMMON, name))
    }

    /// The extension that has an attribute of this name which the core schema lacks. Clients write `manager` where
    /// the whole URN belongs.
    pub(in super::super) fn extension_attribute(
        &self,
        name: &str,
    ) -> Option<(&'static Schema, &'static Attribute)> {
        self.extensions.iter().find_map(|schema| find(schema.attributes, name).map(|row| (*schema, row)))
    }

    /// Whether clients send an attribute of this name that is never kept.
    pub(in super::super) fn drops(&self, name: &str) -> bool {
        self.dropped.iter().any(|dropped| dropped.eq_ignore_ascii_case(name))
    }
}

/// The row of this name in any letter case (RFC 7643, 2.1).
pub(in super::super) fn find(rows: &'static [Attribute], name: &str) -> Option<&'static Attribute> {
    rows.iter().find(|row| row.name.eq_ignore_ascii_case(name))
}

/// The sub-attributes that multi-valued attributes have by default (RFC 7643, 2.4).
pub(super) const fn plural(value: Attribute, types: &'static [&'static str]) -> [Attribute; 4] {
    [
        value,
        Attribute::text("display", "A name to show."),
        Attribute::text("type", "What this value is for.").canonical(types),
        Attribute::boolean("primary", "Whether it is the preferred one; true at most once."),
    ]
}

/// Attributes of every resource (RFC 7643, 3.1).
static COMMON: [Attribute; 4] = [
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
