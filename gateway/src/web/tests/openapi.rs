//! The API's description says what the API does.

use std::collections::BTreeSet;

use serde_json::Value;

use super::*;
use crate::domain::LinkCondition;
use crate::domain::osdpcap::Io;
use crate::store::limits as store;

pub(super) async fn document(served: &Served) -> Value {
    let answer = served.get("/api/openapi.json").send().await.unwrap();
    assert_eq!(answer.status(), 200);
    answer.json().await.unwrap()
}

/// Compares what was answered with what is described, all the way down.
pub(super) fn check(document: &Value, schema: &Value, answered: &Value, place: &str) {
    if schema["$ref"].is_string() {
        return check(document, referred(document, schema), answered, place);
    }
    let chosen = choices(schema).map(|choices| {
        let fitting: Vec<_> = choices.iter().filter(|choice| fits(document, choice, answered)).collect();
        assert_eq!(fitting.len(), 1, "{place}: {answered} is not one of {choices:?}");
        fitting[0]
    });
    if let Some(chosen) = chosen.filter(|_| schema["properties"].is_null()) {
        return check(document, chosen, answered, place);
    }
    assert!(has_type(schema, answered), "{place}: {answered} is no {schema}");
    if let Some(words) = schema["enum"].as_array() {
        assert!(words.contains(answered), "{place}: {answered} is none of {words:?}");
    }
    if let Some(constant) = schema.get("const") {
        assert_eq!(constant, answered, "{place}");
    }
    if answered.is_object() {
        check_members(document, schema, chosen.unwrap_or(&Value::Null), answered, place);
    }
    for item in answered.as_array().into_iter().flatten() {
        check(document, &schema["items"], item, &format!("{place}[]"));
    }
}

/// `chosen` says what else there is in this case.
fn check_members(document: &Value, schema: &Value, chosen: &Value, answered: &Value, place: &str) {
    let members = answered.as_object().unwrap();
    let described = |part: &Value| part["properties"].as_object().cloned().unwrap_or_default();
    let mut all = described(schema);
    all.extend(described(chosen));
    assert!(!all.is_empty(), "{place} is not described");
    let keys: BTreeSet<&str> = members.keys().map(String::as_str).collect();
    for part in [schema, chosen] {
        let required = part["required"].as_array().into_iter().flatten().filter_map(Value::as_str);
        assert!(required.collect::<BTreeSet<_>>().is_subset(&keys), "{place} has {keys:?}");
    }
    for (key, member) in members {
        let schema = all.get(key).unwrap_or_else(|| panic!("{place}.{key} is not described"));
        check(document, schema, member, &format!("{place}.{key}"));
    }
}

fn referred<'a>(document: &'a Value, schema: &Value) -> &'a Value {
    let reference = schema["$ref"].as_str().unwrap();
    document.pointer(&reference[1..]).unwrap_or_else(|| panic!("{reference} leads nowhere"))
}

fn choices(schema: &Value) -> Option<&Vec<Value>> {
    schema["anyOf"].as_array().or(schema["oneOf"].as_array())
}

/// Whether it is this one of several.
fn fits(document: &Value, schema: &Value, answered: &Value) -> bool {
    if schema["$ref"].is_string() {
        return fits(document, referred(document, schema), answered);
    }
    if let Some(choices) = choices(schema) {
        return choices.iter().any(|choice| fits(document, choice, answered));
    }
    if let Some(words) = schema["enum"].as_array() {
        return words.contains(answered);
    }
    if let Some(constant) = schema.get("const") {
        return constant == answered;
    }
    let mut members = schema["properties"].as_object().into_iter().flatten();
    has_type(schema, answered)
        && members.all(|(key, member)| member.get("const").is_none_or(|tag| answered[key] == *tag))
}

fn has_type(schema: &Value, answered: &Value) -> bool {
    let is = |kind: &str| match kind {
        "object" => answered.is_object(),
        "array" => answered.is_array(),
        "string" => answered.is_string(),
        "boolean" => answered.is_boolean(),
        "integer" => answered.is_u64(),
        "number" => answered.is_number(),
        "null" => answered.is_null(),
        _ => false,
    };
    match &schema["type"] {
        Value::Array(kinds) => kinds.iter().filter_map(Value::as_str).any(is),
        kind => kind.as_str().is_some_and(is),
    }
}

/// Every object in it, at any depth.
fn objects<'a>(value: &'a Value, seen: &mut dyn FnMut(&'a serde_json::Map<String, Value>)) {
    if let Some(members) = value.as_object() {
        seen(members);
        members.values().for_each(|member| objects(member, seen));
    }
    value.as_array().into_iter().flatten().for_each(|item| objects(item, seen));
}

/// The parameters without which nothing is answered, all but one of them.
fn needed(operation: &Value, but: &str) -> String {
    let all = operation["parameters"].as_array().into_iter().flatten();
    let needed = all.filter(|it| it["in"] == "query" && it["required"] == true && it["name"] != but);
    needed.map(|it| format!("{}=lobby-main&", it["name"].as_str().unwrap())).collect()
}

#[tokio::test]
async fn every_described_read_answers_as_it_is_described() {
    let mut down = fixture::well();
    down.lines[0].state = LinkCondition::Down { why: "gone".to_owned() };
    for facts in [fixture::everything(), fixture::well(), down] {
        let served = Served::with(facts, Transport::PlainLoopback, false).await;
        let document = document(&served).await;
        for (path, operations) in document["paths"].as_object().unwrap() {
            let schema = &operations["get"]["responses"]["200"]["content"]["application/json"]["schema"];
            if schema.is_null() || path.contains('{') {
                continue;
            }
            let asked = format!("{path}?{}", needed(&operations["get"], ""));
            let answer = served.get(&asked).basic_auth("ida", Some(PASSWORD)).send().await.unwrap();
            assert_eq!(answer.status(), 200, "{path}");
            check(&document, schema, &answer.json().await.unwrap(), path);
        }
    }
}

#[tokio::test]
async fn install_mode_answers_as_it_is_described_right_or_wrong() {
    let served = Served::start().await;
    let document = document(&served).await;
    let described = &document["paths"]["/api/v1/controllers/{id}/install-mode"]["post"]["responses"];
    for (name, id, minutes, status) in [
        ("ida", "dock", 5, "200"),
        ("ida", "attic", 5, "404"),
        ("ida", "dock", 0, "422"),
        ("vera", "dock", 5, "403"),
    ] {
        let request = served.post(&format!("/api/v1/controllers/{id}/install-mode"));
        let body = serde_json::json!({ "minutes": minutes });
        let answer = request.basic_auth(name, Some(PASSWORD)).json(&body).send().await.unwrap();
        assert_eq!(answer.status().as_str(), status);
        let schema = &described[status]["content"]["application/json"]["schema"];
        check(&document, schema, &answer.json().await.unwrap(), status);
    }
}

#[tokio::test]
async fn a_recorded_line_is_as_it_is_described() {
    let document = document(&Served::start().await).await;
    let path = &document["paths"]["/api/v1/lines/{id}/capture"]["get"];
    let schema = &path["responses"]["200"]["content"]["application/x-ndjson"]["schema"];
    let data = Record { at: Some(Timestamp::UNIX_EPOCH), io: Io::Input, data: vec![0x53], note: None };
    for record in [data, Record::note(Timestamp::UNIX_EPOCH, "lost".to_owned())] {
        check(&document, schema, &serde_json::from_str(&record.to_string()).unwrap(), "record");
    }
}

#[tokio::test]
async fn every_described_address_takes_the_described_methods_and_no_others() {
    let served = Served::start().await;
    let document = document(&served).await;
    for (path, methods) in document["paths"].as_object().unwrap() {
        let mut described: BTreeSet<String> =
            methods.as_object().unwrap().keys().map(|method| method.to_uppercase()).collect();
        if described.contains("GET") {
            described.insert("HEAD".to_owned());
        }
        let address = format!("http://{}{}", served.address, path.replace(['{', '}'], ""));
        let answer = served.client.patch(address).basic_auth("mara", Some(PASSWORD)).send().await.unwrap();
        assert_eq!(answer.status(), 405, "{path}");
        let allowed = answer.headers()["allow"].to_str().unwrap();
        let allowed: BTreeSet<String> = allowed.split(',').map(|it| it.trim().to_owned()).collect();
        assert_eq!(allowed, described, "{path}");
    }
}

/// The list adds each operation with its description; nothing gets below the API's address around it.
#[test]
fn every_route_of_the_api_is_in_the_list() {
    let router = include_str!("../mod.rs");
    let lists = concat!(
        include_str!("../routes/mod.rs"),
        include_str!("../routes/access.rs"),
        include_str!("../routes/alarms.rs"),
        include_str!("../routes/hardware.rs"),
        include_str!("../routes/outside.rs"),
        include_str!("../routes/site.rs"),
    );
    assert!(!lists.contains(".route("), "routes adds operations, each with its description");
    assert!(!router.contains("\"/api/v1"), "mod.rs serves what is below the API's address around the list");
    assert_eq!(router.matches("nest(openapi::BASE, routes::router())").count(), 1);
}

#[tokio::test]
async fn parameters_are_described_and_no_others_are_taken() {
    let served = Served::start().await;
    let document = document(&served).await;
    let names = |operation: &Value, place: &str| -> BTreeSet<String> {
        let all = operation["parameters"].as_array().into_iter().flatten();
        let here = all.filter(|parameter| parameter["in"] == place);
        here.map(|parameter| parameter["name"].as_str().unwrap().to_owned()).collect()
    };
    for (path, methods) in document["paths"].as_object().unwrap() {
        let named: BTreeSet<String> =
            path.split('{').skip(1).map(|rest| rest.split('}').next().unwrap().to_owned()).collect();
        for (method, operation) in methods.as_object().unwrap() {
            assert_eq!(names(operation, "path"), named, "{method} {path}");
            assert!(operation["summary"].as_str().is_some_and(|it| !it.is_empty()), "{method} {path}");
            let known = names(operation, "query");
            for name in known.iter().map(String::as_str).chain(["nonsense"]) {
                let value = match name {
                    "dry_run" => "true",
                    "as" => "csv",
                    "result" => "refused",
                    "from" | "to" | "at" => "2027-01-31",
                    _ => "1",
                };
                let needed = needed(operation, name);
                let query = format!("{}?{needed}{name}={value}", path.replace(['{', '}'], ""));
                let method = method.to_uppercase().parse().unwrap();
                let request = served.client.request(method, format!("http://{}{query}", served.address));
                let answer = request.basic_auth("mara", Some(PASSWORD)).send().await.unwrap();
                assert_eq!(answer.status() == 400, name == "nonsense", "{query}: {}", answer.status());
            }
        }
    }
    let described = |path: &str, method: &str, place| names(&document["paths"][path][method], place);
    assert_eq!(
        described("/api/v1/events", "get", "query"),
        BTreeSet::from(
            ["as", "before", "card", "door", "from", "limit", "person", "result", "to"].map(str::to_owned)
        )
    );
    assert_eq!(
        described("/api/v1/scim/operations", "get", "query"),
        BTreeSet::from(["before", "count"].map(str::to_owned))
    );
    assert_eq!(described("/api/v1/access", "put", "query"), BTreeSet::from(["dry_run".to_owned()]));
    assert_eq!(described("/api/v1/access", "put", "header"), BTreeSet::from(["If-Match".to_owned()]));
}

#[tokio::test]
async fn every_schema_is_used_named_after_one_type_and_explained() {
    let document = document(&Served::start().await).await;
    let schemas = document["components"]["schemas"].as_object().unwrap();
    let mut referred = BTreeSet::new();
    objects(&document, &mut |members| {
        if let Some(reference) = members.get("$ref").and_then(Value::as_str) {
            assert!(document.pointer(&reference[1..]).is_some(), "{reference} leads nowhere");
            referred.insert(reference.rsplit('/').next().unwrap());
        }
        if let Some(description) = members.get("description").and_then(Value::as_str) {
            assert!(!description.contains("[`"), "a link into the code: {description}");
        }
    });
    assert_eq!(referred, schemas.keys().map(String::as_str).collect());
    for (name, schema) in schemas {
        assert!(!name.ends_with(|last: char| last.is_ascii_digit()), "two types are called {name}");
        assert!(schema["description"].is_string(), "{name} is not explained");
        for (key, member) in schema["properties"].as_object().into_iter().flatten() {
            let described = member["description"].is_string() || member["$ref"].is_string();
            assert!(described, "{name}.{key} is not explained");
        }
    }
}

#[tokio::test]
async fn bodies_are_described_with_their_bounds_and_no_further_members() {
    let document = document(&Served::start().await).await;
    let schemas = &document["components"]["schemas"];
    for body in [
        "InstallMode",
        "NewCard",
        "SpentCard",
        "AccessLevelDraft",
        "DoorDraft",
        "RuleDraft",
        "AccessImport",
        "HolidayCalendarDraft",
        "ScheduleDraft",
        "WeeklyDraft",
        "HolidayTimesDraft",
    ] {
        assert_eq!(schemas[body]["additionalProperties"], false, "{body}");
    }
    assert_eq!(schemas["NewCard"]["required"], serde_json::json!(["user_name", "card"]));
    assert!(schemas["DoorDraft"]["required"].is_null(), "a door or a place");
    assert_eq!(schemas["RuleDraft"]["required"], serde_json::json!(["access_level"]));
    assert_eq!(schemas["AccessImport"]["required"], serde_json::json!(["access_levels", "rules"]));
    assert_eq!(schemas["DoorDraft"]["properties"]["schedule"]["default"], "always");
    let bound = |body: &str, member: &str, bound: &str| &schemas[body]["properties"][member][bound];
    assert_eq!(*bound("InstallMode", "minutes", "minimum"), 1);
    assert_eq!(*bound("InstallMode", "minutes", "maximum"), 60);
    assert_eq!(*bound("NewCard", "card", "maxLength"), limits::MAX_CARD_NUMBER_BYTES);
    assert_eq!(*bound("AccessImport", "access_levels", "maxItems"), store::MAX_ACCESS_LEVELS);
    assert_eq!(*bound("AccessImport", "rules", "maxItems"), store::MAX_RULES);
}

#[tokio::test]
async fn whatever_reads_a_body_or_what_was_seen_is_described_so() {
    let served = Served::start().await;
    let document = document(&served).await;
    for (path, methods) in document["paths"].as_object().unwrap() {
        for (method, operation) in methods.as_object().unwrap().iter().filter(|(method, _)| *method != "get")
        {
            let id =
                if path.contains("controllers") { "dock" } else { "00000000-0000-0000-0000-000000000000" };
            let address = format!("http://{}{}", served.address, path.replace("{id}", id));
            let ask = |if_match: Option<&str>| {
                let request = served.client.request(method.to_uppercase().parse().unwrap(), &address);
                let request = if_match.into_iter().fold(request, |it, tag| it.header("if-match", tag));
                request.basic_auth("ida", Some(PASSWORD)).send()
            };
            let takes_body = operation["requestBody"].is_object();
            assert_eq!(ask(Some("*")).await.unwrap().status() == 415, takes_body, "{method} {path}");
            let takes_tag = operation["responses"]["428"].is_object();
            assert_eq!(ask(None).await.unwrap().status() == 428, takes_tag, "{method} {path}");
        }
    }
}

#[tokio::test]
async fn what_is_no_json_and_what_asks_for_too_much_is_answered_as_described() {
    let served = Served::start().await;
    let document = document(&served).await;
    let paths = document["paths"].as_object().unwrap();
    for (path, methods) in paths {
        for (_, operation) in
            methods.as_object().unwrap().iter().filter(|(_, it)| it["requestBody"].is_object())
        {
            assert!(operation["responses"]["415"].is_object(), "{path}");
        }
    }
    for path in ["/api/v1/cards", "/api/v1/cards/deactivate"] {
        let answer = served.post(path).basic_auth("mara", Some(PASSWORD)).send().await.unwrap();
        assert_eq!(answer.status(), 415, "{path}");
    }
    for (count, status) in [("1000", 200), ("1001", 400), ("-1", 400)] {
        let request = served.get(&format!("/api/v1/scim/operations?count={count}"));
        let answer = request.basic_auth("vera", Some(PASSWORD)).send().await.unwrap();
        assert_eq!(answer.status(), status, "{count}");
    }
}
