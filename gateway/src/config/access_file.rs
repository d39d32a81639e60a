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
use crate::domain::{
    AccessImport, AccessLevelDraft, AccessMode, DoorDraft, HolidayCalendarDraft, HolidayDraft,
    HolidayTimesDraft, RuleDraft, Schedule, ScheduleDraft, WeeklyDraft,
};

const ROOT: &[&str] = &["based_on", "mode", "holiday_calendar", "schedule", "access_level", "rule"];
const HOLIDAY_CALENDAR: &[&str] = &["name", "days"];
const SPAN: &[&str] = &["from", "to"];
const SCHEDULE: &[&str] = &["name", "weekly", "holidays"];
const WEEKLY: &[&str] = &["days", "from", "to"];
const HOLIDAYS: &[&str] = &["calendar", "from", "to"];
const ACCESS_LEVEL: &[&str] = &["name", "doors"];
const DOOR: &[&str] = &["door", "place", "schedule"];
const RULE: &[&str] = &["group", "everyone", "person", "from", "until", "access_level"];
const MODES: [(&str, AccessMode); 2] = [("open", AccessMode::Open), ("rules", AccessMode::Rules)];
const DAYS_EXAMPLE: &str =
    "days = [\"12-25\", \"2027-04-02\", { from = \"2027-07-26\", to = \"2027-08-06\" }]";
const WEEKLY_EXAMPLE: &str = "weekly = [{ days = [\"mon\", \"tue\"], from = \"07:00\", to = \"19:00\" }]";
const HOLIDAYS_EXAMPLE: &str =
    "holidays = [{ calendar = \"Bank holidays\", from = \"10:00\", to = \"14:00\" }]";
const DOORS_EXAMPLE: &str = "doors = [{ door = \"lobby-main\", schedule = \"always\" }]";

/// Days of a week, and no more.
const MAX_DAYS: usize = 7;

type Places = BTreeMap<String, Range<usize>>;

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
    places: Places,
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
        let wanted = AccessImport {
            mode: root.word("mode", &MODES, &[]),
            holiday_calendars: calendars(&root, &mut places),
            schedules: schedules(&root, &mut places),
            access_levels: levels(&root, &mut places),
            rules: rules(&root, &mut places),
        };
        if document.get_ref().keys().all(|key| key.get_ref() == "mode") {
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

fn name(section: &Section<'_, '_>, path: &str, example: &str, places: &mut Places) -> String {
    let name = section.required_text("name", example);
    places.insert(path.trim_end_matches('.').to_owned(), section.header.clone());
    places.insert(format!("{path}name"), name.as_ref().map_or(section.header.clone(), Spanned::span));
    name.map_or_else(String::new, |name| (*name.get_ref()).to_owned())
}

/// A text that may be missing, and where it stands.
fn text(section: &Section<'_, '_>, key: &str, path: &str, places: &mut Places) -> Option<String> {
    let text = section.text(key);
    places.insert(format!("{path}{key}"), text.as_ref().map_or(section.header.clone(), Spanned::span));
    text.map(|text| (*text.get_ref()).to_owned())
}

/// The same, and its absence is a mistake.
fn required(section: &Section<'_, '_>, key: &str, example: &str, path: &str, places: &mut Places) -> String {
    if section.value(key).is_none() {
        section.missing(key, example);
    }
    text(section, key, path, places).unwrap_or_default()
}

/// What stands between the brackets of a key, each with its path.
fn items<'t>(
    section: &Section<'_, 't>,
    key: &str,
    path: &str,
    example: &str,
    places: &mut Places,
) -> Vec<(String, &'t Spanned<DeValue<'t>>)> {
    let Some(value) = section.value(key) else { return Vec::new() };
    places.insert(format!("{path}{key}"), value.span());
    let DeValue::Array(items) = value.get_ref() else {
        let problem = Problem::at(value.span(), format!("`{key}` must be a list"));
        section.review.note(problem.help(format!("write {example}")));
        return Vec::new();
    };
    let place = |(at, item): (usize, &'t Spanned<DeValue<'t>>)| {
        let path = format!("{path}{key}[{at}]");
        places.insert(path.clone(), item.span());
        (path, item)
    };
    items.iter().enumerate().map(place).collect()
}

/// The same where each is a table, which is called `what`.
fn tables<'r, 't>(
    section: &Section<'r, 't>,
    key: &str,
    path: &str,
    (what, keys, example): (&'static str, &[&'static str], &str),
    places: &mut Places,
) -> Vec<(String, Section<'r, 't>)> {
    let read = |(path, item): (String, &'t Spanned<DeValue<'t>>)| {
        if !matches!(item.get_ref(), DeValue::Table(_)) {
            let problem = Problem::at(item.span(), format!("{what} must be a table"));
            section.review.note(problem.help(format!("write {example}")));
            return None;
        }
        Some((format!("{path}."), Section::open(section.review, what, keys, item)?))
    };
    items(section, key, path, example, places).into_iter().filter_map(read).collect()
}

fn calendars(root: &Section<'_, '_>, places: &mut Places) -> Vec<HolidayCalendarDraft> {
    let sections = root.sections("holiday_calendar", "[[holiday_calendar]]", HOLIDAY_CALENDAR);
    let read = |(at, calendar): (usize, &Section<'_, '_>)| {
        let path = format!("holiday_calendars[{at}].");
        if calendar.value("days").is_none() {
            calendar.missing("days", DAYS_EXAMPLE);
        }
        let name = name(calendar, &path, "name = \"Bank holidays\"", places);
        let days = items(calendar, "days", &path, DAYS_EXAMPLE, places);
        let days = days.into_iter().filter_map(|(path, item)| holiday(calendar, &path, item, places));
        HolidayCalendarDraft { name, days: days.collect() }
    };
    sections.iter().enumerate().map(read).collect()
}

fn holiday<'t>(
    calendar: &Section<'_, 't>,
    path: &str,
    item: &'t Spanned<DeValue<'t>>,
    places: &mut Places,
) -> Option<HolidayDraft> {
    match item.get_ref() {
        DeValue::String(day) => Some(HolidayDraft::Day(day.clone().into_owned())),
        DeValue::Table(_) => {
            let span = Section::open(calendar.review, "a span of holidays", SPAN, item)?;
            let path = format!("{path}.");
            Some(HolidayDraft::Span {
                from: required(&span, "from", "from = \"2027-07-26\"", &path, places),
                to: required(&span, "to", "to = \"2027-08-06\"", &path, places),
            })
        }
        _ => {
            let problem = Problem::at(item.span(), "a holiday must be a text in quotes or a span");
            calendar.review.note(problem.help(format!("write {DAYS_EXAMPLE}")));
            None
        }
    }
}

fn schedules(root: &Section<'_, '_>, places: &mut Places) -> Vec<ScheduleDraft> {
    let sections = root.sections("schedule", "[[schedule]]", SCHEDULE);
    let read = |(at, schedule): (usize, &Section<'_, '_>)| {
        let path = format!("schedules[{at}].");
        places.insert(format!("{path}weekly"), schedule.header.clone());
        let name = name(schedule, &path, "name = \"Office hours\"", places);
        let kind = ("a weekly interval", WEEKLY, WEEKLY_EXAMPLE);
        let weekly = tables(schedule, "weekly", &path, kind, places);
        let weekly = weekly.into_iter().map(|(path, it)| weekly_interval(&it, &path, places)).collect();
        let kind = ("the time on holidays", HOLIDAYS, HOLIDAYS_EXAMPLE);
        let holidays = tables(schedule, "holidays", &path, kind, places);
        let holidays = holidays.into_iter().map(|(path, it)| HolidayTimesDraft {
            calendar: required(&it, "calendar", "calendar = \"Bank holidays\"", &path, places),
            from: text(&it, "from", &path, places),
            to: text(&it, "to", &path, places),
        });
        ScheduleDraft { name, weekly, holidays: holidays.collect() }
    };
    sections.iter().enumerate().map(read).collect()
}

fn weekly_interval(section: &Section<'_, '_>, path: &str, places: &mut Places) -> WeeklyDraft {
    let place = section.value("days").map_or(section.header.clone(), Spanned::span);
    places.insert(format!("{path}days"), place);
    if section.value("days").is_none() {
        section.missing("days", "days = [\"mon\", \"tue\"]");
    }
    WeeklyDraft {
        days: section.texts("days", MAX_DAYS).unwrap_or_default(),
        from: required(section, "from", "from = \"07:00\"", path, places),
        to: required(section, "to", "to = \"19:00\"", path, places),
    }
}

fn levels(root: &Section<'_, '_>, places: &mut Places) -> Vec<AccessLevelDraft> {
    let sections = root.sections("access_level", "[[access_level]]", ACCESS_LEVEL);
    let read = |(at, level): (usize, &Section<'_, '_>)| {
        let path = format!("access_levels[{at}].");
        let name = name(level, &path, "name = \"Staff\"", places);
        if level.value("doors").is_none() {
            level.missing("doors", DOORS_EXAMPLE);
        }
        let doors = tables(level, "doors", &path, ("a door", DOOR, DOORS_EXAMPLE), places);
        let doors = doors.into_iter().map(|(path, door)| door_of(&door, &path, places)).collect();
        AccessLevelDraft { name, doors }
    };
    sections.iter().enumerate().map(read).collect()
}

fn door_of(section: &Section<'_, '_>, path: &str, places: &mut Places) -> DoorDraft {
    let draft = DoorDraft {
        door: text(section, "door", path, places),
        place: text(section, "place", path, places),
        schedule: text(section, "schedule", path, places).unwrap_or_else(|| Schedule::ALWAYS.to_owned()),
    };
    if section.value("door").is_none() && section.value("place").is_none() {
        section.missing("door", "door = \"lobby-main\"");
    }
    draft
}

fn rules(root: &Section<'_, '_>, places: &mut Places) -> Vec<RuleDraft> {
    let sections = root.sections("rule", "[[rule]]", RULE);
    let read = |(at, rule): (usize, &Section<'_, '_>)| {
        let path = format!("rules[{at}].");
        if ["group", "everyone", "person"].iter().all(|key| rule.value(key).is_none()) {
            rule.missing(
                "group",
                "group = \"Employees\", or everyone = true, or person = \"ada@example.org\"",
            );
        }
        RuleDraft {
            group: text(rule, "group", &path, places),
            everyone: rule.flag("everyone"),
            person: text(rule, "person", &path, places),
            from: text(rule, "from", &path, places),
            until: text(rule, "until", &path, places),
            access_level: required(rule, "access_level", "access_level = \"Staff\"", &path, places),
        }
    };
    sections.iter().enumerate().map(read).collect()
}

/// The file for all of this, at this entity tag.
pub fn written(all: &AccessImport, tag: &str) -> String {
    let mut file = format!(
        "# The state that this file shows. An import into another one is refused, so that it undoes nothing that was\n\
         # changed meanwhile; without this line it is not.\n\
         based_on = {}\n",
        quoted(tag)
    );
    // Writing to a string can't fail.
    if let Some(mode) = all.mode {
        let _ = writeln!(file, "mode = {}", quoted(&mode.to_string()));
    }
    for calendar in &all.holiday_calendars {
        let _ = write!(file, "\n[[holiday_calendar]]\nname = {}\ndays = [\n", quoted(&calendar.name));
        for day in &calendar.days {
            let _ = match day {
                HolidayDraft::Day(day) => writeln!(file, "    {},", quoted(day)),
                HolidayDraft::Span { from, to } => {
                    writeln!(file, "    {{ from = {}, to = {} }},", quoted(from), quoted(to))
                }
            };
        }
        file += "]\n";
    }
    all.schedules.iter().for_each(|schedule| write_schedule(&mut file, schedule));
    for level in &all.access_levels {
        let _ = write!(file, "\n[[access_level]]\nname = {}\ndoors = [\n", quoted(&level.name));
        for DoorDraft { door, place, schedule } in &level.doors {
            let at = [("door", door), ("place", place)];
            let at =
                at.iter().filter_map(|(key, text)| Some(format!("{key} = {}", quoted(text.as_deref()?))));
            let at = at.collect::<Vec<_>>().join(", ");
            let _ = writeln!(file, "    {{ {at}, schedule = {} }},", quoted(schedule));
        }
        file += "]\n";
    }
    for rule in &all.rules {
        file += "\n[[rule]]\n";
        if rule.everyone {
            file += "everyone = true\n";
        }
        let RuleDraft { group, person, from, until, access_level, .. } = rule;
        let access_level = Some(access_level.clone());
        for (key, text) in [
            ("group", group),
            ("person", person),
            ("from", from),
            ("until", until),
            ("access_level", &access_level),
        ] {
            if let Some(text) = text {
                let _ = writeln!(file, "{key} = {}", quoted(text));
            }
        }
    }
    file
}

fn write_schedule(file: &mut String, schedule: &ScheduleDraft) {
    let _ = write!(file, "\n[[schedule]]\nname = {}\nweekly = [\n", quoted(&schedule.name));
    for WeeklyDraft { days, from, to } in &schedule.weekly {
        let days = days.iter().map(|day| quoted(day)).collect::<Vec<_>>().join(", ");
        let _ = writeln!(file, "    {{ days = [{days}], from = {}, to = {} }},", quoted(from), quoted(to));
    }
    *file += "]\n";
    if schedule.holidays.is_empty() {
        return;
    }
    *file += "holidays = [\n";
    for HolidayTimesDraft { calendar, from, to } in &schedule.holidays {
        let times = [("from", from), ("to", to)];
        let times =
            times.iter().filter_map(|(key, text)| Some(format!(", {key} = {}", quoted(text.as_deref()?))));
        let _ = writeln!(file, "    {{ calendar = {}{} }},", quoted(calendar), times.collect::<String>());
    }
    *file += "]\n";
}

fn quoted(text: &str) -> String {
    Value::String(text.to_owned()).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> Result<AccessFile, Problems> {
        AccessFile::parse(Path::new("access.toml"), text.to_owned())
    }

    #[test]
    fn what_is_written_reads_back_the_same() {
        let door = |door: &str| DoorDraft {
            door: Some(door.to_owned()),
            place: None,
            schedule: "always".to_owned(),
        };
        let level = |name: &str, doors: &[&str]| AccessLevelDraft {
            name: name.to_owned(),
            doors: doors.iter().map(|id| door(id)).collect(),
        };
        let text = |text: &str| text.to_owned();
        let dock = DoorDraft { door: None, place: Some(text("A / B")), schedule: text("Office \"hours\"") };
        let mut levels = vec![level("Staff \"day\" \\ ü", &["lobby", "dock"]), level("None", &[])];
        levels[0].doors.push(dock);
        let none = RuleDraft { access_level: text("None"), ..RuleDraft::default() };
        let closed = HolidayTimesDraft { calendar: text("Days"), from: None, to: None };
        let all = AccessImport {
            mode: Some(AccessMode::Rules),
            holiday_calendars: vec![HolidayCalendarDraft {
                name: text("Days"),
                days: vec![
                    HolidayDraft::Day(text("12-25")),
                    HolidayDraft::Span { from: text("2027-07-26"), to: text("2027-08-06") },
                ],
            }],
            schedules: vec![ScheduleDraft {
                name: text("Office \"hours\""),
                weekly: vec![WeeklyDraft {
                    days: vec![text("mon"), text("tue")],
                    from: text("22:00"),
                    to: text("02:00"),
                }],
                holidays: vec![
                    closed.clone(),
                    HolidayTimesDraft { from: Some(text("10:00")), to: Some(text("14:00")), ..closed },
                ],
            }],
            access_levels: levels,
            rules: vec![
                RuleDraft { group: Some(text("A\tB")), ..none.clone() },
                RuleDraft { everyone: true, ..none.clone() },
                RuleDraft { person: Some(text("ada")), until: Some(text("2027-01-31")), ..none },
            ],
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
