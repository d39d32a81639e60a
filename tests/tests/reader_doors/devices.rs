//! What installers want of a reader, by command, with libosdp's PD behind the line.

use std::fs;

use libosdp::OsdpLedColor;
use serde_json::{Value, json};
use tests::{Gateway, eventually};

use super::Site;

impl Site {
    /// `gateway device VERB turnstile …` has to succeed.
    async fn device(&self, verb: &str, arguments: &[&str]) -> String {
        let (done, said) = self.command(&[&["device", verb, "turnstile"], arguments].concat()).await;
        assert!(done, "{said}");
        said
    }

    fn key_text(&self) -> String {
        fs::read_to_string(self.folder.path().join("turnstile.scbk")).unwrap()
    }

    /// Starts the service anew on a configuration in which `from` is `to`.
    async fn reconfigured(&mut self, from: &str, to: &str) {
        self.gateway.stop().await;
        let text = fs::read_to_string(self.config()).unwrap();
        assert!(text.contains(from), "{text}");
        fs::write(self.config(), text.replace(from, to)).unwrap();
        self.gateway = Gateway::start(&self.config(), &self.folder.path().join("data")).await;
        self.ready().await;
    }
}

#[tokio::test]
async fn a_reader_shows_itself_by_its_light_and_its_buzzer() {
    let site = Site::start().await;
    let said = site.device("identify", &[]).await;
    assert!(said.contains("turnstile: blinks and beeps"), "{said}");
    let shown = async || (site.reader.colours(), site.reader.beeps());
    let is_shown = |(colours, beeps): &(Vec<OsdpLedColor>, Vec<u8>)| {
        colours.contains(&OsdpLedColor::Blue) && beeps.contains(&10)
    };
    eventually("it blinks blue and beeps", shown, is_shown).await;
}

#[tokio::test]
async fn a_key_is_rotated_proven_and_kept_over_a_restart() {
    let mut site = Site::start().await;
    site.give_card("ada", 1234).await;
    let before = site.key_text();
    let said = site.device("rotate-key", &[]).await;
    assert!(said.contains("has a new key, which has worked"), "{said}");
    let after = site.key_text();
    assert!(after.trim() != before.trim() && after.trim().len() == 32, "another key is in the file");
    assert!(!site.folder.path().join("turnstile.scbk.pending").exists(), "nothing is left half done");
    assert!(!said.contains(after.trim()));
    assert_eq!(site.swipe(1234).await["granted"], true);
    site.gateway.kill();
    site.gateway.restart().await;
    site.ready().await;
    assert_eq!(site.swipe(1234).await["granted"], true);
    let log = site.gateway.process().errors().join("\n");
    assert!(!log.contains(after.trim()) && !log.contains(before.trim()), "no key in the log");
}

#[tokio::test]
async fn a_reader_is_moved_spoken_to_at_its_new_address_and_found_there_by_the_changed_configuration() {
    let mut site = Site::start().await;
    site.give_card("ada", 1234).await;
    let (done, said) = site.command(&["device", "set-address", "turnstile", "127"]).await;
    assert!(!done && said.contains("126"), "{said}");
    let said = site.device("set-address", &["5"]).await;
    assert!(said.contains("turnstile: answers at address 5, 115200 baud"), "{said}");
    assert!(said.contains("write address = 5 at [[controller]] \"turnstile\""), "{said}");
    assert_eq!(site.swipe(1234).await["granted"], true, "it is used at its new address");
    site.reconfigured("address = 1\n", "address = 5\n").await;
    assert_eq!(site.swipe(1234).await["granted"], true);
}

#[tokio::test]
async fn a_reader_alone_on_its_line_takes_the_line_to_another_speed() {
    let mut site = Site::start().await;
    site.give_card("ada", 1234).await;
    let (done, said) = site.command(&["device", "set-speed", "turnstile", "1200"]).await;
    assert!(!done && said.contains("Use one of 9600"), "{said}");
    let said = site.device("set-speed", &["38400"]).await;
    assert!(said.contains("turnstile: answers at address 1, 38400 baud"), "{said}");
    assert!(said.contains("write baud = 38400 at [[line]] \"north\""), "{said}");
    assert_eq!(site.swipe(1234).await["granted"], true);
    site.reconfigured("baud = 115200\n", "baud = 38400\n").await;
    assert_eq!(site.swipe(1234).await["granted"], true);
}

#[tokio::test]
async fn a_file_reaches_the_reader_whole_and_cards_open_meanwhile() {
    let site = Site::start().await;
    site.give_card("ada", 1234).await;
    let content: Vec<u8> = (0..60_000_u32).map(|at| (at * 131 + at / 251) as u8).collect();
    let path = site.folder.path().join("reader.bin");
    fs::write(&path, &content).unwrap();
    let arguments = [path.to_str().unwrap(), "--kind", "1", "--json"];
    let (said, opened) = tokio::join!(site.device("send-file", &arguments), async {
        let begun = async || site.reader.file().len();
        eventually("the file is on its way", begun, |len| *len > 0).await;
        let opened = site.swipe(1234).await;
        (opened, site.reader.file().len())
    });
    let told: Value = serde_json::from_str(said.trim()).unwrap();
    assert_eq!(told, json!({ "sent": 60_000, "total": 60_000, "restarts": false, "error": null }));
    assert!(site.reader.file() == content, "{} bytes arrived", site.reader.file().len());
    assert_eq!(opened.0["granted"], true);
    assert!(opened.1 < content.len(), "the card was decided on while the file was on its way");
}

#[tokio::test]
async fn what_is_not_there_or_makes_no_sense_is_refused_with_what_would_be_right() {
    let site = Site::start().await;
    for (arguments, words) in [
        (&["device", "identify", "turnstle"][..], "did you mean \"turnstile\"?"),
        (&["device", "send-file", "turnstile", "/nowhere/x.bin"], "/nowhere/x.bin can't be read"),
        (&["door", "test", "turnstle"], "did you mean \"turnstile\"?"),
    ] {
        let (done, said) = site.command(arguments).await;
        assert!(!done && said.contains(words), "{said}");
    }
    site.reader.cut(true);
    let state = async || site.gateway.api().site().await["controllers"][0]["state"].clone();
    eventually("it is offline", state, |state: &Value| *state == "offline").await;
    let (done, said) = site.command(&["device", "rotate-key", "turnstile"]).await;
    assert!(!done && said.contains("not online"), "{said}");
    assert!(!site.folder.path().join("turnstile.scbk.pending").exists());
}
