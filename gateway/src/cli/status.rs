//! `gateway status`

use std::fmt::{self, Display};

use anyhow::Context;
use clap::Args;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::{Failure, SiteFile, asked, counted, say};
use crate::config::NamedFiles;
use crate::domain::{AccessMode, one_line};

/// Most refused cards that a terminal shows one by one.
const MAX_REFUSED: usize = 10;

/// Show whether all is well at the running service
///
/// The exit code is 0 while all is well or something only wants a look, and 1 while there is a problem.
#[derive(Args)]
#[command(after_help = "Examples:
  gateway status --config /etc/gatehouse/gateway.toml
  gateway status --json | jq .verdict.level")]
pub(super) struct Status {
    #[command(flatten)]
    site: SiteFile,

    /// Everything that the service knows, as one JSON object
    #[arg(long)]
    json: bool,
}

impl Status {
    pub(super) fn run(&self) -> Result<(), Failure> {
        let config = self.site.load(NamedFiles::Ignored)?;
        let answer = asked(&config, async |client| client.get("/api/v1/site").await)?;
        let judged: Judged = read(&answer)?;
        if self.json {
            say(String::from_utf8(answer).context("the service's answer is not UTF-8")?)?;
        } else {
            say(read::<Site>(&answer)?)?;
        }
        if judged.verdict.level == "problem" { Err(Failure::Told) } else { Ok(()) }
    }
}

fn read<T: DeserializeOwned>(answer: &[u8]) -> Result<T, Failure> {
    Ok(serde_json::from_slice(answer).context("the service's answer can't be read")?)
}

/// What the exit code says of the service's answer.
#[derive(Deserialize)]
struct Judged {
    verdict: Level,
}

#[derive(Deserialize)]
struct Level {
    level: String,
}

/// What a terminal shows of the service's answer; the rest is for programs.
#[derive(Deserialize)]
struct Site {
    name: String,
    verdict: Verdict,
    access_mode: AccessMode,
    counts: Counts,
    controllers: Vec<Controller>,
    exposed: Vec<Exposure>,
    refused_cards: Vec<RefusedCard>,
}

#[derive(Deserialize)]
struct Verdict {
    text: String,
    further: Vec<String>,
}

#[derive(Deserialize)]
struct Counts {
    active_people: usize,
    active_cards: usize,
}

#[derive(Deserialize)]
struct Controller {
    id: String,
    line: String,
    /// Of a line; a controller at a broker has a topic instead, and one behind an adapter neither.
    address: Option<u8>,
    topic: Option<String>,
    state: String,
    table: Option<Table>,
    doors: Vec<serde::de::IgnoredAny>,
}

#[derive(Deserialize)]
struct Table {
    desired: usize,
    proven: bool,
}

#[derive(Deserialize)]
struct Exposure {
    holder_name: String,
    controller: String,
    doors: Vec<String>,
}

#[derive(Deserialize)]
struct RefusedCard {
    holder_name: String,
    number: String,
    reason: String,
}

impl Display for Site {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, verdict, access_mode, counts, controllers, exposed, refused_cards } = self;
        writeln!(f, "{name}: {}", one_line(&verdict.text))?;
        for finding in &verdict.further {
            writeln!(f, "  {}", one_line(finding))?;
        }
        let width = controllers.iter().map(|controller| controller.id.len()).max().unwrap_or(0);
        for controller in controllers {
            writeln!(f, "  {:width$}  {controller}", controller.id)?;
        }
        for exposure in exposed {
            writeln!(f, "  exposed: {}", one_line(exposure))?;
        }
        for refused in refused_cards.iter().take(MAX_REFUSED) {
            writeln!(f, "  refused: {}", one_line(refused))?;
        }
        if let Some(more) = refused_cards.len().checked_sub(MAX_REFUSED).filter(|more| *more > 0) {
            writeln!(f, "  refused: {more} more, on the page and in --json")?;
        }
        writeln!(
            f,
            "{} active, {} active",
            people(counts.active_people),
            counted(counts.active_cards, "card")
        )?;
        f.write_str(access_mode.sentence())
    }
}

fn people(count: usize) -> String {
    if count == 1 { "1 person".into() } else { format!("{count} people") }
}

impl Display for Controller {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let place = match (self.address, &self.topic) {
            (Some(address), _) => format!("{}/{address}", self.line),
            (None, Some(topic)) => format!("{}/{topic}", self.line),
            (None, None) => self.line.clone(),
        };
        let doors = counted(self.doors.len(), "door");
        write!(f, "{place}, {doors}, {}", self.state.replace('_', " "))?;
        match &self.table {
            Some(table) if table.proven => write!(f, ", {} proven", counted(table.desired, "card")),
            Some(table) => write!(f, ", {} not proven", counted(table.desired, "card")),
            None => Ok(()),
        }
    }
}

impl Display for Exposure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let doors = if self.doors.is_empty() { "its doors".into() } else { self.doors.join(", ") };
        write!(f, "{}'s revoked card may still open {doors} ({})", self.holder_name, self.controller)
    }
}

impl Display for RefusedCard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, card {:?}: {}", self.holder_name, self.number, self.reason)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::views::fixture::{everything, well};

    fn shown(site: crate::views::SiteFacts) -> String {
        let answer = serde_json::to_vec(&crate::views::fixture::seen(site)).unwrap();
        serde_json::from_slice::<Site>(&answer).unwrap().to_string()
    }

    #[test]
    fn a_good_site_is_told_in_a_few_lines() {
        let expected = "\
Harbour Street: All well: 4 controllers proven, nobody exposed.
  lobby  north/5, 1 door, online, 207 cards proven
  dock   north/4, 1 door, online, 207 cards proven
  roof   north/4, 1 door, online, 207 cards proven
  lab    north/3, 1 door, online, 207 cards proven
203 people active, 207 cards active
The access mode is open: every active card of an active person opens every door, whatever rules there are.";
        assert_eq!(shown(well()), expected);
    }

    #[test]
    fn controllers_without_an_address_are_told_by_what_they_have() {
        let mut site = well();
        (site.controllers[0].address, site.controllers[0].topic) = (None, Some("shed".to_owned()));
        site.controllers[1].address = None;
        let shown = shown(site);
        assert!(
            shown.contains("lobby  north/shed, 1 door") && shown.contains("dock   north, 1 door"),
            "{shown}"
        );
    }

    #[test]
    fn a_revoked_card_that_may_still_open_a_door_is_told_with_the_door() {
        let shown = shown(everything());
        assert!(shown.starts_with("Harbour Street: 1 revocation not proven "), "{shown}");
        assert!(shown.contains("dock   north/4, 1 door, offline, 207 cards not proven"), "{shown}");
        let exposed = "exposed: Carla Conti's revoked card may still open Dock, roller door (dock)";
        assert!(shown.contains(exposed), "{shown}");
    }

    #[test]
    fn refused_cards_are_told_with_the_reason_as_the_verdict_promises() {
        let mut site = everything();
        let refused = site.refused_cards[0].clone();
        let line = format!(
            "  refused: {}, card {:?}: {}\n",
            refused.holder_name,
            refused.number.to_string(),
            refused.reason
        );
        assert_eq!(shown(site.clone()).matches(&line).count(), 1, "{line}");
        site.refused_cards = vec![refused; MAX_REFUSED + 2];
        let shown = shown(site);
        assert_eq!(shown.matches(&line).count(), MAX_REFUSED);
        assert!(shown.contains("  refused: 2 more, on the page"), "{shown}");
    }
}
