//! A filter's form, and how it is written.

use std::fmt::{self, Display};

use serde_json::Number;

use super::super::path::AttributePath;

/// A filter.
#[derive(Clone, PartialEq, Debug)]
pub(in super::super) enum Filter {
    /// All of two or more.
    All(Vec<Filter>),
    /// Any of two or more.
    Any(Vec<Filter>),
    Not(Box<Filter>),
    Compare {
        path: AttributePath,
        operator: Operator,
        literal: Literal,
    },
    /// The attribute has a value.
    Present(AttributePath),
    /// One element of a multi-valued attribute satisfies the whole of the inner filter. `emails[F].value eq "x"`,
    /// which PATCH paths and Entra use, is read as `emails[F and value eq "x"]`.
    Element {
        path: AttributePath,
        filter: Box<Filter>,
    },
}

/// Comparison operators.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(in super::super) enum Operator {
    Equal,
    NotEqual,
    Contains,
    StartsWith,
    EndsWith,
    Greater,
    GreaterOrEqual,
    Less,
    LessOrEqual,
}

/// What an attribute is compared with.
#[derive(Clone, PartialEq, Debug)]
pub(in super::super) enum Literal {
    Null,
    Boolean(bool),
    Number(Number),
    Text(String),
}

impl Operator {
    /// All of them, with their names.
    pub(super) const ALL: [(Self, &'static str); 9] = [
        (Self::Equal, "eq"),
        (Self::NotEqual, "ne"),
        (Self::Contains, "co"),
        (Self::StartsWith, "sw"),
        (Self::EndsWith, "ew"),
        (Self::Greater, "gt"),
        (Self::GreaterOrEqual, "ge"),
        (Self::Less, "lt"),
        (Self::LessOrEqual, "le"),
    ];

    pub(super) fn by_name(text: &str) -> Option<Self> {
        Self::ALL.iter().find(|(_, name)| name.eq_ignore_ascii_case(text)).map(|(operator, _)| *operator)
    }

    pub(super) fn name(self) -> &'static str {
        Self::ALL.iter().find(|(operator, _)| *operator == self).map_or("eq", |(_, name)| name)
    }

    /// Whether it asks for an order, which booleans and binary values don't have.
    pub(super) fn orders(self) -> bool {
        matches!(self, Self::Greater | Self::GreaterOrEqual | Self::Less | Self::LessOrEqual)
    }
}

impl Filter {
    /// Whether it looks at an attribute of this name anywhere.
    pub(in super::super) fn names(&self, attribute: &str) -> bool {
        match self {
            Self::All(terms) | Self::Any(terms) => terms.iter().any(|term| term.names(attribute)),
            Self::Not(inner) => inner.names(attribute),
            Self::Compare { path, .. } | Self::Present(path) | Self::Element { path, .. } => {
                path.name.eq_ignore_ascii_case(attribute)
            }
        }
    }

    /// The terms that must all hold: those of an `and`, else the filter itself.
    pub(in super::super) fn conjuncts(&self) -> &[Filter] {
        match self {
            Self::All(terms) => terms,
            other => std::slice::from_ref(other),
        }
    }
}

impl Literal {
    /// The text to compare with; `null` has none.
    pub(in super::super) fn as_text(&self) -> Option<String> {
        match self {
            Self::Null => None,
            Self::Boolean(value) => Some(value.to_string()),
            Self::Number(number) => Some(number.to_string()),
            Self::Text(text) => Some(text.clone()),
        }
    }
}

impl Display for Literal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => f.write_str("null"),
            Self::Boolean(value) => value.fmt(f),
            Self::Number(value) => value.fmt(f),
            Self::Text(text) => serde_json::Value::from(text.as_str()).fmt(f),
        }
    }
}

impl Display for Filter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::All(terms) => join(f, terms, " and "),
            Self::Any(terms) => join(f, terms, " or "),
            Self::Not(inner) => write!(f, "not ({inner})"),
            Self::Compare { path, operator, literal } => write!(f, "{path} {} {literal}", operator.name()),
            Self::Present(path) => write!(f, "{path} pr"),
            Self::Element { path, filter } => write!(f, "{path}[{filter}]"),
        }
    }
}

fn join(f: &mut fmt::Formatter<'_>, terms: &[Filter], word: &str) -> fmt::Result {
    for (index, term) in terms.iter().enumerate() {
        if index > 0 {
            f.write_str(word)?;
        }
        match term {
            Filter::All(_) | Filter::Any(_) => write!(f, "({term})")?,
            _ => term.fmt(f)?,
        }
    }
    Ok(())
}
