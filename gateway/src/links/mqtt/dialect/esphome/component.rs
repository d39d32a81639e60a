//! What a node has: a lock, a switch or a binary sensor, by its kind and its name, and the words that each uses.

use std::fmt;
use std::str::FromStr;

/// Longest name of a component, in characters.
const MAX_NAME_LEN: usize = 64;

/// A component of a node, as its topics name it: `lock/door`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Component {
    kind: Kind,
    name: String,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Kind {
    Lock,
    Switch,
    BinarySensor,
}

const KINDS: [(&str, Kind); 3] =
    [("lock", Kind::Lock), ("switch", Kind::Switch), ("binary_sensor", Kind::BinarySensor)];

/// Why a text names no component.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("a component is written as its topics name it")]
pub struct ComponentError;

/// What a state means.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum State {
    Off,
    On,
    Jammed,
}

impl Component {
    /// Whether it can be switched.
    pub const fn is_output(&self) -> bool {
        matches!(self.kind, Kind::Lock | Kind::Switch)
    }

    /// The word that switches it on for its own time, and the one that switches it off.
    pub(super) const fn words(&self) -> (&'static str, &'static str) {
        match self.kind {
            Kind::Lock => ("OPEN", "LOCK"),
            Kind::Switch | Kind::BinarySensor => ("ON", "OFF"),
        }
    }

    /// What a state means; `None` for one that means nothing.
    pub(super) fn state(&self, word: &[u8]) -> Option<State> {
        Some(match (self.kind, word) {
            (Kind::Lock, b"LOCKED") | (Kind::Switch | Kind::BinarySensor, b"OFF") => State::Off,
            (Kind::Lock, b"UNLOCKED" | b"OPEN" | b"OPENING" | b"UNLOCKING")
            | (Kind::Switch | Kind::BinarySensor, b"ON") => State::On,
            (Kind::Lock, b"JAMMED") => State::Jammed,
            _ => return None,
        })
    }
}

impl fmt::Display for Component {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let word = KINDS.iter().find(|(_, kind)| *kind == self.kind).map_or("", |(word, _)| word);
        write!(f, "{word}/{}", self.name)
    }
}

impl FromStr for Component {
    type Err = ComponentError;

    fn from_str(text: &str) -> Result<Self, ComponentError> {
        let (word, name) = text.split_once('/').ok_or(ComponentError)?;
        let (_, kind) = KINDS.iter().find(|(known, _)| *known == word).ok_or(ComponentError)?;
        let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '_' | '-');
        let is_name = (1..=MAX_NAME_LEN).contains(&name.len()) && name.chars().all(fits);
        is_name.then(|| Self { kind: *kind, name: name.to_owned() }).ok_or(ComponentError)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_component_is_written_as_it_is_read_and_nonsense_is_none() {
        for text in ["lock/door", "switch/strike_2", "binary_sensor/contact"] {
            assert_eq!(text.parse::<Component>().unwrap().to_string(), text);
        }
        for bad in ["", "lock", "lock/", "light/door", "lock/door/state", "lock/+", "lock/#", "Lock/door"] {
            assert_eq!(bad.parse::<Component>(), Err(ComponentError), "{bad}");
        }
    }
}
