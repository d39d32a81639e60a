//! Attribute names as SCIM writes them: `[URN:]name[.sub]` (RFC 7644, 3.10), and where in a resource they lead.
//!
//! Pure text and tables; never looks at a resource's values.

use std::fmt;

use super::limits;
use super::schema::{Attribute, ResourceType, SCHEMAS};

/// Why a filter or path can't be read.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub(super) enum ExpressionError {
    /// Something else was expected.
    #[error("at character {position}: expected {expected}")]
    Expected {
        /// Counted from 1.
        position: usize,
        /// What would be right there.
        expected: &'static str,
    },
    /// Longer, deeper or of more terms than the gateway takes on.
    #[error("{0}")]
    Bound(String),
}

/// The name of an attribute or sub-attribute, as written.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct AttributePath {
    /// The schema's URN, where the name is qualified.
    pub(super) schema: Option<String>,
    pub(super) name: String,
    pub(super) sub: Option<String>,
}

impl AttributePath {
    /// Reads a whole text as one name; `None` when it is none.
    pub(super) fn parse(text: &str) -> Option<Self> {
        if text.len() > limits::MAX_EXPRESSION_LEN {
            return None;
        }
        let (schema, local) = match (after_known_schema(text), text.rsplit_once(':')) {
            (Some((schema, local)), _) => (Some(schema), local),
            (None, Some((schema, local))) => (Some(urn(schema)?), local),
            (None, None) => (None, text),
        };
        let (name, sub) = match local.split_once('.') {
            Some((name, sub)) => (name, Some(attribute_name(sub)?)),
            None => (local, None),
        };
        Some(Self { schema, name: attribute_name(name)?, sub })
    }

    /// Where it leads within a resource of this type. Always somewhere: names the tables lack lead to attributes
    /// that are kept and not understood.
    pub(super) fn locate<'a>(&'a self, resource: &ResourceType) -> Place<'a> {
        match &self.schema {
            Some(schema) => self.locate_qualified(schema, resource),
            None => self.locate_bare(resource),
        }
    }

    /// A URN of which the tables know neither the whole nor the front: some other extension's own name.
    pub(super) fn is_of_unknown_schema(&self, resource: &ResourceType) -> bool {
        self.schema.as_deref().is_some_and(|schema| {
            !schema.eq_ignore_ascii_case(resource.schema.id) && resource.extension(schema).is_none()
        })
    }

    fn locate_qualified<'a>(&'a self, schema: &'a str, resource: &ResourceType) -> Place<'a> {
        let whole = |id: &str| {
            self.sub.is_none()
                && id.rsplit_once(':').is_some_and(|(before, last)| {
                    before.eq_ignore_ascii_case(schema) && last.eq_ignore_ascii_case(&self.name)
                })
        };
        if whole(resource.schema.id) {
            return Place::Whole { extension: None };
        }
        if let Some(extension) = resource.extensions.iter().find(|extension| whole(extension.id)) {
            return Place::Whole { extension: Some(extension.id) };
        }
        if schema.eq_ignore_ascii_case(resource.schema.id) {
            return self.place(None, resource.core_attribute(&self.name));
        }
        match resource.extension(schema) {
            Some(extension) => {
                let row = super::schema::find(extension.attributes, &self.name);
                self.place(Some(extension.id), row)
            }
            None => self.place(Some(schema), None),
        }
    }

    fn locate_bare<'a>(&'a self, resource: &ResourceType) -> Place<'a> {
        if let Some(row) = resource.core_attribute(&self.name) {
            return self.place(None, Some(row));
        }
        match resource.extension_attribute(&self.name) {
            Some((extension, row)) => self.place(Some(extension.id), Some(row)),
            None => self.place(None, None),
        }
    }

    fn place<'a>(&'a self, extension: Option<&'a str>, row: Option<&'static Attribute>) -> Place<'a> {
        Place::Attribute(Spot {
            extension,
            name: row.map_or(self.name.as_str(), |row| row.name),
            row,
            sub: self.sub.as_deref().map(|sub| match row.and_then(|row| row.sub(sub)) {
                Some(row) => (row.name, Some(row)),
                None => (sub, None),
            }),
        })
    }
}

/// Where an attribute path leads.
#[derive(Clone, Copy, Debug)]
pub(super) enum Place<'a> {
    /// To a schema's whole part of the resource: `None` for the core schema.
    Whole { extension: Option<&'a str> },
    /// To an attribute.
    Attribute(Spot<'a>),
}

/// An attribute's place. Names are spelled as in the tables, where the tables have them.
#[derive(Clone, Copy, Debug)]
pub(super) struct Spot<'a> {
    /// The member of the resource that holds it; the resource itself where absent.
    pub(super) extension: Option<&'a str>,
    pub(super) name: &'a str,
    pub(super) row: Option<&'static Attribute>,
    pub(super) sub: Option<(&'a str, Option<&'static Attribute>)>,
}

impl Spot<'_> {
    /// Whether both are the same attribute or sub-attribute.
    pub(super) fn is_same_as(&self, other: &Spot<'_>) -> bool {
        let sub = |spot: &Spot<'_>| spot.sub.map(|(sub, _)| sub.to_owned());
        (self.extension, self.name) == (other.extension, other.name) && sub(self) == sub(other)
    }
}

impl fmt::Display for AttributePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(schema) = &self.schema {
            write!(f, "{schema}:")?;
        }
        f.write_str(&self.name)?;
        match &self.sub {
            Some(sub) => write!(f, ".{sub}"),
            None => Ok(()),
        }
    }
}

/// A schema of ours and what follows it after a dot, which some clients write where RFC 7644, 3.10 has a colon.
fn after_known_schema(text: &str) -> Option<(String, &str)> {
    SCHEMAS.iter().find_map(|schema| {
        let (front, rest) = text.split_at_checked(schema.id.len())?;
        let local = rest.strip_prefix('.')?;
        front.eq_ignore_ascii_case(schema.id).then(|| (front.to_owned(), local))
    })
}

fn urn(text: &str) -> Option<String> {
    let named = text.get(..4).is_some_and(|start| start.eq_ignore_ascii_case("urn:"));
    let plain = text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b":.-_/+%".contains(&byte));
    (named && plain && text.len() > 4).then(|| text.to_owned())
}

/// RFC 7643, 2.1: a letter (or `$`, as in `$ref`), then letters, digits, `-` and `_`.
fn attribute_name(text: &str) -> Option<String> {
    let mut bytes = text.bytes();
    let start = bytes.next().is_some_and(|byte| byte.is_ascii_alphabetic() || byte == b'$');
    (start && bytes.all(|byte| byte.is_ascii_alphanumeric() || b"-_$".contains(&byte)))
        .then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::super::schema::{ENTERPRISE_USER, USER};
    use super::*;
    use proptest::prelude::*;

    fn spot(text: &str) -> (Option<String>, String, Option<String>, bool) {
        let path = AttributePath::parse(text).unwrap();
        match path.locate(&USER) {
            Place::Attribute(spot) => (
                spot.extension.map(str::to_owned),
                spot.name.to_owned(),
                spot.sub.map(|(sub, _)| sub.to_owned()),
                spot.row.is_some(),
            ),
            Place::Whole { extension } => (extension.map(str::to_owned), String::new(), None, true),
        }
    }

    #[test]
    fn qualified_and_bare_names_lead_to_the_same_place() {
        let enterprise = Some(ENTERPRISE_USER.id.to_owned());
        let name = (None, "name".to_owned(), Some("givenName".to_owned()), true);
        assert_eq!(spot("name.givenName"), name);
        assert_eq!(spot("NAME.GIVENNAME"), name);
        assert_eq!(spot("urn:ietf:params:scim:schemas:core:2.0:User:name.givenName"), name);
        let card = (enterprise.clone(), "cardNumber".to_owned(), None, true);
        assert_eq!(spot("URN:ietf:params:scim:schemas:extension:enterprise:2.0:User:cardnumber"), card);
        assert_eq!(spot("cardNumber"), card);
        assert_eq!(spot("manager").0, enterprise);
        let manager = (enterprise.clone(), "manager".to_owned(), None, true);
        assert_eq!(spot("urn:ietf:params:scim:schemas:extension:enterprise:2.0:User.manager"), manager);
        let of_manager = (enterprise.clone(), "manager".to_owned(), Some("value".to_owned()), true);
        assert_eq!(
            spot("urn:ietf:params:scim:schemas:extension:enterprise:2.0:user.manager.value"),
            of_manager
        );
        assert_eq!(spot("urn:ietf:params:scim:schemas:core:2.0:User.name.givenName"), name);
        assert_eq!(spot(ENTERPRISE_USER.id), (enterprise, String::new(), None, true));
        assert_eq!(spot(USER.schema.id), (None, String::new(), None, true));
    }

    #[test]
    fn unknown_names_lead_to_a_place_of_their_own() {
        assert_eq!(spot("favouriteColour"), (None, "favouriteColour".to_owned(), None, false));
        let custom = "urn:example:2.0:User".to_owned();
        assert_eq!(spot("urn:example:2.0:User:locker"), (Some(custom), "locker".to_owned(), None, false));
    }

    #[test]
    fn what_is_no_name_is_refused() {
        for text in [
            "",
            ".",
            "a.",
            ".a",
            "a.b.c",
            "a b",
            "1a",
            "urn:",
            "urn:x:",
            "http://x:y",
            "é",
            "urn:ietf:params:scim:schemas:core:2.0:User.",
        ] {
            assert_eq!(AttributePath::parse(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn no_text_panics(text in "\\PC{0,60}") {
            if let Some(path) = AttributePath::parse(&text) {
                prop_assert_eq!(AttributePath::parse(&path.to_string()), Some(path.clone()));
                let _ = path.locate(&USER);
            }
        }
    }
}
