//! A gateway with controllers at a broker, each in a process of its own: the gateway, the simulator, and Mosquitto where
//! it is the broker.

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;
use tests::{Gateway, Process, Simulator, known_port, program};

/// The site in topics.
pub(crate) const SITE: &str = "harbour";

/// The controllers of every site here, each with one door.
pub(crate) const PANELS: [&str; 2] = ["shed", "gate"];

/// Where the broker is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Broker {
    /// Inside the gateway, with TLS.
    Embedded,
    /// A Mosquitto, by the files that the gateway's command writes.
    Mosquitto,
}

/// What a controller was given by `gateway enrol`.
#[derive(Clone, Debug)]
pub(crate) struct Enrolled {
    pub(crate) user: String,
    pub(crate) secret: String,
    pub(crate) ca: Option<String>,
}

pub(crate) struct Rig {
    pub(crate) folder: TempDir,
    pub(crate) gateway: Gateway,
    pub(crate) simulator: Simulator,
    pub(crate) mosquitto: Option<Process>,
    pub(crate) port: u16,
    pub(crate) enrolled: Vec<Enrolled>,
}

impl Rig {
    /// All of it, running; the simulator speaks this version of MQTT.
    pub(crate) async fn start(broker: Broker, version: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let port = known_port();
        let (config, data) = (folder.path().join("site.toml"), folder.path().join("data"));
        fs::create_dir_all(&data).unwrap();
        fs::write(&config, site(broker, port)).unwrap();
        let enrolled: Vec<_> = PANELS.iter().map(|id| enrol(&config, id)).collect();
        let mosquitto = (broker == Broker::Mosquitto).then(|| {
            write_mosquitto(&config, folder.path());
            start_mosquitto(folder.path())
        });
        let gateway = Gateway::start(&config, &data).await;
        let sim = folder.path().join("sim.toml");
        fs::write(&sim, simulated(folder.path(), port, version, &enrolled)).unwrap();
        let simulator = Simulator::start(&sim).await;
        Self { folder, gateway, simulator, mosquitto, port, enrolled }
    }

    /// The broker dies without a word, as its process does.
    pub(crate) fn kill_mosquitto(&mut self) {
        self.mosquitto.as_mut().unwrap().kill();
    }

    /// It comes back with an empty memory.
    pub(crate) fn restart_mosquitto(&mut self) {
        self.mosquitto = Some(start_mosquitto(self.folder.path()));
    }

    /// Where the controllers of the other version are.
    pub(crate) fn config(&self) -> PathBuf {
        self.folder.path().join("site.toml")
    }
}

/// Runs `gateway` to its end; what it printed.
pub(crate) fn run(arguments: &[&str], config: &Path) -> String {
    let output = program("gateway").args(arguments).arg("--config").arg(config).output().unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "gateway {arguments:?}: {errors}");
    String::from_utf8(output.stdout).unwrap()
}

/// Gives a controller a secret, and reads the file that it would be given.
pub(crate) fn enrol(config: &Path, id: &str) -> Enrolled {
    let printed = run(&["enrol", "--controller", id, "--host", "localhost"], config);
    let value = |key: &str| {
        let line = printed.lines().find_map(|line| line.strip_prefix(&format!("{key} = ")));
        line.map(|text| text.trim_matches('"').to_owned())
    };
    assert_eq!(value("topics").as_deref(), Some(format!("gatehouse/v1/{SITE}/{id}").as_str()), "{printed}");
    assert_eq!((value("host").as_deref(), value("client_id").as_deref()), (Some("localhost"), Some(id)));
    let ca = printed.split("\"\"\"\n").nth(1).map(ToOwned::to_owned);
    Enrolled { user: value("user").unwrap(), secret: value("secret").unwrap(), ca }
}

fn site(broker: Broker, port: u16) -> String {
    let broker = match broker {
        Broker::Embedded => format!("broker = \"embedded\"\nlisten = \"127.0.0.1:{port}\""),
        Broker::Mosquitto => {
            format!("broker = \"mqtt://127.0.0.1:{port}\"\ncredentials_file = \"secrets/mqtt\"")
        }
    };
    let mut text = format!(
        "[site]\nname = \"Harbour\"\ntime_zone = \"Europe/Berlin\"\ndata_dir = \"data\"\n\n\
         [web]\nlisten = \"127.0.0.1:0\"\ntls = \"off\"\n\n\
         [cards]\ndefault_format = \"H10301\"\ndefault_facility = 100\n\n\
         [mqtt]\nsite = \"{SITE}\"\n{broker}\n"
    );
    for id in PANELS {
        text += &format!(
            "\n[[controller]]\nid = \"{id}\"\nkind = \"panel\"\nmqtt = {{ dialect = \"native\", topic = \"{id}\" }}\n\n\
             [[controller.door]]\nid = \"{id}-door\"\nreader = 0\n"
        );
    }
    text
}

fn simulated(folder: &Path, port: u16, version: &str, enrolled: &[Enrolled]) -> String {
    let ca = enrolled.iter().find_map(|one| one.ca.as_ref());
    let (host, ca) = match ca {
        None => ("127.0.0.1", String::new()),
        Some(pem) => {
            fs::write(folder.join("ca.pem"), pem).unwrap();
            ("localhost", "ca_file = \"ca.pem\"\n".to_owned())
        }
    };
    let mut text =
        format!("[[broker]]\nid = \"hall\"\nhost = \"{host}\"\nport = {port}\nversion = \"{version}\"\n{ca}");
    for Enrolled { user, secret, .. } in enrolled {
        text += &format!(
            "\n[[mqtt]]\nid = \"{user}\"\nbroker = \"hall\"\ndialect = \"native\"\nsite = \"{SITE}\"\n\
             topic = \"{user}\"\nuser = \"{user}\"\npassword = \"{secret}\"\nreconnect_ms = 100\n"
        );
    }
    text
}

fn write_mosquitto(config: &Path, folder: &Path) {
    let out = folder.join("mosquitto");
    let printed = run(&["mqtt", "mosquitto-config", "--out", out.to_str().unwrap()], config);
    let file = out.join("mosquitto.conf");
    assert_eq!(Path::new(printed.trim()), file);
    // Whoever runs the tests reads the files that they wrote.
    if rustix::process::geteuid().is_root() {
        let mut file = OpenOptions::new().append(true).open(file).unwrap();
        file.write_all(b"user root\n").unwrap();
    }
}

fn start_mosquitto(folder: &Path) -> Process {
    let known = ["/usr/sbin/mosquitto", "/usr/local/sbin/mosquitto"];
    let path = known.into_iter().find(|path| Path::new(path).is_file()).unwrap_or("mosquitto");
    let mut command = Command::new(path);
    command.arg("-c").arg(folder.join("mosquitto/mosquitto.conf"));
    Process::start(command)
}
