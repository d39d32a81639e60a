//! esp-rfid boards: the same promises as elsewhere, proven by reading back.

use serde_json::{Value, json};
use tests::eventually;

use crate::rig::{BOARDS, Broker, Files, Rig, run};

/// Activate, change, suspend, activate again, delete.
async fn story(rig: &Rig) {
    let scim = rig.gateway.scim();
    let ada = scim.create("ada", Some("1234")).await;
    rig.gateway.proven(&BOARDS).await;
    rig.all_hold(&[1234]).await;
    rig.all_say(1234, true, "Always").await;
    let files = rig.files("yard").await;
    assert_eq!(files[0].1["user"], "card", "no name is given away");

    scim.set_card(&ada, "1235").await;
    rig.gateway.proven(&BOARDS).await;
    rig.all_hold(&[1235]).await;
    rig.all_say(1234, false, "Denied").await;

    scim.set_active(&ada, false).await;
    rig.revocation_is_proven("100-1235").await;
    rig.all_hold(&[]).await;
    rig.all_say(1235, false, "Denied").await;

    scim.set_active(&ada, true).await;
    rig.gateway.proven(&BOARDS).await;
    rig.all_say(1235, true, "Always").await;

    scim.delete(&ada).await;
    rig.gateway.proven(&BOARDS).await;
    rig.all_hold(&[]).await;

    let api = rig.gateway.api();
    let reads = async || api.site().await["events"].as_array().unwrap().clone();
    let all = eventually("what the boards decided is in the log", reads, |all| all.len() >= 8).await;
    let of =
        |door: &str, reason: &str| all.iter().any(|event| event["door"] == door && event["reason"] == reason);
    assert!(of("yard", "granted") && of("dock", "granted") && of("dock", "unknown_card"), "{all:#?}");
    let yard = api.controller("yard").await;
    assert_eq!(
        (&yard["topic"], &yard["faults"]["bad_check"], &yard["table"]["by_reading_back"]),
        (&json!("/esprfid"), &json!(0), &json!(true)),
        "{yard}"
    );
}

#[tokio::test]
async fn boards_do_what_the_identity_provider_says_over_the_broker_inside() {
    let mut rig = Rig::start(Broker::Embedded).await;
    story(&rig).await;
    assert_eq!(rig.gateway.stop().await.code(), Some(0));
}

#[tokio::test]
async fn boards_do_what_the_identity_provider_says_over_mosquitto() {
    let rig = Rig::start(Broker::Mosquitto).await;
    story(&rig).await;
}

#[tokio::test]
async fn a_broker_that_dies_and_a_gateway_that_is_killed_during_a_load_cost_time_and_nothing_else() {
    let mut rig = Rig::start(Broker::Mosquitto).await;
    let scim = rig.gateway.scim();
    let first = scim.create("p0", Some("1")).await;
    rig.gateway.proven(&BOARDS).await;
    for number in 2..40 {
        scim.create(&format!("p{number}"), Some(&number.to_string())).await;
    }
    rig.kill_mosquitto();
    rig.is("yard", "offline").await;
    scim.set_active(&first, false).await;
    let api = rig.gateway.api();
    let exposed = async || api.exposed().await.len();
    eventually("the revocation is told as unproven", &exposed, |count| *count == BOARDS.len()).await;
    rig.gateway.kill();
    rig.restart_mosquitto();
    rig.gateway.restart().await;
    let api = rig.gateway.api();
    let exposed = async || api.exposed().await.len();
    eventually("nobody is exposed any more", exposed, |count| *count == 0).await;
    rig.gateway.proven(&BOARDS).await;
    rig.all_hold(&(2..40).collect::<Vec<_>>()).await;
    rig.all_say(1, false, "Denied").await;
}

#[tokio::test]
async fn a_board_that_is_wiped_swapped_or_altered_by_hand_is_made_whole() {
    let rig = Rig::start(Broker::Embedded).await;
    let scim = rig.gateway.scim();
    let mut last = String::new();
    for number in 1..10 {
        last = scim.create(&format!("p{number}"), Some(&number.to_string())).await;
    }
    rig.gateway.proven(&BOARDS).await;
    rig.simulator.power("yard", "wiped").await;
    rig.simulator.power("yard", "on").await;
    let all: Vec<u64> = (1..10).collect();
    rig.all_hold(&all).await;
    rig.gateway.proven(&BOARDS).await;

    // Somebody who may publish in the boards' own name can't give them orders.
    let thief = rig.thief("dock", &["/esprfid/cmd"]).await;
    let admin = json!({
        "cmd": "adduser", "doorip": "192.0.2.31", "uid": "6404d2", "user": "Eve", "acctype": 99,
    });
    thief.publish("/esprfid/cmd", admin.to_string()).await;
    let stale = json!({ "type": "access", "time": 5, "isKnown": "true", "access": "Always", "uid": "1" });
    thief.retain("/esprfid/send", stale.to_string()).await;
    for payload in ["NaN".to_owned(), "[".repeat(9_000), "x".repeat(12_000), "{\"type\":7}".to_owned()] {
        thief.publish("/esprfid/send", payload).await;
    }
    let listed = json!({ "cmd": "adduser", "doorip": "192.0.2.31", "uid": "6404d2", "acctype": 99 });
    thief.publish("/esprfid/send", listed.to_string()).await;
    let api = rig.gateway.api();
    let nonsense = async || api.controller("yard").await["faults"]["bad_check"].as_u64().unwrap();
    eventually("the nonsense is counted", nonsense, |count| *count >= 2).await;
    rig.all_hold(&all).await;
    rig.all_say(1234, false, "Denied").await;

    scim.set_active(&last, false).await;
    rig.revocation_is_proven("100-9").await;
    rig.all_hold(&all[..8]).await;
    let checked = run(&["check"], &rig.config());
    assert!(checked.starts_with("OK: 0 lines, a broker, 4 controllers"), "{checked}");
}

#[tokio::test]
async fn a_megabyte_from_a_device_costs_its_connection_and_nobody_else_anything() {
    let rig = Rig::start(Broker::Embedded).await;
    rig.gateway.proven(&BOARDS).await;
    let thief = rig.thief("dock", &["/esprfid/cmd"]).await;
    thief.publish("/esprfid/send", vec![b'['; 1 << 20]).await;
    rig.gateway.scim().create("ada", Some("1234")).await;
    rig.gateway.proven(&BOARDS).await;
    rig.all_say(1234, true, "Always").await;
    let line = rig.gateway.api().site().await["lines"][0]["state"].clone();
    assert_eq!(line, json!({ "is": "up" }));
    assert_eq!(rig.gateway.api().exposed().await, Vec::<Value>::new());
}

#[tokio::test]
async fn a_validity_is_on_the_board_to_the_second_and_a_door_that_a_rule_does_not_name_is_not() {
    let rig = Rig::start(Broker::Embedded).await;
    rig.gateway.scim().create("ada", Some("1234")).await;
    let access = "mode = \"rules\"\n\n[[access_level]]\nname = \"Yard\"\ndoors = [{ door = \"yard\" }]\n\n\
                  [[rule]]\nperson = \"ada\"\naccess_level = \"Yard\"\nfrom = \"2026-01-04\"\n\
                  until = \"2099-01-31 18:00\"\n";
    let file = rig.folder.path().join("access.toml");
    std::fs::write(&file, access).unwrap();
    run(&["access", "import", file.to_str().unwrap()], &rig.config());
    let files = async || [rig.files("yard").await, rig.files("dock").await];
    let is_so = |[yard, dock]: &[Files; 2]| {
        // 17:00 UTC, and the last second in which it opens.
        let until = |file: &Value| file["validuntil"] == 4_073_562_000_u32 - 1;
        dock.is_empty() && yard.len() == 1 && until(&yard[0].1)
    };
    let [yard, _] = eventually("the board has the rule's time", files, is_so).await;
    assert_eq!(yard[0].1["validsince"], 1_767_481_200, "midnight of that day in Berlin");
    rig.gateway.proven(&BOARDS).await;
    assert_eq!(rig.simulator.swipe("yard", 1234).await["reason"], "Always");
    assert_eq!(rig.simulator.swipe("dock", 1234).await["reason"], "Denied");
}
