//! `gateway scan` on lines of simulated devices.
#![allow(clippy::unwrap_used, reason = "a test that panics has failed")]

use std::fs;
use std::path::Path;
use std::time::Duration;

use panel_protocol::osdp::command::Command;
use panel_protocol::osdp::frame::{Header, emit};
use rustix::fs::{OFlags, fcntl_getfl, fcntl_setfl};
use rustix::process::Signal;
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{OptionalActions, tcgetattr, tcsetattr};
use serde_json::{Value, json};
use tests::{Process, Simulator, SitePlan, program};

/// Starts `gateway scan`, with arguments separated by blanks.
fn scan(port: &Path, arguments: &str) -> Process {
    let mut command = program("gateway");
    command.arg("scan").arg("--port").arg(port).args(arguments.split_whitespace());
    Process::start(command)
}

/// Panels at these addresses, with their address as serial number.
async fn simulator(folder: &Path, baud: u32, addresses: &[u8]) -> Simulator {
    let mut text = format!("[[line]]\nid = \"north\"\nbaud = {baud}\nsymlink = \"north.pty\"\n");
    for address in addresses {
        text += &format!(
            "[[panel]]\nid = \"at-{address}\"\nline = \"north\"\naddress = {address}\nserial = {address}\nfactory = true\n"
        );
    }
    let file = folder.join("sim.toml");
    fs::write(&file, text).unwrap();
    Simulator::start(&file).await
}

#[tokio::test]
async fn devices_at_odd_addresses_and_another_rate_are_found() {
    let folder = tempfile::tempdir().unwrap();
    let _simulator = simulator(folder.path(), 38_400, &[5, 93, 126]).await;
    let port = folder.path().join("north.pty");
    let mut scan = scan(&port, "--baud 115200,38400,38400 --addresses 3-6,92,93,126,4-5 --json");
    assert_eq!(scan.ended().await.code(), Some(0), "{:?}", scan.errors());
    let found: Value = serde_json::from_str(&scan.output().join("\n")).unwrap();
    let places: Vec<_> =
        found.as_array().unwrap().iter().map(|one| (&one["baud"], &one["address"], &one["serial"])).collect();
    let expected = [5, 93, 126].map(|address| json!(address));
    let baud = json!(38_400);
    assert_eq!(places, expected.iter().map(|address| (&baud, address, address)).collect::<Vec<_>>());
    let first = &found[0];
    assert_eq!((&first["check"], &first["security"]), (&json!("crc"), &json!("secure_channel")));
    assert_eq!((&first["readers"], &first["osdp_version"]), (&json!(2), &json!(2)));
    assert!(scan.errors().iter().any(|line| line.starts_with("found address 93 at 38400 baud: vendor ")));
}

#[tokio::test]
async fn a_line_with_nobody_on_it_is_a_failure_that_says_where_to_look() {
    let folder = tempfile::tempdir().unwrap();
    let _simulator = simulator(folder.path(), 9_600, &[7]).await;
    let port = folder.path().join("north.pty");
    let mut scan = scan(&port, "--baud 38400 --addresses 7");
    assert_eq!(scan.ended().await.code(), Some(1));
    assert_eq!(scan.output(), [""; 0]);
    assert!(scan.errors().join("\n").contains("A and B"), "{:?}", scan.errors());
}

#[tokio::test]
async fn a_scan_that_is_stopped_tells_what_it_found() {
    let folder = tempfile::tempdir().unwrap();
    let _simulator = simulator(folder.path(), 9_600, &[1]).await;
    let mut scan = scan(&folder.path().join("north.pty"), "--baud 9600");
    scan.says("found address 1 at 9600 baud").await;
    scan.signal(Signal::INT);
    assert_eq!(scan.ended().await.code(), Some(130));
    let table = scan.output();
    assert_eq!(table.len(), 2, "{table:?}");
    assert!(table[0].starts_with("ADDRESS  BAUD") && table[1].starts_with("1        9600"), "{table:?}");
}

#[tokio::test]
async fn a_port_that_the_service_uses_is_left_to_it() {
    let plan = SitePlan::new(38_400, &["lobby"]);
    let _simulator = plan.simulator().await;
    let running = plan.gateway().await;
    running.scim().create("ada", Some("1234")).await;
    running.proven(&["lobby"]).await;
    let mut scan = scan(&plan.simulated_port("north"), "--json");
    assert_eq!(scan.ended().await.code(), Some(1));
    let errors = scan.errors().join("\n");
    assert!(
        errors.contains("another program uses the device") && errors.contains("systemctl stop"),
        "{errors}"
    );
    assert_eq!(scan.output(), [""; 0], "a failure is no result");
    running.scim().create("bob", Some("1235")).await;
    running.proven(&["lobby"]).await;
}

/// A line on which another CP polls, as seen by an adapter that only listens to it.
#[tokio::test]
async fn a_line_on_which_another_cp_polls_is_not_disturbed() {
    let line = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC).unwrap();
    grantpt(&line).unwrap();
    unlockpt(&line).unwrap();
    let mut termios = tcgetattr(&line).unwrap();
    termios.make_raw();
    tcsetattr(&line, OptionalActions::Now, &termios).unwrap();
    fcntl_setfl(&line, fcntl_getfl(&line).unwrap() | OFlags::NONBLOCK).unwrap();
    let path = ptsname(&line, Vec::new()).unwrap().into_string().unwrap();
    let mut buffer = [0; 16];
    let poll = emit(&mut buffer, Header::command(3, 1), None, &Command::Poll).unwrap();

    let mut scan = scan(Path::new(&path), "");
    let polls = async {
        let mut cadence = tokio::time::interval(Duration::from_millis(20));
        loop {
            cadence.tick().await;
            // Full as long as nobody has opened the port.
            let _ = rustix::io::write(&line, poll);
        }
    };
    let ended = tokio::select! {
        ended = scan.ended() => ended,
        () = polls => unreachable!(),
    };
    assert_eq!(ended.code(), Some(1));
    let errors = scan.errors().join("\n");
    assert!(errors.contains("another CP speaks on this line, at 115200 baud to address 3"), "{errors}");
    assert!(errors.contains("--force"), "{errors}");
    let heard = rustix::io::read(&line, &mut [0; 64]);
    assert!(!matches!(heard, Ok(1..)), "it said something: {heard:?}");
}
