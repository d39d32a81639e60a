//! A site of simulated readers, boards and one adapter, and the service that drives it.

use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use firmware_sim::config::{
    AdapterConfig, BoardConfig, Frames, LineConfig, LineProtocol, LockPlace, Model, PanelKey, ReaderConfig,
};
use firmware_sim::site::GatewaySwipe;
use firmware_sim::{Passed, SimConfig};
use gateway::config::{self, NamedFiles};
use gateway::service::Service;
use gateway::site::clock;
use gateway::store::tokens::Tokens;
use gateway::views::{ShowControllers, ShowSite};
use panel_protocol::wiegand::H10301;
use tempfile::TempDir;
use tests::ScimClient;

/// The one card that is swiped.
pub(crate) const CARD: u64 = 1234;

/// Nothing takes longer.
const PATIENCE: Duration = Duration::from_secs(120);

/// Longest pause before a card is presented, so that it meets the line's polling at any point.
const POLLING_MS: u64 = 100;

/// One pause is longer than the one before by this, all around [`POLLING_MS`].
const STRIDE_MS: u64 = 37;

/// What a site consists of.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Wanted {
    /// Lines of OSDP readers: how many, how many readers on each, and their rate.
    pub(crate) readers: Option<(u8, u8, u32)>,
    /// Eight boards on a pair of that rate, or in the network; an adapter whose door has its lock at one of them.
    pub(crate) boards: Option<Option<u32>>,
}

/// The hardware, and the files of the service.
pub(crate) struct Site {
    pub(crate) hardware: Arc<firmware_sim::Site>,
    pub(crate) config: PathBuf,
    data: PathBuf,
    doors: usize,
    _folder: TempDir,
}

/// The same, with the service in this process and somebody who has a card.
pub(crate) struct Rig {
    pub(crate) site: Site,
    pub(crate) service: Service,
    pub(crate) scim: ScimClient,
    pub(crate) person: String,
}

/// A card that was answered.
pub(crate) struct Answered {
    /// When it was presented.
    pub(crate) presented: Instant,
    /// What came of it.
    pub(crate) swipe: GatewaySwipe,
}

pub(crate) fn reader(line: u8, address: u8) -> String {
    format!("r{line}-{address}")
}

impl Site {
    pub(crate) fn new(wanted: Wanted) -> anyhow::Result<Self> {
        let folder = tempfile::Builder::new().prefix("gatehouse-bench-").tempdir()?;
        let mut made = SimConfig::default();
        let mut text = "[site]\nname = \"Measured\"\ntime_zone = \"UTC\"\ndata_dir = \"data\"\n\
                        [web]\nlisten = \"127.0.0.1:0\"\ntls = \"off\"\n\
                        [cards]\ndefault_format = \"H10301\"\ndefault_facility = 100\n"
            .to_owned();
        let (lines, on_line, baud) = wanted.readers.unwrap_or_default();
        for line in 0..lines {
            made.lines.push(LineConfig::new(format!("osdp{line}"), baud));
            for address in 0..on_line {
                let key = config::Key::new([line * 32 + address + 1; 16]);
                config::write_key(&folder.path().join(format!("{}.scbk", reader(line, address))), &key)?;
                let one = ReaderConfig::new(reader(line, address), format!("osdp{line}"), address);
                made.readers.push(ReaderConfig { key: PanelKey::Scbk(*key), ..one });
            }
        }
        if let Some(baud) = wanted.boards {
            made.lines.push(match baud {
                Some(baud) => LineConfig::of(LineProtocol::Modbus, "annex", baud),
                None => LineConfig::modbus_tcp("annex", "127.0.0.1:0".parse()?),
            });
            made.lines.push(LineConfig::of(LineProtocol::WiegandSerial, "gate", 115_200));
            let boards = 1..=8;
            made.boards.extend(boards.map(|address| {
                BoardConfig::new(format!("b{address}"), "annex", address, Model::WaveshareRelay8Inputs)
            }));
            let lock = Some(LockPlace { controller: "b5".to_owned(), output: 3 });
            made.adapters
                .push(AdapterConfig { lock, ..AdapterConfig::new("gate-reader", "gate", Frames::default()) });
        }
        let hardware = Arc::new(firmware_sim::Site::start(&made)?);
        describe_readers(&mut text, &hardware, wanted.readers.unwrap_or_default())?;
        if let Some(baud) = wanted.boards {
            describe_boards(&mut text, &hardware, baud)?;
        }
        let config = folder.path().join("gateway.toml");
        fs::write(&config, text)?;
        let doors = usize::from(lines) * usize::from(on_line) + usize::from(wanted.boards.is_some());
        Ok(Self { hardware, config, data: folder.path().join("data"), doors, _folder: folder })
    }

    /// Presents the card after a pause of up to 100 ms, another one each turn, and waits for what comes of it.
    pub(crate) async fn present(&self, turn: usize, reader: String) -> anyhow::Result<Answered> {
        let pause = turn as u64 * STRIDE_MS % POLLING_MS;
        tokio::time::sleep(Duration::from_millis(pause)).await;
        let hardware = Arc::clone(&self.hardware);
        let card = H10301.encode(100, CARD)?;
        let presenting = tokio::task::spawn_blocking(move || {
            let presented = Instant::now();
            hardware.present(&reader, 0, Some(card), &[]).map(|swipe| Answered { presented, swipe })
        });
        Ok(presenting.await??)
    }

    /// What has passed on a line.
    pub(crate) fn traffic(&self, line: &str) -> anyhow::Result<Vec<Passed>> {
        Ok(self.hardware.traffic(line)?)
    }
}

impl Rig {
    /// Starts the service and waits until every lock can be reached.
    pub(crate) async fn start(wanted: Wanted) -> anyhow::Result<Self> {
        let site = Site::new(wanted)?;
        let config = config::load(&site.config, NamedFiles::Checked)
            .map_err(|problems| anyhow::anyhow!("{}", problems.render(false)))?;
        fs::create_dir_all(&site.data)?;
        let token = Tokens::open(&site.data).create("bench", None, None, clock::now())?.expose().to_owned();
        let service = Service::start(config).await?;
        let scim = ScimClient::new(&format!("http://{}/scim/v2", service.address()), &token);
        let person = scim.create("ada", Some(&CARD.to_string())).await;
        let rig = Self { site, service, scim, person };
        rig.ready().await?;
        Ok(rig)
    }

    async fn ready(&self) -> anyhow::Result<()> {
        let site = self.service.site();
        let looking = async {
            loop {
                let seen = site.change();
                let controllers = site.controllers();
                let doors = controllers.iter().flat_map(|controller| &controller.doors);
                let reached =
                    doors.filter(|door| door.state.as_ref().is_some_and(|state| state.lock_reached));
                if reached.count() >= self.site.doors {
                    return;
                }
                site.changed_since(seen).await;
            }
        };
        if tokio::time::timeout(PATIENCE, looking).await.is_err() {
            bail!("waited {PATIENCE:?} in vain for the locks");
        }
        // A card that a reader tells before it ever had nothing new is of unknown age, and taken for old.
        tokio::time::sleep(Duration::from_secs(2)).await;
        Ok(())
    }

    pub(crate) async fn stop(self) {
        self.service.stop().await;
    }
}

fn describe_readers(
    text: &mut String,
    hardware: &firmware_sim::Site,
    (lines, on_line, baud): (u8, u8, u32),
) -> anyhow::Result<()> {
    for line in 0..lines {
        let port = hardware.port(&format!("osdp{line}")).context("no port")?.display();
        write!(
            text,
            "[[line]]\nid = \"osdp{line}\"\nprotocol = \"osdp\"\nport = \"{port}\"\nbaud = {baud}\n"
        )?;
        for address in 0..on_line {
            let id = reader(line, address);
            write!(
                text,
                "[[controller]]\nid = \"{id}\"\nline = \"osdp{line}\"\naddress = {address}\nkind = \"reader\"\n\
                 scbk_file = \"{id}.scbk\"\n\
                 [[controller.door]]\nid = \"{id}\"\nreader = 0\nlock = {{ output = 0, seconds = 1 }}\n"
            )?;
        }
    }
    Ok(())
}

fn describe_boards(
    text: &mut String,
    hardware: &firmware_sim::Site,
    baud: Option<u32>,
) -> anyhow::Result<()> {
    match baud {
        Some(baud) => {
            let port = hardware.port("annex").context("no port")?.display();
            write!(
                text,
                "[[line]]\nid = \"annex\"\nprotocol = \"modbus\"\nport = \"{port}\"\nbaud = {baud}\n"
            )?;
        }
        None => {
            let peer = hardware.address("annex").context("no address")?;
            write!(text, "[[line]]\nid = \"annex\"\nprotocol = \"modbus-tcp\"\npeer = \"{peer}\"\n")?;
        }
    }
    let port = hardware.port("gate").context("no port")?.display();
    write!(
        text,
        "[[line]]\nid = \"gate\"\nprotocol = \"wiegand-serial\"\nport = \"{port}\"\nbaud = 115200\n\
         frames = \"wie232-26\"\n"
    )?;
    for address in 1..=8 {
        write!(
            text,
            "[[controller]]\nid = \"b{address}\"\nline = \"annex\"\naddress = {address}\nkind = \"io\"\n\
             map = \"waveshare-relay-8-inputs\"\n\
             [[controller.door]]\nid = \"door{address}\"\nlock = {{ output = 0, seconds = 1 }}\n\
             request_to_exit = {{ input = 0 }}\n"
        )?;
    }
    text.push_str(
        "[[controller]]\nid = \"gate-reader\"\nline = \"gate\"\nkind = \"reader\"\n\
         [[controller.door]]\nid = \"gate\"\nreader = 0\nlock = { controller = \"b5\", output = 3, seconds = 1 }\n",
    );
    Ok(())
}
