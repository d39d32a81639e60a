//! Why a card is refused: beside the event, and when somebody asks at the box.

use std::process::Stdio;

use panel_protocol::wiegand::H10301;
use serde_json::{Value, json};
use tests::program;

use crate::Site;

impl Site {
    /// `gateway …` with these arguments for this site; its exit code, what it says and what it complains of.
    async fn run(&self, arguments: &[&str]) -> (Option<i32>, String, String) {
        let mut command = program("gateway");
        command.args(arguments).arg("--config").arg(self.config()).stdin(Stdio::null());
        let ran = tokio::task::spawn_blocking(move || command.output()).await.unwrap().unwrap();
        let [said, told] = [ran.stdout, ran.stderr].map(|bytes| String::from_utf8(bytes).unwrap());
        (ran.status.code(), said, told)
    }

    async fn explain(&self, card: &str, more: &[&str]) -> Value {
        let asked = ["explain", "--card", card, "--door", "turnstile", "--json"];
        let (code, said, told) = self.run(&[&asked, more].concat()).await;
        assert_eq!(code, Some(0), "{told}");
        serde_json::from_str(&said).unwrap()
    }
}

fn because(explained: &Value) -> String {
    let sentences = explained["because"].as_array().unwrap().iter().map(|it| it.as_str().unwrap());
    sentences.collect::<Vec<_>>().join(" ")
}

#[tokio::test]
async fn a_card_on_hold_and_one_whose_holder_is_suspended_are_never_not_known() {
    let site = Site::start().await;
    let id = site.give_card("ada", 1234).await;
    let opens = site.explain("100:1234", &[]).await;
    assert_eq!(json!([opens["granted"], opens["reason"], opens["remedy"]]), json!([true, "granted", null]));
    assert!(because(&opens).contains("access mode is open"), "{opens}");

    let held = site.run(&["hold", "add", "--card", "1234", "--reason", "lost"]).await;
    assert_eq!(held.0, Some(0), "{}", held.2);
    let event = site.swipe(1234).await;
    assert_eq!(json!([event["granted"], event["explained"]["reason"]]), json!([false, "on_hold"]), "{event}");
    assert!(event["text"].as_str().unwrap().ends_with("blocked: a hold is on the card"), "{event}");
    let raw = format!("raw:26:{:#x}", H10301.encode(100, 1234).unwrap().raw());
    for card in ["1234", "H10301:100-1234", &raw] {
        let told = site.explain(card, &[]).await;
        assert_eq!(json!([told["granted"], told["reason"]]), json!([false, "on_hold"]), "{card}: {told}");
        assert!(because(&told).contains("by the command line, because: lost"), "{told}");
    }
    let (_, lifted, told) = site.run(&["hold", "remove", held.1.trim()]).await;
    assert!(lifted.is_empty(), "{told}");

    site.gateway.scim().set_active(&id, false).await;
    let event = site.swipe(1234).await;
    assert_eq!(
        json!([event["who"], event["explained"]["reason"]]),
        json!(["ada", "person_suspended"]),
        "{event}"
    );
    let told = site.explain("100:1234", &[]).await;
    assert_eq!(
        told.as_object().unwrap().keys().collect::<Vec<_>>(),
        ["because", "granted", "reason", "remedy"]
    );
    assert!(because(&told).starts_with("The card's holder was suspended at "), "{told}");
    assert!(because(&told).contains(" by the token "), "{told}");

    let (code, said, told) = site.run(&["explain", "--card", "77", "--door", "turnstyle"]).await;
    assert_eq!((code, said.as_str()), (Some(2), ""));
    assert!(told.contains("did you mean \"turnstile\"?"), "{told}");
    let (code, said, _) = site.run(&["explain", "--card", "77", "--door", "Turnstile"]).await;
    assert_eq!(code, Some(0));
    assert!(said.starts_with("The door stays shut.\n  Nobody holds this card.\n"), "{said}");
}

#[tokio::test]
async fn by_rules_the_way_to_the_door_is_told_and_a_lockdown_with_who_ordered_it() {
    let site = Site::start().await;
    site.give_card("ada", 1234).await;
    let file = site.folder.path().join("access.toml");
    let rules = "mode = \"rules\"\n[[access_level]]\nname = \"Everywhere\"\ndoors = [{ door = \"turnstile\", schedule = \"always\" }]\n";
    let rule = "[[rule]]\neveryone = true\naccess_level = \"Everywhere\"\n";
    for (text, granted, reason, because_of) in [
        (rules.to_owned(), false, "no_access", "No rule gives the card's holder Turnstile."),
        (
            format!("{rules}{rule}"),
            true,
            "granted",
            "The rule for everyone gives the access level Everywhere",
        ),
    ] {
        std::fs::write(&file, text).unwrap();
        let (code, _, told) = site.run(&["access", "import", file.to_str().unwrap()]).await;
        assert_eq!(code, Some(0), "{told}");
        let event = site.swipe(1234).await;
        let told = site.explain("100:1234", &[]).await;
        assert_eq!(json!([event["granted"], told["granted"]]), json!([granted, granted]), "{event} {told}");
        assert_eq!(told["reason"], reason);
        assert!(because(&told).contains(because_of), "{told}");
        if !granted {
            assert_eq!(event["explained"], told, "the event says the same");
        }
    }
    let (ordered, told) = site.door(&["lockdown", "--reason", "drill"]).await;
    assert!(ordered, "{told}");
    let event = site.swipe(1234).await;
    assert_eq!(event["explained"]["reason"], "lockdown", "{event}");
    let told = site.explain("100:1234", &[]).await;
    assert!(because(&told).contains("by the command line, because: drill"), "{told}");
    let before = site.explain("100:1234", &["--at", "2026-01-31 18:00"]).await;
    assert_eq!(before["granted"], true, "{before}");
}
