//! `gateway access`

use std::path::PathBuf;

use anyhow::{Context, anyhow};
use clap::{Args, Subcommand};
use reqwest::StatusCode;
use serde::Deserialize;

use super::client::{ClientError, Wrong};
use super::import_calendar::ImportCalendar;
use super::table::Table;
use super::{Failure, SiteFile, asked, counted, say, tell};
use crate::config::{AccessFile, NamedFiles, Remark, written};
use crate::domain::{AccessImport, DoorTurnover, ImportAction, ImportStep, Named, one_line};

/// Who may open which door: access levels, schedules, and the rules that give them
///
/// Rules decide once the access mode is "rules"; until then every active card of an active person opens every door.
#[derive(Args)]
#[command(arg_required_else_help = true)]
pub(super) struct Access {
    #[command(subcommand)]
    action: Action,
}

#[derive(Subcommand)]
enum Action {
    List(List),
    Export(Export),
    Import(Import),
    ImportCalendar(ImportCalendar),
}

/// Show access levels, their doors and who has them
#[derive(Args)]
#[command(after_help = "Examples:\n  gateway access list\n  gateway access list --json")]
struct List {
    #[command(flatten)]
    site: SiteFile,

    /// Everything, as one JSON object
    #[arg(long)]
    json: bool,
}

/// Write access mode, schedules, access levels and rules to standard output, as TOML
#[derive(Args)]
#[command(after_help = "Example:\n  gateway access export > access.toml")]
struct Export {
    #[command(flatten)]
    site: SiteFile,
}

/// Make access mode, schedules, access levels and rules what a file says
///
/// What the file doesn't name is removed. The file is checked whole first: if anything in it is wrong, every mistake is
/// shown with its place and a remedy, nothing is changed, and the exit code is 2.
#[derive(Args)]
#[command(after_help = "Examples:
  gateway access import access.toml --dry-run
  gateway access import access.toml")]
struct Import {
    #[command(flatten)]
    site: SiteFile,

    /// The file, such as `gateway access export` writes
    file: PathBuf,

    /// Only show what would change
    #[arg(long)]
    dry_run: bool,
}

impl Access {
    pub(super) fn run(&self) -> Result<(), Failure> {
        match &self.action {
            Action::List(list) => list.run(),
            Action::Export(export) => export.run(),
            Action::Import(import) => import.run(),
            Action::ImportCalendar(calendar) => calendar.run(),
        }
    }
}

/// What the service has.
#[derive(Deserialize)]
struct All {
    note: String,
    access_levels: Vec<Level>,
    rules: Vec<Rule>,
}

#[derive(Deserialize)]
struct Level {
    id: String,
    name: String,
    doors: Vec<Door>,
}

#[derive(Deserialize)]
struct Door {
    door: Option<String>,
    door_name: Option<String>,
    place: Option<String>,
    schedule: String,
}

#[derive(Deserialize)]
struct Rule {
    group_name: Option<String>,
    person_name: Option<String>,
    access_level: String,
}

impl Rule {
    fn whom(&self) -> &str {
        self.group_name.as_deref().or(self.person_name.as_deref()).unwrap_or("everyone")
    }
}

/// What the service has, as an import takes it.
#[derive(Deserialize)]
struct Exported {
    tag: String,
    export: AccessImport,
}

fn all(site: &SiteFile) -> Result<Vec<u8>, Failure> {
    asked(&site.load(NamedFiles::Ignored)?, async |client| client.get("/api/v1/access").await)
}

fn understood<'a, T: Deserialize<'a>>(answer: &'a [u8]) -> Result<T, Failure> {
    Ok(serde_json::from_slice(answer).context("the service's answer can't be read")?)
}

impl List {
    fn run(&self) -> Result<(), Failure> {
        let answer = all(&self.site)?;
        if self.json {
            return say(String::from_utf8(answer).context("the service's answer is not UTF-8")?);
        }
        let all: All = understood(&answer)?;
        tell(all.note);
        if all.access_levels.is_empty() {
            tell("There are no access levels yet.");
            return Ok(());
        }
        let mut table = Table::new(["ACCESS LEVEL", "FOR", "DOORS"]);
        for level in &all.access_levels {
            let given = all.rules.iter().filter(|rule| rule.access_level == level.id);
            let groups: Vec<_> = given.map(Rule::whom).collect();
            let doors: Vec<_> = level.doors.iter().map(Door::words).collect();
            table.row([level.name.clone(), listed(&groups), listed(&doors)]);
        }
        say(table)
    }
}

impl Door {
    fn words(&self) -> String {
        let Self { door, door_name, place, schedule } = self;
        match (door, place) {
            (Some(door), _) => {
                let lost = if door_name.is_none() { ", not in the configuration" } else { "" };
                format!("{door} ({schedule}{lost})")
            }
            (None, place) => format!("{} ({schedule})", place.as_deref().unwrap_or_default()),
        }
    }
}

fn listed<T: AsRef<str>>(words: &[T]) -> String {
    let words: Vec<_> = words.iter().map(AsRef::as_ref).collect();
    if words.is_empty() { "-".to_owned() } else { words.join(", ") }
}

impl Export {
    fn run(&self) -> Result<(), Failure> {
        let answer = all(&self.site)?;
        let Exported { tag, export } = understood(&answer)?;
        say(written(&export, &tag).trim_end())
    }
}

/// What the service did, or would do.
#[derive(Deserialize)]
struct Imported {
    note: String,
    changes: Vec<ImportStep>,
    doors: Option<Vec<DoorTurnover>>,
}

impl Import {
    fn run(&self) -> Result<(), Failure> {
        let config = self.site.load(NamedFiles::Ignored)?;
        let file = AccessFile::read(&self.file).map_err(|problems| Failure::Config(Box::new(problems)))?;
        let body = serde_json::to_value(&file.wanted).context("the file can't be sent")?;
        let if_match = file.based_on.as_ref().map_or("*".to_owned(), |tag| format!("\"{tag}\""));
        let path = format!("/api/v1/access?dry_run={}", self.dry_run);
        let answer = asked(&config, async |client| match client.put(&path, &if_match, &body).await {
            Err(ClientError::Refused { status: StatusCode::UNPROCESSABLE_ENTITY, wrong, .. }) => {
                Ok(Err(wrong))
            }
            Err(ClientError::Refused { status: StatusCode::PRECONDITION_FAILED, .. }) => Ok(Err(Vec::new())),
            other => other.map(Ok),
        })?;
        match answer {
            Ok(answer) => self.tell(understood(&answer)?),
            Err(wrong) if wrong.is_empty() => Err(anyhow!(
                "access levels or rules were changed after {} was exported; export them again, or delete the line based_on",
                self.file.display()
            )
            .into()),
            Err(wrong) => {
                let remark = |wrong: Wrong| Remark {
                    field: wrong.field.unwrap_or_default(),
                    message: wrong.message,
                    remedy: wrong.remedy,
                };
                Err(Failure::Config(Box::new(file.problems(wrong.into_iter().map(remark)))))
            }
        }
    }

    fn tell(&self, Imported { note, changes, doors }: Imported) -> Result<(), Failure> {
        for ImportStep { action, what } in &changes {
            let sign = match action {
                ImportAction::Add => '+',
                ImportAction::Change => '~',
                ImportAction::Remove => '-',
            };
            say(format_args!("{sign} {}", one_line(what)))?;
        }
        for turnover in doors.iter().flatten() {
            for (what, people) in [
                ("gained by", &turnover.gain),
                ("lost by", &turnover.lose),
                ("open at other times to", &turnover.other_times),
            ] {
                if people.count > 0 {
                    say(format_args!("door {} {what} {}", turnover.door, one_line(people_words(people))))?;
                }
            }
        }
        let count = counted(changes.len(), "change");
        tell(match (changes.is_empty(), self.dry_run) {
            (true, _) => "Nothing to change: all is as the file says.".to_owned(),
            (false, true) => format!("{count} to make; nothing was changed."),
            (false, false) => format!("{count} made."),
        });
        tell(note);
        Ok(())
    }
}

/// `3 people: Ada, Ben, Cleo`, and how many more.
fn people_words(people: &Named) -> String {
    let count = if people.count == 1 { "1 person".to_owned() } else { format!("{} people", people.count) };
    let more = people.count.saturating_sub(people.names.len() as u64);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    format!("{count}: {}{more}", people.names.join(", "))
}
