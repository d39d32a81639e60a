//! One line with simulated panels, and the service on it.

use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, bail};
use firmware_sim::config::{LineConfig, PanelConfig, PanelKey};
use firmware_sim::site::Power;
use firmware_sim::{Lateness, SimConfig, Site};
use gateway::config::{self, Config, NamedFiles};
use gateway::service::Service;
use gateway::views::{ControllerView, ShowControllers, ShowSite};
use tempfile::TempDir;
use tests::ScimClient;
use tests::figures::Figures;

use crate::people::{self, FACILITY, Organisation};
use crate::preload;

/// The reader of each panel's only door.
pub(crate) const READER: u8 = 0;

/// A simulator whose slowest replies are later than this tells of a machine with other work, in microseconds.
const DISTURBED_US: f64 = 500.0;

/// The line.
pub(crate) const LINE: &str = "line";

/// Bringing up 32 panels at 9600 baud takes half a minute.
const PATIENCE: Duration = Duration::from_secs(180);

/// How often the simulator is asked for what it can't tell by itself.
const LOOK_AGAIN: Duration = Duration::from_millis(5);

/// A line, and the service on it.
pub(crate) struct Rig {
    pub(crate) service: Service,
    pub(crate) simulator: Site,
    pub(crate) scim: ScimClient,
    _folder: TempDir,
}

/// A line's panels and its files, and nothing that runs on it.
pub(crate) struct Wiring {
    pub(crate) simulator: Site,
    pub(crate) config: Config,
    pub(crate) folder: TempDir,
}

/// A new folder on the disk that cargo builds on.
pub(crate) fn new_folder() -> anyhow::Result<TempDir> {
    let on = env!("CARGO_TARGET_TMPDIR");
    tempfile::tempdir_in(on).with_context(|| format!("can't make a folder in {on}"))
}

/// The panel at an address.
pub(crate) fn panel_name(address: u8) -> String {
    format!("p{address}")
}

impl Wiring {
    /// Panels 1 to `panels` at `baud`, with a copy of the organisation's data.
    pub(crate) fn new(
        baud: u32,
        panels: u8,
        organisation: &Organisation,
        listen: &str,
    ) -> anyhow::Result<Self> {
        let folder = new_folder()?;
        organisation.copy_data(&folder.path().join("data"))?;
        fs::create_dir_all(folder.path().join("keys"))?;
        let mut of_line = Vec::new();
        for address in 1..=panels {
            let key = config::Key::new([address ^ 0x5A; 16]);
            config::write_key(&folder.path().join(key_file(address)), &key)?;
            let mut panel = PanelConfig::new(panel_name(address), LINE, address);
            panel.key = PanelKey::Scbk(*key);
            panel.capacity = u32::from(u16::MAX);
            of_line.push(panel);
        }
        let lines = vec![LineConfig::new(LINE, baud)];
        let simulator = Site::start(&SimConfig { lines, panels: of_line, ..SimConfig::default() })?;
        let port = simulator.port(LINE).context("the simulated line has no port")?;
        let text = config_text(listen, Some((port, baud)), panels);
        let config = read_config(&folder.path().join("gateway.toml"), &text)?;
        Ok(Self { simulator, config, folder })
    }
}

/// A site without controllers, in `folder`.
pub(crate) fn doorless(folder: &Path) -> anyhow::Result<Config> {
    read_config(&folder.join("gateway.toml"), &config_text("127.0.0.1:0", None, 0))
}

fn key_file(address: u8) -> PathBuf {
    PathBuf::from(format!("keys/{}.scbk", panel_name(address)))
}

fn read_config(file: &Path, text: &str) -> anyhow::Result<Config> {
    fs::write(file, text)?;
    config::load(file, NamedFiles::Checked).map_err(|problems| anyhow::anyhow!("{}", problems.render(false)))
}

fn config_text(listen: &str, line: Option<(&Path, u32)>, panels: u8) -> String {
    let mut text = format!(
        "[site]\nname = \"Measured\"\ntime_zone = \"UTC\"\ndata_dir = \"data\"\n\
         [web]\nlisten = \"{listen}\"\ntls = \"off\"\n\
         [cards]\ndefault_format = \"H10301\"\ndefault_facility = {FACILITY}\n"
    );
    let mut add = |part: std::fmt::Arguments<'_>| text.write_fmt(part).unwrap_or_default();
    if let Some((port, baud)) = line {
        let port = port.display();
        add(format_args!(
            "[[line]]\nid = \"{LINE}\"\nprotocol = \"osdp\"\nport = \"{port}\"\nbaud = {baud}\n"
        ));
    }
    for address in 1..=panels {
        let (name, key) = (panel_name(address), key_file(address));
        let key = key.display();
        add(format_args!(
            "[[controller]]\nid = \"{name}\"\nline = \"{LINE}\"\naddress = {address}\nkind = \"panel\"\n\
             scbk_file = \"{key}\"\n\
             [[controller.door]]\nid = \"{name}-door\"\nname = \"Door {address}\"\nreader = {READER}\n"
        ));
    }
    text
}

impl Rig {
    /// Panels that hold everybody's cards, and a service that has seen proof of it.
    pub(crate) async fn proven(baud: u32, panels: u8, organisation: &Organisation) -> anyhow::Result<Self> {
        let wiring = Wiring::new(baud, panels, organisation, "127.0.0.1:0")?;
        preload::preload(&wiring.simulator, panels, organisation)?;
        let rig = Self::start(wiring, organisation).await?;
        rig.until_proven().await?;
        Ok(rig)
    }

    /// Panels with empty tables, and a service that has just begun.
    pub(crate) async fn empty(baud: u32, panels: u8, organisation: &Organisation) -> anyhow::Result<Self> {
        Self::start(Wiring::new(baud, panels, organisation, "127.0.0.1:0")?, organisation).await
    }

    async fn start(wiring: Wiring, organisation: &Organisation) -> anyhow::Result<Self> {
        let service = Service::start(wiring.config).await?;
        let scim = people::scim(service.address(), &organisation.token);
        Ok(Self { service, simulator: wiring.simulator, scim, _folder: wiring.folder })
    }

    pub(crate) async fn stop(self) {
        self.service.stop().await;
    }

    /// Waits until every panel has proven its table.
    pub(crate) async fn until_proven(&self) -> anyhow::Result<()> {
        let site = self.service.site();
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
        Ok(())
    }

    /// How many rows a panel holds, by its own memory.
    pub(crate) fn rows(&self, address: u8) -> anyhow::Result<usize> {
        Ok(self.simulator.panel(&panel_name(address))?.rows as usize)
    }

    /// Waits until a panel holds more than `least` rows; gives how many it has then.
    pub(crate) async fn until_rows(&self, address: u8, least: usize) -> anyhow::Result<usize> {
        let looking = async {
            loop {
                let rows = self.rows(address)?;
                if rows > least {
                    return Ok(rows);
                }
                tokio::time::sleep(LOOK_AGAIN).await;
            }
        };
        let waited = tokio::time::timeout(PATIENCE, looking).await;
        waited.unwrap_or_else(|_| bail!("panel {address} was not loaded within {PATIENCE:?}"))
    }

    /// Erases a panel's table. When this returns, the table is being loaded again.
    pub(crate) async fn wipe(&self, address: u8) -> anyhow::Result<()> {
        self.simulator.power(&panel_name(address), Power::Wiped)?;
        self.until_rows(address, 0).await.map(drop)
    }

    /// How late the simulator was with its latest replies.
    pub(crate) fn lateness(&self) -> anyhow::Result<Lateness> {
        Ok(self.simulator.line(LINE)?.lateness)
    }

    /// Replies that did not come in time, since the start.
    pub(crate) fn timeouts(&self) -> u64 {
        self.service.site().controllers().iter().map(|controller| controller.faults.timeouts).sum()
    }
}

/// How late the simulator was with its replies, in microseconds; when it often was, the machine had other work.
pub(crate) fn late(lateness: &Lateness, figures: &mut Figures) -> String {
    let Lateness { median_us, p99_us, max_us, .. } = *lateness;
    let mark = if p99_us > DISTURBED_US { figures.disturbed() } else { "" };
    format!("{median_us:.0}/{p99_us:.0}/{max_us:.0} {mark}").trim_end().to_owned()
}
