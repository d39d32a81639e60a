//! Boards that others made: libmodbus as the board, on a pair and in the network, and mbpoll as a second master that sees
//! what we did and does what nobody ordered.
#![allow(clippy::unwrap_used, reason = "a test that panics has failed")]

mod slave;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;
use tempfile::TempDir;
use tests::{Gateway, Process, eventually, program};

use slave::Slave;

/// The lock's output, and the inputs of contact and button.
const LOCK: usize = 2;
const CONTACT: usize = 0;
const BUTTON: usize = 1;

/// A site with one door, at a board.
struct Site {
    folder: TempDir,
    gateway: Gateway,
}

impl Site {
    /// `line` says where the board is, `map` what it is taken for.
    async fn start(line: &str, map: &str) -> Self {
        let folder = tempfile::Builder::new().prefix("gatehouse-test-").tempdir().unwrap();
        let text = format!(
            "[site]\nname = \"Test site\"\ntime_zone = \"Europe/Berlin\"\ndata_dir = \"data\"\n\n\
             [web]\nlisten = \"127.0.0.1:0\"\ntls = \"off\"\n\n\
             [cards]\ndefault_format = \"H10301\"\ndefault_facility = 100\n\n\
             [[line]]\nid = \"annex\"\n{line}\n\n\
             [[controller]]\nid = \"relays\"\nline = \"annex\"\naddress = 1\nkind = \"io\"\nmap = \"{map}\"\n\n\
             [[controller.door]]\nid = \"annex\"\nname = \"Annex\"\nlock = {{ output = {LOCK}, seconds = 2 }}\n\
             contact = {{ input = {CONTACT}, open = true }}\nrequest_to_exit = {{ input = {BUTTON} }}\nheld_after = 3\n"
        );
        let config = folder.path().join("gateway.toml");
        fs::write(&config, text).unwrap();
        let gateway = Gateway::start(&config, &folder.path().join("data")).await;
        let site = Self { folder, gateway };
        let door = async || site.gateway.api().site().await["controllers"][0]["doors"][0]["state"].clone();
        let is_known = |state: &Value| state["lock_reached"] == true && state["open"] == false;
        eventually("the door is known", door, is_known).await;
        site
    }

    async fn unlock(&self) {
        let mut command = program("gateway");
        let config = self.folder.path().join("gateway.toml");
        command.args(["door", "unlock", "annex", "--config"]).arg(config);
        let ran = tokio::task::spawn_blocking(move || command.output()).await.unwrap().unwrap();
        assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
    }

    async fn told(&self, what: &str) {
        let find = async || {
            let site = self.gateway.api().site().await;
            site["door_events"].as_array().unwrap().iter().any(|event| event["what"] == what)
        };
        eventually(&format!("the door tells {what}"), find, |told| *told).await;
    }

    /// What the verdict says, all of it.
    async fn says(&self, words: &str) {
        let verdict = async || self.gateway.api().site().await["verdict"].to_string();
        eventually(&format!("the page says {words:?}"), verdict, |said| said.contains(words)).await;
    }
}

/// Everything that a door needs of a board.
async fn a_door_works(site: &Site, board: &mut Slave) {
    board.coil(LOCK, "off", 1).await; // all its coils were on: whatever it showed before, the lock is off
    site.unlock().await;
    board.coil(LOCK, "on", 1).await;
    board.coil(LOCK, "off", 2).await;
    board.input(BUTTON, true);
    site.told("request_to_exit").await;
    board.coil(LOCK, "on", 2).await;
    board.input(BUTTON, false);
    board.coil(LOCK, "off", 3).await;
    board.input(CONTACT, true);
    site.told("held_warning").await;
    assert!(
        board.changes().iter().all(|change| change.starts_with(&format!("coil {LOCK} "))),
        "no other coil"
    );
}

/// mbpoll, asked once.
async fn mbpoll(port: u16, arguments: &[&str], values: &[&str]) -> String {
    let mut command = Command::new("mbpoll");
    command.args(["-m", "tcp", "-p", &port.to_string(), "-a", "1", "-t", "0", "-r", &(LOCK + 1).to_string()]);
    command.args(arguments).arg("127.0.0.1").args(values);
    let ran = tokio::task::spawn_blocking(move || command.output()).await.unwrap();
    let ran = ran.expect("mbpoll is installed: tests/run does it");
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
    String::from_utf8(ran.stdout).unwrap()
}

#[tokio::test]
async fn a_door_at_libmodbus_in_the_network_works_and_mbpoll_sees_what_we_did() {
    let board = Slave::in_the_network().await;
    let port = board.port();
    let site =
        Site::start(&format!("protocol = \"modbus-tcp\"\npeer = \"127.0.0.1:{port}\""), "standard-8").await;
    site.unlock().await;
    let seen = mbpoll(port, &["-c", "1", "-1"], &[]).await;
    assert!(seen.contains(&format!("[{}]: \t1", LOCK + 1)), "the lock is let go: {seen}");
    board.coil(LOCK, "off", 2).await;
    let seen = mbpoll(port, &["-c", "1", "-1"], &[]).await;
    assert!(seen.contains(&format!("[{}]: \t0", LOCK + 1)), "and locked again: {seen}");
    site.told("unlocked").await;
}

#[tokio::test]
async fn what_another_master_switches_on_is_told_and_switched_off() {
    let board = Slave::in_the_network().await;
    let port = board.port();
    let site =
        Site::start(&format!("protocol = \"modbus-tcp\"\npeer = \"127.0.0.1:{port}\""), "standard-8").await;
    board.coil(LOCK, "off", 1).await;
    // For a while after it was switched off its board may show either; what stays on beyond that is told.
    let mut switched = 0;
    while !site.gateway.api().site().await["verdict"].to_string().contains("nobody here has done that") {
        mbpoll(port, &[], &["1"]).await;
        switched += 1;
        board.coil(LOCK, "on", switched).await;
        board.coil(LOCK, "off", 1 + switched).await;
    }
}

#[tokio::test]
async fn a_door_at_libmodbus_on_a_pair_works_though_it_refuses_to_time_its_relays() {
    let folder = tempfile::tempdir().unwrap();
    let (ours, theirs) = (folder.path().join("ours"), folder.path().join("theirs"));
    let _pair = pair(&ours, &theirs).await;
    let mut board = Slave::on_a_pair(&theirs).await;
    let line = format!("protocol = \"modbus\"\nport = \"{}\"\nbaud = 9600", ours.display());
    let site = Site::start(&line, "waveshare-relay-8-inputs").await;
    a_door_works(&site, &mut board).await;
    site.says("refuses to time its outputs itself").await;
}

/// Two serial ports, one end of a wire each.
async fn pair(ours: &Path, theirs: &Path) -> Process {
    let end = |link: &PathBuf| format!("pty,raw,echo=0,link={}", link.display());
    let mut command = Command::new("socat");
    command.args([end(&ours.to_owned()), end(&theirs.to_owned())]);
    let process = Process::start(command);
    let there = async || ours.exists() && theirs.exists();
    eventually("the pair is there", there, |there| *there).await;
    process
}
