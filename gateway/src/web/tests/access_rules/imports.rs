//! All of access at once: what goes in comes out, and what makes no sense is refused whole.

use super::*;

fn whole() -> Value {
    json!({
        "mode": "rules",
        "holiday_calendars": [
            { "name": "Bank holidays", "days": ["12-25", "2027-04-02", { "from": "2027-07-26", "to": "2027-08-06" }] },
        ],
        "schedules": [{
            "name": "Office hours",
            "weekly": [
                { "days": ["mon", "tue", "wed", "thu", "fri"], "from": "07:00", "to": "19:00" },
                { "days": ["sat"], "from": "22:00", "to": "02:00" },
            ],
            "holidays": [{ "calendar": "bank holidays", "from": "10:00", "to": "14:00" }],
        }],
        "access_levels": [{ "name": "Staff", "doors": [
            { "door": "Door lobby-main", "schedule": "office hours" },
            { "place": "Harbour Street / dock-roller", "schedule": "never" },
            { "place": "Harbour Street" },
        ] }],
        "rules": [
            { "group": "Employees", "access_level": "Staff" },
            { "everyone": true, "access_level": "Staff" },
            { "person": "ADA", "until": "2999-01-31", "access_level": "staff" },
        ],
    })
}

#[tokio::test]
async fn all_of_access_comes_out_as_it_went_in() {
    let served = Served::start().await;
    served.group(1, "Employees").await;
    served.ada().await;
    let made = served.ask(Method::PUT, ACCESS, "*", &whole()).await;
    assert_eq!(made.status, 200, "{}", made.body);
    let told: Vec<_> =
        made.body["changes"].as_array().unwrap().iter().map(|it| it["what"].as_str().unwrap()).collect();
    assert_eq!(
        told,
        [
            "holiday calendar \"Bank holidays\": 3 entries",
            "schedule \"Office hours\": mon, tue, wed, thu, fri 07:00 to 19:00; sat 22:00 to 02:00; 1 holiday calendar",
            "access level \"Staff\": lobby-main (Office hours), Harbour Street (always), Harbour Street / dock-roller (never)",
            "rule: \"Staff\" for everyone",
            "rule: \"Staff\" for Employees",
            "rule: \"Staff\" for ada until 2999-01-31T23:00:00Z",
            "access mode: rules instead of open",
        ]
    );
    let seen = served.ask(Method::GET, ACCESS, "", &Value::Null).await;
    let export = &seen.body["export"];
    assert_eq!(export["schedules"][0]["holidays"][0]["calendar"], "Bank holidays");
    let again = served.ask(Method::PUT, ACCESS, &seen.etag, export).await;
    assert_eq!((again.status, &again.body["changes"]), (200, &json!([])), "{}", again.body);
    let gone = served.ask(Method::PUT, ACCESS, "*", &json!({ "access_levels": [], "rules": [] })).await;
    assert_eq!(gone.body["changes"].as_array().unwrap().len(), 6);
}

#[tokio::test]
async fn access_that_makes_no_sense_is_refused_whole_with_what_would_be_right() {
    let served = Served::start().await;
    served.group(1, "Employees").await;
    served.ada().await;
    let weekly = json!([{ "days": ["mon"], "from": "07:00", "to": "19:00" }]);
    for (pointer, wrong, field, value, message) in [
        ("/schedules/0/weekly", json!([]), "", "", ""),
        (
            "/schedules/0/weekly/0/from",
            json!("7:00"),
            "schedules[0].weekly[0].from",
            "7:00",
            "no time of the day",
        ),
        (
            "/schedules/0/weekly/0/to",
            json!("07:00"),
            "schedules[0].weekly[0].from",
            "07:00 to 07:00",
            "is empty",
        ),
        ("/schedules/0/weekly/0/days", json!([]), "schedules[0].weekly[0].days", "", "never comes"),
        (
            "/schedules/0/weekly/0/days",
            json!(["monday"]),
            "schedules[0].weekly[0].days",
            "monday",
            "no day of the week",
        ),
        ("/schedules/0/name", json!("Always"), "schedules[0].name", "Always", "is built in"),
        (
            "/schedules/0/holidays/0/calendar",
            json!("x"),
            "schedules[0].holidays[0].calendar",
            "x",
            "no holiday calendar",
        ),
        ("/schedules/0/holidays/0/to", Value::Null, "schedules[0].holidays[0].to", "", "has no end"),
        ("/holiday_calendars/0/days/0", json!("13-25"), "holiday_calendars[0].days[0]", "13-25", "is no day"),
        (
            "/holiday_calendars/0/days/1",
            json!("2030-12-25"),
            "holiday_calendars[0].days[1]",
            "2030-12-25",
            "overlap",
        ),
        (
            "/holiday_calendars/0/days/2/to",
            json!("2027-07-25"),
            "holiday_calendars[0].days[2]",
            "2027-07-26 to 2027-07-25",
            "before it begins",
        ),
        (
            "/access_levels/0/doors/0/door",
            json!("lobby"),
            "access_levels[0].doors[0].door",
            "lobby",
            "no door",
        ),
        (
            "/access_levels/0/doors/1/place",
            json!("Yard"),
            "access_levels[0].doors[1].place",
            "Yard",
            "no door in the place",
        ),
        (
            "/access_levels/0/doors/0/schedule",
            json!("Ofice"),
            "access_levels[0].doors[0].schedule",
            "Ofice",
            "no schedule",
        ),
        ("/rules/0/group", Value::Null, "rules[0].group", "", "to everyone or to one person"),
        ("/rules/2/person", json!("nobody"), "rules[2].person", "nobody", "no person"),
        ("/rules/2/until", json!("2020-01-31"), "rules[2].until", "2020-01-31", "over already"),
        ("/rules/2/until", json!("soon"), "rules[2].until", "soon", "no instant"),
    ] {
        let mut wanted = whole();
        *wanted.pointer_mut(pointer).unwrap_or_else(|| panic!("{pointer}")) = wrong;
        let answer = served.ask(Method::PUT, ACCESS, "*", &wanted).await;
        if field.is_empty() {
            assert_eq!(answer.status, 200, "holidays alone are a schedule");
            served
                .ask(Method::PUT, ACCESS, "*", &json!({ "mode": "open", "access_levels": [], "rules": [] }))
                .await;
            continue;
        }
        let [told_message, told_field, told_value, remedy] = told(&answer);
        assert_eq!(
            (answer.status, told_field, told_value),
            (422, field, value),
            "{pointer}: {}",
            answer.body
        );
        assert!(told_message.contains(message) && !remedy.is_empty(), "{pointer}: {}", answer.body);
    }
    let mut wanted = whole();
    wanted["schedules"] = json!([{ "name": "Nothing" }]);
    assert_eq!(told(&served.ask(Method::PUT, ACCESS, "*", &wanted).await)[0], "the schedule is empty");
    let closed = json!({ "calendar": "Bank holidays" });
    let open = json!({ "calendar": "Bank holidays", "from": "10:00", "to": "14:00" });
    wanted["schedules"] = json!([{ "name": "Office hours", "weekly": weekly, "holidays": [closed, open] }]);
    let both = served.ask(Method::PUT, ACCESS, "*", &wanted).await;
    assert!(told(&both)[0].contains("both closed all day and open"), "{}", both.body);
    let calendars = json!([
        { "name": "One", "days": ["12-25"] },
        { "name": "Two", "days": [{ "from": "2027-12-20", "to": "2028-01-05" }] },
    ]);
    wanted["holiday_calendars"] = calendars;
    wanted["schedules"][0]["holidays"] =
        json!([{ "calendar": "One" }, { "calendar": "Two", "from": "10:00", "to": "14:00" }]);
    let both = served.ask(Method::PUT, ACCESS, "*", &wanted).await;
    assert!(told(&both)[0].contains("is a holiday by \"One\" and by \"Two\""), "{}", both.body);
}

#[tokio::test]
async fn an_import_makes_all_of_it_so_and_a_dry_run_only_says_how() {
    let served = Served::start().await;
    let employees = served.group(1, "Employees").await;
    served.group(2, "Guests").await;
    let staff = served.staff().await;
    served.ask(Method::POST, LEVELS, "", &json!({ "name": "Old", "doors": [] })).await;
    let rule = json!({ "group": employees, "access_level": staff.body["id"] });
    let rule = served.ask(Method::POST, RULES, "", &rule).await;
    let before = served.ask(Method::GET, ACCESS, "", &Value::Null).await;
    let wanted = json!({
        "access_levels": [
            { "name": "Staff", "doors": [{ "door": "lobby-main" }, { "door": "dock-roller" }] },
            { "name": "Visitors", "doors": [{ "door": "lobby-main" }] },
        ],
        "rules": [{ "group": "guests", "access_level": "visitors" }, { "group": "Employees", "access_level": "Staff" }],
    });
    let dry = served.ask(Method::PUT, "/api/v1/access?dry_run=true", &before.etag, &wanted).await;
    let steps = json!([
        { "action": "change", "what": "access level \"Staff\": + dock-roller (always)" },
        { "action": "add", "what": "access level \"Visitors\": lobby-main (always)" },
        { "action": "add", "what": "rule: \"Visitors\" for Guests" },
        { "action": "remove", "what": "access level \"Old\": no doors" },
    ]);
    assert_eq!(dry.body["changes"], steps);
    assert_eq!(
        served.ask(Method::GET, ACCESS, "", &Value::Null).await.body,
        before.body,
        "a dry run changes nothing"
    );
    let done = served.ask(Method::PUT, ACCESS, &before.etag, &wanted).await;
    assert_eq!(done.body["changes"], steps);
    let after = served.ask(Method::GET, ACCESS, "", &Value::Null).await;
    assert_eq!((after.etag.clone(), &after.body["tag"]), (done.etag, &done.body["tag"]));
    assert_ne!(after.etag, before.etag);
    let names: Vec<_> =
        after.body["access_levels"].as_array().unwrap().iter().map(|level| &level["name"]).collect();
    assert_eq!(names, ["Staff", "Visitors"]);
    assert_eq!(after.body["rules"][0], rule.body, "what stays is not touched");
    let again = served.ask(Method::PUT, ACCESS, &after.etag, &wanted).await;
    assert_eq!((again.body["changes"].clone(), again.etag), (json!([]), after.etag));
}

#[tokio::test]
async fn all_that_is_wrong_with_an_import_is_told_at_once_and_nothing_is_changed() {
    let served = Served::start().await;
    served.group(1, "Employees").await;
    let wanted = json!({
        "access_levels": [
            { "name": "Staff", "doors": [{ "door": "lobby" }] },
            { "name": "staff", "doors": [] },
            { "name": "Fine", "doors": [{ "door": "lobby-main", "schedule": "office hours" }] },
            { "name": "staff ", "doors": [] },
        ],
        "rules": [
            { "group": "Employes", "access_level": "Staf" },
            { "group": "Employees", "access_level": "Fine" },
            { "group": "employees", "access_level": "fine" },
        ],
    });
    let refused = served.ask(Method::PUT, ACCESS, "*", &wanted).await;
    assert_eq!(refused.status, 422);
    let error = &refused.body["error"];
    let all = [vec![error.clone()], error["further"].as_array().unwrap().clone()].concat();
    let told: Vec<_> =
        all.iter().map(|told| (told["field"].as_str().unwrap(), told["remedy"].as_str().unwrap())).collect();
    assert_eq!(
        told,
        [
            ("access_levels[0].doors[0].door", "Did you mean \"lobby-main\"?"),
            (
                "access_levels[2].doors[0].schedule",
                "Write \"always\", \"never\" or the name of a [[schedule]]."
            ),
            ("access_levels[3].name", "Give one of them another name."),
            ("rules[0].access_level", "Did you mean \"Staff\"?"),
            ("rules[0].group", "Did you mean \"Employees\"?"),
            ("rules[2].group", "Leave one out."),
        ]
    );
    assert_eq!(served.site.directory.read().revision(), Revision(1));
}
