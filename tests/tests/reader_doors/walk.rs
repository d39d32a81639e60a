//! `gateway door test`: the walk through a door, with somebody who does what it says.

use std::process::Stdio;

use panel_protocol::wiegand::H10301;
use serde_json::{Value, json};
use tests::{Process, program};

use super::Site;
use super::reader::{BUTTON, CONTACT};

impl Site {
    fn walk(&self, arguments: &[&str]) -> Process {
        let mut command = program("gateway");
        command.args(["door", "test", "turnstile"]).args(arguments).arg("--config").arg(self.config());
        command.stdin(Stdio::null());
        Process::start(command)
    }
}

#[tokio::test]
async fn a_door_whose_parts_all_work_is_accepted() {
    let site = Site::start().await;
    let mut walk = site.walk(&["--json"]);
    walk.says("Present any card").await;
    site.reader.present(H10301.encode(100, 77).unwrap());
    walk.says("Open the door").await;
    site.reader.input(CONTACT, true);
    walk.says("Close the door").await;
    site.reader.input(CONTACT, false);
    walk.says("Press the button").await;
    site.reader.input(BUTTON, true);
    assert_eq!(walk.ended().await.code(), Some(0), "{:?}", walk.errors());
    let record: Value = serde_json::from_str(&walk.output().join("\n")).unwrap();
    let parts: Vec<_> =
        record["parts"].as_array().unwrap().iter().map(|it| (&it["part"], &it["seen"])).collect();
    let expected = ["reader", "lock", "contact_open", "contact_closed", "button"].map(|part| json!(part));
    assert_eq!(parts, expected.iter().map(|part| (part, &json!(true))).collect::<Vec<_>>(), "{record}");
    assert_eq!(json!([record["passed"], record["door"]]), json!([true, "turnstile"]));
    assert!(
        record["parts"][0]["what"].as_str().unwrap().contains("card not known"),
        "any card will do: {record}"
    );
    site.unlocked_times(2).await;
}

#[tokio::test]
async fn what_was_not_seen_is_said_to_be_not_seen() {
    let site = Site::start().await;
    let mut walk = site.walk(&["--seconds", "1"]);
    walk.says("Open the door").await;
    site.reader.input(CONTACT, true);
    assert_eq!(walk.ended().await.code(), Some(1));
    let record = walk.output().join("\n");
    let has = |part: &str, seen: &str| {
        record.lines().any(|line| line.starts_with(part) && line[part.len()..].trim().starts_with(seen))
    };
    assert!(has("reader", "NO") && has("lock", "yes") && has("contact open", "yes"), "{record}");
    assert!(has("contact closed", "NO") && has("button", "NO"), "{record}");
    assert!(record.contains("Not every part was seen working."), "{record}");
}
