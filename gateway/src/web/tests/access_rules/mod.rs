//! Access levels and rules over the API, on a real directory.

mod imports;

use std::convert::Infallible;

use reqwest::Method;
use serde_json::{Value, json};

use super::openapi::{check, document};
use super::*;
use crate::domain::{
    AccessLevel, AccessLevelId, At, Attributes, Change, DoorSchedule, Group, GroupId, Origin, Revision, When,
};

const LEVELS: &str = "/api/v1/access-levels";
const RULES: &str = "/api/v1/rules";
const ACCESS: &str = "/api/v1/access";
const HOLDS: &str = "/api/v1/holds";

/// An answer, compared with its description.
struct Answered {
    status: u16,
    etag: String,
    location: String,
    body: Value,
}

impl Served {
    async fn group(&self, number: u128, name: &str) -> String {
        let now = Timestamp::UNIX_EPOCH;
        let group = Group {
            id: GroupId(uuid::Uuid::from_u128(number)),
            display_name: name.to_owned(),
            external_id: None,
            attributes: Attributes::new(),
            created: now,
            modified: now,
            revision: Revision(0),
        };
        let id = group.id.to_string();
        self.commit(Change::PutGroup { group }).await;
        id
    }

    async fn commit(&self, change: Change) {
        let plan = move |_: &crate::store::View<'_>, _| Ok::<_, Infallible>((vec![change], ()));
        self.site.directory.commit(Origin::CommandLine, Timestamp::UNIX_EPOCH, plan).await.unwrap();
    }

    /// Sends it as Mara the manager.
    async fn ask(&self, method: Method, path: &str, if_match: &str, body: &Value) -> Answered {
        self.ask_as("mara", method, path, if_match, body).await
    }

    async fn ask_as(&self, who: &str, method: Method, path: &str, if_match: &str, body: &Value) -> Answered {
        let request = self.client.request(method.clone(), format!("http://{}{path}", self.address));
        let request = if body.is_null() { request } else { request.json(body) };
        let request = if if_match.is_empty() { request } else { request.header("if-match", if_match) };
        let answer = request.basic_auth(who, Some(PASSWORD)).send().await.unwrap();
        let header = |name| answer.headers().get(name).map_or("", |value| value.to_str().unwrap()).to_owned();
        let (status, etag, location) = (answer.status().as_u16(), header("etag"), header("location"));
        let body = answer.json().await.unwrap_or(Value::Null);
        let described = document(self).await;
        let (plain, _) = path.split_once('?').unwrap_or((path, ""));
        let mut template = plain.to_owned();
        for list in [LEVELS, RULES, HOLDS] {
            if plain.strip_prefix(list).is_some_and(|rest| rest.len() > 1) {
                template = format!("{list}/{{id}}");
            }
        }
        let described_answer =
            &described["paths"][&template][method.as_str().to_lowercase()]["responses"][status.to_string()];
        assert!(described_answer.is_object(), "{method} {path}: {status} is not described: {body}");
        let schema = &described_answer["content"]["application/json"]["schema"];
        if !schema.is_null() {
            check(&described, schema, &body, path);
        }
        Answered { status, etag, location, body }
    }

    async fn staff(&self) -> Answered {
        let body = json!({ "name": "Staff", "doors": [{ "door": "lobby-main" }] });
        let made = self.ask(Method::POST, LEVELS, "", &body).await;
        assert_eq!(made.status, 201, "{}", made.body);
        made
    }
}

impl Served {
    async fn ada(&self) {
        let now = Timestamp::UNIX_EPOCH;
        let ada = crate::domain::Cardholder {
            id: crate::domain::CardholderId(uuid::Uuid::from_u128(77)),
            user_name: "ada".to_owned(),
            external_id: None,
            display_name: "Ada".to_owned(),
            active: true,
            cards: Vec::new(),
            refused_cards: Vec::new(),
            reactivation: None,
            attributes: Attributes::new(),
            created: now,
            modified: now,
            revision: Revision(0),
        };
        self.commit(Change::PutCardholder { cardholder: Box::new(ada) }).await;
    }
}

fn told(answered: &Answered) -> [&str; 4] {
    ["message", "field", "value", "remedy"].map(|key| answered.body["error"][key].as_str().unwrap_or(""))
}

#[tokio::test]
async fn an_access_level_is_made_read_changed_and_deleted() {
    let served = Served::start().await;
    let made = served.staff().await;
    let door = json!([
        { "door": "lobby-main", "door_name": "Door lobby-main", "place": null, "schedule": "always" }
    ]);
    assert_eq!((&made.body["name"], &made.body["doors"]), (&json!("Staff"), &door));
    assert_eq!(made.etag, "\"1\"");
    let read = served.ask(Method::GET, &made.location, "", &Value::Null).await;
    assert_eq!((&read.body, &read.etag), (&made.body, &made.etag));
    let body = json!({ "name": "Staff, day", "doors": [] });
    let changed = served.ask(Method::PUT, &made.location, &read.etag, &body).await;
    assert_eq!((changed.status, changed.etag.as_str()), (200, "\"2\""));
    assert_eq!((&changed.body["id"], &changed.body["created"]), (&made.body["id"], &made.body["created"]));
    let again = served.ask(Method::PUT, &made.location, &changed.etag, &body).await;
    assert_eq!(again.etag, "\"2\"", "what changes nothing is no change");
    let gone = served.ask(Method::DELETE, &made.location, &changed.etag, &Value::Null).await;
    assert_eq!((gone.status, gone.body), (204, Value::Null));
    assert_eq!(served.ask(Method::GET, &made.location, "", &Value::Null).await.status, 404);
    let list = served.ask(Method::GET, LEVELS, "", &Value::Null).await;
    assert_eq!(list.body["access_levels"], json!([]));
}

#[tokio::test]
async fn every_answer_says_what_decides_at_the_doors() {
    let served = Served::start().await;
    let group = served.group(1, "Employees").await;
    let level = served.staff().await;
    let rule = json!({ "group": group, "access_level": level.body["id"] });
    let rule = served.ask(Method::POST, RULES, "", &rule).await;
    let wanted = json!({ "access_levels": [], "rules": [] });
    let import = served.ask(Method::PUT, "/api/v1/access?dry_run=true", "*", &wanted).await;
    let mut answers = vec![import.body, rule.body];
    for path in [ACCESS, LEVELS, RULES, &rule.location] {
        answers.push(served.ask(Method::GET, path, "", &Value::Null).await.body);
    }
    assert!(answers.iter().all(|answer| answer["applied"] == json!(false)), "{answers:?}");
    for list in [&answers[0], &answers[2], &answers[3], &answers[4]] {
        assert!(list["note"].as_str().unwrap().contains("every active card"), "{list}");
    }
    let wanted = json!({ "mode": "rules", "access_levels": [], "rules": [] });
    let import = served.ask(Method::PUT, ACCESS, "*", &wanted).await;
    let changes = import.body["changes"].to_string();
    assert!(changes.contains("access mode: rules instead of open"), "{changes}");
    for path in [ACCESS, LEVELS, RULES] {
        let answer = served.ask(Method::GET, path, "", &Value::Null).await.body;
        assert_eq!((&answer["applied"], &answer["mode"]), (&json!(true), &json!("rules")), "{path}");
    }
    let kept = json!({ "access_levels": [], "rules": [] });
    let nothing = served.ask(Method::PUT, ACCESS, "*", &kept).await;
    assert_eq!(nothing.body["changes"], json!([]), "a mode that is not named stays");
}

#[tokio::test]
async fn an_edit_full_of_mistakes_is_answered_shortly_and_soon() {
    let served = Served::start().await;
    let endless = "x".repeat(100_000);
    let wrong = served.ask(Method::POST, LEVELS, "", &json!({ "name": endless, "doors": [] })).await;
    assert_eq!((wrong.status, told(&wrong)[1]), (422, "name"));
    let body = json!({ "name": "X", "doors": [{ "door": endless, "schedule": endless }] });
    let wrong = served.ask(Method::POST, LEVELS, "", &body).await;
    assert_eq!((wrong.status, told(&wrong)[1]), (422, "doors[0].door"));
    assert!(wrong.body.to_string().len() < 4_000);
    let rule = json!({ "group": "nobody", "access_level": "nothing" });
    let wanted = json!({ "access_levels": [], "rules": vec![&rule; 5_000] });
    let wrong = served.ask(Method::PUT, ACCESS, "*", &wanted).await;
    let further = wrong.body["error"]["further"].as_array().unwrap();
    assert_eq!((wrong.status, further.len()), (422, 50));
    assert_eq!(further[49]["message"], "there may be more mistakes than these 50");
    let wanted = json!({ "access_levels": [], "rules": vec![&rule; 5_001] });
    assert_eq!(told(&served.ask(Method::PUT, ACCESS, "*", &wanted).await)[1], "rules");
    let doors = vec![json!({ "door": "roof" }); 1_025];
    let wrong = served.ask(Method::POST, LEVELS, "", &json!({ "name": "X", "doors": doors })).await;
    assert_eq!((wrong.status, told(&wrong)[1], told(&wrong)[2]), (422, "doors", "1025"));
    let much = "x".repeat(limits::MAX_ACCESS_BODY_BYTES);
    let wrong = served.ask(Method::POST, LEVELS, "", &json!({ "name": much, "doors": [] })).await;
    assert_eq!(wrong.status, 413);
    assert_eq!(served.site.directory.read().revision(), Revision(0));
}

#[tokio::test]
async fn whoever_has_not_seen_the_newest_state_undoes_nothing() {
    let served = Served::start().await;
    let group = served.group(1, "Employees").await;
    let level = served.staff().await;
    let rule = json!({ "group": group, "access_level": level.body["id"] });
    let rule = served.ask(Method::POST, RULES, "", &rule).await;
    let body = json!({ "name": "Staff", "doors": [] });
    served.ask(Method::PUT, &level.location, "*", &body).await;
    for (location, body) in
        [(&level.location, &body), (&rule.location, &json!({ "group": "", "access_level": "" }))]
    {
        for (if_match, status) in [("", 428), ("\"0\"", 412)] {
            assert_eq!(served.ask(Method::PUT, location, if_match, body).await.status, status);
            assert_eq!(served.ask(Method::DELETE, location, if_match, &Value::Null).await.status, status);
        }
    }
    let stale = served.ask(Method::PUT, &level.location, &level.etag, &body).await;
    assert_eq!(told(&stale)[0], "somebody has changed this access level meanwhile");
    let import = json!({ "access_levels": [], "rules": [] });
    assert_eq!(served.ask(Method::PUT, ACCESS, "\"0123456789abcdef\"", &import).await.status, 412);
    assert_eq!(served.ask(Method::PUT, ACCESS, "", &import).await.status, 428);
    assert_eq!(served.ask(Method::GET, RULES, "", &Value::Null).await.body["rules"][0], rule.body);
    let either = format!("\"0\", W/{}", rule.etag);
    assert_eq!(served.ask(Method::DELETE, &rule.location, &either, &Value::Null).await.status, 204);
}

#[tokio::test]
async fn what_is_wrong_with_an_access_level_is_told_with_field_value_and_remedy() {
    let served = Served::start().await;
    served.staff().await;
    let doors = json!([{ "door": "dock-roller" }, { "door": "lobby-mian" }]);
    let wrong = served.ask(Method::POST, LEVELS, "", &json!({ "name": "X", "doors": doors })).await;
    assert_eq!(wrong.status, 422);
    let expected = [
        "the configuration has no door \"lobby-mian\"",
        "doors[1].door",
        "lobby-mian",
        "Did you mean \"lobby-main\"?",
    ];
    assert_eq!(told(&wrong), expected);
    let doors = json!([{ "door": "roof", "schedule": "office hours" }]);
    let wrong = served.ask(Method::POST, LEVELS, "", &json!({ "name": " ", "doors": doors })).await;
    assert_eq!(told(&wrong)[1..3], ["name", " "]);
    let further = wrong.body["error"]["further"].as_array().unwrap();
    let fields: Vec<_> = further.iter().map(|told| told["field"].as_str().unwrap()).collect();
    assert_eq!(fields, ["doors[0].door", "doors[0].schedule"]);
    let taken = served.ask(Method::POST, LEVELS, "", &json!({ "name": "STAFF", "doors": [] })).await;
    assert_eq!((taken.status, told(&taken)[0]), (409, "another access level is called \"Staff\""));
    for (body, field) in [
        (json!({ "name": "X" }), ""),
        (json!({ "name": "X", "doors": [], "colour": 1 }), "colour"),
        (json!({ "name": 5, "doors": [] }), "name"),
        (json!({ "name": "X", "doors": [{ "dor": "roof" }] }), "doors[0].dor"),
        (json!([]), ""),
        (json!(["X", [["roof", "always"]]]), ""),
        (json!({ "name": "X", "doors": [["roof", "always"]] }), ""),
        (Value::Null, ""),
    ] {
        let answer = served.ask(Method::POST, LEVELS, "", &body).await;
        assert!(!told(&answer)[3].is_empty() && [400, 415].contains(&answer.status), "{}", answer.body);
        assert_eq!(told(&answer)[1], field, "{}", answer.body);
        assert!(!answer.body.to_string().contains("Draft"), "no names of types: {}", answer.body);
    }
    assert_eq!(
        served.ask(Method::GET, LEVELS, "", &Value::Null).await.body["access_levels"]
            .as_array()
            .unwrap()
            .len(),
        1
    );
}

#[tokio::test]
async fn a_door_that_left_the_configuration_may_stay_and_not_come() {
    let served = Served::start().await;
    let level = AccessLevel {
        id: AccessLevelId(uuid::Uuid::from_u128(7)),
        name: "Staff".parse().unwrap(),
        doors: [DoorSchedule { at: At::Door("old-door".parse().unwrap()), schedule: When::Always }].into(),
        created: Timestamp::UNIX_EPOCH,
        modified: Timestamp::UNIX_EPOCH,
        revision: Revision(1),
    };
    served.commit(Change::PutAccessLevel { access_level: level }).await;
    let doors = json!([{ "door": "old-door", "schedule": "always" }]);
    let wanted = json!({ "access_levels": [{ "name": "staff", "doors": doors }], "rules": [] });
    let exported = served.ask(Method::PUT, ACCESS, "*", &wanted).await;
    assert_eq!(exported.status, 200, "what was exported comes back in: {}", exported.body);
    let more = json!([{ "door": "old-door" }, { "door": "dock-roller" }]);
    let path = format!("{LEVELS}/{}", uuid::Uuid::from_u128(7));
    let changed = served.ask(Method::PUT, &path, "*", &json!({ "name": "Staff", "doors": more })).await;
    assert_eq!(changed.status, 200, "{}", changed.body);
    let other = served.ask(Method::POST, LEVELS, "", &json!({ "name": "Other", "doors": doors })).await;
    assert_eq!((other.status, told(&other)[1]), (422, "doors[0].door"));
}

#[tokio::test]
async fn a_rule_joins_a_group_and_an_access_level_that_are_there_once() {
    let served = Served::start().await;
    let [employees, guests] = [served.group(1, "Employees").await, served.group(2, "Guests").await];
    let level = served.staff().await.body["id"].as_str().unwrap().to_owned();
    let body = json!({ "group": employees, "access_level": level });
    let made = served.ask(Method::POST, RULES, "", &body).await;
    assert_eq!((made.status, &made.body["group_name"]), (201, &json!("Employees")));
    assert_eq!(made.body["access_level_name"], "Staff");
    let twin = served.ask(Method::POST, RULES, "", &body).await;
    assert_eq!((twin.status, told(&twin)[0]), (409, "a rule gives \"Staff\" to Employees already"));
    let wrong =
        served.ask(Method::POST, RULES, "", &json!({ "group": "x", "access_level": employees })).await;
    assert_eq!((wrong.status, told(&wrong)[1]), (422, "group"));
    assert_eq!(wrong.body["error"]["further"][0]["field"], "access_level");
    let body = json!({ "group": guests, "access_level": level });
    let moved = served.ask(Method::PUT, &made.location, &made.etag, &body).await;
    assert_eq!(
        (moved.status, &moved.body["group_name"], &moved.body["id"]),
        (200, &json!("Guests"), &made.body["id"])
    );
    let groups = served.ask(Method::GET, "/api/v1/groups", "", &Value::Null).await.body;
    assert_eq!(
        groups["groups"][0],
        json!({ "id": employees, "display_name": "Employees", "external_id": null })
    );
}

#[tokio::test]
async fn an_access_level_in_use_stays_and_says_by_whom() {
    let served = Served::start().await;
    let level = served.staff().await;
    for (number, name) in [(1, "Employees"), (2, "Guests")] {
        let group = served.group(number, name).await;
        served
            .ask(Method::POST, RULES, "", &json!({ "group": group, "access_level": level.body["id"] }))
            .await;
    }
    let refused = served.ask(Method::DELETE, &level.location, &level.etag, &Value::Null).await;
    assert_eq!(refused.status, 409);
    let message = told(&refused)[0];
    assert!(
        message.contains("\"Staff\"") && message.contains("Employees") && message.contains("Guests"),
        "{message}"
    );
    for number in [1, 2] {
        served.commit(Change::DeleteGroup { id: GroupId(uuid::Uuid::from_u128(number)) }).await;
    }
    assert_eq!(served.ask(Method::GET, RULES, "", &Value::Null).await.body["rules"], json!([]));
    assert_eq!(served.ask(Method::DELETE, &level.location, &level.etag, &Value::Null).await.status, 204);
}

#[tokio::test]
async fn viewers_read_and_managers_write() {
    let served = Served::start().await;
    let body = json!({ "name": "Staff", "doors": [] });
    let at = format!("{LEVELS}/{}", uuid::Uuid::nil());
    let rule = format!("{RULES}/{}", uuid::Uuid::nil());
    for (method, path) in [
        (Method::POST, LEVELS),
        (Method::PUT, &at),
        (Method::DELETE, &at),
        (Method::POST, RULES),
        (Method::PUT, &rule),
        (Method::DELETE, &rule),
        (Method::PUT, ACCESS),
    ] {
        assert_eq!(
            served.ask_as("vera", method.clone(), path, "*", &body).await.status,
            403,
            "{method} {path}"
        );
        let elsewhere = served.client.request(method, format!("http://{}{path}", served.address));
        let cookie = served.cookie("mara").await;
        let elsewhere =
            elsewhere.header("cookie", cookie).header("origin", "https://evil.example").json(&body);
        assert_eq!(elsewhere.send().await.unwrap().status(), 403);
    }
    assert_eq!(served.ask_as("ida", Method::POST, LEVELS, "", &body).await.status, 201);
    assert_eq!(served.ask_as("vera", Method::GET, LEVELS, "", &Value::Null).await.status, 200);
}

#[tokio::test]
async fn a_hold_is_put_shown_and_lifted_and_its_card_is_masked() {
    let served = Served::start().await;
    served.ada().await;
    let body = json!({ "person": "ada", "reason": " lost ", "until": "2999-01-31 18:00" });
    let made = served.ask(Method::POST, HOLDS, "", &body).await;
    assert_eq!((made.status, &made.body["until"]), (201, &json!("2999-01-31T17:00:00Z")), "{}", made.body);
    assert_eq!((&made.body["by"], &made.body["reason"]), (&json!("mara"), &json!("lost")));
    let card = json!({ "card": "100:1234", "reason": "found in the yard" });
    assert_eq!(served.ask(Method::POST, HOLDS, "", &card).await.status, 201);
    let cards = |list: &Value| {
        list["holds"].as_array().unwrap().iter().map(|it| it["card"].clone()).collect::<Vec<_>>()
    };
    let seen = served.ask(Method::GET, HOLDS, "", &Value::Null).await;
    assert_eq!(cards(&seen.body), [Value::Null, json!("100-1234")]);
    let seen = served.ask_as("vera", Method::GET, HOLDS, "", &Value::Null).await;
    assert_eq!(cards(&seen.body), [Value::Null, json!("•••-••34")]);
    assert_eq!(served.ask_as("vera", Method::POST, HOLDS, "", &card).await.status, 403);
    for (wrong, field) in [
        (json!({ "reason": "lost" }), "card"),
        (json!({ "person": "ada", "card": "100:1", "reason": "lost" }), "card"),
        (json!({ "person": "nobody", "reason": "lost" }), "person"),
        (json!({ "card": "12:34:56:78", "reason": "lost" }), "card"),
        (json!({ "person": "ada", "reason": " " }), "reason"),
        (json!({ "person": "ada", "reason": "lost", "until": "2020-01-01" }), "until"),
    ] {
        let refused = served.ask(Method::POST, HOLDS, "", &wrong).await;
        assert_eq!((refused.status, told(&refused)[1]), (422, field), "{wrong}");
    }
    assert_eq!(served.ask(Method::DELETE, &made.location, "", &Value::Null).await.status, 204);
    assert_eq!(served.ask(Method::DELETE, &made.location, "", &Value::Null).await.status, 404);
    let left = served.ask(Method::GET, HOLDS, "", &Value::Null).await;
    assert_eq!(left.body["holds"].as_array().unwrap().len(), 1);
}
