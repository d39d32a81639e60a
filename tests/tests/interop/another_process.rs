//! libosdp in a process of its own, by its Python binding, at the other end of two pseudo-terminals that socat joins:
//! it can be killed in the middle of a word.

use std::fs::{File, OpenOptions};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Command as Program, Stdio};
use std::time::{Duration, Instant};

use panel_protocol::credential::Credential;
use panel_protocol::osdp::command::{
    Buzzer, Color, Command, LedControl, OutputAction, OutputControl, Pattern, PermanentAction,
    TemporaryAction, Tone,
};
use panel_protocol::osdp::cp::{Event, OfflineCause, PdKey};
use panel_protocol::osdp::payload::Manufacturer;
use panel_protocol::osdp::pd;
use panel_protocol::osdp::records::Records;
use panel_protocol::osdp::reply::{Raw, Reply};
use panel_protocol::osdp::secure::KeyKind;
use serde_json::{Value, json};
use tempfile::TempDir;
use tests::{PATIENCE, Process, workspace};

use crate::line::Line;
use crate::our_cp::{OurCp, Said};
use crate::our_pd::OurPd;
use crate::pair::{ADDRESS, KEY, Machine, OUI, Pair};

/// Our CP takes a PD to be away after this.
const OFFLINE_AFTER: Duration = Duration::from_secs(1);

/// libosdp's numbers for what it hands over.
const OUTPUT: u8 = 1;
const LED: u8 = 2;
const BUZZER: u8 = 3;
const MANUFACTURER: u8 = 7;
const CARD: u8 = 1;
const MANUFACTURER_REPLY: u8 = 3;

#[test]
fn their_pd_serves_our_cp_and_comes_back_after_a_kill() {
    let (line, ours, elsewhere) = Elsewhere::new("pd");
    let cp = OurCp::with_patience(ours, PdKey::Scbk(KEY), OFFLINE_AFTER);
    let mut pair = Pair { cp, pd: elsewhere, line };
    for _ in 0..2 {
        pair.until_at_work();
        pair.their_pd_obeys_and_tells();
        pair.pd.process.kill();
        pair.cp.events.clear();
        let offline = Event::Offline { cause: OfflineCause::Silent };
        pair.until("our CP takes it to be away", |cp, _| cp.events.contains(&offline));
        pair.pd.start();
    }
    pair.until("our CP has a session again", |cp, _| cp.is_ready());
    assert_eq!(pair.cp.status().counters.sessions, 3);
}

#[test]
fn their_cp_serves_our_pd_and_comes_back_after_a_kill() {
    let (line, ours, elsewhere) = Elsewhere::new("cp");
    let mut pair = Pair { cp: elsewhere, pd: OurPd::new(ours, Some(KEY), true), line };
    for _ in 0..2 {
        pair.until("our PD has a session", |_, pd| {
            pd.events.ends_with(&[pd::Event::SecureOpened(KeyKind::Installed)])
        });
        pair.until("their CP is online", |cp, _| cp.said().iter().any(is_online));
        pair.their_cp_commands_and_hears();
        pair.cp.process.kill();
        pair.silence();
        pair.pd.events.clear();
        pair.cp.start();
    }
    pair.until("our PD has a session again", |_, pd| pd.secured_by().is_some() && pd.events.len() >= 2);
    assert_eq!(
        pair.pd.events[0],
        pd::Event::SecureClosed(pd::Closed::ByCp),
        "not by silence: it was back soon"
    );
}

const LED_CONTROL: LedControl = LedControl {
    reader: 0,
    led: 1,
    temporary: TemporaryAction::Set,
    temporary_pattern: Pattern { on_100ms: 3, off_100ms: 4, on_color: Color::Red, off_color: Color::Black },
    timer_100ms: 10,
    permanent: PermanentAction::Keep,
    permanent_pattern: Pattern { on_100ms: 0, off_100ms: 0, on_color: Color::Black, off_color: Color::Black },
};

/// A timer of more than a byte is cut to one by the binding, in both directions, which the crate doesn't.
const OUTPUT_CONTROL: OutputControl =
    OutputControl { output: 3, action: OutputAction::OnFor, timer_100ms: 0x34 };

const BUZZ: Buzzer = Buzzer { reader: 0, tone: Tone::Default, on_100ms: 2, off_100ms: 1, count: 3 };

const VENDOR_BYTES: [u8; 40] = [0xA5; 40];

/// Commands in our words, and as the binding has them.
fn commands() -> [(Command<'static>, Value); 4] {
    let led = json!({
        "command": LED, "reader": 0, "led_number": 1, "temporary": true, "control_code": 2,
        "on_count": 3, "off_count": 4, "on_color": 1, "off_color": 0, "timer_count": 10,
    });
    let output = json!({ "command": OUTPUT, "output_no": 3, "control_code": 5, "timer_count": 0x34 });
    let buzzer = json!({
        "command": BUZZER, "reader": 0, "control_code": 2, "on_count": 2, "off_count": 1, "rep_count": 3,
    });
    let vendor = json!({
        "command": MANUFACTURER, "vendor_code": vendor_code(), "data": "a5".repeat(VENDOR_BYTES.len()),
    });
    [
        (Command::Led(Records::of(const { &[LED_CONTROL] })), led),
        (Command::Output(Records::of(const { &[OUTPUT_CONTROL] })), output),
        (Command::Buzzer(BUZZ), buzzer),
        (Command::Manufacturer(Manufacturer { oui: OUI, data: &VENDOR_BYTES }), vendor),
    ]
}

fn vendor_code() -> u32 {
    let [a, b, c] = OUI;
    u32::from_le_bytes([a, b, c, 0])
}

fn card() -> Credential {
    Credential::new(26, 0x2F6_23AE).unwrap()
}

fn card_event() -> Value {
    json!({
        "event": CARD, "reader_no": 0, "format": 1, "direction": 0, "length": 26, "data": "bd88eb80",
    })
}

impl Pair<OurCp, Elsewhere> {
    fn their_pd_obeys_and_tells(&mut self) {
        for (ours, theirs) in commands() {
            let said = self.ask(&ours);
            match ours {
                Command::Manufacturer(message) => assert_eq!(said.reply(), Reply::Manufacturer(message)),
                _ => assert_eq!(said.reply(), Reply::Ack),
            }
            self.until("it was told so", |_, pd| pd.said().contains(&theirs));
        }
        self.cp.told.clear();
        self.pd.tell(&card_event());
        self.until("the card is there", |cp, _| !cp.told.is_empty());
        let Reply::Raw(raw) = self.cp.told[0].reply() else { panic!("no card: {:?}", self.cp.told) };
        assert_eq!((raw.credential(), self.cp.told.len()), (Ok(card()), 1));
    }
}

/// Bytes that belong to no frame.
const NOISE: &[u8] = b"noise";

impl Pair<Elsewhere, OurPd> {
    /// Lets the last words of a killed CP and the answers to them pass: libosdp would take an old answer to its first
    /// question for a reason to leave the PD alone for five minutes.
    fn silence(&mut self) {
        let heard = self.pd.noise_heard();
        self.cp.terminal.write_all(NOISE).unwrap();
        self.until("noise has come through", |_, pd| pd.noise_heard() > heard);
        self.pd.babble(NOISE);
        let mut passed = Vec::new();
        while !passed.ends_with(NOISE) {
            let mut room = [0; 256];
            let len = self.cp.terminal.read(&mut room).unwrap();
            passed.extend_from_slice(&room[..len]);
        }
    }

    fn their_cp_commands_and_hears(&mut self) {
        self.pd.device.commands.clear();
        for (_, theirs) in commands() {
            self.cp.tell(&theirs);
        }
        self.until("all commands are there", |_, pd| pd.device.commands.len() >= commands().len());
        assert_eq!(self.pd.device.commands, commands().map(|(ours, _)| Said::of(&ours)));
        let answer = json!({
            "event": MANUFACTURER_REPLY, "vendor_code": vendor_code(), "data": "a5".repeat(VENDOR_BYTES.len()),
        });
        self.until("the vendor's reply is there", |cp, _| cp.said().contains(&answer));
        self.pd.tell(&Reply::Raw(Raw::of(0, card(), &mut [0; 8])));
        self.until("the card is there", |cp, pd| {
            pd.device.news.is_empty() && cp.said().iter().any(|event| event["event"] == CARD)
        });
        let read = self.cp.said().into_iter().find(|event| event["event"] == CARD).unwrap();
        assert_eq!((&read["length"], &read["data"]), (&json!(26), &json!("bd88eb80")));
    }
}

/// A notification that the PD is online.
fn is_online(event: &Value) -> bool {
    *event == json!({ "event": 5, "type": 2, "arg0": 1, "arg1": 0 })
}

/// The other process, and socat between us.
struct Elsewhere {
    role: &'static str,
    process: Process,
    port: PathBuf,
    _socat: Process,
    /// The far terminal, kept alive while nobody else has it open.
    terminal: File,
    _folder: TempDir,
}

impl Elsewhere {
    fn new(role: &'static str) -> (Line, crate::line::End, Self) {
        let folder = tempfile::tempdir().unwrap();
        let (near, far) = (folder.path().join("near"), folder.path().join("far"));
        let terminal = |link: &Path| format!("pty,raw,echo=0,link={}", link.display());
        let mut socat = Program::new("socat");
        socat.args([terminal(&near), terminal(&far)]).stdin(Stdio::null());
        let socat = Process::start(socat);
        let began = Instant::now();
        while !(near.exists() && far.exists()) {
            assert!(began.elapsed() < PATIENCE, "socat makes no terminals");
            std::thread::yield_now();
        }
        let terminal = OpenOptions::new().read(true).write(true).open(&far).unwrap();
        let (line, end) = Line::open(&near);
        let process = Self::spawn(role, &far);
        (line, end, Self { role, process, port: far, _socat: socat, terminal, _folder: folder })
    }

    fn spawn(role: &str, port: &Path) -> Process {
        let python = workspace().join("target/venv/bin/python");
        assert!(
            python.is_file(),
            "{} is not there; tests/run installs it, or: python3 -m venv target/venv && \
             target/venv/bin/pip install --requirement tests/requirements.txt",
            python.display()
        );
        let key = KEY.expose().map(|byte| format!("{byte:02x}")).concat();
        let mut program = Program::new(python);
        program.arg(workspace().join("tests/peers/libosdp_peer.py")).arg(role).arg(port);
        program.args([ADDRESS.to_string(), key]).stdin(Stdio::piped());
        Process::start(program)
    }

    /// Starts it again after it was killed.
    fn start(&mut self) {
        self.process = Self::spawn(self.role, &self.port);
    }

    /// Has libosdp do something.
    fn tell(&mut self, value: &Value) {
        self.process.tell(&value.to_string());
    }

    /// What libosdp has handed over since the process began.
    fn said(&self) -> Vec<Value> {
        self.process.output().iter().map(|line| serde_json::from_str(line).unwrap()).collect()
    }
}

impl Machine for Elsewhere {
    /// It does so by itself.
    fn step(&mut self) {}
}
