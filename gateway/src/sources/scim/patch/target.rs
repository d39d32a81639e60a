//! The attribute that an operation is about, and what is done to it.

use serde_json::Value;

use super::super::client::Speaker;
use super::super::coerce::{coerced, single};
use super::super::document::{Document, at, edit, unassigned};
use super::super::error::ScimError;
use super::super::filter::{Filter, element_matches};
use super::super::limits;
use super::super::path::Spot;
use super::super::schema::{Attribute, Kind};
use super::elements::{add_element, array_in, merge, only_primary, remove_named, seed, set_sub};
use super::operation::Verb;

/// The attribute that an operation is about.
pub(super) struct Target<'a> {
    pub(super) spot: &'a Spot<'a>,
    pub(super) sub: Option<(&'a str, Option<&'static Attribute>)>,
    pub(super) verb: Verb,
    pub(super) speaker: Speaker,
}

impl Target<'_> {
    /// What it is called.
    pub(super) fn path(&self) -> String {
        match self.sub {
            Some((sub, _)) => format!("{}.{sub}", self.spot.name),
            None => self.spot.name.to_owned(),
        }
    }

    fn multi_valued(&self) -> bool {
        self.spot.row.is_some_and(|row| row.multi_valued)
    }

    /// Whether the attribute can have what the path asks for: elements to choose from, or sub-attributes. The value that
    /// is there decides where no row does.
    pub(super) fn check_path(&self, has_filter: bool, value: Option<&Value>) -> Result<(), ScimError> {
        let (many, complex) = match (self.spot.row, value) {
            (Some(row), _) => (row.multi_valued, row.kind == Kind::Complex),
            (None, Some(value)) => (value.is_array(), value.is_array() || value.is_object()),
            (None, None) => (true, true),
        };
        let name = self.spot.name;
        if has_filter && !many {
            return Err(ScimError::Path(format!("{name} has a single value: a filter can't choose from it")));
        }
        if self.sub.is_some() && !complex {
            return Err(ScimError::Path(format!("{name} has no sub-attributes")));
        }
        Ok(())
    }

    /// Add or replace without a filter.
    pub(super) fn set(&self, slot: &mut Value, value: Value) -> Result<(), ScimError> {
        let Some((sub, row)) = self.sub else { return self.set_whole(slot, value) };
        let value = coerced(row, &self.path(), value)?;
        let many = self.multi_valued() || slot.is_array();
        // A reference to nobody is none.
        let value = value.filter(|value| many || sub != "value" || value != "");
        if many {
            let items = array_in(slot);
            if items.is_empty() && value.is_some() {
                items.push(Value::Null);
            }
            items.iter_mut().for_each(|item| set_sub(item, sub, value.clone()));
            if sub == "primary" && value == Some(Value::Bool(true)) {
                only_primary(items, 0);
            }
        } else {
            set_sub(slot, sub, value);
        }
        Ok(())
    }

    fn set_whole(&self, slot: &mut Value, value: Value) -> Result<(), ScimError> {
        match coerced(self.spot.row, &self.path(), value)? {
            None if self.multi_valued() && self.verb == Verb::Add => {}
            None => *slot = Value::Null,
            Some(Value::Array(items)) if self.verb == Verb::Add => {
                for item in items {
                    add_element(array_in(slot), item);
                }
                self.check_count(slot)?;
            }
            Some(Value::Object(members)) if !self.multi_valued() => {
                let complex = self.spot.row.is_some_and(|row| row.kind == Kind::Complex);
                if complex || self.verb == Verb::Add { merge(slot, members) } else { *slot = members.into() }
            }
            Some(value) => *slot = value,
        }
        Ok(())
    }

    /// Add or replace where a filter chooses elements; where none is, one is made that satisfies it, unless the client
    /// is known to expect `noTarget` (RFC 7644, 3.5.2.3).
    pub(super) fn elements(&self, slot: &mut Value, filter: &Filter, value: Value) -> Result<(), ScimError> {
        let row = self.spot.row;
        let seed = seed(filter, row);
        let value = match self.sub {
            Some((_, sub)) => coerced(sub, &self.path(), value)?,
            None => match row {
                Some(row) => single(row, &self.path(), value)?,
                None => Some(value),
            },
        };
        let items = array_in(slot);
        let mut matched: Vec<usize> =
            (0..items.len()).filter(|index| element_matches(filter, row, &items[*index])).collect();
        if matched.is_empty() && value.is_some() {
            let path = &self.spot.name;
            let seed = seed
                .clone()
                .filter(|seed| self.verb == Verb::Add || self.may_make(seed))
                .ok_or_else(|| ScimError::NoTarget(format!("no element of {path} is {filter}")))?;
            matched.push(items.len());
            items.push(seed.into());
        }
        for index in matched {
            self.change_element(&mut items[index], seed.as_ref(), value.clone());
            if items[index].get("primary") == Some(&Value::Bool(true)) {
                only_primary(items, index);
            }
        }
        self.check_count(slot)
    }

    /// Whether a `replace` that found nothing makes the element: never one that it only knows by its `value`, for that
    /// would give a person, say, the card whose badge type was to be changed.
    fn may_make(&self, seed: &Document) -> bool {
        self.speaker.means_missing_elements_to_be_made() && !seed.contains_key("value")
    }

    fn change_element(&self, item: &mut Value, seed: Option<&Document>, value: Option<Value>) {
        match (self.sub, value) {
            (Some((sub, _)), value) => set_sub(item, sub, value),
            (None, Some(Value::Object(members))) => {
                if self.verb == Verb::Replace {
                    *item = seed.cloned().unwrap_or_default().into();
                }
                merge(item, members);
            }
            (None, Some(value)) => *item = value,
            (None, None) => {}
        }
    }

    fn check_count(&self, slot: &Value) -> Result<(), ScimError> {
        let bound = limits::MAX_VALUES;
        match slot.as_array() {
            Some(items) if items.len() > bound => {
                Err(ScimError::value(self.path(), format!("has more than {bound} values")))
            }
            _ => Ok(()),
        }
    }

    /// All of it, or what a filter or a value chooses.
    pub(super) fn remove(
        &self,
        document: &mut Document,
        filter: Option<&Filter>,
        value: &Value,
    ) -> Result<(), ScimError> {
        let row = self.spot.row;
        // Without what it requires, an extension is none of the resource's any more; no resource requires one.
        let required = row.is_some_and(|row| row.required) && self.spot.extension.is_none();
        if self.sub.is_none() && filter.is_none() && required {
            return Err(ScimError::Mutability(format!("{} is required", self.spot.name)));
        }
        if at(document, self.spot).is_none() {
            return Ok(());
        }
        edit(document, self.spot, |slot| {
            match (filter, self.sub) {
                (None, None) if self.multi_valued() && !value.is_null() => remove_named(slot, value),
                (None, None) => *slot = Value::Null,
                (Some(filter), None) => {
                    array_in(slot).retain(|item| !element_matches(filter, row, item));
                }
                (filter, Some((sub, _))) if slot.is_array() => {
                    for item in array_in(slot) {
                        if filter.is_none_or(|filter| element_matches(filter, row, item)) {
                            set_sub(item, sub, None);
                        }
                    }
                    array_in(slot).retain(|item| !unassigned(item));
                }
                (_, Some((sub, _))) => set_sub(slot, sub, None),
            }
            Ok(())
        })
    }
}
