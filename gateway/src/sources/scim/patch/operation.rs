//! One operation of a PATCH, and its path.

use serde_json::Value;

use super::super::brief::short_name;
use super::super::document::get;
use super::super::error::ScimError;
use super::super::filter::{Filter, Parser};
use super::super::path::{AttributePath, ExpressionError};

/// What an operation does.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(in super::super) enum Verb {
    Add,
    Replace,
    Remove,
}

/// One operation of a PATCH.
#[derive(Clone, PartialEq, Debug)]
pub(in super::super) struct Operation {
    pub(in super::super) verb: Verb,
    /// Absent: the value's members are the paths.
    pub(in super::super) path: Option<PatchPath>,
    /// Absent only for `remove`.
    pub(in super::super) value: Option<Value>,
}

/// `attribute`, `attribute.sub`, `attribute[filter]` or `attribute[filter].sub`.
#[derive(Clone, PartialEq, Debug)]
pub(in super::super) struct PatchPath {
    /// Without sub-attribute where there is a filter.
    pub(in super::super) attribute: AttributePath,
    pub(in super::super) filter: Option<Filter>,
    /// After the filter.
    pub(in super::super) sub: Option<String>,
}

impl PatchPath {
    /// Reads a whole text as one path.
    pub(in super::super) fn parse(text: &str) -> Result<Self, ExpressionError> {
        let mut parser = Parser::new(text)?;
        let attribute = parser.path()?;
        let mut path = Self { attribute, filter: None, sub: None };
        if path.attribute.sub.is_none() && parser.take('[') {
            path.filter = Some(parser.enclosed(']', "']'")?);
            path.sub = parser.sub_attribute()?;
        }
        if parser.at_end() { Ok(path) } else { Err(parser.expected("the end of the path")) }
    }
}

impl std::fmt::Display for PatchPath {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.attribute.fmt(f)?;
        if let Some(filter) = &self.filter {
            write!(f, "[{filter}]")?;
        }
        match &self.sub {
            Some(sub) => write!(f, ".{sub}"),
            None => Ok(()),
        }
    }
}

impl Operation {
    /// Reads one.
    ///
    /// # Errors
    /// When its name or path can't be read, or it lacks what it needs.
    pub(super) fn read(json: &Value) -> Result<Self, ScimError> {
        let members =
            json.as_object().ok_or_else(|| ScimError::Syntax("an operation must be an object".into()))?;
        let verb = verb(get(members, "op"))?;
        let path = match get(members, "path") {
            None | Some(Value::Null) => None,
            Some(Value::String(text)) if text.trim().is_empty() => None,
            Some(Value::String(text)) => {
                let path = PatchPath::parse(text.trim());
                Some(path.map_err(|error| ScimError::Path(format!("{text:?}: {error}")))?)
            }
            Some(_) => return Err(ScimError::Path("must be a string".into())),
        };
        let value = get(members, "value").cloned();
        match (verb, &path, &value) {
            (Verb::Remove, None, _) => Err(ScimError::NoTarget("remove needs a path".into())),
            (Verb::Add | Verb::Replace, _, None) => Err(ScimError::value("value", "is missing")),
            _ => Ok(Self { verb, path, value }),
        }
    }

    /// The names of the attributes that it is about.
    pub(super) fn attributes(&self) -> Vec<String> {
        match (&self.path, &self.value) {
            (Some(path), _) => {
                let sub = path.sub.as_ref().map(|sub| format!(".{sub}")).unwrap_or_default();
                vec![short_name(&format!("{}{sub}", path.attribute))]
            }
            (None, Some(Value::Object(members))) => members.keys().map(|name| short_name(name)).collect(),
            (None, _) => Vec::new(),
        }
    }
}

fn verb(op: Option<&Value>) -> Result<Verb, ScimError> {
    let name = op.and_then(Value::as_str).unwrap_or_default();
    [("add", Verb::Add), ("replace", Verb::Replace), ("remove", Verb::Remove)]
        .into_iter()
        .find(|(known, _)| known.eq_ignore_ascii_case(name))
        .map(|(_, verb)| verb)
        .ok_or_else(|| ScimError::Syntax(format!("op {name:?} must be add, replace or remove")))
}
