//! `gateway enrol`

use anyhow::{Context, anyhow};
use clap::Args;
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::json;

use super::client::{Client, ClientError};
use super::{Failure, SiteFile, asked, meant, say, tell};
use crate::config::{Config, NamedFiles};
use crate::domain::{ControllerId, LocalClock};

/// Let controllers be given their keys, for some minutes
///
/// Opens install mode at the running service. A controller that still has the key it was delivered with is given one
/// of its own as soon as it answers; its key file is written.
#[derive(Args)]
#[command(after_help = "Examples:
  gateway enrol --controller lobby
  gateway enrol --all --minutes 30")]
pub(super) struct Enrol {
    #[command(flatten)]
    site: SiteFile,

    /// A controller's id in the configuration; may be repeated
    #[arg(long = "controller", value_name = "ID", required_unless_present = "all")]
    controllers: Vec<String>,

    /// Every controller of the configuration
    #[arg(long, conflicts_with = "controllers")]
    all: bool,

    /// How long, 1 to 60
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u8).range(1..=60))]
    minutes: u8,
}

/// What the service answers.
#[derive(Deserialize)]
struct Opened {
    until: Timestamp,
}

impl Enrol {
    pub(super) fn run(&self) -> Result<(), Failure> {
        let config = self.site.load(NamedFiles::Ignored)?;
        let chosen = self.chosen(&config)?;
        let answers = asked(&config, async |client| self.open(client, &chosen).await)?;
        let clock = self.site.clock()?;
        let mut refused = 0;
        for (id, answer) in chosen.iter().zip(answers) {
            match answer {
                Ok(body) => say(opened(id, &body, &clock)?)?,
                Err(error) => {
                    refused += 1;
                    tell(format_args!("error: {id}: {error}"));
                }
            }
        }
        match refused {
            0 => Ok(()),
            _ => Err(anyhow!("install mode was not opened for {refused} of {}", chosen.len()).into()),
        }
    }

    fn chosen<'a>(&self, config: &'a Config) -> Result<Vec<&'a ControllerId>, Failure> {
        let known = || config.controllers.iter().map(|controller| &controller.id);
        if self.all {
            return Ok(known().collect());
        }
        let find = |name: &String| {
            known().find(|id| id.as_str() == name).ok_or_else(|| {
                let file = config.file.display();
                let near = meant(name, known().map(ControllerId::as_str));
                Failure::Usage(format!("no controller in {file} has the id \"{name}\"{near}"))
            })
        };
        self.controllers.iter().map(find).collect()
    }

    /// One answer for each; an error when there is nobody to ask.
    async fn open(
        &self,
        client: &Client,
        chosen: &[&ControllerId],
    ) -> Result<Vec<Result<Vec<u8>, ClientError>>, ClientError> {
        let mut answers = Vec::with_capacity(chosen.len());
        for id in chosen {
            let path = format!("/api/v1/controllers/{id}/install-mode");
            match client.post(&path, &json!({ "minutes": self.minutes })).await {
                refused @ Err(ClientError::Refused { .. }) => answers.push(refused),
                answer => answers.push(Ok(answer?)),
            }
        }
        Ok(answers)
    }
}

fn opened(id: &ControllerId, body: &[u8], clock: &LocalClock) -> anyhow::Result<String> {
    let Opened { until } = serde_json::from_slice(body).context("the service's answer can't be read")?;
    let until = clock.dated(&until);
    Ok(format!("{id}: install mode is open until {until}"))
}
