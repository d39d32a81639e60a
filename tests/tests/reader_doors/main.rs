//! Doors for which the gateway decides, end to end: a real gateway, and libosdp's PD as the reader with the lock.
#![allow(clippy::unwrap_used, reason = "a test that panics has failed")]

mod alarms;
mod devices;
mod explained;
mod feedback;
mod reader;
mod walk;

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::Stdio;

use libosdp::OsdpLedColor;
use panel_protocol::wiegand::H10301;
use serde_json::{Value, json};
use tempfile::TempDir;
use tests::{Gateway, eventually, program};

use reader::{BUTTON, CONTACT, TheirReader};

const KEY: [u8; 16] = *b"0123456789abcdef";

/// "On for a while", by the device's own timer, and "off".
const ON_FOR: u8 = 5;
const OFF: u8 = 1;

/// A site with one door, and the reader behind its line.
struct Site {
    folder: TempDir,
    reader: TheirReader,
    gateway: Gateway,
}

impl Site {
    async fn start() -> Self {
        Self::with(Some(KEY)).await
    }

    /// Its reader has that key; `None`: it is used in clear.
    async fn with(key: Option<[u8; 16]>) -> Self {
        Self::with_more(key, "", "").await
    }

    /// The same with sections and keys of its controller that are not the usual ones.
    async fn with_more(key: Option<[u8; 16]>, sections: &str, keys: &str) -> Self {
        let folder = tempfile::Builder::new().prefix("gatehouse-test-").tempdir().unwrap();
        let reader = TheirReader::start(key);
        let trust = match key {
            Some(key) => {
                let file = folder.path().join("turnstile.scbk");
                let digits: String = key.iter().map(|byte| format!("{byte:02x}")).collect();
                fs::write(&file, digits).unwrap();
                fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
                "scbk_file = \"turnstile.scbk\""
            }
            None => "secure = false",
        };
        let port = reader.port.display();
        let text = format!(
            "[site]\nname = \"Test site\"\ntime_zone = \"Europe/Berlin\"\ndata_dir = \"data\"\n\n\
             [web]\nlisten = \"127.0.0.1:0\"\ntls = \"off\"\n\n\
             {sections}[cards]\ndefault_format = \"H10301\"\ndefault_facility = 100\n\n\
             [[line]]\nid = \"north\"\nprotocol = \"osdp\"\nport = \"{port}\"\nbaud = 115200\n\n\
             [[controller]]\nid = \"turnstile\"\nline = \"north\"\naddress = 1\nkind = \"reader\"\n{trust}\n{keys}\n\
             [[controller.door]]\nid = \"turnstile\"\nname = \"Turnstile\"\nreader = 0\n\
             lock = {{ output = 0, seconds = 5 }}\ncontact = {{ input = {CONTACT}, open = true }}\n\
             request_to_exit = {{ input = {BUTTON} }}\nheld_after = 3\n"
        );
        let config = folder.path().join("gateway.toml");
        fs::write(&config, text).unwrap();
        let gateway = Gateway::start(&config, &folder.path().join("data")).await;
        let site = Self { folder, reader, gateway };
        site.ready().await;
        site
    }

    /// The reader is online, its lock was told to lock, and its contact is known.
    async fn ready(&self) {
        let door = async || self.gateway.api().site().await["controllers"][0]["doors"][0]["state"].clone();
        let is_known = |state: &Value| state["lock_reached"] == true && state["open"] == false;
        eventually("the door is known", door, is_known).await;
        // Whatever a reader tells before a first poll had nothing new is of unknown age, and taken for old.
        let heard = async || self.gateway.api().site().await["lines"][0]["frames_received"].as_u64().unwrap();
        let begun = heard().await;
        eventually("the reader had nothing to tell", heard, |count| *count >= begun + 8).await;
    }

    async fn give_card(&self, name: &str, number: u64) -> String {
        self.gateway.scim().create(name, Some(&number.to_string())).await
    }

    /// Presents the card of that number and gives the event that comes of it.
    async fn swipe(&self, number: u64) -> Value {
        let before = self.events().await.len();
        self.reader.present(H10301.encode(100, number).unwrap());
        let events =
            eventually("the card is logged", async || self.events().await, |it| it.len() > before).await;
        events[0].clone()
    }

    async fn events(&self) -> Vec<Value> {
        self.gateway.api().site().await["events"].as_array().unwrap().clone()
    }

    /// Waits for something that is told of the door.
    async fn told(&self, what: &str) -> Value {
        let find = async || {
            let site = self.gateway.api().site().await;
            site["door_events"].as_array().unwrap().iter().find(|event| event["what"] == what).cloned()
        };
        eventually(&format!("the door tells {what}"), find, Option::is_some).await.unwrap()
    }

    /// How often the lock was let go.
    fn unlocked(&self) -> usize {
        self.reader.switched().iter().filter(|(_, code, _)| *code == ON_FOR).count()
    }

    async fn unlocked_times(&self, times: usize) {
        eventually("the lock was let go", async || self.unlocked(), |count| *count == times).await;
    }

    fn config(&self) -> PathBuf {
        self.folder.path().join("gateway.toml")
    }

    /// `gateway door …`, and whether it succeeded.
    async fn door(&self, arguments: &[&str]) -> (bool, String) {
        self.command(&[&["door"], arguments, &["turnstile"]].concat()).await
    }

    /// `gateway …`, and whether it succeeded.
    async fn command(&self, arguments: &[&str]) -> (bool, String) {
        let mut command = program("gateway");
        command.args(arguments).arg("--config").arg(self.config());
        command.stdin(Stdio::null());
        let ran = tokio::task::spawn_blocking(move || command.output()).await.unwrap().unwrap();
        let said = [ran.stdout, ran.stderr].concat();
        (ran.status.success(), String::from_utf8(said).unwrap())
    }
}

#[tokio::test]
async fn a_card_opens_for_its_time_and_a_stranger_does_not() {
    let site = Site::start().await;
    assert_eq!(site.reader.switched(), [(0, OFF, 0)], "at the start it is told to lock");
    site.give_card("ada", 1234).await;
    let opened = site.swipe(1234).await;
    assert_eq!(json!([opened["granted"], opened["who"], opened["door"]]), json!([true, "ada", "Turnstile"]));
    site.unlocked_times(1).await;
    assert_eq!(site.reader.switched()[1], (0, ON_FOR, 50), "five seconds, by the reader's own timer");
    let refused = site.swipe(1235).await;
    assert_eq!(json!([refused["granted"], refused["reason"]]), json!([false, "unknown_card"]));
    let colours = async || site.reader.colours();
    let shown = eventually("both are shown", colours, |it: &Vec<_>| it.len() >= 2).await;
    assert_eq!(shown, [OsdpLedColor::Green, OsdpLedColor::Red]);
    assert_eq!(site.unlocked(), 1);
}

#[tokio::test]
async fn one_who_is_revoked_is_refused_at_the_next_swipe_and_that_is_proven_before_the_answer() {
    let site = Site::start().await;
    let id = site.give_card("ada", 1234).await;
    assert_eq!(site.swipe(1234).await["granted"], true);
    site.gateway.scim().set_active(&id, false).await;
    let shown = site.gateway.api().site().await;
    assert_eq!(shown["exposed"], json!([]), "nobody is exposed once the change is answered");
    let receipt =
        shown["receipts"].as_array().unwrap().iter().find(|it| it["action"] == "deactivate").unwrap().clone();
    assert_eq!((&receipt["complete"], &receipt["landings"][0]["sent_ms"]), (&json!(true), &Value::Null));
    let refused = site.swipe(1234).await;
    assert_eq!(json!([refused["granted"], refused["who"]]), json!([false, "ada"]), "{refused}");
    assert_eq!(site.unlocked(), 1);
}

#[tokio::test]
async fn the_contact_tells_of_a_forced_door_and_the_button_lets_people_out() {
    let site = Site::start().await;
    site.reader.input(CONTACT, true);
    site.told("forced").await;
    let alarms = site.gateway.api().site().await["alarms"].clone();
    assert_eq!(alarms[0]["alarm"], "door_forced", "{alarms}");
    site.reader.input(CONTACT, false);
    site.told("closed").await;
    let none = async || site.gateway.api().site().await["alarms"].clone();
    eventually("the alarm is over", none, |alarms: &Value| *alarms == json!([])).await;
    site.reader.input(BUTTON, true);
    site.told("request_to_exit").await;
    site.unlocked_times(1).await;
    site.reader.input(CONTACT, true);
    site.told("held_warning").await;
    site.told("held").await;
    let told = site.gateway.api().site().await["door_events"].clone();
    let forced = told.as_array().unwrap().iter().filter(|event| event["what"] == "forced").count();
    assert_eq!(forced, 1, "whoever pressed the button forced nothing: {told}");
}

#[tokio::test]
async fn the_command_line_unlocks_holds_and_locks_down_and_a_restart_forgets_no_mode() {
    let mut site = Site::start().await;
    site.give_card("ada", 1234).await;
    let (done, said) = site.door(&["unlock", "--reason", "delivery"]).await;
    assert!(done && said.contains("turnstile: unlocked"), "{said}");
    assert_eq!(site.unlocked(), 1, "confirmed before the command ends");
    let told = site.told("unlocked").await;
    assert_eq!(told["reason"], "delivery");
    let (done, said) = site.door(&["lockdown", "--reason", "intruder"]).await;
    assert!(done && said.contains("in lockdown"), "{said}");
    let refused = site.swipe(1234).await;
    assert_eq!(
        json!([refused["granted"], refused["reason_text"]]),
        json!([false, "the door is in lockdown"])
    );
    site.gateway.kill();
    site.gateway.restart().await;
    site.ready().await;
    assert_eq!(site.gateway.api().site().await["controllers"][0]["doors"][0]["state"]["mode"], "lockdown");
    assert_eq!(site.swipe(1234).await["granted"], false);
    let (done, said) = site.door(&["unlock"]).await;
    assert!(!done && said.contains("lockdown"), "{said}");
    let (done, _) = site.door(&["normal"]).await;
    assert!(done);
    assert_eq!(site.swipe(1234).await["granted"], true);
    let (done, said) = site.door(&["hold", "--minutes", "30", "--reason", "fair"]).await;
    assert!(done && said.contains("held open until"), "{said}");
    eventually(
        "its lock is let go for a minute",
        async || site.reader.switched(),
        |it| it.contains(&(0, ON_FOR, 600)),
    )
    .await;
    let (done, said) = site.door(&["hold", "--reason", "fair"]).await;
    assert!(!done && said.contains("--minutes"), "{said}");
}

#[tokio::test]
async fn a_line_that_is_cut_opens_no_door_when_it_returns() {
    let site = Site::start().await;
    site.give_card("ada", 1234).await;
    site.reader.cut(true);
    let state = async || {
        site.gateway.api().site().await["controllers"][0]["doors"][0]["state"]["lock_reached"].clone()
    };
    eventually("its lock is lost", state, |reached: &Value| *reached == false).await;
    site.reader.present(H10301.encode(100, 1234).unwrap());
    let (done, said) = site.door(&["unlock"]).await;
    assert!(!done && said.contains("can't be reached"), "{said}");
    site.reader.cut(false);
    site.ready().await;
    site.told("lock_back").await;
    assert_eq!(site.unlocked(), 0, "what was wanted meanwhile is not wanted any more");
    assert_eq!(site.swipe(1234).await["granted"], true);
    site.unlocked_times(1).await;
}

#[tokio::test]
async fn another_reader_in_its_place_opens_nothing() {
    let site = Site::start().await;
    site.give_card("ada", 1234).await;
    assert_eq!(site.swipe(1234).await["granted"], true);
    site.reader.swap(8);
    let state = async || site.gateway.api().site().await["controllers"][0]["state"].clone();
    eventually("another device is told of", state, |state: &Value| *state == "swapped").await;
    site.reader.present(H10301.encode(100, 1234).unwrap());
    let (done, said) = site.door(&["unlock"]).await;
    assert!(!done, "{said}");
    assert_eq!(site.unlocked(), 1);
}

#[tokio::test]
async fn keys_are_counted_and_shown_nowhere() {
    let site = Site::start().await;
    site.reader.type_keys(b"4711\x0D");
    let told = site.told("keys_entered").await;
    assert_eq!(told["keys"], 4);
    let everything =
        [vec![site.gateway.api().site().await.to_string()], site.gateway.process().errors()].concat();
    assert!(!everything.iter().any(|line| line.contains("4711")), "{everything:?}");
}

#[tokio::test]
async fn a_reader_in_clear_works_by_the_installers_word_and_is_told_of() {
    let site = Site::with(None).await;
    site.give_card("ada", 1234).await;
    assert_eq!(site.swipe(1234).await["granted"], true);
    let shown = site.gateway.api().site().await;
    assert_eq!(shown["controllers"][0]["secure"], false);
    let verdict = shown["verdict"].to_string();
    assert!(verdict.contains("without secure channel"), "{verdict}");
}
