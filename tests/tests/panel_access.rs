//! Rules with schedules at panels, end to end: imported from a file, told to a panel on a line, and decided there by its own
//! clock, which the test sets.
#![allow(clippy::unwrap_used, reason = "a test that panics has failed")]

use std::fs;

use jiff::civil::{DateTime, Weekday};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan as _, Zoned};
use serde_json::{Value, json};
use tests::{Simulator, SitePlan, eventually, program};

const PANELS: [&str; 1] = ["lobby"];
const FRONT: u8 = 0;
const BACK: u8 = 1;

fn berlin() -> TimeZone {
    TimeZone::get("Europe/Berlin").unwrap()
}

/// A Monday more than a week ahead, at midnight.
fn monday() -> DateTime {
    let today = Zoned::now().with_time_zone(berlin()).date();
    let next = today.nth_weekday(1, Weekday::Monday).unwrap();
    next.checked_add(1.week()).unwrap().to_datetime(jiff::civil::Time::midnight())
}

/// So many days after that Monday, at an hour and a minute of the wall clock.
fn at(days: i64, hour: i64, minute: i64) -> DateTime {
    monday().checked_add(days.days().hours(hour).minutes(minute)).unwrap()
}

/// Sets the panel's clock to what Berlin's wall clock shows then.
async fn set_clock(simulator: &Simulator, then: DateTime) {
    let instant = then.to_zoned(berlin()).unwrap().timestamp();
    let offset_s = instant.as_second() - Timestamp::now().as_second();
    simulator.post("/controllers/lobby/clock", &json!({ "offset_s": offset_s })).await;
}

async fn swipe(simulator: &Simulator, reader: u8, number: u64) -> Value {
    let card = json!({ "format": "H10301", "facility": 100, "number": number });
    simulator.post("/controllers/lobby/swipe", &json!({ "reader": reader, "card": card })).await
}

/// What the panel says at that time of the wall clock.
async fn said(simulator: &Simulator, reader: u8, number: u64, then: DateTime) -> String {
    set_clock(simulator, then).await;
    let swiped = swipe(simulator, reader, number).await;
    assert_eq!(swiped["decided_by"], "panel");
    swiped["reason"].as_str().unwrap().to_owned()
}

/// Waits until the panel says so.
async fn until_said(simulator: &Simulator, reader: u8, number: u64, then: DateTime, reason: &str) {
    let what = format!("{number} is told {reason}");
    eventually(&what, async || said(simulator, reader, number, then).await, |it| it == reason).await;
}

/// Everybody has the front by office hours, and Vera the back until Monday noon.
fn access(office: &str) -> String {
    let (holiday, until) = (at(2, 0, 0).date(), at(0, 12, 0).strftime("%Y-%m-%d %H:%M").to_string());
    format!(
        "mode = \"rules\"\n\n\
         [[holiday_calendar]]\nname = \"Works holidays\"\ndays = [\"{holiday}\"]\n\n\
         [[schedule]]\nname = \"Office hours\"\nweekly = [{office}, \
         {{ days = [\"tue\"], from = \"22:00\", to = \"02:00\" }}]\n\
         holidays = [{{ calendar = \"Works holidays\", from = \"10:00\", to = \"12:00\" }}]\n\n\
         [[access_level]]\nname = \"Staff\"\ndoors = [{{ door = \"lobby-front\", schedule = \"Office hours\" }}]\n\n\
         [[access_level]]\nname = \"Visit\"\ndoors = [{{ door = \"lobby-back\" }}]\n\n\
         [[rule]]\neveryone = true\naccess_level = \"Staff\"\n\n\
         [[rule]]\nperson = \"vera\"\nuntil = \"{until}\"\naccess_level = \"Visit\"\n"
    )
}

const WIDE: &str =
    "{ days = [\"mon\", \"tue\", \"wed\", \"thu\", \"fri\"], from = \"07:00\", to = \"19:00\" }";
const NARROW: &str =
    "{ days = [\"mon\", \"tue\", \"wed\", \"thu\", \"fri\"], from = \"08:00\", to = \"19:00\" }";

async fn import(plan: &SitePlan, text: &str) {
    let file = plan.folder().join("access.toml");
    fs::write(&file, text).unwrap();
    let mut command = program("gateway");
    command.args(["access", "import"]).arg(&file).arg("--config").arg(plan.config());
    let ran = tokio::task::spawn_blocking(move || command.output()).await.unwrap().unwrap();
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
}

#[tokio::test]
async fn a_panel_goes_by_schedules_and_holidays_and_ends_a_visit_while_it_is_cut_off() {
    let plan = SitePlan::new(115_200, &PANELS);
    let simulator = plan.simulator().await;
    let mut gateway = plan.gateway().await;
    let scim = gateway.scim();
    scim.create("ada", Some("1")).await;
    scim.create("vera", Some("2")).await;
    gateway.proven(&PANELS).await;
    import(&plan, &access(WIDE)).await;
    // Whom a rule concerns is compiled after the answer.
    until_said(&simulator, BACK, 1, at(0, 11, 0), "no_access").await;
    until_said(&simulator, BACK, 2, at(0, 11, 0), "granted").await;
    gateway.proven(&PANELS).await;

    for (then, reason) in [
        (at(0, 6, 59), "outside_hours"),
        (at(0, 7, 0), "granted"),
        (at(0, 19, 0), "outside_hours"),
        (at(1, 23, 30), "granted"),
        (at(2, 0, 30), "outside_hours"),
        (at(2, 9, 0), "outside_hours"),
        (at(2, 11, 0), "granted"),
        (at(3, 11, 0), "granted"),
        (at(5, 11, 0), "outside_hours"),
    ] {
        assert_eq!(said(&simulator, FRONT, 1, then).await, reason, "{then}");
    }
    import(&plan, &access(NARROW)).await;
    gateway.proven(&PANELS).await;
    assert_eq!(said(&simulator, FRONT, 1, at(0, 7, 0)).await, "outside_hours");
    assert_eq!(said(&simulator, FRONT, 1, at(0, 8, 0)).await, "granted");

    gateway.kill();
    assert_eq!(said(&simulator, BACK, 2, at(0, 11, 59)).await, "granted");
    assert_eq!(said(&simulator, BACK, 2, at(0, 12, 0)).await, "outside_hours");
    assert_eq!(said(&simulator, FRONT, 2, at(0, 12, 0)).await, "granted", "what everybody has stays");

    gateway.restart().await;
    gateway.proven(&PANELS).await;
    let digest = simulator.controller("lobby").await["digest"].clone();
    simulator.power("lobby", "wiped").await;
    let same = async || simulator.controller("lobby").await["digest"].clone();
    eventually("a wiped panel has its schedules again", same, |it| *it == digest).await;
    gateway.proven(&PANELS).await;
    assert_eq!(said(&simulator, FRONT, 1, at(0, 8, 0)).await, "granted");
    assert_eq!(said(&simulator, FRONT, 1, at(0, 7, 0)).await, "outside_hours");
    let notices = gateway.api().site().await["notices"].to_string();
    assert!(!notices.contains("schedule"), "nothing is left out at this panel: {notices}");
    let reads = async || gateway.api().site().await["events"].to_string();
    eventually("its refusals are in the log", reads, |it| it.contains("outside_hours")).await;
}
