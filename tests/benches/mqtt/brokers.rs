//! The broker inside beside a Mosquitto: messages at QoS 1, and the memory of sessions that say nothing.
//!
//! Clients publish to topics of their own with the gateway as the only listener, as it is on a site. Each stays below what the
//! broker inside lets a client send at once, so its pace is not measured.

use std::fs;
use std::time::{Duration, Instant};

use anyhow::Context;
use gateway::links::mqtt::passwords;
use gateway::service::Service;
use rumqttc::v5::mqttbytes::QoS;
use rumqttc::v5::mqttbytes::v5::Packet;
use rumqttc::v5::{AsyncClient, Event, MqttOptions};
use tempfile::TempDir;
use tests::figures::Figures;
use tests::{Gateway, Mosquitto, known_port};
use tokio::task::JoinSet;

use crate::Plan;
use crate::site::{self, BROKERS, Which};

/// Length of the messages that are compared.
const KIB: usize = 1_024;

/// Messages of one client that are not acknowledged yet.
const IN_FLIGHT: u16 = 20;

pub(crate) async fn measure(plan: &Plan, figures: &mut Figures) -> anyhow::Result<()> {
    figures.title("the broker inside beside a Mosquitto");
    let mut rates = Vec::new();
    for which in BROKERS {
        let rate = publishes(plan, which, KIB).await?;
        figures.say(format!(
            "  {which:?}: {rate:.0} messages/s of 1 KiB at QoS 1, {} clients, until the last is acknowledged",
            plan.publishers
        ));
        rates.push(rate);
    }
    let verdict = figures.judge("messages/s of the broker inside beside Mosquitto", rates[0] >= rates[1]);
    figures.say(format!("  {:.2} × Mosquitto (aim ≥ 1) {verdict}", rates[0] / rates[1]));
    memory(plan, figures).await
}

/// A broker with a gateway that listens, and whom it lets in.
struct Listening {
    port: u16,
    secret: Option<String>,
    service: Option<Service>,
    _mosquitto: Option<Mosquitto>,
    _folder: TempDir,
}

impl Listening {
    async fn start(which: Which, clients: usize) -> anyhow::Result<Self> {
        let folder = site::new_folder()?;
        let mosquitto = match which {
            Which::Mosquitto => Some(Mosquitto::start().await),
            Which::Embedded => None,
        };
        let port = mosquitto.as_ref().map_or_else(known_port, Mosquitto::port);
        let secret = enrol(which, folder.path(), clients)?;
        let service = Service::start(site::listening(folder.path(), which, port)?).await?;
        Ok(Self { port, secret, service: Some(service), _mosquitto: mosquitto, _folder: folder })
    }

    fn options(&self, client: usize) -> MqttOptions {
        let name = format!("c{client}");
        let mut options = MqttOptions::new(&name, "127.0.0.1", self.port);
        options.set_keep_alive(Duration::from_secs(60)).set_outgoing_inflight_upper_limit(IN_FLIGHT);
        if let Some(secret) = &self.secret {
            options.set_credentials(name, secret);
        }
        options
    }

    async fn stop(&mut self) {
        if let Some(service) = self.service.take() {
            service.stop().await;
        }
    }
}

/// All of them get the same secret.
fn enrol(which: Which, folder: &std::path::Path, clients: usize) -> anyhow::Result<Option<String>> {
    if which == Which::Mosquitto {
        return Ok(None);
    }
    let secret = passwords::new_secret()?;
    let mut lines = String::new();
    for client in 0..clients {
        lines += &passwords::line(&format!("c{client}"), &secret)?;
        lines += "\n";
    }
    fs::create_dir_all(folder.join("data/mqtt"))?;
    fs::write(folder.join("data/mqtt/passwords"), lines)?;
    Ok(Some(secret.as_str().to_owned()))
}

/// How many messages of that length a second a broker takes, from all clients together.
pub(crate) async fn publishes(plan: &Plan, which: Which, len: usize) -> anyhow::Result<f64> {
    let mut listening = Listening::start(which, plan.publishers).await?;
    let mut connected = Vec::new();
    for client in 0..plan.publishers {
        let (sender, mut events) = AsyncClient::new(listening.options(client), IN_FLIGHT.into());
        loop {
            if let Event::Incoming(Packet::ConnAck(_)) = events.poll().await? {
                break;
            }
        }
        connected.push((client, sender, events));
    }
    let (began, mut clients) = (Instant::now(), JoinSet::new());
    for (client, sender, mut events) in connected {
        let messages = plan.messages;
        // An answer to nothing, which the gateway counts and drops.
        let topic = format!("gatehouse/v1/measured/c{client}/from/answer");
        clients.spawn(async move {
            let publishing = tokio::spawn(async move {
                for _ in 0..messages {
                    let payload = vec![0xA5; len];
                    if sender.publish(&topic, QoS::AtLeastOnce, false, payload).await.is_err() {
                        return;
                    }
                }
                std::future::pending::<()>().await;
            });
            let mut acknowledged = 0;
            while acknowledged < messages {
                if let Event::Incoming(Packet::PubAck(_)) = events.poll().await? {
                    acknowledged += 1;
                }
            }
            publishing.abort();
            anyhow::Ok(())
        });
    }
    while let Some(done) = clients.join_next().await {
        done??;
    }
    let rate = (plan.publishers * plan.messages) as f64 / began.elapsed().as_secs_f64();
    listening.stop().await;
    Ok(rate)
}

/// What sessions take that say nothing.
async fn memory(plan: &Plan, figures: &mut Figures) -> anyhow::Result<()> {
    for which in BROKERS {
        let folder = site::new_folder()?;
        let secret = enrol(which, folder.path(), plan.sessions)?;
        let (port, mosquitto, gateway) = match which {
            Which::Mosquitto => {
                let mosquitto = Mosquitto::start().await;
                (mosquitto.port(), Some(mosquitto), None)
            }
            Which::Embedded => {
                let port = known_port();
                site::listening(folder.path(), which, port)?;
                let (file, data) = (folder.path().join("gateway.toml"), folder.path().join("data"));
                (port, None, Some(Gateway::start(&file, &data).await))
            }
        };
        let id = match (&mosquitto, &gateway) {
            (Some(mosquitto), _) => mosquitto.id(),
            (None, Some(gateway)) => gateway.process().id(),
            (None, None) => anyhow::bail!("nothing runs"),
        };
        let before = resident_kib(id)?;
        let mut sessions = JoinSet::new();
        for client in 0..plan.sessions {
            let mut options = MqttOptions::new(format!("c{client}"), "127.0.0.1", port);
            options.set_keep_alive(Duration::from_secs(60));
            if let Some(secret) = &secret {
                options.set_credentials(format!("c{client}"), secret);
            }
            let (sender, mut events) = AsyncClient::new(options, 10);
            let topic = format!("gatehouse/v1/measured/c{client}/to/+");
            sender.subscribe(topic, QoS::AtLeastOnce).await?;
            let subscribed = async {
                loop {
                    if let Event::Incoming(Packet::SubAck(_)) = events.poll().await? {
                        return anyhow::Ok(());
                    }
                }
            };
            if subscribed.await.is_err() {
                figures.say(format!("  {which:?}: takes no more than {client} sessions of one address"));
                break;
            }
            sessions.spawn(async move {
                let _sender = sender;
                while events.poll().await.is_ok() {}
            });
        }
        let (count, after) = (sessions.len(), resident_kib(id)?);
        let each = after.saturating_sub(before) as f64 / count.max(1) as f64;
        figures.say(format!(
            "  {which:?}: {:.1} MiB before, {:.1} MiB with {count} sessions, {each:.0} KiB each",
            before as f64 / 1024.0,
            after as f64 / 1024.0
        ));
    }
    Ok(())
}

fn resident_kib(process: u32) -> anyhow::Result<u64> {
    let status = fs::read_to_string(format!("/proc/{process}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).context("no VmRSS")?;
    Ok(line.trim().trim_end_matches(" kB").parse()?)
}
