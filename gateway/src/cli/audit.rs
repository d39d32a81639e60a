//! `gateway audit`

use std::path::PathBuf;

use anyhow::anyhow;
use clap::{Args, Subcommand};
use serde_json::json;

use super::{Failure, SiteFile, say, tell};
use crate::config::NamedFiles;
use crate::domain::LocalClock;
use crate::domain::instant::{Span, SpanError};
use crate::store::LoggedAudit;
use crate::store::audit::{self, Broken, hex};
use crate::views::csv_line;

/// The audit log: who did what to the site, from where and when
///
/// It is read from the data folder, whether or not the service runs.
#[derive(Args)]
#[command(arg_required_else_help = true)]
pub(super) struct Audit {
    #[command(subcommand)]
    action: Action,
}

#[derive(Subcommand)]
enum Action {
    Verify(Verify),
    Export(Export),
}

/// Go through all entries, and say whether one of them was changed, put in or taken out
///
/// Each entry has the hash of the one before it. The first that doesn't hold is named, with exit code 1. The newest hash is
/// printed: who notes it down elsewhere can prove later that nothing before it was written anew.
#[derive(Args)]
#[command(after_help = "Example:\n  gateway audit verify")]
struct Verify {
    #[command(flatten)]
    site: SiteFile,

    /// As one JSON object
    #[arg(long)]
    json: bool,
}

/// Print entries, the oldest first
#[derive(Args)]
#[command(after_help = "Examples:
  gateway audit export --from 2027-01-01 --to 2027-01-31 --csv > january.csv
  gateway audit export --json | jq -r .what")]
struct Export {
    #[command(flatten)]
    site: SiteFile,

    /// Only from this instant on: 2027-01-31, "2027-01-31 18:00" by the site's clock, or RFC 3339
    #[arg(long, value_name = "INSTANT")]
    from: Option<String>,

    /// Only before this instant; a day alone ends with that day
    #[arg(long, value_name = "INSTANT")]
    to: Option<String>,

    /// As CSV, with the names of the columns in the first line
    #[arg(long, conflicts_with = "json")]
    csv: bool,

    /// As JSON, one object a line
    #[arg(long)]
    json: bool,
}

impl Audit {
    pub(super) fn run(&self) -> Result<(), Failure> {
        match &self.action {
            Action::Verify(verify) => verify.run(),
            Action::Export(export) => export.run(),
        }
    }
}

/// Where the log of a site is.
fn folder(site: &SiteFile) -> Result<PathBuf, Failure> {
    Ok(site.load(NamedFiles::Ignored)?.audit_dir())
}

impl Verify {
    fn run(&self) -> Result<(), Failure> {
        let dir = folder(&self.site)?;
        let verified = audit::verify(&dir);
        if self.json {
            say(match &verified {
                Ok(whole) => json!({
                    "whole": true, "first": whole.first, "count": whole.count, "hash": whole.newest.map(|hash| hex(&hash)),
                }),
                Err(Broken { number, what }) => json!({ "whole": false, "broken": number, "what": what }),
            })?;
            return verified.map(drop).map_err(|_| Failure::Told);
        }
        match verified {
            Ok(whole) => {
                let hash = whole
                    .newest
                    .map_or_else(String::new, |hash| format!(" The newest hash is {}.", hex(&hash)));
                say(format_args!("All {} entries from number {} on hold.{hash}", whole.count, whole.first))
            }
            Err(broken) => Err(anyhow!("the audit log in {} is broken at {broken}", dir.display()).into()),
        }
    }
}

impl Export {
    fn run(&self) -> Result<(), Failure> {
        let config = self.site.load(NamedFiles::Ignored)?;
        let zone = &config.site.time_zone;
        let span = Span::read(self.from.as_deref(), self.to.as_deref(), zone);
        let span = span.map_err(|SpanError { end, value, what, remedy }| {
            Failure::Usage(format!("--{end} {value:?} is {what}: {remedy}"))
        })?;
        let clock = LocalClock::in_zone(zone.clone(), jiff::Timestamp::now());
        if self.csv {
            say("number,at,local_time,who,from,action,person,what,outcome,hash\r")?;
        }
        let mut said: Result<(), Failure> = Ok(());
        let read = audit::read(&config.audit_dir(), |logged| {
            let at = logged.entry.at;
            let wanted = span.from.is_none_or(|from| at >= from) && span.until.is_none_or(|until| at < until);
            if wanted && said.is_ok() {
                said = self.one(&logged, &clock);
            }
        });
        said?;
        if let Err(broken) = read {
            tell(format_args!(
                "error: the audit log is broken at {broken}; what comes after that is left out"
            ));
            return Err(Failure::Told);
        }
        Ok(())
    }

    fn one(&self, logged: &LoggedAudit, clock: &LocalClock) -> Result<(), Failure> {
        let LoggedAudit { number, previous, hash, entry } = logged;
        let person = entry.person.as_deref().unwrap_or_default();
        if self.csv {
            let cells = [
                number.to_string(),
                entry.at.to_string(),
                clock.iso(&entry.at),
                entry.who(),
                entry.from.clone(),
                entry.action.clone(),
                person.to_owned(),
                entry.what.clone(),
                entry.outcome.word().to_owned(),
                hex(hash),
            ];
            return say(csv_line(cells.iter().map(String::as_str)) + "\r");
        }
        if self.json {
            return say(json!({
                "number": number, "at": entry.at, "who": entry.who(), "by": entry.by, "from": entry.from,
                "action": entry.action, "person": entry.person, "what": entry.what, "outcome": entry.outcome,
                "previous": hex(previous), "hash": hex(hash),
            }));
        }
        let about = entry.person.as_ref().map(|person| format!(", about {person}")).unwrap_or_default();
        let what = if entry.what.is_empty() { String::new() } else { format!(": {}", entry.what) };
        let text = format!(
            "{number}  {}  {} from {}: {}{about}{what} ({})",
            clock.dated(&entry.at),
            entry.who(),
            entry.from,
            entry.action,
            entry.outcome.word()
        );
        say(crate::domain::one_line(text))
    }
}
