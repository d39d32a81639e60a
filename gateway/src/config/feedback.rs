//! `[feedback]`, and `feedback` of a controller: what people see and hear at readers.
//!
//! What the file doesn't say stays as it is at the site, and there as it is by default.

use std::time::Duration;

use toml::Spanned;
use toml::de::DeValue;

use super::problem::Problem;
use super::section::{self, Section};
use crate::domain::{Feedback, LightColor, Look};

/// Longest blink or tone, in milliseconds: a device counts tenths of a second in a byte.
const MAX_MS: u64 = 25_500;

/// Longest light, in seconds.
const MAX_SECONDS: u64 = 255;

/// Most tones: nobody listens to more, and 0 would be for ever on the wire.
const MAX_BEEPS: u64 = 20;

/// Longest text, in characters: two lines of an ordinary reader's display.
const MAX_TEXT: usize = 32;

const LIGHTS: [(&str, Option<LightColor>); 9] = [
    ("none", None),
    ("off", Some(LightColor::Off)),
    ("red", Some(LightColor::Red)),
    ("green", Some(LightColor::Green)),
    ("amber", Some(LightColor::Amber)),
    ("blue", Some(LightColor::Blue)),
    ("magenta", Some(LightColor::Magenta)),
    ("cyan", Some(LightColor::Cyan)),
    ("white", Some(LightColor::White)),
];

const EXAMPLE: &str =
    "{ light = \"red\", blink_ms = 200, seconds = 2, beeps = 3, beep_ms = 100, text = \"No access\" }";

/// What the section changes; wrong values have been noted.
pub(super) fn read(section: Option<&Section<'_, '_>>, mut base: Feedback) -> Feedback {
    let Some(section) = section else { return base };
    let signals = [
        ("granted", &mut base.granted),
        ("refused", &mut base.refused),
        ("warning", &mut base.warning),
        ("wait", &mut base.wait),
    ];
    for (key, look) in signals {
        if let Some(inline) = section.inline(key, section::LOOK, EXAMPLE) {
            change(look, &inline);
        }
    }
    base
}

fn change(look: &mut Look, section: &Section<'_, '_>) {
    if let Some(light) = section.word("light", &LIGHTS, &[]) {
        look.light = light;
    }
    if let Some(blink) = tenths(section, "blink_ms", 0) {
        look.blink = blink;
    }
    if let Some(seconds) = section.number("seconds", 1..MAX_SECONDS + 1) {
        look.light_for = Some(Duration::from_secs(seconds.into_inner()));
    }
    if let Some(beeps) = section.number("beeps", 0..MAX_BEEPS + 1) {
        look.beeps = u8::try_from(beeps.into_inner()).unwrap_or_default();
    }
    if let Some(beep) = tenths(section, "beep_ms", 100) {
        look.beep = beep;
    }
    if let Some(text) = text(section) {
        look.text = text;
    }
}

/// A time that a device can count.
fn tenths(section: &Section<'_, '_>, key: &str, least: u64) -> Option<Duration> {
    let number: Spanned<u64> = section.number(key, least..MAX_MS + 1)?;
    let ms = *number.get_ref();
    if !ms.is_multiple_of(100) {
        let problem =
            Problem::at(number.span(), format!("`{key}` is {ms}; a device counts tenths of a second"));
        let near = (ms + 50) / 100 * 100;
        section.review.note(problem.help(format!("use {}", near.max(least))));
        return None;
    }
    Some(Duration::from_millis(ms))
}

/// A text for a display; an empty one is none.
fn text(section: &Section<'_, '_>) -> Option<String> {
    let value = section.value("text")?;
    if let DeValue::String(text) = value.get_ref()
        && text.is_empty()
    {
        return Some(String::new());
    }
    let text = section.text("text")?;
    let shown = text.get_ref();
    if shown.len() > MAX_TEXT || !shown.bytes().all(|byte| byte.is_ascii_graphic() || byte == b' ') {
        let message =
            format!("`text` must be at most {MAX_TEXT} characters, without accents: displays know no others");
        section.review.note(Problem::at(text.span(), message).help("for example: text = \"No access\""));
        return None;
    }
    Some((*shown).to_owned())
}
