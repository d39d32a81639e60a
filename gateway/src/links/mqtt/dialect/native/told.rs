//! What is told of a controller, in words that say what to do.

use crate::domain::{Became, DeviceCondition, Level};

pub(super) fn identified(identity: &str) -> Became {
    Became::Identified { why: format!("answers: {}", or_nameless(identity)) }
}

pub(super) fn online(identity: &str) -> Became {
    condition(DeviceCondition::Online, format!("has begun a session: {}", or_nameless(identity)))
}

pub(super) fn left() -> Became {
    condition(DeviceCondition::Offline, "has left the broker; check its power and its network".to_owned())
}

pub(super) fn silent() -> Became {
    let why = "doesn't answer at the broker; check its power, its network, and the name and secret that it was given";
    condition(DeviceCondition::Offline, why.to_owned())
}

pub(super) fn cut_off() -> Became {
    condition(DeviceCondition::Offline, "can't be reached: the broker can't".to_owned())
}

/// Said once for each session in which it happens.
pub(super) fn nonsense() -> Became {
    let text =
        "says what no controller says in this dialect; update its firmware, or look who has its secret";
    Became::Remark { level: Some(Level::Attention), text: text.to_owned() }
}

fn condition(is: DeviceCondition, why: String) -> Became {
    Became::Condition { is, why }
}

fn or_nameless(identity: &str) -> &str {
    if identity.is_empty() { "it doesn't say what it is" } else { identity }
}
