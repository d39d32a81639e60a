//! Recorded shapes of requests, client by client: what they send, what they are answered, and the state that follows.
//!
//! `shapes/*.toml` has them, written from what the clients are known to do. A case begins with what is *given*: people
//! (with `userName`) and groups by a name of their own. Its requests follow in their order; `{name}` stands for the id
//! of a given resource or of one that an earlier request *kept*, `{user}`, `{enterprise}`, `{group}` and `{patch}`
//! for the schemas' URNs. An expected answer or state names a part: `null` is absent, the order in lists is free.

use serde::Deserialize;

use super::*;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Recorded {
    client: String,
    kind: Option<String>,
    user_agent: Option<String>,
    case: Vec<Case>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    name: String,
    #[serde(default)]
    given: BTreeMap<String, String>,
    #[serde(default)]
    request: Vec<Exchange>,
    #[serde(default)]
    after: BTreeMap<String, String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Exchange {
    send: String,
    #[serde(default)]
    headers: BTreeMap<String, String>,
    body: Option<String>,
    status: u16,
    answer: Option<String>,
    keep: Option<String>,
}

/// Names and what they stand for.
struct Names(BTreeMap<String, String>);

impl Names {
    fn new() -> Self {
        let patch = "urn:ietf:params:scim:api:messages:2.0:PatchOp";
        let enterprise = schema::ENTERPRISE_USER.id;
        let urns = [
            ("user", schema::USER.schema.id),
            ("enterprise", enterprise),
            ("group", schema::GROUP.schema.id),
        ];
        let urns = urns.into_iter().chain([("patch", patch)]);
        Self(urns.map(|(name, urn)| (name.to_owned(), urn.to_owned())).collect())
    }

    fn fill(&self, text: &str) -> String {
        self.0.iter().fold(text.to_owned(), |text, (name, value)| text.replace(&format!("{{{name}}}"), value))
    }
}

/// Where `found` lacks a part that `expected` names.
fn difference(expected: &Value, found: &Value, at: &str) -> Option<String> {
    match (expected, found) {
        (Value::Null, Value::Null) => None,
        (Value::Object(members), Value::Object(_)) => members.iter().find_map(|(name, value)| {
            difference(value, found.get(name).unwrap_or(&Value::Null), &format!("{at}/{name}"))
        }),
        (Value::Array(items), Value::Array(others)) => {
            if items.len() != others.len() {
                return Some(format!("{at} has {} elements, not {}", others.len(), items.len()));
            }
            let mut left: Vec<&Value> = others.iter().collect();
            items.iter().find_map(|item| {
                match left.iter().position(|other| difference(item, other, at).is_none()) {
                    Some(place) => {
                        left.remove(place);
                        None
                    }
                    None => Some(format!("{at} has no {item}")),
                }
            })
        }
        _ if expected == found => None,
        _ => Some(format!("{at} is {found}, not {expected}")),
    }
}

fn assert_part(expected: &str, found: &Value, what: &str) {
    let expected: Value = serde_json::from_str(expected).unwrap_or_else(|error| panic!("{what}: {error}"));
    if let Some(difference) = difference(&expected, found, "") {
        panic!("{what}: {difference}\n{found:#}");
    }
}

fn endpoint_of(resource: &Value) -> &'static str {
    if resource.get("userName").is_some() { "/Users" } else { "/Groups" }
}

impl Case {
    async fn run(&self, recorded: &Recorded) {
        let kind = recorded.kind.as_deref().map(|kind| match kind {
            "generic" => ClientKind::Generic,
            other => panic!("{other} is no kind of client"),
        });
        let endpoint = Endpoint::start_for(kind).await;
        let (mut names, mut paths) = (Names::new(), BTreeMap::new());
        // Groups come last, because they name people.
        let is_group = |text: &&String| !text.contains("\"userName\"");
        for wants_group in [false, true] {
            for (name, text) in self.given.iter().filter(|(_, text)| is_group(text) == wants_group) {
                let resource = serde_json::from_str(&names.fill(text)).unwrap();
                let id = endpoint.make(endpoint_of(&resource), &resource).await;
                paths.insert(name.clone(), format!("{}/{id}", endpoint_of(&resource)));
                names.0.insert(name.clone(), id);
            }
        }
        for exchange in &self.request {
            let made = exchange.run(&endpoint, &names, recorded.user_agent.as_deref(), &self.name).await;
            if let Some((name, path, id)) = made {
                paths.insert(name.clone(), path);
                names.0.insert(name, id);
            }
        }
        for (name, expected) in &self.after {
            let what = format!("{}: {name} afterwards", self.name);
            let found = endpoint.send(Method::GET, &paths[name], None).await;
            if expected == "gone" {
                assert_eq!(found.status, 404, "{what}");
            } else {
                assert_part(&names.fill(expected), &found.body, &what);
            }
        }
    }
}

impl Exchange {
    /// The name, path and id of what shall be kept.
    async fn run(
        &self,
        endpoint: &Endpoint,
        names: &Names,
        user_agent: Option<&str>,
        case: &str,
    ) -> Option<(String, String, String)> {
        let what = format!("{case}: {}", self.send);
        let (method, path) = self.send.split_once(' ').unwrap_or_else(|| panic!("{what}: METHOD /path"));
        let mut headers = self.headers.clone();
        headers.extend(user_agent.map(|agent| ("user-agent".to_owned(), agent.to_owned())));
        let body = self.body.as_deref().map(|body| names.fill(body));
        let answer = endpoint.send_with(method.parse().unwrap(), &names.fill(path), &headers, body).await;
        assert_eq!(answer.status, self.status, "{what}: {:#}", answer.body);
        if let Some(expected) = &self.answer {
            assert_part(&names.fill(expected), &answer.body, &what);
        }
        if self.status == 204 {
            assert_eq!(answer.body, Value::Null, "{what}");
        }
        let name = self.keep.clone()?;
        let id = answer.body["id"].as_str().unwrap().to_owned();
        Some((name, format!("{}/{id}", endpoint_of(&answer.body)), id))
    }
}

/// Runs all cases of a file.
async fn run(text: &str) {
    let recorded: Recorded = toml::from_str(text).unwrap();
    for case in &recorded.case {
        println!("{}: {}", recorded.client, case.name);
        case.run(&recorded).await;
    }
}

#[test]
fn a_part_that_is_missing_or_different_is_told() {
    let found = json!({"a": [1, 2], "b": {"c": null}});
    let told = |expected: Value| difference(&expected, &found, "").is_some();
    assert!(!told(json!({"a": [2, 1], "b": {"c": null, "d": null}})));
    for wrong in
        [json!({"a": [1]}), json!({"a": [1, 1]}), json!({"a": null}), json!({"b": {"c": 1}}), json!({"d": 1})]
    {
        assert!(told(wrong.clone()), "{wrong}");
    }
}

#[tokio::test]
async fn entra_legacy_is_understood() {
    run(include_str!("shapes/entra_legacy.toml")).await;
}

#[tokio::test]
async fn entra_with_its_flag_is_understood() {
    run(include_str!("shapes/entra_optscim.toml")).await;
}

#[tokio::test]
async fn okta_that_puts_is_understood() {
    run(include_str!("shapes/okta_put.toml")).await;
}

#[tokio::test]
async fn okta_that_patches_is_understood() {
    run(include_str!("shapes/okta_patch.toml")).await;
}

#[tokio::test]
async fn the_rfcs_letter_is_understood() {
    run(include_str!("shapes/generic.toml")).await;
}
