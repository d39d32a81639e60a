//! The words of a table that say which key its device has.

use std::path::Path;

use super::key::PanelKey;
use super::problem::{Place, Problem};

/// What a table says of a key.
pub(super) struct KeyWords<'a> {
    pub(super) table: &'static str,
    pub(super) id: &'a str,
    pub(super) scbk: Option<&'a str>,
    pub(super) scbk_file: Option<&'a Path>,
    pub(super) factory: bool,
}

impl KeyWords<'_> {
    /// The key; relative paths start from `folder`.
    pub(super) fn resolve(&self, index: usize, folder: &Path, problems: &mut Vec<Problem>) -> PanelKey {
        let Self { table, id, .. } = *self;
        let place = |key| Place { table, index, key };
        let hex = "32 hexadecimal digits, as in the gateway's key files";
        let problem = match (self.scbk, self.scbk_file, self.factory) {
            (None, None, true) => return PanelKey::Factory,
            (Some(digits), None, false) => match PanelKey::from_hex(digits) {
                Ok(key) => return key,
                Err(error) => Problem::at(place("scbk"), format!("scbk is {error}"), hex),
            },
            (None, Some(path), false) => match PanelKey::from_file(&folder.join(path)) {
                Ok(key) => return key,
                Err(error) => Problem::at(
                    place("scbk_file"),
                    format!("scbk_file = \"{}\": {error}", path.display()),
                    hex,
                ),
            },
            (None, None, false) => Problem::at(
                place("id"),
                format!("{table} \"{id}\" has no key"),
                "add factory = true, scbk_file = \"…\" or scbk = \"…\"",
            ),
            _ => Problem::at(
                place("id"),
                format!("{table} \"{id}\" has more than one of scbk, scbk_file and factory"),
                "keep one of them",
            ),
        };
        problems.push(problem);
        PanelKey::Factory
    }
}
