//! The installer's story: from nothing to a card that opens, by the commands alone.
#![allow(clippy::unwrap_used, reason = "a test that panics has failed")]

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use reqwest::Method;
use rustix::process::Signal;
use serde_json::{Value, json};
use tests::{Gateway, PanelPlan, Process, ScimClient, Simulator, SitePlan, eventually, program};

/// A command that has ended.
struct Ended {
    code: Option<i32>,
    output: String,
    errors: String,
}

/// Runs `gateway` in a folder, with arguments separated by blanks.
async fn gateway(folder: &Path, arguments: &str) -> Ended {
    let mut command = program("gateway");
    command.current_dir(folder).args(arguments.split_whitespace());
    let mut process = Process::start(command);
    let code = process.ended().await.code();
    Ended { code, output: process.output().join("\n"), errors: process.errors().join("\n") }
}

impl Ended {
    #[track_caller]
    fn succeeded(self) -> String {
        assert_eq!(self.code, Some(0), "{}\n{}", self.output, self.errors);
        self.output
    }
}

#[tokio::test]
async fn from_an_empty_folder_to_a_card_that_opens() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let init = gateway(folder, "init site --simulator --yes --listen 127.0.0.1:0").await;
    assert!(init.errors.contains("open the page at https://127.0.0.1:"), "{}", init.errors);
    assert!(init.errors.contains("from this box alone"), "{}", init.errors);
    init.succeeded();
    let check = gateway(folder, "check site/gateway.toml").await;
    assert!(
        check.errors.contains("warning: line north: ") && check.errors.contains("isn't there"),
        "{}",
        check.errors
    );
    check.succeeded();
    let stopped = gateway(folder, "status --config site/gateway.toml").await;
    assert_eq!(stopped.code, Some(1), "nothing runs yet");
    assert!(stopped.errors.contains("gateway run --config"), "{}", stopped.errors);

    let simulator = Simulator::start(&folder.join("site/sim.toml")).await;
    let check = gateway(folder, "check --config site/gateway.toml").await;
    assert_eq!(check.errors, "", "the port is there now");
    let mut command = program("gateway");
    command.current_dir(folder).args(["run", "--config", "site/gateway.toml"]);
    let mut service = Process::start(command);
    let page = service.says("the page is at ").await;
    assert!(page.starts_with("https://127.0.0.1:"), "{page}");

    let enrolled = gateway(folder, "enrol --all --config site/gateway.toml").await.succeeded();
    assert_eq!(enrolled.matches("install mode is open until").count(), 2, "{enrolled}");
    let created = gateway(folder, "token create --name entra --config site/gateway.toml").await;
    assert!(!created.errors.contains(&created.output), "the token is a result, not a message");
    let token = created.succeeded();
    assert!(!token.is_empty() && !token.contains(char::is_whitespace), "the token alone: {token:?}");

    let scim = ScimClient::new(&format!("{}/scim/v2", page.trim_end_matches('/')), &token);
    scim.create("ada", Some("1234")).await;
    for panel in ["panel-1", "panel-2"] {
        let look = async || simulator.cards(panel).await;
        let cards = eventually("the card is in the panel's memory", look, |cards| !cards.is_empty()).await;
        assert_eq!((&cards[0]["facility"], &cards[0]["number"]), (&json!(100), &json!(1234)));
    }
    let status = async || gateway(folder, "status --config site/gateway.toml").await.succeeded();
    let shown = eventually("status says that all is well", status, |text| text.contains("All well")).await;
    assert!(shown.contains("panel-1  north/1, 2 doors, online, 1 card proven"), "{shown}");
    assert!(shown.contains("1 person active, 1 card active"), "{shown}");

    let list = gateway(folder, "token list --config site/gateway.toml").await.succeeded();
    assert!(list.contains("entra") && !list.contains(&token), "names, never tokens: {list}");
    gateway(folder, "token revoke entra --config site/gateway.toml").await.succeeded();
    scim.send(Method::GET, "/Users", None).await.refused(401);
    service.signal(Signal::TERM);
    assert_eq!(service.ended().await.code(), Some(0));
    let log = service.errors().join("\n");
    assert!(!log.contains(&token), "no secret in the log");
}

#[tokio::test]
async fn init_overwrites_nothing() {
    let folder = tempfile::tempdir().unwrap();
    gateway(folder.path(), "init --yes").await.succeeded();
    let before = fs::read_to_string(folder.path().join("gateway.toml")).unwrap();
    let again = gateway(folder.path(), "init --yes --name other").await;
    assert_eq!(again.code, Some(2));
    assert!(again.errors.contains("is not overwritten"), "{}", again.errors);
    assert_eq!(fs::read_to_string(folder.path().join("gateway.toml")).unwrap(), before);
}

#[tokio::test]
async fn a_panel_as_delivered_is_keyed_by_the_installers_word_only() {
    let panels = [PanelPlan::factory("lobby"), PanelPlan::factory("dock"), PanelPlan::new("roof")];
    let plan = SitePlan::empty().line("north", 38_400, panels);
    let simulator = plan.simulator().await;
    let running = plan.gateway().await;
    let api = running.api();
    running.scim().create("ada", Some("1234")).await;
    running.proven(&["roof"]).await;
    for panel in ["lobby", "dock"] {
        let is_new = |panel: &Value| panel["state"] == "not_enrolled";
        eventually("the page says that it is not enrolled", async || api.controller(panel).await, is_new)
            .await;
    }
    much_is_said(&simulator).await;
    assert_untouched(&plan, &simulator, &["lobby", "dock"]).await;

    gateway(plan.folder(), "enrol --controller lobby --config gateway.toml").await.succeeded();
    running.proven(&["lobby", "roof"]).await;
    let lobby = simulator.controller("lobby").await;
    assert_eq!((&lobby["key"], &lobby["secure"]), (&json!("installed"), &json!(true)));
    assert_eq!(simulator.swipe("lobby", 1234).await["granted"], true);
    let mode = fs::metadata(plan.key_file("lobby")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600, "its key is nobody else's business");
    let key = fs::read_to_string(plan.key_file("lobby")).unwrap();
    assert!(!running.process().errors().join("\n").contains(key.trim()), "no key in the log");
    much_is_said(&simulator).await;
    assert_untouched(&plan, &simulator, &["dock"]).await;
}

#[tokio::test]
async fn an_enrolled_panel_is_reached_with_its_own_key_after_a_restart() {
    let plan = SitePlan::empty().line("north", 38_400, [PanelPlan::factory("lobby")]);
    let simulator = plan.simulator().await;
    let mut running = plan.gateway().await;
    gateway(plan.folder(), "enrol --all --config gateway.toml").await.succeeded();
    running.proven(&["lobby"]).await;
    let install = async || running.api().controller("lobby").await;
    let shut = |panel: &Value| panel["install_mode_until"].is_null();
    eventually("install mode ends with the key", install, shut).await;
    let key = fs::read_to_string(plan.key_file("lobby")).unwrap();
    running.kill();
    running.restart().await;
    running.scim().create("ada", Some("1234")).await;
    running.proven(&["lobby"]).await;
    assert_eq!(simulator.swipe("lobby", 1234).await["granted"], true);
    assert_eq!(fs::read_to_string(plan.key_file("lobby")).unwrap(), key);
}

#[tokio::test]
async fn a_panel_that_was_reset_gets_a_new_key_by_the_installers_word_only() {
    let plan = SitePlan::new(38_400, &["lobby", "dock"]);
    let simulator = plan.simulator().await;
    let running = plan.gateway().await;
    let api = running.api();
    running.scim().create("ada", Some("1234")).await;
    running.proven(&["lobby", "dock"]).await;
    let key = || fs::read_to_string(plan.key_file("lobby")).unwrap();
    let before = key();

    simulator.power("lobby", "factory").await;
    let wrong = |panel: &Value| panel["state"] == "wrong_key";
    let said = async || api.controller("lobby").await;
    eventually("the page says that its key is another", said, wrong).await;
    much_is_said(&simulator).await;
    let lobby = simulator.controller("lobby").await;
    assert_eq!((&lobby["key"], &lobby["counts"]["cards"]), (&json!("factory"), &json!(0)), "{lobby}");
    assert_eq!(key(), before);
    running.proven(&["dock"]).await;

    gateway(plan.folder(), "enrol --controller lobby --config gateway.toml").await.succeeded();
    running.proven(&["lobby", "dock"]).await;
    assert_eq!(simulator.swipe("lobby", 1234).await["granted"], true);
    assert_ne!(key(), before, "what a stranger may have seen is not used again");
}

/// Waits until the gateway has had many more turns on the line, in which it could have done the wrong thing.
async fn much_is_said(simulator: &Simulator) {
    let frames = async || simulator.line("north").await["counters"]["gateway_frames"].as_u64().unwrap();
    let before = frames().await;
    eventually("the gateway has sent 150 frames more", frames, |now| *now > before + 150).await;
}

/// Panels that are as they were delivered, and of which the gateway has made no key.
async fn assert_untouched(plan: &SitePlan, simulator: &Simulator, panels: &[&str]) {
    for panel in panels {
        let there = simulator.controller(panel).await;
        assert_eq!((&there["key"], &there["counts"]["cards"]), (&json!("factory"), &json!(0)), "{there}");
        assert!(!plan.key_file(panel).exists());
    }
}

#[tokio::test]
async fn a_panel_is_not_moved_to_an_address_where_anything_answers() {
    let plan = SitePlan::new(38_400, &["lobby", "dock", "roof"]);
    let simulator = plan.simulator().await;
    plan.write();
    // The service knows nothing of the roof's panel, at address 3.
    let text = fs::read_to_string(plan.config()).unwrap();
    let known = text.split("\n[[controller]]\nid = \"roof\"").next().unwrap();
    fs::write(plan.config(), known).unwrap();
    let running = Gateway::start(&plan.config(), &plan.data()).await;
    running.proven(&["lobby", "dock"]).await;
    for (address, words) in
        [("2", "the configuration gives address 2 to dock"), ("3", "answers at address 3")]
    {
        let arguments = format!("device set-address lobby {address} --config gateway.toml");
        let refused = gateway(plan.folder(), &arguments).await;
        assert_eq!(refused.code, Some(1), "{}", refused.output);
        assert!(refused.errors.contains(words), "{}", refused.errors);
    }
    let not_alone = gateway(plan.folder(), "device set-speed lobby 9600 --config gateway.toml").await;
    assert!(not_alone.errors.contains("other controllers hang on its line"), "{}", not_alone.errors);
    running.scim().create("ada", Some("1234")).await;
    running.proven(&["lobby", "dock"]).await;
    assert_eq!(simulator.swipe("lobby", 1234).await["granted"], true, "where it was");
    let refused = gateway(plan.folder(), "device set-address lobby 9 --config gateway.toml").await;
    assert_eq!(refused.code, Some(1), "a panel that takes no other address says so");
    assert!(refused.errors.contains("refused it"), "{}", refused.errors);
    running.proven(&["lobby", "dock"]).await;
}
