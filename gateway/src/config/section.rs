//! One table of the file: typed access to its keys, each mistake noted at its place.
//!
//! A getter answers `None` both for what is absent and for what is wrong; the wrong has been noted by then. So the
//! readers of sections carry on after a mistake, and one run finds them all.

use std::cell::RefCell;
use std::fmt;
use std::ops::Range;
use std::path::PathBuf;
use std::str::FromStr;

use toml::Spanned;
use toml::de::{DeInteger, DeTable, DeValue};

use super::NamedFiles;
use super::problem::Problem;
use crate::domain::{NameError, closest};

pub(super) const ROOT: &[&str] = &[
    "site",
    "web",
    "cards",
    "alarms",
    "limits",
    "mqtt",
    "feedback",
    "line",
    "controller",
    "forwarder",
    "source",
];
pub(super) const SITE: &[&str] = &["name", "time_zone", "data_dir"];
pub(super) const WEB: &[&str] = &["listen", "tls", "behind_proxy"];
pub(super) const TLS: &[&str] = &["cert", "key"];
pub(super) const CARDS: &[&str] = &[
    "default_format",
    "default_facility",
    "default_badge_type",
    "when_number_removed",
    "none_values",
    "strict",
];
pub(super) const ALARMS: &[&str] =
    &["mass_revocation_share", "mass_revocation_people", "source_silent_hours"];
pub(super) const FEEDBACK: &[&str] = &["granted", "refused", "warning", "wait"];
pub(super) const LOOK: &[&str] = &["light", "blink_ms", "seconds", "beeps", "beep_ms", "text"];
pub(super) const LIMITS: &[&str] = &["events", "event_days", "audit_days"];
pub(super) const MQTT: &[&str] =
    &["broker", "listen", "plain_listen", "tls", "site", "credentials_file", "ca", "client_cert"];
pub(super) const SOURCE: &[&str] =
    &["id", "kind", "secret_file", "tolerance_s", "broker", "topic", "credentials_file", "ca", "client_cert"];
pub(super) const LINE: &[&str] = &["id", "protocol", "port", "baud", "peer", "gap_ms", "frames"];
pub(super) const CONTROLLER: &[&str] = &[
    "id",
    "line",
    "address",
    "kind",
    "scbk_file",
    "secure",
    "map",
    "timeout_ms",
    "mqtt",
    "feedback",
    "door",
];
pub(super) const FRAMES: &[&str] =
    &["charset", "end", "start", "prefix", "skip", "length", "checksum", "bits", "parity", "order"];
pub(super) const MQTT_DEVICE: &[&str] =
    &["dialect", "topic", "ip", "numbers", "bits", "full_topic", "parity", "outputs", "inputs"];
pub(super) const FORWARDER: &[&str] =
    &["id", "kind", "cards", "url", "secret_file", "mode", "peer", "tls", "framing", "ca", "client_cert"];
pub(super) const DOOR: &[&str] =
    &["id", "name", "place", "reader", "exit_reader", "lock", "contact", "request_to_exit", "held_after"];
pub(super) const LOCK: &[&str] = &["controller", "output", "seconds"];
pub(super) const CONTACT: &[&str] = &["controller", "input", "open"];
pub(super) const REQUEST_TO_EXIT: &[&str] = &["controller", "input"];
pub(super) const EXIT_READER: &[&str] = &["controller", "reader"];

/// Longest name of a site or door for people, in characters.
const MAX_NAME_LEN: usize = 100;

/// Where each key belongs, to say so when it stands elsewhere.
const HOMES: [(&str, &[&str]); 13] = [
    ("[site]", SITE),
    ("[web]", WEB),
    ("[cards]", CARDS),
    ("[alarms]", ALARMS),
    ("[feedback]", FEEDBACK),
    ("[limits]", LIMITS),
    ("[mqtt]", MQTT),
    ("`mqtt` of a controller", MQTT_DEVICE),
    ("[[line]]", LINE),
    ("[[controller]]", CONTROLLER),
    ("[[controller.door]]", DOOR),
    ("[[forwarder]]", FORWARDER),
    ("[[source]]", SOURCE),
];

/// Sections and keys that a later version will know.
const NOT_YET: [(&str, &str); 1] = [("area", "areas")];

/// Keys that somebody may write a secret to; their lines are never shown.
const SECRET_WORDS: [&str; 5] = ["scbk", "password", "secret", "token", "private_key"];

/// One pass over one file: where paths start, how far to look, and what was found wrong.
pub(super) struct Review {
    pub(super) folder: PathBuf,
    pub(super) files: NamedFiles,
    pub(super) problems: RefCell<Vec<Problem>>,
}

impl Review {
    pub(super) fn note(&self, problem: Problem) {
        self.problems.borrow_mut().push(problem);
    }

    /// A path of the file, made absolute.
    pub(super) fn path(&self, text: &str) -> PathBuf {
        self.folder.join(text)
    }
}

/// A table whose keys are all known.
pub(super) struct Section<'r, 't> {
    pub(super) review: &'r Review,
    pub(super) title: &'static str,
    pub(super) header: Range<usize>,
    table: &'t DeTable<'t>,
    /// Known keys that an unknown one was probably meant to be: they aren't missing as well.
    misspelt: Vec<&'static str>,
}

impl<'r, 't> Section<'r, 't> {
    /// Takes a value as a table and notes what it should not contain.
    pub(super) fn open(
        review: &'r Review,
        title: &'static str,
        keys: &[&'static str],
        value: &'t Spanned<DeValue<'t>>,
    ) -> Option<Self> {
        let DeValue::Table(table) = value.get_ref() else {
            let message = format!("{title} is {}, not a section", described(value.get_ref()));
            let remedy = format!("start the section with the line {title}");
            review.note(Problem::at(value.span(), message).help(remedy));
            return None;
        };
        Some(Self::new(review, title, keys, value.span(), table))
    }

    /// A table; what it should not contain is noted.
    pub(super) fn new(
        review: &'r Review,
        title: &'static str,
        keys: &[&'static str],
        header: Range<usize>,
        table: &'t DeTable<'t>,
    ) -> Self {
        let mut section = Self { review, title, header, table, misspelt: Vec::new() };
        for key in table.keys().filter(|key| !keys.contains(&key.get_ref().as_ref())) {
            section.unknown(key.get_ref(), key.span(), keys);
        }
        section
    }

    fn unknown(&mut self, key: &str, place: Range<usize>, keys: &[&'static str]) {
        let kind =
            if self.value(key).is_some_and(|value| value.get_ref().is_table()) { "section" } else { "key" };
        let problem = Problem::at(place, format!("unknown {kind} `{key}` in {}", self.title));
        let home = HOMES.iter().find(|(_, keys)| keys.contains(&key));
        let unready = NOT_YET.iter().find(|(section, _)| *section == key);
        let problem = match (closest(key, keys.iter().copied()), home, unready) {
            (Some(near), ..) => {
                self.misspelt.extend(keys.iter().find(|known| **known == near));
                problem.help(format!("did you mean `{near}`?"))
            }
            (None, Some((home, _)), _) => problem.help(format!("`{key}` belongs to {home}")),
            (None, None, Some((_, what))) => {
                problem.help(format!("this version does not drive {what} yet; remove the {kind}"))
            }
            (None, None, None) => problem.help(format!("{} has {}", self.title, listed(keys))),
        };
        let secret = SECRET_WORDS.iter().any(|word| key.to_lowercase().contains(word));
        self.review.note(if secret { problem.hidden() } else { problem });
    }

    /// The value of a key, whatever its type.
    pub(super) fn value(&self, key: &str) -> Option<&'t Spanned<DeValue<'t>>> {
        self.table.get(key)
    }

    /// Notes that a key is missing; `example` is a line that would be right.
    pub(super) fn missing(&self, key: &str, example: &str) {
        if !self.misspelt.contains(&key) {
            let message = format!("{} has no `{key}`", self.title);
            self.review
                .note(Problem::at(self.header.clone(), message).help(format!("for example: {example}")));
        }
    }

    /// Notes keys that have no use here.
    pub(super) fn unused(&self, keys: &[&str], here: &str, help: &str) {
        for key in keys {
            if let Some(value) = self.value(key) {
                let problem = Problem::at(value.span(), format!("`{key}` has no use {here}"));
                self.review.note(problem.help(help));
            }
        }
    }

    /// A text that isn't blank.
    pub(super) fn text(&self, key: &str) -> Option<Spanned<&'t str>> {
        let value = self.value(key)?;
        match value.get_ref() {
            DeValue::String(text) if text.trim().is_empty() => {
                self.review.note(Problem::at(value.span(), format!("`{key}` is empty")));
                None
            }
            DeValue::String(text) => Some(Spanned::new(value.span(), text.as_ref())),
            _ => self.wrong_type(key, "a text in quotes", value),
        }
    }

    /// The same, and its absence is a problem.
    pub(super) fn required_text(&self, key: &str, example: &str) -> Option<Spanned<&'t str>> {
        if self.value(key).is_none() {
            self.missing(key, example);
        }
        self.text(key)
    }

    /// What people call something: one line of text.
    pub(super) fn name(&self, key: &str) -> Option<String> {
        let text = self.text(key)?;
        let name = text.get_ref().trim();
        if name.chars().count() <= MAX_NAME_LEN && !name.contains(char::is_control) {
            return Some(name.to_owned());
        }
        let message = format!("`{key}` must be one line of at most {MAX_NAME_LEN} characters");
        self.review.note(Problem::at(text.span(), message));
        None
    }

    /// A whole number from `range`.
    pub(super) fn number(&self, key: &str, range: Range<u64>) -> Option<Spanned<u64>> {
        let value = self.value(key)?;
        let DeValue::Integer(number) = value.get_ref() else {
            return self.wrong_type(key, "a whole number without quotes", value);
        };
        let in_range = whole_number(number).filter(|number| range.contains(number));
        if in_range.is_none() {
            let message = format!("`{key}` is {number}; it must be {} to {}", range.start, range.end - 1);
            self.review.note(Problem::at(value.span(), message));
        }
        in_range.map(|number| Spanned::new(value.span(), number))
    }

    /// The same, and its absence is a problem.
    pub(super) fn required_number(
        &self,
        key: &str,
        range: Range<u64>,
        example: &str,
    ) -> Option<Spanned<u64>> {
        if self.value(key).is_none() {
            self.missing(key, example);
        }
        self.number(key, range)
    }

    /// A share of a whole: above 0, up to 1.
    pub(super) fn share(&self, key: &str) -> Option<f64> {
        let value = self.value(key)?;
        let share = match value.get_ref() {
            DeValue::Float(share) => share.as_str().replace('_', "").parse::<f64>().ok(),
            DeValue::Integer(whole) => {
                whole_number(whole).and_then(|whole| u32::try_from(whole).ok()).map(f64::from)
            }
            _ => return self.wrong_type(key, "a number without quotes", value),
        };
        let fits = share.filter(|share| *share > 0.0 && *share <= 1.0);
        if fits.is_none() {
            let message = format!("`{key}` must be above 0 and at most 1");
            self.review.note(Problem::at(value.span(), message).help("a tenth is 0.1"));
        }
        fits
    }

    /// Texts between brackets, none of them blank; at most `most`.
    pub(super) fn texts(&self, key: &str, most: usize) -> Option<Vec<String>> {
        let value = self.value(key)?;
        let DeValue::Array(items) = value.get_ref() else {
            return self.wrong_type(key, "texts in quotes between brackets, such as [\"NONE\"]", value);
        };
        if items.len() > most {
            let message = format!("`{key}` has {} texts; it must have at most {most}", items.len());
            self.review.note(Problem::at(value.span(), message));
        }
        let text = |item: &Spanned<DeValue<'_>>| match item.get_ref() {
            DeValue::String(text) if !text.trim().is_empty() => Some(text.clone().into_owned()),
            DeValue::String(_) => {
                self.review.note(Problem::at(item.span(), format!("a text of `{key}` is empty")));
                None
            }
            _ => self.wrong_type(key, "texts in quotes between brackets, such as [\"NONE\"]", item),
        };
        // Each is looked at, so that one run finds all mistakes.
        let texts: Vec<Option<String>> = items.iter().map(text).collect();
        texts.into_iter().collect()
    }

    /// `true` or `false`; absent is `false`.
    pub(super) fn flag(&self, key: &str) -> bool {
        match self.value(key).map(|value| (value, value.get_ref())) {
            None => false,
            Some((_, DeValue::Boolean(flag))) => *flag,
            Some((value, _)) => self.wrong_type(key, "true or false, without quotes", value).unwrap_or(false),
        }
    }

    /// One of a few words; `unready` are words that a later version will know.
    pub(super) fn word<T: Copy>(
        &self,
        key: &str,
        known: &[(&'static str, T)],
        unready: &[&str],
    ) -> Option<T> {
        let text = self.text(key)?;
        let word = *text.get_ref();
        if let Some((_, meaning)) = known.iter().find(|(name, _)| *name == word) {
            return Some(*meaning);
        }
        let names: Vec<_> = known.iter().map(|(name, _)| *name).collect();
        let problem = if unready.contains(&word) {
            let message = format!("{key} = \"{word}\" is not driven by this version yet");
            Problem::at(text.span(), message).help(format!("this version drives {}", listed(&names)))
        } else {
            let problem = Problem::at(text.span(), format!("`{key}` can't be \"{word}\""));
            match closest(word, names.iter().copied()) {
                Some(near) => problem.help(format!("did you mean \"{near}\"?")),
                None => problem.help(format!("`{key}` is one of {}", listed(&names))),
            }
        };
        self.review.note(problem);
        None
    }

    /// A table inside this one.
    pub(super) fn section(
        &self,
        key: &str,
        title: &'static str,
        keys: &[&'static str],
    ) -> Option<Section<'r, 't>> {
        let value = self.value(key)?;
        Section::open(self.review, title, keys, value)
    }

    /// A table written on the line of its key.
    pub(super) fn inline(
        &self,
        key: &'static str,
        keys: &[&'static str],
        example: &str,
    ) -> Option<Section<'r, 't>> {
        let value = self.value(key)?;
        match value.get_ref() {
            DeValue::Table(table) => Some(Section::new(self.review, key, keys, value.span(), table)),
            _ => self.wrong_type(key, &format!("a table such as {example}"), value),
        }
    }

    /// The name of a thing, by which others refer to it.
    pub(super) fn id<T: FromStr<Err = NameError>>(&self, example: &str) -> Option<Spanned<T>> {
        let text = self.required_text("id", example)?;
        match text.get_ref().parse() {
            Ok(id) => Some(Spanned::new(text.span(), id)),
            Err(error) => {
                let message = format!("the id \"{}\" {error}", text.get_ref());
                self.review.note(Problem::at(text.span(), message));
                None
            }
        }
    }

    /// The same, and its absence is a problem.
    pub(super) fn required_section(
        &self,
        key: &str,
        title: &'static str,
        keys: &[&'static str],
    ) -> Option<Section<'r, 't>> {
        if self.value(key).is_none() && !self.misspelt.contains(&key) {
            let message = format!("the section {title} is missing");
            self.review.note(Problem::at(0..0, message).help("`gateway init` writes a complete example"));
        }
        self.section(key, title, keys)
    }

    /// The tables of an array of tables.
    pub(super) fn sections(
        &self,
        key: &str,
        title: &'static str,
        keys: &[&'static str],
    ) -> Vec<Section<'r, 't>> {
        let Some(value) = self.value(key) else { return Vec::new() };
        let open = |item| Section::open(self.review, title, keys, item);
        if let DeValue::Array(items) = value.get_ref() {
            return items.iter().filter_map(open).collect();
        }
        let message = format!("`{key}` is {}, not a list of sections", described(value.get_ref()));
        let help = format!("write {title}, with two brackets on each side");
        self.review.note(Problem::at(value.span(), message).help(help));
        if value.get_ref().is_table() { open(value).into_iter().collect() } else { Vec::new() }
    }

    fn wrong_type<T>(&self, key: &str, expected: &str, value: &Spanned<DeValue<'_>>) -> Option<T> {
        let message = format!("`{key}` must be {expected}");
        let label = format!("this is {}", described(value.get_ref()));
        self.review.note(Problem::at(value.span(), message).label(label));
        None
    }
}

/// `a`, `b` and `c`, quoted as code.
fn listed(words: &[impl fmt::Display]) -> String {
    let quoted: Vec<_> = words.iter().map(|word| format!("`{word}`")).collect();
    match quoted.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} and {last}", rest.join(", ")),
        _ => quoted.concat(),
    }
}

fn whole_number(number: &DeInteger<'_>) -> Option<u64> {
    u64::from_str_radix(number.as_str(), number.radix()).ok()
}

fn described(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "a text",
        DeValue::Integer(_) => "a whole number",
        DeValue::Float(_) => "a number with a fraction",
        DeValue::Boolean(_) => "true or false",
        DeValue::Datetime(_) => "a date or time",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a section",
    }
}
