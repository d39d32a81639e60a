//! The power goes while a small file is replaced: tokens, alarms, doors' modes, the certificate that the box makes for itself.
//! Whatever the disk has then is read, has all that was answered, and can be written anew.
//!
//! Every state of the recorded run is tried.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Stdio};

use gateway::domain::{Alarm, AlarmKind, AlarmNumber, AlarmRecord, DoorId, DoorMode};
use gateway::store::alarms::{self, KeptAlarms};
use gateway::store::door_modes;
use gateway::store::tokens::Tokens;
use gateway::web::tls::{Origin, Served};
use jiff::Timestamp;
use panel_protocol::door::Mode;
use rand::rngs::SmallRng;
use rand::{Rng, SeedableRng};
use tests::seed;

use crate::model::{self, Files, Loss};
use crate::power_cut::tell;
use crate::recording::{self, Step, Told};
use crate::shim::Disk;

const ROLE: &str = "RECORDED_SMALL_FILES";
const ROUNDS: u32 = 4;

/// Runs in the recorded process alone.
#[test]
fn recorded_small_files() {
    let Some(root) = std::env::var_os(ROLE) else { return };
    let root = Path::new(&root);
    certificate(root);
    for round in 1..=ROUNDS {
        write(root, round);
        tell(Told::Round(round));
    }
}

fn certificate(root: &Path) {
    let origin = Origin::Made { folder: root.join("tls"), names: vec!["gatehouse.example".to_owned()] };
    Served::new(origin, Timestamp::now()).unwrap();
}

fn write(root: &Path, round: u32) {
    Tokens::open(root).create(&token(round), None, None, Timestamp::UNIX_EPOCH).unwrap();
    let what = AlarmKind::LineDown { line: "north".parse().unwrap() };
    let alarm = Alarm::new(what, "x".repeat(900 * round as usize));
    let record = AlarmRecord::new(AlarmNumber(round.into()), Timestamp::UNIX_EPOCH, alarm);
    alarms::keep(root, KeptAlarms { last: record.number, records: vec![record] }).unwrap();
    let mode = DoorMode {
        mode: Mode::Lockdown,
        until: None,
        since: Timestamp::UNIX_EPOCH,
        by: "ada".to_owned(),
        reason: Some(format!("round {round}")),
    };
    door_modes::keep(root, &door(round), mode).unwrap();
}

fn token(round: u32) -> String {
    format!("token-{round}")
}

fn door(round: u32) -> DoorId {
    format!("door-{round}").parse().unwrap()
}

#[test]
fn every_state_that_a_power_cut_leaves_of_small_files_is_read_and_has_all_that_was_answered() {
    let disk = Disk::new();
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", "small_files::recorded_small_files", "--nocapture"]).env(ROLE, disk.root());
    disk.under(&mut command);
    disk.record(&mut command);
    let output = command.stdin(Stdio::null()).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let steps = recording::read(&disk.log(), &disk.root());
    let (mut random, mut before, mut answered) = (SmallRng::seed_from_u64(seed()), model::Disk::default(), 0);
    let mut states = 0;
    for (number, step) in steps.iter().enumerate() {
        before.take(step);
        if let Step::Told(Told::Round(round)) = step {
            answered = *round;
        }
        for loss in Loss::ALL {
            let seed = random.random();
            let files = before.after(loss, &mut SmallRng::seed_from_u64(seed));
            check(&files, answered, &format!("after step {number}, {loss:?} lost, seed {seed}"));
            states += 1;
        }
    }
    println!("{states} states of {} steps", steps.len());
    assert!(states >= 200 && answered == ROUNDS, "{states} states are too few to mean anything");
}

fn check(files: &Files, answered: u32, what: &str) {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    for (path, content) in files {
        let path = root.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, content).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
    }
    let tokens = Tokens::open(root).list().unwrap_or_else(|error| panic!("{what}: {error}"));
    let modes = door_modes::read(root).unwrap_or_else(|error| panic!("{what}: {error}"));
    let kept = alarms::read(root).unwrap_or_else(|error| panic!("{what}: {error}"));
    for round in 1..=answered {
        assert!(tokens.iter().any(|it| it.name == token(round)), "{what}: token {round} is gone");
        assert!(modes.contains_key(&door(round)), "{what}: door {round} has lost its mode");
    }
    let newest = AlarmNumber(answered.into())..=AlarmNumber(u64::from(answered) + 1);
    assert!(newest.contains(&kept.last), "{what}: alarms of round {}, not {answered}", kept.last);
    let made = || fs::read(root.join("tls/cert.pem")).ok();
    let certificate_before = made();
    certificate(root);
    assert!(answered == 0 || certificate_before == made(), "{what}: the certificate is another");
    write(root, 1_000);
}
