//! `gateway explain`

use anyhow::Context;
use clap::Args;
use reqwest::Url;
use serde::Deserialize;
use serde_json::Value;

use super::{Failure, SiteFile, asked, say};
use crate::config::{Config, NamedFiles, closest};
use crate::domain::{instant, one_line};

/// Say whether a card opens a door, and why
///
/// The answer says where it comes from (group, rule, access level and schedule, or who has blocked the card, and when), and what
/// would have to change. It comes from the function that decides at the doors. At another time than now, people, holds and
/// rules count as they are now.
#[derive(Args)]
#[command(after_help = "Examples:
  gateway explain --card 100:1234 --door lobby-main
  gateway explain --card H10301:100:1234 --door lobby-main --at \"2027-01-31 18:00\"
  gateway explain --card raw:26:0x2F623AE --door lobby-main --json | jq -r .reason")]
pub(super) struct Explain {
    #[command(flatten)]
    site: SiteFile,

    /// The card's number, in any way that one may be written
    #[arg(long, value_name = "NUMBER")]
    card: String,

    /// The door's id in the configuration, or its name
    #[arg(long)]
    door: String,

    /// When: 2027-01-31, "2027-01-31 18:00" by the site's clock, or RFC 3339; now where it is left out
    #[arg(long, value_name = "INSTANT")]
    at: Option<String>,

    /// As one JSON object: granted, reason, because, remedy
    #[arg(long)]
    json: bool,
}

#[derive(Deserialize)]
struct Explained {
    granted: bool,
    because: Vec<String>,
    remedy: Option<String>,
}

impl Explain {
    pub(super) fn run(&self) -> Result<(), Failure> {
        let config = self.site.load(NamedFiles::Ignored)?;
        known(&config, &self.door)?;
        let mut url = Url::parse("http://localhost/api/v1/explain").context("the service's address")?;
        url.query_pairs_mut().append_pair("card", &self.card).append_pair("door", &self.door);
        if let Some(text) = &self.at {
            let read = instant::read(text, &config.site.time_zone, instant::Edge::Start);
            let at = read.map_err(|remedy| Failure::Usage(format!("--at {text}: no instant; {remedy}")))?;
            url.query_pairs_mut().append_pair("at", &at.to_string());
        }
        let path = format!("{}?{}", url.path(), url.query().unwrap_or_default());
        let answer = asked(&config, async |client| client.get(&path).await)?;
        let unreadable = "the service's answer can't be read";
        if self.json {
            return say(serde_json::from_slice::<Value>(&answer).context(unreadable)?);
        }
        let explained: Explained = serde_json::from_slice(&answer).context(unreadable)?;
        say(if explained.granted { "The door opens." } else { "The door stays shut." })?;
        for sentence in explained.because {
            say(format_args!("  {}", one_line(sentence)))?;
        }
        explained.remedy.map_or(Ok(()), |remedy| say(format_args!("{}", one_line(remedy))))
    }
}

fn known(config: &Config, door: &str) -> Result<(), Failure> {
    let doors = || config.controllers.iter().flat_map(|it| &it.doors);
    if doors().any(|known| known.id.as_str() == door || known.name == door) {
        return Ok(());
    }
    let near = closest(door, doors().map(|known| known.id.as_str()));
    let near = near.map(|near| format!("; did you mean \"{near}\"?")).unwrap_or_default();
    Err(Failure::Usage(format!("no door in {} has the id \"{door}\"{near}", config.file.display())))
}
