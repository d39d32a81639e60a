//! Controllers at a broker, end to end: the same promises as on a line, with the broker inside and with a Mosquitto.
#![allow(clippy::unwrap_used, reason = "a test that panics has failed")]

mod intruders;
mod rig;

use jiff::tz::TimeZone;
use jiff::{ToSpan as _, Zoned};
use serde_json::{Value, json};
use tests::{Simulator, eventually};

use rig::{Broker, PANELS, Rig, run};

/// Activate, change, suspend, activate again, delete.
async fn story(rig: &Rig) {
    let (gateway, simulator) = (&rig.gateway, &rig.simulator);
    let scim = gateway.scim();
    let ada = scim.create("ada", Some("1234")).await;
    gateway.proven(&PANELS).await;
    all_say(simulator, 1234, "granted").await;

    scim.set_card(&ada, "1235").await;
    gateway.proven(&PANELS).await;
    all_hold(simulator, &[1235]).await;
    all_say(simulator, 1234, "unknown_card").await;

    scim.set_active(&ada, false).await;
    revocation_is_proven(rig, "100-1235").await;
    all_hold(simulator, &[]).await;
    all_say(simulator, 1235, "unknown_card").await;

    scim.set_active(&ada, true).await;
    gateway.proven(&PANELS).await;
    all_say(simulator, 1235, "granted").await;

    scim.delete(&ada).await;
    gateway.proven(&PANELS).await;
    all_hold(simulator, &[]).await;

    let api = gateway.api();
    let reads = async || api.site().await["events"].as_array().unwrap().len();
    eventually("all card reads are in the log", reads, |count| *count >= 8).await;
    let site = api.site().await;
    let line = &site["lines"][0];
    assert_eq!(
        (&line["id"], &line["protocol"], &line["state"]["is"]),
        (&json!("mqtt"), &json!("mqtt"), &json!("up"))
    );
    let shed = &site["controllers"][0];
    assert_eq!(
        (&shed["topic"], &shed["address"], &shed["faults"]["bad_check"]),
        (&json!("shed"), &Value::Null, &json!(0))
    );
}

#[tokio::test]
async fn every_door_does_what_the_identity_provider_says_over_the_broker_inside() {
    let mut rig = Rig::start(Broker::Embedded, "5").await;
    story(&rig).await;
    assert_eq!(rig.gateway.stop().await.code(), Some(0));
}

#[tokio::test]
async fn every_door_does_what_the_identity_provider_says_over_mosquitto() {
    let mut rig = Rig::start(Broker::Mosquitto, "5").await;
    story(&rig).await;
    assert_eq!(rig.gateway.stop().await.code(), Some(0));
}

#[tokio::test]
async fn a_controller_that_speaks_3_1_1_is_served_by_a_gateway_that_speaks_5() {
    let rig = Rig::start(Broker::Embedded, "3.1.1").await;
    story(&rig).await;
}

#[tokio::test]
async fn panels_at_a_broker_go_by_schedules_and_go_on_by_them_when_it_is_gone() {
    let mut rig = Rig::start(Broker::Embedded, "5").await;
    rig.gateway.scim().create("ada", Some("1234")).await;
    let access = |until: &str| {
        json!({
            "mode": "rules",
            "schedules": [{ "name": "Mornings", "weekly": [
                { "days": ["mon", "tue", "wed", "thu", "fri", "sat", "sun"], "from": "06:00", "to": until },
            ] }],
            "access_levels": [{ "name": "Staff", "doors": [
                { "door": "shed-door", "schedule": "Mornings" }, { "door": "gate-door" },
            ] }],
            "rules": [{ "everyone": true, "access_level": "Staff" }],
        })
    };
    rig.gateway.api().put("/api/v1/access", &access("12:00")).await.good();
    // Whom a rule concerns is compiled after the answer.
    eventually("rules decide", async || shed_at(&rig, 13).await, |it| it == "outside_hours").await;
    rig.gateway.proven(&PANELS).await;
    shed_says(&rig, 11, "granted").await;
    shed_says(&rig, 13, "outside_hours").await;
    rig.gateway.api().put("/api/v1/access", &access("14:00")).await.good();
    rig.gateway.proven(&PANELS).await;
    shed_says(&rig, 13, "granted").await;
    rig.gateway.kill();
    shed_says(&rig, 13, "granted").await;
    shed_says(&rig, 15, "outside_hours").await;
    assert_eq!(rig.simulator.swipe("gate", 1234).await["reason"], "granted");
    rig.gateway.restart().await;
    rig.gateway.proven(&PANELS).await;
    shed_says(&rig, 13, "granted").await;
    shed_says(&rig, 15, "outside_hours").await;
}

/// What the shed says when its clock shows that hour of Berlin's wall clock, two days from now.
async fn shed_says(rig: &Rig, hour: i64, reason: &str) {
    assert_eq!(shed_at(rig, hour).await, reason, "{hour}:30");
}

async fn shed_at(rig: &Rig, hour: i64) -> Value {
    let zone = TimeZone::get("Europe/Berlin").unwrap();
    let day = Zoned::now().with_time_zone(zone).start_of_day().unwrap().checked_add(2.days()).unwrap();
    let then = day.checked_add(hour.hours().minutes(30)).unwrap().timestamp().as_second();
    let offset_s = |from: i64| json!({ "offset_s": then - from });
    // As far as it is off, it is off from the right time.
    rig.simulator.post("/controllers/shed/clock", &json!({ "offset_s": 0 })).await;
    let clock = async || rig.simulator.controller("shed").await["clock"].as_i64();
    let shown = eventually("its clock was set", clock, Option::is_some).await.unwrap();
    rig.simulator.post("/controllers/shed/clock", &offset_s(shown)).await;
    rig.simulator.swipe("shed", 1234).await["reason"].clone()
}

#[tokio::test]
async fn a_broker_that_dies_during_a_load_costs_time_and_nothing_else() {
    let mut rig = Rig::start(Broker::Mosquitto, "5").await;
    let scim = rig.gateway.scim();
    let first = scim.create("p0", Some("1")).await;
    rig.gateway.proven(&PANELS).await;
    for number in 2..60 {
        scim.create(&format!("p{number}"), Some(&number.to_string())).await;
        if number == 30 {
            rig.kill_mosquitto();
            let api = rig.gateway.api();
            let line = async || api.site().await["lines"][0]["state"].clone();
            let down = eventually("the broker is told as down", line, |state| state["is"] == "down").await;
            assert!(down["why"].as_str().unwrap().contains(&format!("127.0.0.1:{}", rig.port)), "{down}");
        }
    }
    scim.set_active(&first, false).await;
    let api = rig.gateway.api();
    let exposed = async || api.exposed().await.len();
    eventually("the revocation is told as unproven", &exposed, |count| *count == PANELS.len()).await;
    rig.restart_mosquitto();
    eventually("nobody is exposed any more", &exposed, |count| *count == 0).await;
    rig.gateway.proven(&PANELS).await;
    let expected: Vec<u64> = (2..60).collect();
    all_hold(&rig.simulator, &expected).await;
}

#[tokio::test]
async fn a_gateway_that_is_killed_and_a_controller_that_is_wiped_are_made_whole() {
    let mut rig = Rig::start(Broker::Embedded, "5").await;
    let scim = rig.gateway.scim();
    for number in 1..40 {
        scim.create(&format!("p{number}"), Some(&number.to_string())).await;
    }
    rig.gateway.kill();
    all_say_nothing_else(&rig.simulator).await;
    rig.gateway.restart().await;
    rig.gateway.proven(&PANELS).await;
    let expected: Vec<u64> = (1..40).collect();
    all_hold(&rig.simulator, &expected).await;

    rig.simulator.post("/controllers/shed/power", &json!({ "state": "wiped" })).await;
    rig.simulator.post("/controllers/shed/power", &json!({ "state": "on" })).await;
    let held = async || rig.simulator.numbers("shed").await.len();
    eventually("the wiped controller holds all cards again", held, |count| *count == expected.len()).await;
    rig.gateway.proven(&PANELS).await;

    rig.simulator.post("/controllers/gate/power", &json!({ "state": "off" })).await;
    let api = rig.gateway.api();
    let gate = async || api.site().await["controllers"][1]["state"].clone();
    eventually("the loss of power is told by the will", gate, |state| state == "offline").await;
    rig.simulator.post("/controllers/gate/power", &json!({ "state": "on" })).await;
    rig.gateway.proven(&PANELS).await;
}

#[tokio::test]
async fn what_passes_can_be_watched_without_seeing_a_card_or_a_secret() {
    let rig = Rig::start(Broker::Embedded, "5").await;
    rig.gateway.proven(&PANELS).await;
    let mut command = tests::program("gateway");
    command.args(["mqtt", "watch", "--topic", "shed", "--config"]).arg(rig.config());
    let watch = tests::Process::start(command);
    watch.says("watching the broker").await;
    rig.gateway.scim().create("ada", Some("1234")).await;
    watch.says("-> shed operation").await;
    let answer = watch.says("<- shed answer").await;
    assert!(answer.contains("done"), "{answer}");
    let said = watch.output().join("\n");
    assert!(!said.contains("gate ") && !said.contains(&rig.enrolled[0].secret), "{said}");
    assert!(said.lines().all(|line| !line.contains("1234") || line.contains(" of session ")), "{said}");
    let checked = run(&["check"], &rig.config());
    assert!(checked.starts_with("OK: 0 lines, a broker, 2 controllers"), "{checked}");
}

/// What the controllers' own memories hold.
async fn all_hold(simulator: &Simulator, numbers: &[u64]) {
    for panel in PANELS {
        let held = simulator.numbers(panel).await;
        assert_eq!(held.into_iter().collect::<Vec<_>>(), numbers, "{panel}");
    }
}

/// What the controllers decide by themselves.
async fn all_say(simulator: &Simulator, number: u64, reason: &str) {
    for panel in PANELS {
        let swiped = simulator.swipe(panel, number).await;
        let expected = json!([reason == "granted", reason, "panel"]);
        assert_eq!(json!([swiped["granted"], swiped["reason"], swiped["decided_by"]]), expected, "{panel}");
    }
}

/// Doors go on by their own table when nobody is there, and open for no stranger.
async fn all_say_nothing_else(simulator: &Simulator) {
    for panel in PANELS {
        let swiped = simulator.swipe(panel, 999).await;
        assert_eq!((&swiped["granted"], &swiped["decided_by"]), (&json!(false), &json!("panel")), "{panel}");
    }
}

/// The receipt of a revocation is whole, and nobody is exposed any more.
async fn revocation_is_proven(rig: &Rig, card: &str) {
    let api = rig.gateway.api();
    let find = async || {
        let receipts = api.receipts().await;
        receipts.into_iter().find(|receipt| receipt["action"] == "deactivate" && receipt["card"] == card)
    };
    let complete = |receipt: &Option<Value>| receipt.as_ref().is_some_and(|one| one["complete"] == true);
    let receipt = eventually("the revocation is proven", find, complete).await.unwrap();
    assert_eq!(receipt["landings"].as_array().unwrap().len(), PANELS.len(), "{receipt}");
    assert_eq!(api.exposed().await, Vec::<Value>::new());
}
