//! A gateway with other makers' devices at a broker, each in a process of its own: the gateway, the simulator, and Mosquitto
//! where it is the broker.

use std::fmt::Write as _;
use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use rumqttc::v5::MqttOptions;
use serde_json::{Value, json};
use tempfile::TempDir;
use tests::{Gateway, MqttClient, Process, Simulator, eventually, known_port, program};

/// Two boards that share a topic.
pub(crate) const BOARDS: [&str; 2] = ["yard", "dock"];

/// All controllers, each with one door of its name.
const ALL: [&str; 4] = ["yard", "dock", "gate", "porch"];

/// The files on a board, by the card numbers that are theirs.
pub(crate) type Files = Vec<(Value, Value)>;

/// Where the broker is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Broker {
    /// Inside the gateway, with a door in clear for boards that can't do TLS.
    Embedded,
    /// A Mosquitto, by the files that the gateway's command writes.
    Mosquitto,
}

pub(crate) struct Rig {
    pub(crate) folder: TempDir,
    pub(crate) gateway: Gateway,
    pub(crate) simulator: Simulator,
    mosquitto: Option<Process>,
    port: u16,
    secrets: Vec<String>,
}

impl Rig {
    /// All of it, running.
    pub(crate) async fn start(broker: Broker) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let port = known_port();
        let (config, data) = (folder.path().join("site.toml"), folder.path().join("data"));
        fs::create_dir_all(&data).unwrap();
        fs::write(&config, site(broker, port)).unwrap();
        let secrets: Vec<_> = ALL.iter().map(|id| enrol(&config, id, port)).collect();
        let mosquitto = (broker == Broker::Mosquitto).then(|| {
            write_mosquitto(&config, folder.path());
            start_mosquitto(folder.path())
        });
        let gateway = Gateway::start(&config, &data).await;
        let sim = folder.path().join("sim.toml");
        fs::write(&sim, simulated(port, &secrets)).unwrap();
        let simulator = Simulator::start(&sim).await;
        Self { folder, gateway, simulator, mosquitto, port, secrets }
    }

    pub(crate) fn config(&self) -> PathBuf {
        self.folder.path().join("site.toml")
    }

    /// The broker dies without a word, as its process does.
    pub(crate) fn kill_mosquitto(&mut self) {
        self.mosquitto.as_mut().unwrap().kill();
    }

    /// It comes back with an empty memory.
    pub(crate) fn restart_mosquitto(&mut self) {
        self.mosquitto = Some(start_mosquitto(self.folder.path()));
    }

    /// Somebody who has a device's secret.
    pub(crate) async fn thief(&self, of: &str, filters: &[&str]) -> MqttClient {
        let secret = &self.secrets[ALL.iter().position(|id| *id == of).unwrap()];
        let mut options = MqttOptions::new(format!("thief-{of}"), "127.0.0.1", self.port);
        options.set_credentials(of, secret).set_connection_timeout(30);
        options.set_keep_alive(Duration::from_secs(30)).set_max_packet_size(Some(4 << 20));
        MqttClient::with(options, filters).await
    }

    /// The files on a board, by the card numbers that are theirs.
    pub(crate) async fn files(&self, board: &str) -> Files {
        let cards = self.simulator.cards(board).await;
        cards.into_iter().map(|card| (card["number"].clone(), card["file"].clone())).collect()
    }

    /// Waits until the boards hold exactly these.
    pub(crate) async fn all_hold(&self, numbers: &[u64]) {
        for board in BOARDS {
            let held = async || self.simulator.numbers(board).await.into_iter().collect::<Vec<_>>();
            eventually(&format!("{board} holds {numbers:?}"), held, |held| held == numbers).await;
        }
    }

    /// What the boards decide by themselves.
    pub(crate) async fn all_say(&self, number: u64, granted: bool, word: &str) {
        for board in BOARDS {
            let swiped = self.simulator.swipe(board, number).await;
            let expected = json!([granted, word, "panel"]);
            assert_eq!(
                json!([swiped["granted"], swiped["reason"], swiped["decided_by"]]),
                expected,
                "{board}"
            );
        }
    }

    /// Waits until a controller is so.
    pub(crate) async fn is(&self, controller: &str, state: &str) {
        let api = self.gateway.api();
        let look = async || api.controller(controller).await["state"].clone();
        eventually(&format!("{controller} is {state}"), look, |is| is == state).await;
    }

    /// The receipt of a revocation is whole, and nobody is exposed any more.
    pub(crate) async fn revocation_is_proven(&self, card: &str) {
        let api = self.gateway.api();
        let find = async || {
            let receipts = api.receipts().await;
            receipts.into_iter().find(|one| one["action"] == "deactivate" && one["card"] == card)
        };
        let complete = |receipt: &Option<Value>| receipt.as_ref().is_some_and(|one| one["complete"] == true);
        let receipt = eventually("the revocation is proven", find, complete).await.unwrap();
        // Where the gateway decides itself, the change counts as soon as it is durable.
        assert_eq!(receipt["landings"].as_array().unwrap().len(), ALL.len(), "{receipt}");
        assert_eq!(api.exposed().await, Vec::<Value>::new());
    }
}

/// Gives a device a secret.
fn enrol(config: &Path, id: &str, port: u16) -> String {
    let printed = run(&["enrol", "--controller", id, "--host", "127.0.0.1"], config);
    let value = |key: &str| {
        let line = printed.lines().find_map(|line| line.strip_prefix(&format!("{key} = ")));
        line.map(|text| text.trim_matches('"').to_owned()).unwrap()
    };
    assert_eq!((value("user"), value("port"), value("tls")), (id.into(), port.to_string(), "false".into()));
    value("secret")
}

/// Runs `gateway` to its end; what it printed.
pub(crate) fn run(arguments: &[&str], config: &Path) -> String {
    let output = program("gateway").args(arguments).arg("--config").arg(config).output().unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "gateway {arguments:?}: {errors}");
    String::from_utf8(output.stdout).unwrap()
}

fn site(broker: Broker, port: u16) -> String {
    let broker = match broker {
        Broker::Embedded => {
            let listen = known_port();
            format!(
                "broker = \"embedded\"\nlisten = \"127.0.0.1:{listen}\"\nplain_listen = \"127.0.0.1:{port}\""
            )
        }
        Broker::Mosquitto => {
            format!("broker = \"mqtt://127.0.0.1:{port}\"\ncredentials_file = \"secrets/mqtt\"")
        }
    };
    format!(
        "[site]\nname = \"Harbour\"\ntime_zone = \"Europe/Berlin\"\ndata_dir = \"data\"\n\n\
         [web]\nlisten = \"127.0.0.1:0\"\ntls = \"off\"\n\n\
         [cards]\ndefault_format = \"H10301\"\ndefault_facility = 100\n\n\
         [mqtt]\n{broker}\n\n\
         [[controller]]\nid = \"yard\"\nkind = \"panel\"\n\
         mqtt = {{ dialect = \"esp-rfid\", topic = \"/esprfid\", ip = \"192.0.2.31\" }}\n\
         [[controller.door]]\nid = \"yard\"\nreader = 0\n\n\
         [[controller]]\nid = \"dock\"\nkind = \"panel\"\n\
         mqtt = {{ dialect = \"esp-rfid\", topic = \"/esprfid\", ip = \"192.0.2.32\", numbers = \"decimal\" }}\n\
         [[controller.door]]\nid = \"dock\"\nreader = 0\n\n\
         [[controller]]\nid = \"gate\"\nkind = \"reader\"\nmqtt = {{ dialect = \"tasmota\", topic = \"gate\" }}\n\
         [[controller.door]]\nid = \"gate\"\nname = \"Gate\"\nreader = 0\nlock = {{ output = 0, seconds = 2 }}\n\
         contact = {{ input = 0, open = true }}\nrequest_to_exit = {{ input = 1 }}\n\n\
         [[controller]]\nid = \"porch\"\nkind = \"reader\"\n\
         mqtt = {{ dialect = \"esphome\", topic = \"porch\", outputs = [\"lock/door\"], \
         inputs = [\"binary_sensor/contact\", \"binary_sensor/exit\"] }}\n\
         [[controller.door]]\nid = \"porch\"\nname = \"Porch\"\nreader = 0\nlock = {{ output = 0, seconds = 5 }}\n\
         contact = {{ input = 0, open = true }}\nrequest_to_exit = {{ input = 1 }}\n"
    )
}

fn simulated(port: u16, secrets: &[String]) -> String {
    let mut text =
        format!("[[broker]]\nid = \"hall\"\nhost = \"127.0.0.1\"\nport = {port}\nversion = \"3.1.1\"\n");
    let devices = [
        "dialect = \"esp-rfid\"\ntopic = \"/esprfid\"\nip = \"192.0.2.31\"",
        "dialect = \"esp-rfid\"\ntopic = \"/esprfid\"\nip = \"192.0.2.32\"\nhex = false",
        "dialect = \"tasmota\"\ntopic = \"gate\"",
        "dialect = \"esphome\"\ntopic = \"porch\"",
    ];
    for ((id, secret), device) in ALL.iter().zip(secrets).zip(devices) {
        write!(
            text,
            "\n[[mqtt]]\nid = \"{id}\"\nbroker = \"hall\"\n{device}\nuser = \"{id}\"\npassword = \"{secret}\"\n\
             client_id = \"{id}\"\nreconnect_ms = 100\n"
        )
        .unwrap();
    }
    text
}

fn write_mosquitto(config: &Path, folder: &Path) {
    let out = folder.join("mosquitto");
    run(&["mqtt", "mosquitto-config", "--out", out.to_str().unwrap()], config);
    // Whoever runs the tests reads the files that they wrote.
    if rustix::process::geteuid().is_root() {
        let mut file = OpenOptions::new().append(true).open(out.join("mosquitto.conf")).unwrap();
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
