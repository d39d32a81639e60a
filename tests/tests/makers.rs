//! The examples for makers of controllers: programs of their own at a real broker, with somebody who plays the gateway.
#![allow(clippy::unwrap_used, reason = "a test that panics has failed")]

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use panel_protocol::panel::{Answer, EventBody, Info, Operation};
use panel_protocol::table::{Profile, Row};
use panel_protocol::time::UtcSeconds;
use panel_protocol::wiegand::H10301;
use rumqttc::v5::MqttOptions;
use rumqttc::{TlsConfiguration, Transport};
use tests::{Mosquitto, NativePeer, Process, program, workspace};

/// 2026-01-01.
const NEW_YEAR: u32 = 1_767_225_600;

/// The example in Python, with what outlives its power in `flash`.
fn python(port: u16, flash: &Path) -> Process {
    let mut command = python_command(port);
    command.arg("--flash").arg(flash);
    Process::start(command)
}

fn python_command(port: u16) -> Command {
    let mut command = Command::new(workspace().join("target/venv/bin/python"));
    command.arg(workspace().join("firmware-sim/examples/mqtt_panel/mqtt_panel.py"));
    command.args(["--site", "harbour", "--controller", "shed", "--port", &port.to_string()]);
    command.env("PYTHONDONTWRITEBYTECODE", "1").stdin(Stdio::piped());
    command
}

/// The example on `panel-protocol`.
fn rust(port: u16) -> Process {
    Process::start(rust_command(port))
}

fn rust_command(port: u16) -> Command {
    let mut command = program("examples/mqtt_panel");
    command.args(["harbour", "shed", "127.0.0.1", &port.to_string()]).stdin(Stdio::piped());
    command
}

/// A session with the controller, after it has said that it is online since `mark`.
async fn acquainted(broker: &Mosquitto) -> NativePeer {
    let mut peer = NativePeer::listen(broker.port(), "harbour", "shed").await;
    peer.state(0, "online").await;
    peer.hello(*b"nonce  1").await;
    peer
}

/// Loads a table, presents cards, takes the events, and gives the digest.
async fn is_a_controller(peer: &mut NativePeer, controller: &mut Process) -> u64 {
    assert_eq!(peer.info().await.rows, 0);
    let card = |number| H10301.encode(100, number).unwrap();
    let rows: Vec<_> = (1..=100).map(|number| Row::new(card(number), 0)).collect();
    let digest = peer.load(&rows, Profile::always([0])).await;

    let mark = peer.client().mark();
    for (reader, number, word) in [(0, 7, "granted"), (1, 8, "no access"), (0, 999, "unknown card")] {
        controller.tell(&format!("{reader} 26 {:x}", card(number).raw()));
        controller.says(word).await;
    }
    peer.from(mark, "waiting", |notice| notice[..2] == [0x80, 0] && notice[6] == 3).await;
    let answer = peer.operate_one(&Operation::ReadEvents { from: 0 }).await;
    let Some(Answer::Events { next_event: 3, events }) = Answer::decode(&answer) else {
        panic!("{answer:02x?}")
    };
    let granted = events.iter().map(|event| match event.body {
        EventBody::CardRead { reason, .. } => reason.granted(),
        #[allow(unreachable_patterns, reason = "panels may learn to tell more")]
        other => panic!("{other:?}"),
    });
    assert_eq!(granted.collect::<Vec<_>>(), [true, false, false]);
    peer.operate_one(&Operation::AckEvents { before: 3 }).await;
    let Info { first_event, next_event, .. } = peer.info().await;
    assert_eq!((first_event, next_event), (3, 3));

    assert_eq!(peer.actuate(u32::MAX, 1, 1).await, 3, "its clock is not set");
    peer.operate_one(&Operation::SetClock(UtcSeconds(NEW_YEAR))).await;
    assert_eq!(peer.actuate(NEW_YEAR - 1, 1, 1).await, 3, "too late");
    assert_eq!(peer.actuate(NEW_YEAR + 600, 2, 1).await, 1, "it has two outputs");
    assert_eq!(peer.actuate(NEW_YEAR + 600, 1, 1).await, 0);
    controller.says("output 1 off").await;
    digest
}

/// Deletes a card by a message that comes twice, for no session or for an older one: nothing of it is done. Leaves a
/// hello that the broker keeps.
async fn does_nothing_old(peer: &mut NativePeer, digest: u64) {
    let (topic, session) = (peer.topic("to/operation"), peer.session());
    let mut delete = vec![0x11, 26];
    delete.extend(&H10301.encode(100, 1).unwrap().raw().to_be_bytes()[4..]);
    let message = |session: [u8; 4], number: u32| [&session[..], &number.to_le_bytes(), &delete].concat();
    peer.client().publish(&topic, message(session, 1)).await;
    peer.client().publish(&topic, message([0; 4], 900)).await;
    peer.client().retain(&peer.topic("to/hello"), *b"retained").await;
    peer.from(0, "welcome", |welcome| welcome.starts_with(b"retained")).await;
    assert_eq!(peer.hello(*b"nonce  2").await[..8], *b"nonce  2");
    assert_ne!(peer.session(), session);
    peer.client().publish(&topic, message(session, 902)).await;
    assert_eq!(peer.info().await.digest, digest);
}

/// A message that the broker kept was not for the controller that has come back.
fn ignored_what_was_kept(peer: &NativePeer, mark: usize) {
    let heard = peer.client().heard().split_off(mark);
    assert!(!heard.iter().any(|heard| heard.payload.starts_with(b"retained")), "{heard:?}");
}

/// What `panel-protocol` answers to the golden operations is what this controller answers, but for the time and the
/// version that it speaks.
async fn answers_as_the_golden_file_says(peer: &mut NativePeer) {
    let golden = workspace().join("panel-protocol/tests/data/golden-v1.txt");
    let text = fs::read_to_string(golden).unwrap();
    let lines: Vec<_> = text.lines().filter(|line| !line.starts_with('#') && !line.is_empty()).collect();
    let pairs = lines.split(|line| line.starts_with('@')).next().unwrap().chunks_exact(2);
    assert!(pairs.len() > 10);
    for pair in pairs {
        let (mut answer, mut expected) = (peer.operate(&bytes(pair[0])).await, bytes(pair[1]));
        if pair[0] == "01" {
            answer.truncate(expected.len());
            for info in [&mut answer, &mut expected] {
                info[VERSION] = 0;
                info[CLOCK].fill(0);
            }
        }
        assert_eq!(answer, expected, "{}", pair[0]);
    }
}

/// Where INFO's answer has the version.
const VERSION: usize = 2;

/// Where INFO's answer has the clock.
const CLOCK: std::ops::Range<usize> = 38..42;

fn bytes(hex: &str) -> Vec<u8> {
    let digits = |at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap();
    (0..hex.len()).step_by(2).map(digits).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_example_in_python_is_a_controller_and_keeps_its_table_without_power() {
    let broker = Mosquitto::start().await;
    let flash = broker.folder().join("shed.flash");
    let mut controller = python(broker.port(), &flash);
    let mut peer = acquainted(&broker).await;
    let digest = is_a_controller(&mut peer, &mut controller).await;
    does_nothing_old(&mut peer, digest).await;

    let mark = peer.client().mark();
    controller.kill();
    peer.state(mark, "offline").await;
    let mark = peer.client().mark();
    let mut controller = python(broker.port(), &flash);
    peer.state(mark, "online").await;
    peer.hello(*b"nonce  3").await;
    let info = peer.info().await;
    assert_eq!((info.digest, info.boot, info.clock), (digest, 1, None));
    ignored_what_was_kept(&peer, mark);

    let mark = peer.client().mark();
    controller.kill();
    fs::remove_file(&flash).unwrap();
    let _wiped = python(broker.port(), &flash);
    peer.state(mark, "online").await;
    peer.hello(*b"nonce  4").await;
    let info = peer.info().await;
    assert_eq!((info.rows, info.epoch, info.boot), (0, 0, 0));
    answers_as_the_golden_file_says(&mut peer).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_example_on_panel_protocol_is_a_controller() {
    let broker = Mosquitto::start().await;
    let mut controller = rust(broker.port());
    let mut peer = acquainted(&broker).await;
    let digest = is_a_controller(&mut peer, &mut controller).await;
    does_nothing_old(&mut peer, digest).await;

    let mark = peer.client().mark();
    controller.kill();
    peer.state(mark, "offline").await;
    let mark = peer.client().mark();
    let _wiped = rust(broker.port());
    peer.state(mark, "online").await;
    peer.hello(*b"nonce  3").await;
    assert_eq!(peer.info().await.rows, 0, "its table is in RAM");
    ignored_what_was_kept(&peer, mark);
    answers_as_the_golden_file_says(&mut peer).await;
}

/// A broker as on a site: with TLS, a password for each, and a controller's own topics only.
async fn secure_broker() -> Mosquitto {
    let made = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).unwrap();
    let (cert, key) = (made.cert.pem(), made.signing_key.serialize_pem());
    let lines = "allow_anonymous false\npassword_file FOLDER/passwords\nacl_file FOLDER/acl\n\
                 certfile FOLDER/cert.pem\nkeyfile FOLDER/key.pem\n";
    let files = [
        ("cert.pem", cert.as_str()),
        ("key.pem", &key),
        ("passwords", PASSWORDS),
        ("acl", ACL),
        ("secret", "hut\n"),
        ("wrong", "cave\n"),
    ];
    Mosquitto::with(lines, &files).await
}

/// The gateway's side, which may do everything.
async fn secure_peer(broker: &Mosquitto) -> NativePeer {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let mut options = MqttOptions::new("gateway", "127.0.0.1", broker.port());
    let ca = fs::read(broker.folder().join("cert.pem")).unwrap();
    let tls = TlsConfiguration::Simple { ca, alpn: None, client_auth: None };
    options.set_transport(Transport::tls_with_config(tls)).set_credentials("gateway", "box");
    NativePeer::over(options, "harbour", "shed").await
}

#[tokio::test(flavor = "multi_thread")]
async fn both_sign_in_with_their_secret_and_check_the_broker() {
    let broker = secure_broker().await;
    let mut peer = secure_peer(&broker).await;
    let file = |name: &str| broker.folder().join(name).into_os_string();
    for language in ["Python", "Rust"] {
        let start = |secret: &str| {
            let mut command = if language == "Python" {
                python_command(broker.port())
            } else {
                rust_command(broker.port())
            };
            if language == "Python" {
                command.arg("--ca").arg(file("cert.pem")).arg("--secret-file").arg(file(secret));
            } else {
                command.arg(file("cert.pem")).arg(file(secret));
            }
            Process::start(command)
        };
        println!("the example in {language}");
        let stranger = start("wrong");
        stranger.says("uthorized").await;
        drop(stranger);
        let mark = peer.client().mark();
        let mut controller = start("secret");
        peer.state(mark, "online").await;
        peer.hello(*b"nonce  1").await;
        is_a_controller(&mut peer, &mut controller).await;
        let mark = peer.client().mark();
        drop(controller);
        peer.state(mark, "offline").await;
    }
}

/// `shed` with the password `hut` and `gateway` with `box`, as `mosquitto_passwd` hashes them.
const PASSWORDS: &str = "\
shed:$7$101$5C9PsbLNomkBT0DP$0yAoOcr7iO+iVSpwv84cqFO0SwPv7glOdTnp2qhYggrUKjYvw+TxD61t8rLcEib7i5g4zfdm9/GkwtpvUVi5AQ==
gateway:$7$101$x4jD0rj34atItGHg$nsstqX6oJFm6W0TUBd0XYysTOJij6o9ZC2QKAXBdHo5JxQ6LlDkR/p5Z1vj+3rpekzWX08SwwqZ9phVthnvjBA==
";

/// A controller hears its own `to/#` and says its own `from/#`.
const ACL: &str = "\
pattern read gatehouse/v1/+/%u/to/#
pattern write gatehouse/v1/+/%u/from/#

user gateway
topic readwrite gatehouse/v1/#
";

/// As a maker counts them: a file is short enough to be read at once.
#[test]
fn each_file_of_the_examples_has_fewer_than_200_lines() {
    let folder = workspace().join("firmware-sim/examples");
    let python = fs::read_dir(folder.join("mqtt_panel")).unwrap().map(|entry| entry.unwrap().path());
    let files: Vec<_> = python.filter(|path| path.is_file()).chain([folder.join("mqtt_panel.rs")]).collect();
    assert!(files.len() >= 4);
    for file in files {
        let lines = fs::read_to_string(&file).unwrap().lines().count();
        assert!(lines < 200, "{}: {lines}", file.display());
    }
}
