//! What an operation does to the attribute that it is about: its value, its elements, their sub-attributes.

use serde_json::Value;

use super::Verb;
use super::element::{add_element, array_in, merge, only_primary, remove_named, seed, set_sub};
use crate::sources::scim::coerce::{coerced, single};
use crate::sources::scim::document::{Document, at, edit, unassigned};
use crate::sources::scim::error::ScimError;
use crate::sources::scim::filter::{Filter, element_matches};
use crate::sources::scim::limits;
use crate::sources::scim::path::Spot;
use crate::sources::scim::schema::{Attribute, Kind};

/// The attribute that an operation is about.
pub(super) struct Target<'a> {
    pub(super) spot: &'a Spot<'a>,
    pub(super) sub: Option<(&'a str, Option<&'static Attribute>)>,
    pub(super) verb: Verb,
}

impl Target<'_> {
    fn path(&self) -> String {
        match self.sub {
            Some((sub, _)) => format!("{}.{sub}", self.spot.name),
            None => self.spot.name.to_owned(),
        }
    }

    fn multi_valued(&self) -> bool {
        self.spot.row.is_some_and(|row| row.multi_valued)
    }

    /// Add or replace without a filter.
    pub(super) fn set(&self, slot: &mut Value, value: Value) -> Result<(), ScimError> {
        let Some((sub, row)) = self.sub else { return self.set_whole(slot, value) };
        let value = coerced(row, &self.path(), value)?;
        if self.multi_valued() || slot.is_array() {
            let items = array_in(slot);
            if items.is_empty() && value.is_some() {
                items.push(Value::Null);
            }
            items.iter_mut().for_each(|item| set_sub(item, sub, value.clone()));
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

    /// Add or replace where a filter chooses elements; where none is, one is made that satisfies it.
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

    pub(super) fn remove(
        &self,
        document: &mut Document,
        filter: Option<&Filter>,
        value: &Value,
    ) -> Result<(), ScimError> {
        let row = self.spot.row;
        if self.sub.is_none() && filter.is_none() && row.is_some_and(|row| row.required) {
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
