//! Alarms of doors: what people do about them, by command, over a restart.

use serde_json::{Value, json};
use tests::eventually;

use super::Site;
use super::reader::CONTACT;

impl Site {
    /// `gateway alarm …` has to succeed.
    async fn alarm(&self, arguments: &[&str]) -> String {
        let (done, said) = self.command(&[&["alarm"], arguments].concat()).await;
        assert!(done, "{said}");
        said
    }

    async fn alarms(&self) -> Vec<Value> {
        self.gateway.api().get("/api/v1/alarms").await["alarms"].as_array().unwrap().clone()
    }
}

#[tokio::test]
async fn what_people_did_about_a_forced_door_survives_a_restart_and_the_alarm_ends_with_the_door() {
    let mut site = Site::start().await;
    site.reader.input(CONTACT, true);
    site.told("forced").await;
    let listed: Value = serde_json::from_str(&site.alarm(&["list", "--json"]).await).unwrap();
    let number = listed["alarms"][0]["number"].to_string();
    assert!(site.alarm(&["list"]).await.contains("not acknowledged"), "{listed}");
    site.alarm(&["acknowledge", &number, "--comment", "the guard is on her way"]).await;
    let said = site.alarm(&["mute", &number, "--minutes", "60", "--reason", "locksmith ordered"]).await;
    assert!(said.contains("acknowledged by the command line, muted by the command line until"), "{said}");

    site.gateway.kill();
    site.gateway.restart().await;
    let kept = site.alarms().await.remove(0);
    assert_eq!(json!([kept["number"].to_string(), kept["alarm"]]), json!([number, "door_forced"]));
    assert_eq!(kept["comments"][0]["text"], "the guard is on her way", "{kept}");
    assert_eq!(kept["muted"]["reason"], "locksmith ordered", "{kept}");
    let online = async || site.gateway.api().site().await;
    let is_known = |site: &Value| site["controllers"][0]["doors"][0]["state"]["open"] == true;
    let shown = eventually("the door is seen open", online, is_known).await;
    assert_eq!(shown["verdict"]["level"], "problem", "muted is not over: {shown}");
    let words = "Muted until ";
    assert!(shown["verdict"].to_string().contains(words), "{shown}");

    site.reader.input(CONTACT, false);
    site.told("closed").await;
    let open = async || site.gateway.api().site().await["alarms"].clone();
    eventually("the alarm is over", open, |alarms: &Value| *alarms == json!([])).await;
    assert_eq!(site.alarms().await.len(), 1, "it is muted still");
    site.alarm(&["unmute", &number]).await;
    assert_eq!(site.alarms().await, Vec::<Value>::new(), "nobody needs it any more");
    let (done, said) = site.command(&["alarm", "comment", &number, "x"]).await;
    assert!(!done && said.contains("there is no alarm"), "{said}");
}

#[tokio::test]
async fn a_forced_door_that_was_closed_again_is_shown_until_somebody_has_seen_it() {
    let mut site = Site::start().await;
    site.reader.input(CONTACT, true);
    site.told("forced").await;
    site.reader.input(CONTACT, false);
    site.told("closed").await;
    site.gateway.stop().await;
    site.gateway.restart().await;
    let over = site.gateway.api().site().await["alarms_over"][0].clone();
    assert_eq!(json!([over["alarm"], over["door_name"]]), json!(["door_forced", "Turnstile"]), "{over}");
    let number = over["number"].to_string();
    site.alarm(&["acknowledge", &number]).await;
    assert_eq!(site.alarms().await, Vec::<Value>::new());
}

#[tokio::test]
async fn a_door_that_is_held_open_names_whoever_was_let_in_last() {
    let site = Site::start().await;
    site.give_card("ada", 1234).await;
    assert_eq!(site.swipe(1234).await["granted"], true);
    site.reader.input(CONTACT, true);
    site.told("held").await;
    let alarm = site.alarms().await.remove(0);
    assert_eq!(json!([alarm["alarm"], alarm["person"]]), json!(["door_held", "ada"]), "{alarm}");
}
