//! `gateway enrol`

use anyhow::{Context, anyhow};
use clap::Args;
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::json;

use super::client::{Client, ClientError};
use super::mqtt::secret;
use super::{Failure, SiteFile, asked, meant, say, tell};
use crate::config::{Config, Controller, ControllerKind, NamedFiles};
use crate::domain::{ControllerId, LocalClock};

/// Let controllers be given their keys, for some minutes
///
/// Opens install mode at the running service. A controller that still has the key it was delivered with is given one
/// of its own as soon as it answers; its key file is written. A controller at an MQTT broker is given a secret instead:
/// the file that it needs is printed, once, and a secret that it had before is refused from then on.
#[derive(Args)]
#[command(after_help = "Examples:
  gateway enrol --controller lobby
  gateway enrol --all --minutes 30
  gateway enrol --controller shed --host gateway.example > shed.toml")]
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

    /// The name or address by which a controller reaches the broker; guessed where it is left out
    #[arg(long, value_name = "NAME", conflicts_with = "all")]
    host: Option<String>,
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
        let (at_broker, chosen): (Vec<_>, Vec<_>) =
            chosen.into_iter().partition(|controller| secret::at_broker(controller).is_some());
        if let [controller] = at_broker[..]
            && chosen.is_empty()
        {
            return self.give_secret(&config, controller);
        }
        for controller in at_broker {
            tell(format_args!("{}: is at the broker; give it its secret by itself", controller.id));
        }
        let chosen: Vec<_> = chosen.into_iter().map(|controller| &controller.id).collect();
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

    /// Prints what a controller at the broker needs. A secret that nobody could read is of no use, and replaced by the next.
    fn give_secret(&self, config: &Config, controller: &Controller) -> Result<(), Failure> {
        self.site.own_data_dir()?;
        if let Some((user, dialect)) = secret::at_broker(controller) {
            say(secret::give(config, user, dialect, self.host.as_deref())?)?;
        }
        tell(format_args!("{}: has a new secret, which is not shown again", controller.id));
        Ok(())
    }

    fn chosen<'a>(&self, config: &'a Config) -> Result<Vec<&'a Controller>, Failure> {
        let has_secrets = |it: &&Controller| it.kind != ControllerKind::Io || secret::at_broker(it).is_some();
        let known = || config.controllers.iter().filter(has_secrets);
        if self.all {
            return Ok(known().collect());
        }
        let find = |name: &String| {
            known().find(|known| known.id.as_str() == name).ok_or_else(|| {
                let file = config.file.display();
                let near = meant(name, known().map(|known| known.id.as_str()));
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
