//! The site: its hardware, on every kind of line, its gateway, and what people do there.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use tempfile::TempDir;
use tests::{Gateway, Simulator, eventually, program};
use tokio::task::JoinHandle;

const KEY: &str = "30313233343536373839616263646566";

/// What may differ from one site to the next.
#[derive(Clone, Debug)]
pub(crate) struct Hardware {
    /// The OSDP reader's serial number.
    pub(crate) serial: u32,
    /// What the boards take to answer.
    pub(crate) answers_after_ms: u64,
}

impl Default for Hardware {
    fn default() -> Self {
        Self { serial: 7, answers_after_ms: 3 }
    }
}

/// A site with its doors: `turnstile` (OSDP reader), `gate` (adapter on a port, relay on a pair, contact elsewhere), `yard`
/// (adapter and relay in the network) and `roof` (no reader).
pub(crate) struct Rig {
    folder: TempDir,
    pub(crate) sim: Simulator,
    pub(crate) gateway: Gateway,
}

impl Rig {
    pub(crate) async fn start() -> Self {
        Self::with(Hardware::default()).await
    }

    pub(crate) async fn with(hardware: Hardware) -> Self {
        let folder = tempfile::Builder::new().prefix("gatehouse-test-").tempdir().unwrap();
        let sim = simulator(folder.path(), &hardware).await;
        let peer = async |line: &str| sim.line(line).await["address"].as_str().unwrap().to_owned();
        let (roof, yard) = (peer("roof").await, peer("yard").await);
        let key = folder.path().join("turnstile.scbk");
        fs::write(&key, KEY).unwrap();
        fs::set_permissions(&key, fs::Permissions::from_mode(0o600)).unwrap();
        let config = folder.path().join("gateway.toml");
        fs::write(&config, configuration(folder.path(), &roof, &yard)).unwrap();
        let data = folder.path().join("data");
        fs::create_dir(&data).unwrap();
        fs::set_permissions(&data, fs::Permissions::from_mode(0o700)).unwrap();
        let gateway = Gateway::start(&config, &data).await;
        let rig = Self { folder, sim, gateway };
        rig.ready().await;
        rig
    }

    /// Every lock can be reached and every contact is known.
    pub(crate) async fn ready(&self) {
        for door in ["turnstile", "gate", "yard", "roof"] {
            let has_contact = ["turnstile", "gate"].contains(&door);
            let ready =
                |state: &Value| state["lock_reached"] == true && (!has_contact || state["open"] == false);
            let state = async || self.state(door).await;
            eventually(&format!("{door} is known"), state, ready).await;
        }
        // What a reader tells before a first poll had nothing new is of unknown age, and taken for old.
        let heard = async || self.gateway.api().site().await["lines"][0]["frames_received"].as_u64().unwrap();
        let begun = heard().await;
        eventually("the reader had nothing to tell", heard, |count| *count >= begun + 8).await;
    }

    /// Other hardware in the place of what is there, on the same ports.
    pub(crate) async fn replace_hardware(&mut self, hardware: &Hardware) {
        self.sim.kill();
        self.sim = simulator(self.folder.path(), hardware).await;
    }

    pub(crate) async fn give_card(&self, name: &str, number: u64) -> String {
        self.gateway.scim().create(name, Some(&number.to_string())).await
    }

    /// Presents the card of that number and gives what the reader was answered, once it was.
    pub(crate) async fn swipe(&self, controller: &str, number: u64) -> Value {
        self.begin_swipe(controller, number).await.unwrap()
    }

    /// Presents the card of that number, and waits for nothing.
    pub(crate) fn begin_swipe(&self, controller: &str, number: u64) -> JoinHandle<Value> {
        let (person, controller) = (self.sim.person(), controller.to_owned());
        tokio::spawn(async move { person.swipe(&controller, number).await })
    }

    /// Presents the card of that number and gives the event that comes of it.
    pub(crate) async fn event_of(&self, controller: &str, number: u64) -> Value {
        let before = self.events().await.len();
        drop(self.begin_swipe(controller, number));
        let events =
            eventually("the card is logged", async || self.events().await, |it| it.len() > before).await;
        events[0].clone()
    }

    pub(crate) async fn events(&self) -> Vec<Value> {
        self.gateway.api().site().await["events"].as_array().unwrap().clone()
    }

    /// Waits for something that is told of a door, and gives it.
    pub(crate) async fn told(&self, door: &str, what: &str) -> Value {
        let find = async || self.told_so_far(door, what).await.pop();
        eventually(&format!("{door} tells {what}"), find, Option::is_some).await.unwrap()
    }

    /// What was told of a door, whose name is its id with a capital.
    pub(crate) async fn told_so_far(&self, door: &str, what: &str) -> Vec<Value> {
        let site = self.gateway.api().site().await;
        let all = site["door_events"].as_array().unwrap().iter();
        let is_meant = |event: &&Value| {
            let at = event["door"].as_str().unwrap();
            at.eq_ignore_ascii_case(door) && event["what"] == what
        };
        all.filter(is_meant).cloned().collect()
    }

    /// How a door stands.
    pub(crate) async fn state(&self, door: &str) -> Value {
        let site = self.gateway.api().site().await;
        let controllers = site["controllers"].as_array().unwrap();
        let mut doors = controllers.iter().flat_map(|controller| controller["doors"].as_array().unwrap());
        doors.find(|one| one["id"] == door).unwrap()["state"].clone()
    }

    /// How often an output was switched on.
    pub(crate) async fn switched_on(&self, controller: &str, output: usize) -> u64 {
        self.sim.controller(controller).await["switched_on"][output].as_u64().unwrap()
    }

    pub(crate) async fn output_is(&self, controller: &str, output: usize, on: bool) {
        let shown = async || self.sim.controller(controller).await["outputs"][output].clone();
        let what = format!("output {output} of {controller} is {}", if on { "on" } else { "off" });
        eventually(&what, shown, |shown| *shown == on).await;
    }

    /// Waits until the adapter has said so many frames, heard or not.
    pub(crate) async fn adapter_has_said(&self, frames: u64) {
        let said = async || self.sim.line("gate").await["counters"]["panel_frames"].as_u64().unwrap();
        eventually(&format!("the adapter has said {frames} frames"), said, |said| *said >= frames).await;
    }

    pub(crate) async fn input(&self, controller: &str, input: usize, active: bool) {
        let (path, body) =
            (format!("/controllers/{controller}/inputs"), json!({ input.to_string(): active }));
        self.sim.post(&path, &body).await;
    }

    /// `gateway door …` for one door, and whether it succeeded.
    pub(crate) async fn door(&self, door: &str, arguments: &[&str]) -> (bool, String) {
        let mut command = program("gateway");
        command.arg("door").args(arguments).arg(door).arg("--config").arg(self.config());
        let ran = tokio::task::spawn_blocking(move || command.output()).await.unwrap().unwrap();
        let said = [ran.stdout, ran.stderr].concat();
        (ran.status.success(), String::from_utf8(said).unwrap())
    }

    fn config(&self) -> PathBuf {
        self.folder.path().join("gateway.toml")
    }
}

async fn simulator(folder: &Path, hardware: &Hardware) -> Simulator {
    let Hardware { serial, answers_after_ms } = hardware;
    let board = format!("address = 1\nanswers_after_ms = {answers_after_ms}\n");
    let text = format!(
        "[[line]]\nid = \"north\"\nbaud = 115200\nsymlink = \"north.pty\"\n\
         [[line]]\nid = \"annex\"\nprotocol = \"modbus\"\nbaud = 38400\nsymlink = \"annex.pty\"\n\
         [[line]]\nid = \"roof\"\nprotocol = \"modbus-tcp\"\nlisten = \"127.0.0.1:0\"\n\
         [[line]]\nid = \"gate\"\nprotocol = \"wiegand-serial\"\nbaud = 9600\nsymlink = \"gate.pty\"\n\
         [[line]]\nid = \"yard\"\nprotocol = \"wiegand-serial\"\nlisten = \"127.0.0.1:0\"\nbaud = 9600\n\
         [[reader]]\nid = \"turnstile\"\nline = \"north\"\naddress = 4\nserial = {serial}\nscbk = \"{KEY}\"\n\
         [[board]]\nid = \"relays\"\nline = \"annex\"\nmodel = \"waveshare-relay-8\"\n{board}\
         [[board]]\nid = \"roof-relays\"\nline = \"roof\"\nmodel = \"standard-8\"\n{board}\
         [[adapter]]\nid = \"gate-reader\"\nline = \"gate\"\nframes = \"wie232-26\"\n\
         lock = {{ controller = \"relays\", output = 1 }}\n\
         [[adapter]]\nid = \"yard-reader\"\nline = \"yard\"\nframes = \"wie232-26\"\n\
         lock = {{ controller = \"roof-relays\", output = 3 }}\n"
    );
    let file = folder.join("sim.toml");
    fs::write(&file, text).unwrap();
    Simulator::start(&file).await
}

fn configuration(folder: &Path, roof: &str, yard: &str) -> String {
    let folder = folder.display();
    format!(
        "[site]\nname = \"Test site\"\ntime_zone = \"Europe/Berlin\"\ndata_dir = \"data\"\n\n\
         [web]\nlisten = \"127.0.0.1:0\"\ntls = \"off\"\n\n\
         [cards]\ndefault_format = \"H10301\"\ndefault_facility = 100\n\n\
         [[line]]\nid = \"north\"\nprotocol = \"osdp\"\nport = \"{folder}/north.pty\"\nbaud = 115200\n\n\
         [[line]]\nid = \"annex\"\nprotocol = \"modbus\"\nport = \"{folder}/annex.pty\"\nbaud = 38400\n\n\
         [[line]]\nid = \"roof\"\nprotocol = \"modbus-tcp\"\npeer = \"{roof}\"\n\n\
         [[line]]\nid = \"gate\"\nprotocol = \"wiegand-serial\"\nport = \"{folder}/gate.pty\"\nbaud = 9600\nframes = \"wie232-26\"\n\n\
         [[controller]]\nid = \"turnstile\"\nline = \"north\"\naddress = 4\nkind = \"reader\"\nscbk_file = \"turnstile.scbk\"\n\n\
         [[controller.door]]\nid = \"turnstile\"\nname = \"Turnstile\"\nreader = 0\nlock = {{ output = 0, seconds = 2 }}\n\
         contact = {{ input = 0, open = true }}\nrequest_to_exit = {{ input = 1 }}\n\n\
         [[controller]]\nid = \"relays\"\nline = \"annex\"\naddress = 1\nkind = \"io\"\nmap = \"waveshare-relay-8\"\n\n\
         [[controller]]\nid = \"roof-relays\"\nline = \"roof\"\naddress = 1\nkind = \"io\"\nmap = \"standard-8\"\n\n\
         [[controller.door]]\nid = \"roof\"\nname = \"Roof\"\nlock = {{ output = 2, seconds = 1 }}\n\n\
         [[controller]]\nid = \"gate-reader\"\nline = \"gate\"\nkind = \"reader\"\n\n\
         [[controller.door]]\nid = \"gate\"\nname = \"Gate\"\nreader = 0\n\
         lock = {{ controller = \"relays\", output = 1, seconds = 3 }}\n\
         contact = {{ controller = \"roof-relays\", input = 0, open = true }}\n\
         request_to_exit = {{ controller = \"roof-relays\", input = 1 }}\n\n\
         [[line]]\nid = \"yard\"\nprotocol = \"wiegand-serial\"\npeer = \"{yard}\"\nframes = \"wie232-26\"\n\n\
         [[controller]]\nid = \"yard-reader\"\nline = \"yard\"\nkind = \"reader\"\n\n\
         [[controller.door]]\nid = \"yard\"\nname = \"Yard\"\nreader = 0\n\
         lock = {{ controller = \"roof-relays\", output = 3, seconds = 2 }}\n"
    )
}
