//! What a test's site consists of, and its files on the disk.

use std::fmt::Write as _;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use crate::gateway::Gateway;
use crate::simulator::Simulator;

/// A site that is yet to be started: lines with panels, facility code 100, plain HTTP on a free port of loopback.
/// Its folder is gone when this is dropped, so keep it as long as what runs in it.
#[derive(Debug)]
pub struct SitePlan {
    folder: TempDir,
    lines: Vec<LinePlan>,
    strict: bool,
    /// What else stands in the gateway's configuration.
    more: String,
}

#[derive(Debug)]
struct LinePlan {
    id: String,
    baud: u32,
    /// What the gateway opens, where that is not the simulator's port.
    port: Option<PathBuf>,
    panels: Vec<PanelPlan>,
}

/// A panel with two readers, and a door at each.
#[derive(Clone, Debug)]
pub struct PanelPlan {
    id: String,
    key: Key,
    capacity: u32,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Key {
    /// Panel and gateway have the same.
    Shared,
    /// The panel is as delivered, and the gateway has none for it.
    Factory,
    /// Each has its own.
    Foreign,
}

impl PanelPlan {
    /// A panel that is enrolled: it and the gateway have the same key.
    pub fn new(id: &str) -> Self {
        Self { id: id.to_owned(), key: Key::Shared, capacity: 10_000 }
    }

    /// A panel as delivered, that nobody has enrolled yet.
    pub fn factory(id: &str) -> Self {
        Self { key: Key::Factory, ..Self::new(id) }
    }

    /// A panel that has another key than the gateway believes.
    pub fn with_foreign_key(id: &str) -> Self {
        Self { key: Key::Foreign, ..Self::new(id) }
    }

    /// With room for so many rows.
    pub fn with_capacity(self, capacity: u32) -> Self {
        Self { capacity, ..self }
    }
}

impl SitePlan {
    /// A site with one line called `north` and enrolled panels on it, at addresses from 1.
    pub fn new(baud: u32, panels: &[&str]) -> Self {
        Self::empty().line("north", baud, panels.iter().map(|id| PanelPlan::new(id)))
    }

    /// A site without lines.
    ///
    /// # Panics
    /// When there is no room for its folder.
    pub fn empty() -> Self {
        let folder = tempfile::Builder::new().prefix("gatehouse-test-").tempdir().unwrap();
        Self { folder, lines: Vec::new(), strict: false, more: String::new() }
    }

    /// With one more line.
    #[must_use]
    pub fn line(mut self, id: &str, baud: u32, panels: impl IntoIterator<Item = PanelPlan>) -> Self {
        let panels = panels.into_iter().collect();
        self.lines.push(LinePlan { id: id.to_owned(), baud, port: None, panels });
        self
    }

    /// Where the gateway opens another port than the simulator's for a line.
    ///
    /// # Panics
    /// When there is no such line.
    #[must_use]
    pub fn port(mut self, line: &str, port: &Path) -> Self {
        let line = self.lines.iter_mut().find(|planned| planned.id == line).unwrap();
        line.port = Some(port.to_owned());
        self
    }

    /// People whose card can't be used are refused.
    #[must_use]
    pub fn strict(self) -> Self {
        Self { strict: true, ..self }
    }

    /// With these lines at the end of the gateway's configuration.
    #[must_use]
    pub fn with(mut self, lines: &str) -> Self {
        self.more += lines;
        self
    }

    /// With a file that its owner alone may read, at that path below the folder.
    ///
    /// # Panics
    /// When it can't be written.
    #[must_use]
    pub fn secret(self, path: &str, content: &str) -> Self {
        let path = self.folder().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, content).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        self
    }

    /// The folder with all of the site's files.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The gateway's data folder.
    pub fn data(&self) -> PathBuf {
        self.folder().join("data")
    }

    /// The gateway's configuration.
    pub fn config(&self) -> PathBuf {
        self.folder().join("gateway.toml")
    }

    /// The port of a line as the simulator offers it.
    pub fn simulated_port(&self, line: &str) -> PathBuf {
        self.folder().join(format!("{line}.pty"))
    }

    /// The key file of a controller.
    pub fn key_file(&self, panel: &str) -> PathBuf {
        self.folder().join(format!("keys/{panel}.scbk"))
    }

    /// The ids of all panels.
    pub fn panels(&self) -> Vec<&str> {
        self.lines.iter().flat_map(|line| &line.panels).map(|panel| panel.id.as_str()).collect()
    }

    /// Writes the simulator's configuration and starts it.
    ///
    /// # Panics
    /// When that fails.
    pub async fn simulator(&self) -> Simulator {
        let file = self.folder().join("sim.toml");
        fs::write(&file, self.simulation()).unwrap();
        Simulator::start(&file).await
    }

    /// Writes configuration and keys, starts the gateway, and waits until it is ready.
    ///
    /// # Panics
    /// When that fails.
    pub async fn gateway(&self) -> Gateway {
        self.write();
        Gateway::start(&self.config(), &self.data()).await
    }

    /// Writes the gateway's configuration and keys.
    ///
    /// # Panics
    /// When that fails.
    pub fn write(&self) {
        fs::create_dir_all(self.folder().join("keys")).unwrap();
        for (index, panel) in self.lines.iter().flat_map(|line| &line.panels).enumerate() {
            if panel.key != Key::Factory {
                let file = self.key_file(&panel.id);
                fs::write(&file, key(index)).unwrap();
                fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
            }
        }
        fs::write(self.config(), self.configuration()).unwrap();
    }

    fn configuration(&self) -> String {
        let mut text = format!(
            "[site]\nname = \"Test site\"\ntime_zone = \"Europe/Berlin\"\ndata_dir = \"data\"\n\n\
             [web]\nlisten = \"127.0.0.1:0\"\ntls = \"off\"\n\n\
             [cards]\ndefault_format = \"H10301\"\ndefault_facility = 100\nstrict = {}\n",
            self.strict
        );
        for line in &self.lines {
            let port = line.port.clone().unwrap_or_else(|| self.simulated_port(&line.id));
            let (id, port, baud) = (&line.id, port.display(), line.baud);
            write!(
                text,
                "\n[[line]]\nid = \"{id}\"\nprotocol = \"osdp\"\nport = \"{port}\"\nbaud = {baud}\n"
            )
            .unwrap();
            for (place, panel) in line.panels.iter().enumerate() {
                text += &controller(&line.id, place + 1, &panel.id);
            }
        }
        text + &self.more
    }

    fn simulation(&self) -> String {
        let mut text = String::new();
        let mut index = 0;
        for line in &self.lines {
            let (id, port, baud) = (&line.id, self.simulated_port(&line.id), line.baud);
            write!(text, "[[line]]\nid = \"{id}\"\nbaud = {baud}\nsymlink = \"{}\"\n\n", port.display())
                .unwrap();
            for (place, PanelPlan { id: panel, key: kind, capacity }) in line.panels.iter().enumerate() {
                let key = match kind {
                    Key::Shared => format!("scbk = \"{}\"", key(index)),
                    Key::Foreign => format!("scbk = \"{}\"", key(index + 100)),
                    Key::Factory => "factory = true".to_owned(),
                };
                let address = place + 1;
                write!(
                    text,
                    "[[panel]]\nid = \"{panel}\"\nline = \"{id}\"\naddress = {address}\ncapacity = {capacity}\n{key}\n\n"
                )
                .unwrap();
                index += 1;
            }
        }
        text
    }
}

fn controller(line: &str, address: usize, id: &str) -> String {
    format!(
        "\n[[controller]]\nid = \"{id}\"\nline = \"{line}\"\naddress = {address}\nkind = \"panel\"\n\
         scbk_file = \"keys/{id}.scbk\"\n\
         \n[[controller.door]]\nid = \"{id}-front\"\nname = \"{id}, front\"\nreader = 0\n\
         \n[[controller.door]]\nid = \"{id}-back\"\nname = \"{id}, back\"\nreader = 1\n"
    )
}

/// A key of its own for each number, as 32 hexadecimal digits.
fn key(number: usize) -> String {
    format!("{:032x}", 0x1234_5678_9abc_def0_0fed_cba9_8765_4321_u128 ^ ((number as u128) << 64))
}
