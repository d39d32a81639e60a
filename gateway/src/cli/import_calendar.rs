//! `gateway access import-calendar`

use std::io::Read;
use std::path::PathBuf;

use anyhow::{Context, anyhow};
use clap::Args;
use reqwest::StatusCode;
use serde::Deserialize;

use super::client::ClientError;
use super::{Failure, SiteFile, asked, counted, say, tell};
use crate::config::NamedFiles;
use crate::config::icalendar::{self, Holidays, MAX_FILE_BYTES};
use crate::domain::{AccessImport, HolidayCalendarDraft, HolidayDraft, fold_case};

/// Make a holiday calendar what an iCalendar file says
///
/// Takes events of whole days, once or every year on the same day; what can't be kept as it is meant is refused with its line.
/// Days that are over are left out. All else of access stays as it is; schedules name the calendar in their holidays.
#[derive(Args)]
#[command(after_help = "Example:\n  gateway access import-calendar holidays.ics --name \"Bank holidays\"")]
pub(super) struct ImportCalendar {
    #[command(flatten)]
    site: SiteFile,

    /// The file, of iCalendar (.ics)
    file: PathBuf,

    /// What the calendar is called; one of that name is replaced
    #[arg(long)]
    name: String,

    /// Only show its days
    #[arg(long)]
    dry_run: bool,
}

/// What the service has.
#[derive(Deserialize)]
struct Exported {
    tag: String,
    export: AccessImport,
}

impl ImportCalendar {
    pub(super) fn run(&self) -> Result<(), Failure> {
        let config = self.site.load(NamedFiles::Ignored)?;
        let today = jiff::Timestamp::now().to_zoned(config.site.time_zone.clone()).date();
        let holidays = icalendar::read(&self.text()?, today)
            .map_err(|error| Failure::Usage(format!("{}: {error}", self.file.display())))?;
        let days = drafts(&holidays);
        if holidays.over > 0 {
            tell(format_args!("{} that are over are left out.", counted(holidays.over, "day")));
        }
        if days.is_empty() {
            return Err(Failure::Usage(format!("{} has no holiday that is ahead", self.file.display())));
        }
        days.iter().try_for_each(say)?;
        if self.dry_run {
            tell("Nothing was changed.");
            return Ok(());
        }
        let calendar = HolidayCalendarDraft { name: self.name.clone(), days };
        asked(&config, async |client| {
            let answer = client.get("/api/v1/access").await?;
            let Ok(Exported { tag, mut export }) = serde_json::from_slice(&answer) else { return Ok(None) };
            put(&mut export, calendar);
            let Ok(body) = serde_json::to_value(&export) else { return Ok(None) };
            match client.put("/api/v1/access", &format!("\"{tag}\""), &body).await {
                Err(ClientError::Refused { status: StatusCode::PRECONDITION_FAILED, .. }) => Ok(None),
                done => done.map(Some),
            }
        })?
        .ok_or_else(|| {
            anyhow!("access was changed by somebody else meanwhile, or can't be read; run it again")
        })?;
        tell(format_args!("The holiday calendar \"{}\" is what the file says.", self.name));
        Ok(())
    }

    fn text(&self) -> Result<String, Failure> {
        let path = self.file.display();
        let file = std::fs::File::open(&self.file).with_context(|| format!("can't read {path}"))?;
        let mut bytes = Vec::new();
        file.take(MAX_FILE_BYTES as u64 + 1)
            .read_to_end(&mut bytes)
            .with_context(|| format!("can't read {path}"))?;
        if bytes.len() > MAX_FILE_BYTES {
            return Err(Failure::Usage(format!(
                "{path} has more than {MAX_FILE_BYTES} bytes; give a calendar of holidays alone"
            )));
        }
        String::from_utf8(bytes)
            .map_err(|_| Failure::Usage(format!("{path} is no iCalendar file: it is not UTF-8")))
    }
}

fn put(access: &mut AccessImport, calendar: HolidayCalendarDraft) {
    let same = |known: &&mut HolidayCalendarDraft| fold_case(&known.name) == fold_case(&calendar.name);
    match access.holiday_calendars.iter_mut().find(same) {
        Some(known) => known.days = calendar.days,
        None => access.holiday_calendars.push(calendar),
    }
}

/// As an import takes them.
fn drafts(holidays: &Holidays) -> Vec<HolidayDraft> {
    let yearly = holidays.yearly.iter().map(|(month, day)| HolidayDraft::Day(format!("{month:02}-{day:02}")));
    let spans = holidays.spans.iter().map(|(from, to)| match from == to {
        true => HolidayDraft::Day(from.to_string()),
        false => HolidayDraft::Span { from: from.to_string(), to: to.to_string() },
    });
    yearly.chain(spans).collect()
}
