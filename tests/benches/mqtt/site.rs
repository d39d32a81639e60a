//! A broker, simulated devices at it, and the service that drives them.

use std::fmt::Write;
use std::fs;
use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use firmware_sim::config::{BrokerConfig, Dialect, EspRfidConfig, Login, MqttConfig, NativeConfig};
use firmware_sim::{SimConfig, Site as Simulator};
use gateway::config::{self, Config, NamedFiles};
use gateway::domain::ReceiptAction;
use gateway::links::mqtt::passwords;
use gateway::service::Service;
use gateway::views::{ControllerView, ShowControllers, ShowSite};
use panel_protocol::credential::Credential;
use tempfile::TempDir;
use tests::{Mosquitto, ScimClient, known_port};

use crate::people::{Organisation, Person};

const BROKER: &str = "broker";

/// Longest wait for all tables to be proven, or for one card.
const PATIENCE: Duration = Duration::from_secs(900);

/// Which broker.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Which {
    Embedded,
    Mosquitto,
}

pub(crate) const BROKERS: [Which; 2] = [Which::Embedded, Which::Mosquitto];

/// What hangs on it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Devices {
    Native,
    EspRfid,
}

/// A site.
pub(crate) struct Site {
    /// `None` while it is between two starts.
    service: Option<Service>,
    pub(crate) simulator: Simulator,
    pub(crate) scim: ScimClient,
    pub(crate) devices: usize,
    file: PathBuf,
    _broker: Option<Mosquitto>,
    _folder: TempDir,
}

/// A new folder on the disk that cargo builds on.
pub(crate) fn new_folder() -> anyhow::Result<TempDir> {
    let on = env!("CARGO_TARGET_TMPDIR");
    tempfile::tempdir_in(on).with_context(|| format!("can't make a folder in {on}"))
}

/// A site without controllers.
pub(crate) fn doorless(folder: &Path) -> anyhow::Result<Config> {
    read_config(&folder.join("gateway.toml"), &head())
}

/// A site whose broker takes anybody who is known, and that has one controller, which never comes.
pub(crate) fn listening(folder: &Path, which: Which, port: u16) -> anyhow::Result<Config> {
    let text = head() + &broker_text(which, port) + &device_text(Devices::Native, 0);
    read_config(&folder.join("gateway.toml"), &text)
}

fn head() -> String {
    "[site]\nname = \"Measured\"\ntime_zone = \"UTC\"\ndata_dir = \"data\"\n\
     [web]\nlisten = \"127.0.0.1:0\"\ntls = \"off\"\n\
     [cards]\ndefault_format = \"H10301\"\ndefault_facility = 100\n"
        .to_owned()
}

fn read_config(file: &Path, text: &str) -> anyhow::Result<Config> {
    fs::write(file, text)?;
    load(file)
}

fn load(file: &Path) -> anyhow::Result<Config> {
    config::load(file, NamedFiles::Checked).map_err(|problems| anyhow::anyhow!("{}", problems.render(false)))
}

/// A device's name.
pub(crate) fn name(number: usize) -> String {
    format!("d{number}")
}

fn address(number: usize) -> Ipv4Addr {
    Ipv4Addr::from(0xC000_0200 + u32::try_from(number).unwrap_or(0))
}

/// What the file says of the broker.
pub(crate) fn broker_text(which: Which, port: u16) -> String {
    match which {
        Which::Embedded => {
            format!("[mqtt]\nbroker = \"embedded\"\nlisten = \"127.0.0.1:{port}\"\ntls = \"off\"\n")
        }
        Which::Mosquitto => format!("[mqtt]\nbroker = \"mqtt://127.0.0.1:{port}\"\n"),
    }
}

fn device_text(devices: Devices, number: usize) -> String {
    let (name, ip) = (name(number), address(number));
    let mqtt = match devices {
        Devices::Native => format!("dialect = \"native\", topic = \"{name}\""),
        Devices::EspRfid => format!("dialect = \"esp-rfid\", topic = \"/{name}\", ip = \"{ip}\""),
    };
    format!(
        "[[controller]]\nid = \"{name}\"\nkind = \"panel\"\nmqtt = {{ {mqtt} }}\n\
         [[controller.door]]\nid = \"{name}\"\nreader = 0\n"
    )
}

fn simulated(devices: Devices, number: usize, secret: Option<&str>) -> MqttConfig {
    let name = name(number);
    let dialect = match devices {
        Devices::Native => {
            let mut panel = NativeConfig::new("measured", name.clone());
            panel.capacity = u32::from(u16::MAX);
            Dialect::Native(panel)
        }
        Devices::EspRfid => Dialect::EspRfid(EspRfidConfig::new(format!("/{name}"), address(number))),
    };
    let mut device = MqttConfig::new(name.clone(), BROKER, dialect);
    device.reconnect = Some(Duration::from_millis(200));
    device.login = secret.map(|secret| Login { user: name, password: secret.to_owned() });
    device
}

impl Site {
    /// Devices with nothing on them, and a service that has just begun.
    pub(crate) async fn start(
        which: Which,
        kind: Devices,
        devices: usize,
        organisation: &Organisation,
    ) -> anyhow::Result<Self> {
        let folder = new_folder()?;
        let data = folder.path().join("data");
        organisation.copy_data(&data)?;
        let broker = match which {
            Which::Mosquitto => Some(Mosquitto::start().await),
            Which::Embedded => None,
        };
        let port = broker.as_ref().map_or_else(known_port, Mosquitto::port);
        let mut text = head() + &broker_text(which, port);
        let mut of_broker = Vec::new();
        for number in 0..devices {
            write!(text, "{}", device_text(kind, number))?;
            let secret = match which {
                Which::Embedded => {
                    let secret = passwords::new_secret()?;
                    passwords::set(&data.join("mqtt/passwords"), &name(number), &secret)?;
                    Some(secret)
                }
                Which::Mosquitto => None,
            };
            of_broker.push(simulated(kind, number, secret.as_ref().map(|secret| secret.as_str())));
        }
        let file = folder.path().join("gateway.toml");
        let config = read_config(&file, &text)?;
        let service = Service::start(config).await?;
        let brokers = vec![BrokerConfig::new(BROKER, "127.0.0.1", port)];
        let simulator = Simulator::start(&SimConfig { brokers, mqtt: of_broker, ..SimConfig::default() })?;
        let scim = client(&service, organisation);
        Ok(Self { service: Some(service), simulator, scim, devices, file, _broker: broker, _folder: folder })
    }

    /// Stops the service and starts it again; the devices hold what they held.
    pub(crate) async fn restart(&mut self, organisation: &Organisation) -> anyhow::Result<()> {
        if let Some(service) = self.service.take() {
            service.stop().await;
        }
        let service = Service::start(load(&self.file)?).await?;
        self.scim = client(&service, organisation);
        self.service = Some(service);
        Ok(())
    }

    pub(crate) async fn stop(self) {
        if let Some(service) = self.service {
            service.stop().await;
        }
    }

    fn site(&self) -> anyhow::Result<&Arc<gateway::site::Site>> {
        Ok(self.service.as_ref().context("the service is not running")?.site())
    }

    /// Waits until every device has proven its table; how long that took.
    pub(crate) async fn until_proven(&self) -> anyhow::Result<Duration> {
        let (began, site) = (Instant::now(), self.site()?);
        let looking = async {
            loop {
                let seen = site.change();
                if site.controllers().iter().all(ControllerView::is_proven) {
                    return;
                }
                site.changed_since(seen).await;
            }
        };
        if tokio::time::timeout(PATIENCE, looking).await.is_err() {
            bail!("waited {PATIENCE:?} in vain; the page says: {}", site.site().await.verdict.text);
        }
        Ok(began.elapsed())
    }

    /// Takes a person's access away; how long it took from the answer until that is proven everywhere.
    pub(crate) async fn revoke(&self, person: &Person) -> anyhow::Result<Duration> {
        let asked = Instant::now();
        self.scim.set_active(&person.id, false).await;
        let site = self.site()?;
        let looking = async {
            loop {
                let seen = site.change();
                if is_revoked(site, person.card) {
                    return asked.elapsed();
                }
                site.changed_since(seen).await;
            }
        };
        let waited = tokio::time::timeout(PATIENCE, looking).await;
        waited.map_err(|_| anyhow::anyhow!("a revocation was not proven within {PATIENCE:?}"))
    }

    /// Messages to devices, since the start.
    pub(crate) async fn sent(&self) -> anyhow::Result<u64> {
        Ok(self.site()?.site().await.facts.lines.iter().map(|line| line.frames_sent).sum())
    }
}

fn is_revoked(site: &gateway::site::Site, card: Credential) -> bool {
    let receipt = site.finished_receipt(card);
    receipt.is_some_and(|receipt| receipt.action == ReceiptAction::Deactivate)
}

fn client(service: &Service, organisation: &Organisation) -> ScimClient {
    ScimClient::new(&format!("http://{}/scim/v2", service.address()), &organisation.token)
}
