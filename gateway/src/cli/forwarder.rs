//! `gateway forwarder`

use anyhow::Context;
use clap::{Args, Subcommand};
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::json;

use super::table::Table;
use super::{Failure, SiteFile, asked, say, tell};
use crate::config::NamedFiles;
use crate::domain::{closest, one_line};

/// Look after those whom the running service forwards events to
#[derive(Args)]
#[command(arg_required_else_help = true)]
pub(super) struct Forwarder {
    #[command(subcommand)]
    action: Action,
}

#[derive(Subcommand)]
enum Action {
    /// Show how far each has come
    #[command(after_help = "Examples:\n  gateway forwarder list\n  gateway forwarder list --json")]
    List(List),
    /// Send a test, which says that it is one
    #[command(after_help = "Example:\n  gateway forwarder test siem")]
    Test(One),
    /// Offer all events again that the receiver refused
    #[command(after_help = "Example:\n  gateway forwarder resend siem")]
    Resend(One),
    /// Try at once, though the forwarder waits, or was told that nothing is wanted any more
    #[command(after_help = "Example:\n  gateway forwarder resume siem")]
    Resume(One),
}

#[derive(Args)]
struct List {
    #[command(flatten)]
    site: SiteFile,

    /// Everything, as one JSON object
    #[arg(long)]
    json: bool,
}

#[derive(Args)]
struct One {
    #[command(flatten)]
    site: SiteFile,

    /// The forwarder's id in the configuration
    #[arg(value_name = "FORWARDER")]
    id: String,

    /// Print the answer as JSON
    #[arg(long)]
    json: bool,
}

#[derive(Deserialize)]
struct All {
    forwarders: Vec<Shown>,
}

#[derive(Deserialize)]
struct Shown {
    id: String,
    to: String,
    waiting: u64,
    last_arrived: Option<Timestamp>,
    text: String,
}

#[derive(Deserialize)]
struct Ordered {
    offered: usize,
}

impl Forwarder {
    pub(super) fn run(&self) -> Result<(), Failure> {
        match &self.action {
            Action::List(list) => list.run(),
            Action::Test(one) => one.order("test", |_| "The test has arrived.".to_owned()),
            Action::Resend(one) => one.order("resend", |offered| match offered {
                0 => "No event was refused.".to_owned(),
                1 => "1 event is offered again.".to_owned(),
                count => format!("{count} events are offered again."),
            }),
            Action::Resume(one) => one.order("resume", |_| "It tries now.".to_owned()),
        }
    }
}

impl List {
    fn run(&self) -> Result<(), Failure> {
        let config = self.site.load(NamedFiles::Ignored)?;
        let answer = asked(&config, async |client| client.get("/api/v1/forwarders").await)?;
        if self.json {
            return say(String::from_utf8(answer).context("the service's answer is not UTF-8")?);
        }
        let all: All = serde_json::from_slice(&answer).context("the service's answer can't be read")?;
        if all.forwarders.is_empty() {
            tell("Events are forwarded to nobody; [[forwarder]] in the configuration says to whom.");
            return Ok(());
        }
        let clock = self.site.clock()?;
        let mut table = Table::new(["FORWARDER", "TO", "WAITING", "LAST ARRIVED", "HOW IT IS"]);
        for forwarder in all.forwarders {
            let arrived = forwarder.last_arrived.map_or_else(|| "-".to_owned(), |at| clock.dated(&at));
            let text = one_line(&forwarder.text).to_string();
            table.row([forwarder.id, forwarder.to, forwarder.waiting.to_string(), arrived, text]);
        }
        say(table)
    }
}

impl One {
    fn order(&self, action: &str, words: impl FnOnce(usize) -> String) -> Result<(), Failure> {
        let config = self.site.load(NamedFiles::Ignored)?;
        let ids: Vec<&str> = config.forwarders.iter().map(|forwarder| forwarder.id.as_str()).collect();
        if !ids.contains(&self.id.as_str()) {
            let near = closest(&self.id, ids.iter().copied());
            let help = near.map_or_else(
                || "[[forwarder]] in the configuration names them".to_owned(),
                |near| format!("did you mean {near}?"),
            );
            return Err(Failure::Usage(format!("there is no forwarder {:?}; {help}", self.id)));
        }
        let path = format!("/api/v1/forwarders/{}/orders", self.id);
        let answer = asked(&config, async |client| client.post(&path, &json!({ "action": action })).await)?;
        if self.json {
            return say(String::from_utf8(answer).context("the service's answer is not UTF-8")?);
        }
        let ordered: Ordered =
            serde_json::from_slice(&answer).context("the service's answer can't be read")?;
        tell(words(ordered.offered));
        Ok(())
    }
}
