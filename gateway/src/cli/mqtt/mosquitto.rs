//! `gateway mqtt mosquitto-config`

use std::fmt::Write as _;
use std::fs::{self, DirBuilder, OpenOptions};
use std::io::{self, Write};
use std::net::IpAddr;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use anyhow::{Context, anyhow};
use clap::Args;

use super::secret;
use crate::cli::{Failure, SiteFile, say, tell};
use crate::config::{BrokerElsewhere, BrokerPlace, Config, NamedFiles};
use crate::links::mqtt::topic::SAID;
use crate::links::mqtt::{Topics, passwords, topic};

/// Write the files of a Mosquitto for this site: configuration, passwords, access list
///
/// For a broker that [mqtt] of the configuration names, `broker = "mqtts://…"`. Who has been given a secret by `gateway
/// enrol` can connect, and the gateway itself by its `credentials_file`, which is written if it isn't there. Write
/// them anew, and have Mosquitto read them, whenever a controller is enrolled.
#[derive(Args)]
#[command(after_help = "Examples:
  gateway mqtt mosquitto-config --out /etc/mosquitto/gatehouse --cert /etc/mosquitto/cert.pem --key /etc/mosquitto/key.pem")]
pub(super) struct MosquittoConfig {
    #[command(flatten)]
    site: SiteFile,

    /// The folder for mosquitto.conf, passwords and acl; made if it isn't there
    #[arg(long, value_name = "DIR")]
    out: PathBuf,

    /// The broker's certificate, PEM, as Mosquitto will find it
    #[arg(long, value_name = "FILE", requires = "key")]
    cert: Option<PathBuf>,

    /// Its key
    #[arg(long, value_name = "FILE", requires = "cert")]
    key: Option<PathBuf>,
}

impl MosquittoConfig {
    pub(super) fn run(&self) -> Result<(), Failure> {
        let config = self.site.load(NamedFiles::Ignored)?;
        let broker = secret::broker(&config);
        let broker =
            broker.ok_or_else(|| Failure::Usage("the configuration has no section [mqtt]".to_owned()))?;
        let BrokerPlace::Elsewhere(elsewhere) = &broker.place else {
            let text = "[mqtt] says broker = \"embedded\", which needs no Mosquitto; write broker = \"mqtts://HOST:8883\"";
            return Err(Failure::Usage(text.to_owned()));
        };
        let listener = self.listener(elsewhere)?;
        let out = std::path::absolute(&self.out).context("the folder has no absolute path")?;
        DirBuilder::new().recursive(true).mode(0o750).create(&out).with_context(|| failed(&out))?;
        let users = passwords_of(&config, elsewhere)?;
        write(&out.join("passwords"), &users)?;
        write(&out.join("acl"), &acl(&config, &broker.site))?;
        write(&out.join("mosquitto.conf"), &self.conf(&out, &listener))?;
        tell(
            "Mosquitto's user must be able to read these files; for example chown -R mosquitto: on the folder.",
        );
        say(out.join("mosquitto.conf").display())
    }

    /// The listener's lines.
    fn listener(&self, elsewhere: &BrokerElsewhere) -> Result<String, Failure> {
        let port = elsewhere.port;
        match (&elsewhere.tls, &self.cert, &self.key) {
            (Some(_), Some(cert), Some(key)) => Ok(format!(
                "listener {port}\ncertfile {}\nkeyfile {}\ntls_version tlsv1.2\n",
                absolute(cert)?,
                absolute(key)?
            )),
            (Some(_), ..) => {
                Err(Failure::Usage("[mqtt] says mqtts://, so give the broker's --cert and --key".to_owned()))
            }
            (None, ..) if is_loopback(&elsewhere.host) => Ok(format!("listener {port} 127.0.0.1\n")),
            (None, ..) => Err(Failure::Usage(
                "a broker without TLS would show all secrets to the network; write broker = \"mqtts://…\" in [mqtt]"
                    .to_owned(),
            )),
        }
    }

    fn conf(&self, out: &Path, listener: &str) -> String {
        let (passwords, acl) = (out.join("passwords"), out.join("acl"));
        format!(
            "# Mosquitto for a Gatehouse site, written by `gateway mqtt mosquitto-config`.\n\
             per_listener_settings false\n\
             allow_anonymous false\n\
             password_file {}\n\
             acl_file {}\n\
             # Nothing of Gatehouse needs the broker's memory.\n\
             persistence false\n\
             max_packet_size 16384\n\
             max_queued_messages 512\n\
             max_inflight_messages 256\n\
             max_keepalive 120\n\
             {listener}# What follows is the listener's; before it, Mosquitto would open its usual port as well.\n\
             # A controller is who its secret says, so nobody can push another out by its identifier.\n\
             use_username_as_clientid true\n\
             max_connections 256\n",
            passwords.display(),
            acl.display()
        )
    }
}

/// Who may connect: everybody who has been enrolled, and the gateway.
fn passwords_of(config: &Config, elsewhere: &BrokerElsewhere) -> Result<String, Failure> {
    let file = elsewhere.credentials_file.as_ref().ok_or_else(|| {
        Failure::Usage(
            "[mqtt] has no `credentials_file`, in which the gateway's own secret stands".to_owned(),
        )
    })?;
    if !file.exists() {
        let secret = passwords::new_secret().context("a secret can't be made")?;
        let folder = file.parent().unwrap_or(Path::new("/"));
        DirBuilder::new().recursive(true).mode(0o700).create(folder).with_context(|| failed(folder))?;
        write(file, &format!("{}:{}\n", topic::GATEWAY, secret.as_str()))?;
        tell(format_args!("made {} with the gateway's own secret", file.display()));
    }
    let own = fs::read_to_string(file).with_context(|| format!("{} can't be read", file.display()))?;
    let own = own.trim_end().split_once(':').filter(|(user, _)| *user == topic::GATEWAY);
    let (_, secret) =
        own.ok_or_else(|| anyhow!("{} must have one line, {}:SECRET", file.display(), topic::GATEWAY))?;
    let path = config.broker_passwords();
    let enrolled = match fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => String::new(),
        Err(error) => return Err(anyhow::Error::new(error).context(failed(&path)).into()),
    };
    let own = passwords::line(topic::GATEWAY, secret).context("the secret can't be hashed")?;
    Ok(format!("{enrolled}{own}\n"))
}

fn acl(config: &Config, site: &str) -> String {
    let to = topic::to(site, "+", "+");
    let (from, own) = (topic::from_all(site), topic::from(site, topic::GATEWAY, "state"));
    let mut text = format!(
        "# The gateway tells all controllers, and hears them.\nuser {}\ntopic write {to}\ntopic read {from}\n\
         topic write {own}\n",
        topic::GATEWAY
    );
    let others: Vec<(&str, Topics)> = config
        .controllers
        .iter()
        .filter_map(secret::at_broker)
        .filter(|(_, dialect)| !dialect.is_native())
        .map(|(user, dialect)| (user, dialect.topics(site)))
        .collect();
    for (_, topics) in &others {
        lines(&mut text, "write", &topics.told);
        lines(&mut text, "read", &topics.said);
    }
    text += "\n# A controller hears and says what is its own, and nothing else.\n";
    let mut line = |access, topic: String| {
        writeln!(text, "pattern {access} {topic}").expect("a String takes what is written");
    };
    line("read", topic::to(site, "%u", "+"));
    SAID.iter().for_each(|what| line("write", topic::from(site, "%u", what)));
    for (user, topics) in &others {
        writeln!(text, "\nuser {user}").expect("a String takes what is written");
        lines(&mut text, "read", topics.told.iter().chain(&topics.also_heard));
        lines(&mut text, "write", topics.said.iter().chain(&topics.also_said));
    }
    text
}

fn lines<'a>(text: &mut String, access: &str, topics: impl IntoIterator<Item = &'a String>) {
    for topic in topics {
        writeln!(text, "topic {access} {topic}").expect("a String takes what is written");
    }
}

fn is_loopback(host: &str) -> bool {
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

fn absolute(path: &Path) -> Result<String, Failure> {
    Ok(std::path::absolute(path).context("a file has no absolute path")?.display().to_string())
}

/// A file for its owner's eyes, in place of the one before.
fn write(path: &Path, text: &str) -> Result<(), Failure> {
    let open = || {
        if path.exists() {
            fs::remove_file(path)?;
        }
        let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
        file.write_all(text.as_bytes())
    };
    open().with_context(|| failed(path))?;
    Ok(())
}

fn failed(path: &Path) -> String {
    format!("{} can't be written", path.display())
}
