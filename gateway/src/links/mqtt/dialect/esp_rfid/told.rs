//! What is told of a board, in words that say what to do.

use crate::domain::{Became, DeviceCondition, Level};

pub(super) fn online(hostname: &str) -> Became {
    condition(DeviceCondition::Online, &format!("answers: esp-rfid 2, {}", hostname.escape_debug()))
}

pub(super) fn silent() -> Became {
    let why = "doesn't answer at the broker; check its power, its network, its topic, and that its `ip` is the one that it has";
    condition(DeviceCondition::Offline, why)
}

pub(super) fn cut_off() -> Became {
    condition(DeviceCondition::Offline, "can't be reached: the broker can't")
}

pub(super) fn old() -> Became {
    let why =
        "has esp-rfid 1.3, which acknowledges nothing and can't show what it holds; put version 2 on it";
    condition(DeviceCondition::Unsupported, why)
}

/// Said once for each time that it comes online.
pub(super) fn nonsense() -> Became {
    let text = "says what no esp-rfid says, or somebody else does in its topic; look who may publish there";
    Became::Remark { level: Some(Level::Attention), text: text.to_owned() }
}

fn condition(is: DeviceCondition, why: &str) -> Became {
    Became::Condition { is, why: why.to_owned() }
}
