//! A file of access levels and rules, as `gateway access` writes and takes it: with the configuration's way of
//! pointing at mistakes, though nothing of it is configuration.
//!
//! Only its form is checked here. What it names is checked by the service that takes it, and [`AccessFile::problems`]
//! finds the places for what the service says.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::ops::Range;
use std::path::{Path, PathBuf};

use toml::de::{DeTable, DeValue};
use toml::{Spanned, Value};

use super::NamedFiles;
use super::problem::{Problem, Problems};
use super::section::{Review, Section};
use crate::domain::{AccessImport, AccessLevelDraft, DoorDraft, RuleDraft, Schedule};

const ROOT: &[&str] = &["based_on", "access_level", "rule"];
const ACCESS_LEVEL: &[&str] = &["name", "doors"];
const DOOR: &[&str] = &["door", "schedule"];
const RULE: &[&str] = &["group", "access_level"];
const DOORS_EXAMPLE: &str = "doors = [{ door = \"lobby-main\", schedule = \"always\" }]";

/// A file of access levels and rules.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AccessFile {
    path: PathBuf,
    text: String,
    /// The entity tag of the state that it was exported from.
    pub based_on: Option<String>,
    /// What stands in it.
    pub wanted: AccessImport,
    /// Where each field stands, by the name that the service has for it.
    places: BTreeMap<String, Range<usize>>,
}

/// What the service says of one field.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Remark {
    /// Such as `rules[3].group`.
    pub field: String,
    /// What is wrong.
    pub message: String,
    /// What would be right.
    pub remedy: Option<String>,
}

impl AccessFile {
    /// Reads a file.
    ///
    /// # Errors
    /// Everything that is wrong with its form, at once.
    pub fn read(path: &Path) -> Result<Self, Problems> {
        let remedy = "`gateway access export` writes one";
        let text =
            super::read(path).map_err(|error| Problems::unreadable(path, "the file", remedy, &error))?;
        Self::parse(path, text)
    }

    fn parse(path: &Path, text: String) -> Result<Self, Problems> {
        let (document, syntax) = DeTable::parse_recoverable(&text);
        if !syntax.is_empty() {
            return Err(Problems::new(path, &text, syntax.iter().map(Problem::syntax).collect()));
        }
        let review =
            Review { folder: PathBuf::new(), files: NamedFiles::Ignored, problems: RefCell::default() };
        let mut places = BTreeMap::new();
        let root = Section::new(&review, "the file", ROOT, 0..0, document.get_ref());
        let based_on = based_on(&root);
        let wanted =
            AccessImport { access_levels: levels(&root, &mut places), rules: rules(&root, &mut places) };
        if document.get_ref().is_empty() {
            let problem = Problem::at(
                0..0,
                "there is nothing in the file, and taking it would remove all access levels and rules",
            );
            review.note(problem.help("to remove all, import what `gateway access export` writes without its [[access_level]] and [[rule]]"));
        }
        let problems = review.problems.into_inner();
        if problems.is_empty() {
            return Ok(Self { path: path.to_owned(), text, based_on, wanted, places });
        }
        Err(Problems::new(path, &text, problems))
    }

    /// What the service said, each at its place.
    pub fn problems(&self, remarks: impl IntoIterator<Item = Remark>) -> Problems {
        let problem = |Remark { field, message, remedy }: Remark| {
            let place = self.places.get(&field).cloned().unwrap_or(0..0);
            let problem = Problem::at(place, message);
            match remedy {
                Some(remedy) => problem.help(remedy),
                None => problem,
            }
        };
        Problems::new(&self.path, &self.text, remarks.into_iter().map(problem).collect())
    }
}

fn based_on(root: &Section<'_, '_>) -> Option<String> {
    let tag = root.text("based_on")?;
    if tag.get_ref().bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        return Some((*tag.get_ref()).to_owned());
    }
    let problem = Problem::at(tag.span(), "`based_on` is not what an export says");
    root.review.note(problem.help("export again, or delete the line"));
    None
}

fn levels(root: &Section<'_, '_>, places: &mut BTreeMap<String, Range<usize>>) -> Vec<AccessLevelDraft> {
    let sections = root.sections("access_level", "[[access_level]]", ACCESS_LEVEL);
    let read = |(at, level): (usize, &Section<'_, '_>)| {
        let path = format!("access_levels[{at}]");
        let name = level.required_text("name", "name = \"Staff\"");
        if level.value("doors").is_none() {
            level.missing("doors", DOORS_EXAMPLE);
        }
        places.insert(format!("{path}.name"), name.as_ref().map_or(level.header.clone(), Spanned::span));
        let name = name.map_or_else(String::new, |name| (*name.get_ref()).to_owned());
        AccessLevelDraft { name, doors: doors(level, &path, places) }
    };
    sections.iter().enumerate().map(read).collect()
}

fn doors(level: &Section<'_, '_>, path: &str, places: &mut BTreeMap<String, Range<usize>>) -> Vec<DoorDraft> {
    let Some(value) = level.value("doors") else { return Vec::new() };
    places.insert(format!("{path}.doors"), value.span());
    let DeValue::Array(items) = value.get_ref() else {
        let problem =
            Problem::at(value.span(), "`doors` must be a list").help(format!("write {DOORS_EXAMPLE}"));
        level.review.note(problem);
        return Vec::new();
    };
    let read = |(at, item): (usize, &Spanned<DeValue<'_>>)| {
        let path = format!("{path}.doors[{at}]");
        if !matches!(item.get_ref(), DeValue::Table(_)) {
            let problem = Problem::at(item.span(), "a door must be a table");
            level.review.note(problem.help(format!("write {DOORS_EXAMPLE}")));
            return None;
        }
        let section = Section::open(level.review, "a door", DOOR, item)?;
        let door = section.required_text("door", "door = \"lobby-main\"");
        let schedule = section.text("schedule");
        let place = |text: &Option<Spanned<&str>>| text.as_ref().map_or(item.span(), Spanned::span);
        places.insert(format!("{path}.door"), place(&door));
        places.insert(format!("{path}.schedule"), place(&schedule));
        let schedule =
            schedule.map_or_else(|| Schedule::Always.to_string(), |text| (*text.get_ref()).to_owned());
        Some(DoorDraft { door: (*door?.get_ref()).to_owned(), schedule })
    };
    items.iter().enumerate().filter_map(read).collect()
}

fn rules(root: &Section<'_, '_>, places: &mut BTreeMap<String, Range<usize>>) -> Vec<RuleDraft> {
    let sections = root.sections("rule", "[[rule]]", RULE);
    let read = |(at, rule): (usize, &Section<'_, '_>)| {
        let mut field = |key: &str, example| {
            let text = rule.required_text(key, example);
            let place = text.as_ref().map_or(rule.header.clone(), Spanned::span);
            places.insert(format!("rules[{at}].{key}"), place);
            text.map_or_else(String::new, |text| (*text.get_ref()).to_owned())
        };
        RuleDraft {
            group: field("group", "group = \"Employees\""),
            access_level: field("access_level", "access_level = \"Staff\""),
        }
    };
    sections.iter().enumerate().map(read).collect()
}

/// The file for these access levels and rules, at this entity tag.
pub fn written(all: &AccessImport, tag: &str) -> String {
    let quoted = |text: &str| Value::String(text.to_owned()).to_string();
    let mut file = format!(
        "# The state that this file shows. An import into another one is refused, so that it undoes nothing that was\n\
         # changed meanwhile; without this line it is not.\n\
         based_on = {}\n",
        quoted(tag)
    );
    // Writing to a string can't fail.
    for level in &all.access_levels {
        let _ = write!(file, "\n[[access_level]]\nname = {}\ndoors = [\n", quoted(&level.name));
        for DoorDraft { door, schedule } in &level.doors {
            let _ = writeln!(file, "    {{ door = {}, schedule = {} }},", quoted(door), quoted(schedule));
        }
        file += "]\n";
    }
    for RuleDraft { group, access_level } in &all.rules {
        let (group, access_level) = (quoted(group), quoted(access_level));
        let _ = write!(file, "\n[[rule]]\ngroup = {group}\naccess_level = {access_level}\n");
    }
    file
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> Result<AccessFile, Problems> {
        AccessFile::parse(Path::new("access.toml"), text.to_owned())
    }

    #[test]
    fn what_is_written_reads_back_the_same() {
        let door = |door: &str| DoorDraft { door: door.to_owned(), schedule: "always".to_owned() };
        let level = |name: &str, doors: &[&str]| AccessLevelDraft {
            name: name.to_owned(),
            doors: doors.iter().map(|id| door(id)).collect(),
        };
        let all = AccessImport {
            access_levels: vec![level("Staff \"day\" \\ ü", &["lobby", "dock"]), level("None", &[])],
            rules: vec![RuleDraft { group: "A\tB".to_owned(), access_level: "None".to_owned() }],
        };
        let read = parsed(&written(&all, "0123")).unwrap();
        assert_eq!((read.wanted, read.based_on.as_deref()), (all, Some("0123")));
    }

    #[test]
    fn only_a_file_that_says_on_what_it_is_based_can_remove_all() {
        let file = parsed("based_on = \"0123\"").unwrap();
        assert_eq!((file.wanted, file.based_on.as_deref()), (AccessImport::default(), Some("0123")));
        let shown = parsed("# access_level\n").unwrap_err().render(false);
        assert!(shown.contains("there is nothing in the file"), "{shown}");
    }

    #[test]
    fn every_mistake_of_form_is_told_at_its_place() {
        let text = "[[access_level]]\nname = 3\n[[access_level]]\nname = \"A\"\ndoors = \"lobby\"\n\
                    [[rules]]\n[[rule]]\ngroup = \"G\"\n[[access_level]]\nname = \"B\"\ndoors = [{ dor = \"x\" }, \"x\"]\n";
        let problems = parsed(text).unwrap_err();
        let shown = problems.render(false);
        for expected in [
            "access.toml:2:8",
            "`name` must be a text in quotes",
            "has no `doors`",
            "access.toml:5:9",
            "`doors` must be a list",
            "did you mean `rule`?",
            "has no `access_level`",
            "did you mean `door`?",
            "a door must be a table",
        ] {
            assert!(shown.contains(expected), "{expected} is missing:\n{shown}");
        }
    }

    #[test]
    fn a_state_that_no_export_named_is_refused() {
        let shown = parsed("based_on = \"a\\n\"").unwrap_err().render(false);
        assert!(shown.contains("access.toml:1:12") && shown.contains("export again"), "{shown}");
    }

    #[test]
    fn what_the_service_says_is_shown_where_it_stands() {
        let text = "[[access_level]]\nname = \"A\"\ndoors = [{ door = \"lobby\" }, { door = \"dok\" }]\n";
        let remark = Remark {
            field: "access_levels[0].doors[1].door".to_owned(),
            message: "there is no such door".to_owned(),
            remedy: Some("Did you mean \"dock\"?".to_owned()),
        };
        let shown = parsed(text).unwrap().problems([remark]).render(false);
        assert!(shown.contains("access.toml:3:39") && shown.contains("^^^^^"), "{shown}");
        assert!(shown.contains("help: Did you mean \"dock\"?"), "{shown}");
    }
}
