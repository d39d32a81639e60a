//! The installer's microscope on a running line: what is recorded can be opened by whoever has the keys, and by nobody
//! else.
#![allow(clippy::unwrap_used, reason = "a test that panics has failed")]

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use rustix::process::Signal;
use serde_json::Value;
use tests::{PanelPlan, Process, SitePlan, eventually, program};

/// A recording of line `north` under way.
struct Recording {
    process: Process,
    file: PathBuf,
}

impl Recording {
    /// Begins it, and waits until everything that passes from now on is in it.
    async fn begin(plan: &SitePlan, options: &[&str]) -> Self {
        let file = plan.folder().join("north.osdpcap");
        let mut command = program("gateway");
        command.args(["osdp", "capture", "--line", "north", "--config"]).arg(plan.config());
        command.arg("--out").arg(&file).args(options);
        let process = Process::start(command);
        process.says("recording line north").await;
        Self { process, file }
    }

    /// Ends it as Ctrl-C does.
    async fn end(mut self) -> PathBuf {
        self.process.signal(Signal::INT);
        assert_eq!(self.process.ended().await.code(), Some(0));
        self.file
    }
}

/// The frames of a recording as `gateway osdp decode --json` explains them, and what it says beside them.
async fn decoded(file: &Path, options: &[&str]) -> (Vec<Value>, String) {
    let mut command = program("gateway");
    command.args(["osdp", "decode", "--json"]).arg(file).args(options);
    let mut process = Process::start(command);
    let code = process.ended().await.code();
    let remarks = process.errors().join("\n");
    assert_eq!(code, Some(0), "{remarks}");
    (process.output().iter().map(|line| serde_json::from_str(line).unwrap()).collect(), remarks)
}

fn is_sealed(frame: &Value) -> bool {
    frame["scs"].as_str().is_some_and(|scs| scs >= "15")
}

#[tokio::test]
async fn a_recorded_line_is_read_to_the_last_mac_by_whoever_has_the_key() {
    let plan = SitePlan::new(38_400, &["lobby"]);
    let simulator = plan.simulator().await;
    simulator.power("lobby", "off").await;
    let running = plan.gateway().await;
    let recording = Recording::begin(&plan, &[]).await;
    simulator.power("lobby", "on").await;
    running.scim().create("ada", Some("1234")).await;
    running.proven(&["lobby"]).await;
    let file = recording.end().await;
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);

    let key = format!("1={}", plan.key_file("lobby").display());
    let (frames, remarks) = decoded(&file, &["--scbk-file", &key]).await;
    assert!(!remarks.contains("note:"), "nothing is left out: {remarks}");
    let sealed: Vec<&Value> = frames.iter().filter(|frame| is_sealed(frame)).collect();
    println!("{} frames, {} of them sealed", frames.len(), sealed.len());
    assert!(sealed.len() > 20);
    for frame in &sealed {
        assert_eq!(frame["mac_ok"], true, "{frame}");
        assert!(frame["plaintext"].is_string() || frame["fields"]["operation"] == "ADOPT", "{frame}");
    }
    let loads = ["PUT_ROWS", "PUT_RUNS"];
    let rows = frames.iter().filter(|frame| loads.iter().any(|load| frame["fields"]["operation"] == *load));
    let cards = rows.flat_map(|frame| frame["fields"]["row"].as_array().unwrap());
    let card = cards.map(|row| &row["reading"][0]).find(|reading| reading["number"] == 1234).unwrap();
    assert_eq!((&card["format"], &card["facility"]), (&"H10301".into(), &100.into()));
    let digest_key = frames.iter().find(|frame| frame["fields"]["operation"] == "ADOPT").unwrap();
    assert_eq!(digest_key["plaintext"], Value::Null, "it carries a key");
}

#[tokio::test]
async fn a_recorded_line_tells_nothing_to_whoever_has_not() {
    let plan = SitePlan::new(38_400, &["lobby"]);
    let simulator = plan.simulator().await;
    simulator.power("lobby", "off").await;
    let running = plan.gateway().await;
    let recording = Recording::begin(&plan, &[]).await;
    simulator.power("lobby", "on").await;
    running.proven(&["lobby"]).await;
    let file = recording.end().await;
    let other = ["--scbk", "000102030405060708090a0b0c0d0e0f"];
    for options in [&other[..], &[]] {
        let (frames, _) = decoded(&file, options).await;
        assert!(frames.iter().any(is_sealed));
        for frame in frames.iter().filter(|frame| is_sealed(frame)) {
            assert!(frame["mac_ok"].is_null(), "{frame}");
            assert!(frame["plaintext"].is_null() || frame["plaintext"] == "", "{frame}");
        }
    }
}

#[tokio::test]
async fn a_key_that_is_installed_while_a_line_is_recorded_is_not_in_the_recording() {
    let plan = SitePlan::empty().line("north", 38_400, [PanelPlan::factory("lobby")]);
    let simulator = plan.simulator().await;
    simulator.power("lobby", "off").await;
    let running = plan.gateway().await;
    let recording = Recording::begin(&plan, &[]).await;
    simulator.power("lobby", "on").await;
    let mut enrol = program("gateway");
    enrol.args(["enrol", "--all", "--config"]).arg(plan.config());
    assert_eq!(Process::start(enrol).ended().await.code(), Some(0));
    running.proven(&["lobby"]).await;
    let file = recording.end().await;

    let key = fs::read_to_string(plan.key_file("lobby")).unwrap().trim().to_lowercase();
    // The default key is known to everybody, and so to every decoder: it opens the session in which a key is installed.
    let (frames, remarks) = decoded(&file, &["--show-keys"]).await;
    assert!(
        frames.iter().any(|frame| frame["fields"]["proof"] == "right"),
        "the default key opens a session"
    );
    assert!(remarks.contains("osdp_KEYSET to address 1"), "{remarks}");
    assert!(!format!("{frames:?}").to_lowercase().contains(&key), "the key can be read");
    let with_key = plan.key_file("lobby").display().to_string();
    let (frames, _) = decoded(&file, &["--scbk-file", &with_key]).await;
    let last = frames.iter().rev().find(|frame| is_sealed(frame)).unwrap();
    assert_eq!(last["mac_ok"], true, "with the key, what came after is read: {last}");
}

#[tokio::test]
async fn a_recording_ends_after_its_time_and_before_its_size() {
    let plan = SitePlan::new(38_400, &["lobby"]);
    let _simulator = plan.simulator().await;
    let running = plan.gateway().await;
    running.proven(&["lobby"]).await;
    let mut timed = Recording::begin(&plan, &["--for", "200ms"]).await;
    assert_eq!(timed.process.ended().await.code(), Some(0));
    assert!(fs::read_to_string(&timed.file).unwrap().ends_with("}\n"), "whole records");
    fs::remove_file(&timed.file).unwrap();

    let mut bounded = Recording::begin(&plan, &["--max-bytes", "3000"]).await;
    assert_eq!(bounded.process.ended().await.code(), Some(0));
    let text = fs::read_to_string(&bounded.file).unwrap();
    assert!(text.len() <= 3000 && text.len() > 2000 && text.ends_with("}\n"), "{}", text.len());

    let mut again = program("gateway");
    again.args(["osdp", "capture", "--line", "north", "--config"]).arg(plan.config());
    again.arg("--out").arg(&bounded.file);
    let mut again = Process::start(again);
    assert_eq!(again.ended().await.code(), Some(2));
    assert!(again.errors().join("\n").contains("is not overwritten"));
    assert_eq!(fs::read_to_string(&bounded.file).unwrap(), text);
}

#[tokio::test]
async fn a_recording_that_the_service_ends_is_whole_up_to_there_and_fails() {
    let plan = SitePlan::new(38_400, &["lobby"]);
    let _simulator = plan.simulator().await;
    let mut running = plan.gateway().await;
    running.proven(&["lobby"]).await;
    let mut recording = Recording::begin(&plan, &[]).await;
    let file = recording.file.clone();
    let some = async || fs::metadata(&file).unwrap().len();
    eventually("something is recorded", some, |len| *len > 1000).await;
    assert_eq!(running.stop().await.code(), Some(0));
    assert_eq!(recording.process.ended().await.code(), Some(1));
    let (frames, _) = decoded(&file, &[]).await;
    assert!(!frames.is_empty());
}
