//! PATCH in the forms that Entra, Okta and the RFC write it.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::super::schema::{ENTERPRISE_USER, GATEHOUSE_USER, GROUP, USER};
use super::*;
use crate::domain::ClientKind;

fn patched(before: Value, operations: Value) -> Result<Value, ScimError> {
    patched_by(Speaker::default(), before, operations)
}

fn patched_by(speaker: Speaker, before: Value, operations: Value) -> Result<Value, ScimError> {
    let Value::Object(mut document) = before else { panic!("a resource is an object") };
    let body = Document::from_iter([("Operations".to_owned(), operations)]);
    Patch::read(&body, speaker)?.apply(&USER, &mut document)?;
    Ok(document.into())
}

fn after(before: Value, operations: Value) -> Value {
    patched(before, operations).unwrap()
}

fn refused(operations: Value) -> ScimError {
    patched(json!({"userName": "ada"}), operations).unwrap_err()
}

#[test]
fn operation_names_have_any_case_and_booleans_may_be_words() {
    let sent = json!([{"OP": "Replace", "Path": "ACTIVE", "Value": "False"}]);
    assert_eq!(after(json!({"active": true}), sent), json!({"active": false}));
}

#[test]
fn a_value_without_path_has_paths_for_names() {
    let card = format!("{}:cardNumber", ENTERPRISE_USER.id);
    let sent = json!([{"op": "replace", "value": {
        "name.givenName": "Ada", "displayName": "A", "id": "x", "groups": [], "password": "p", "schemas": [],
        (card): 4711, (ENTERPRISE_USER.id): {"department": "D", "manager": "m"}, "title": null, "unheardOf": [1],
        "emails[type eq \"work\"].value": "a@b", "urn:example:2.0:Locker": {"row": 1},
    }}]);
    let expected = json!({
        "name": {"givenName": "Ada", "familyName": "L"}, "displayName": "A", "unheardOf": [1],
        (ENTERPRISE_USER.id): {"cardNumber": "4711", "department": "D", "manager": {"value": "m"}},
        "emails": [{"type": "work", "value": "a@b"}], "urn:example:2.0:Locker": {"row": 1},
    });
    assert_eq!(after(json!({"name": {"familyName": "L"}, "title": "T"}), sent), expected);
}

#[test]
fn an_emptied_manager_is_none_in_every_form() {
    let person =
        json!({(ENTERPRISE_USER.id): {"manager": {"value": "m", "$ref": "../Users/m"}, "department": "d"}});
    for (path, value) in [
        ("manager", json!([{"$ref": "", "value": ""}])),
        ("manager", json!([{"value": ""}])),
        ("manager", json!({"value": ""})),
        ("manager", json!("")),
        ("manager.value", json!("")),
    ] {
        let after = after(person.clone(), json!([{"op": "Replace", "path": path, "value": value}]));
        assert_eq!(after, json!({(ENTERPRISE_USER.id): {"department": "d"}}), "{path} {value}");
    }
}

#[test]
fn an_element_known_by_its_value_alone_is_never_made_by_a_replace() {
    let path = format!("{}:cards[value eq \"999\"].badgeType", GATEHOUSE_USER.id);
    let sent = json!([{"op": "replace", "path": path, "value": "Visitor"}]);
    assert!(matches!(refused(sent), ScimError::NoTarget(_)));
}

#[test]
fn a_path_into_what_has_no_parts_is_refused_and_takes_nothing_away() {
    let card = format!("{}:cardNumber", ENTERPRISE_USER.id);
    let person = json!({"userName": "ada", "externalId": "e", "active": true, "name": {"familyName": "L"},
        "unheardOf": "x", (ENTERPRISE_USER.id): {"cardNumber": "1", "manager": {"value": "m"}}});
    for path in [
        &format!("{card}.type"),
        "cardNumber.type",
        "externalId.value",
        "active.value",
        "displayName.x",
        "title[value eq \"t\"].value",
        "name[familyName eq \"L\"].givenName",
        "name[givenName eq \"Z\"]",
        "manager[value eq \"m\"].value",
        "unheardOf.y",
        "unheardOf[value eq \"x\"]",
    ] {
        for op in ["add", "replace", "remove"] {
            let sent = json!([{"op": op, "path": path, "value": "v"}]);
            let refused = patched(person.clone(), sent);
            assert!(matches!(refused, Err(ScimError::Path(_))), "{op} {path}: {refused:?}");
        }
    }
    let sent = json!([{"op": "replace", "value": {"title.x": "y"}}]);
    assert!(matches!(refused(sent), ScimError::Path(_)));
}

#[test]
fn the_values_of_all_operations_are_bounded() {
    let operation = |from: usize| {
        let members: Document = (from..from + 900).map(|number| (format!("k{number}"), json!(1))).collect();
        json!({"op": "add", "path": "name", "value": members})
    };
    let operations = |count: usize| Value::from((0..count).map(|at| operation(at * 900)).collect::<Vec<_>>());
    assert!(patched(json!({}), operations(11)).is_ok());
    assert!(matches!(patched(json!({}), operations(12)), Err(ScimError::TooLarge(_))));
}

#[test]
fn an_element_that_a_filter_names_is_made_when_absent() {
    let operation =
        |op: &str, value: &str| json!([{"op": op, "path": "emails[type eq \"work\"].value", "value": value}]);
    let made = json!({"emails": [{"type": "work", "value": "a"}]});
    assert_eq!(after(json!({}), operation("Add", "a")), made);
    assert_eq!(after(json!({}), operation("Replace", "a")), made);
    let changed = after(
        json!({"emails": [{"type": "home", "value": "h"}, {"type": "work", "value": "a"}]}),
        operation("Replace", "b"),
    );
    assert_eq!(changed, json!({"emails": [{"type": "home", "value": "h"}, {"type": "work", "value": "b"}]}));
    let vague = json!([{"op": "replace", "path": "emails[value sw \"z\"].value", "value": "b"}]);
    assert!(matches!(refused(vague), ScimError::NoTarget(_)));
}

#[test]
fn a_client_that_goes_by_the_rfc_is_told_that_a_replacement_found_nothing() {
    let operation = |op: &str| json!([{"op": op, "path": "emails[type eq \"work\"].value", "value": "a"}]);
    let generic = Speaker(Some(ClientKind::Generic));
    let refused = patched_by(generic, json!({}), operation("replace"));
    assert!(matches!(refused, Err(ScimError::NoTarget(_))));
    let made = patched_by(generic, json!({}), operation("add")).unwrap();
    assert_eq!(made, json!({"emails": [{"type": "work", "value": "a"}]}));
}

#[test]
fn a_whole_element_is_replaced_or_added_to() {
    let before = json!({"addresses": [{"type": "work", "locality": "Bath", "region": "Avon"}]});
    let operation =
        |op: &str| json!([{"op": op, "path": "addresses[type eq \"work\"]", "value": {"locality": "Ely"}}]);
    let replaced = json!({"addresses": [{"type": "work", "locality": "Ely"}]});
    assert_eq!(after(before.clone(), operation("replace")), replaced);
    let added = json!({"addresses": [{"type": "work", "locality": "Ely", "region": "Avon"}]});
    assert_eq!(after(before, operation("add")), added);
}

#[test]
fn adding_what_is_there_adds_nothing() {
    let before = json!({"emails": [{"type": "work", "value": "a"}]});
    let same = json!([{"op": "add", "path": "emails", "value": [{"type": "work", "value": "a"}]}]);
    assert_eq!(after(before.clone(), same), before);
    let other =
        json!([{"op": "add", "path": "emails", "value": {"type": "home", "value": "b", "primary": true}}]);
    assert_eq!(after(before, other)["emails"].as_array().unwrap().len(), 2);
}

#[test]
fn primary_is_true_once() {
    let before = json!({"emails": [{"type": "work", "value": "a", "primary": true}]});
    let sent = json!([{"op": "add", "path": "emails", "value": [{"value": "b", "primary": true}]}]);
    let emails = json!([{"type": "work", "value": "a", "primary": false}, {"value": "b", "primary": true}]);
    assert_eq!(after(before, sent)["emails"], emails);
    let several = json!({"emails": [{"value": "a"}, {"value": "b"}]});
    let all = json!([{"op": "replace", "path": "emails.primary", "value": true}]);
    let emails = json!([{"value": "a", "primary": true}, {"value": "b", "primary": false}]);
    assert_eq!(after(several.clone(), all)["emails"], emails);
    let chosen = json!([{"op": "replace", "path": "emails[value eq \"b\"].primary", "value": "True"}]);
    let emails = json!([{"value": "a", "primary": false}, {"value": "b", "primary": true}]);
    assert_eq!(after(json!({ "emails": emails.clone() }), chosen)["emails"], emails);
    let twice = json!([{"op": "replace", "path": "emails", "value":
        [{"value": "a", "primary": true}, {"value": "b", "primary": true}]}]);
    let emails = json!([{"value": "a", "primary": true}, {"value": "b", "primary": false}]);
    assert_eq!(after(several, twice)["emails"], emails);
}

#[test]
fn a_manager_comes_in_any_form_and_goes_by_an_empty_text() {
    let manager = |operations: Value| {
        let before = json!({(ENTERPRISE_USER.id): {"manager": {"value": "old", "$ref": "u/old"}}});
        after(before, operations).get(ENTERPRISE_USER.id).map(|part| part["manager"].clone())
    };
    let new = Some(json!({"value": "new"}));
    assert_eq!(
        manager(json!([{"op": "Add", "path": "manager", "value": [{"$ref": null, "value": "new"}]}])),
        new
    );
    let path = format!("{}:manager", ENTERPRISE_USER.id);
    assert_eq!(manager(json!([{"op": "Replace", "path": path, "value": "new"}])), new);
    assert_eq!(manager(json!([{"op": "Replace", "path": "manager.value", "value": "new"}])), new);
    let with_reference = json!({"value": "new", "$ref": "u/new"});
    assert_eq!(
        manager(json!([{"op": "replace", "path": path, "value": with_reference}])),
        Some(with_reference)
    );
    for op in
        [json!({"op": "Replace", "path": path, "value": ""}), json!({"op": "remove", "path": "manager"})]
    {
        assert_eq!(manager(json!([op])), None);
    }
}

#[test]
fn removal_takes_just_what_it_names() {
    let before = || {
        json!({
            "title": "T", "name": {"givenName": "A", "familyName": "L"}, "roles": [{"value": "a"}, {"value": "b"}],
            "emails": [{"type": "work", "value": "w", "display": "W"}, {"type": "home", "value": "h"}],
            (ENTERPRISE_USER.id): {"department": "D"},
        })
    };
    let left = |path: &str| after(before(), json!([{"op": "remove", "path": path}]));
    assert_eq!(left("title").get("title"), None);
    assert_eq!(left("nickName"), before());
    assert_eq!(left("name.givenName")["name"], json!({"familyName": "L"}));
    assert_eq!(left("emails[type eq \"work\"]")["emails"], json!([{"type": "home", "value": "h"}]));
    assert_eq!(left("emails[type eq \"work\"].display")["emails"][0], json!({"type": "work", "value": "w"}));
    assert_eq!(left("emails[type eq \"none\"]"), before());
    assert_eq!(left(ENTERPRISE_USER.id).get(ENTERPRISE_USER.id), None);
    assert_eq!(left("department").get(ENTERPRISE_USER.id), None);
    let named = json!([{"op": "Remove", "path": "roles", "value": [{"value": "a"}]}]);
    assert_eq!(after(before(), named)["roles"], json!([{"value": "b"}]));
    let addresses = json!({"addresses": [{"type": "work", "region": "Avon"}, {"type": "home"}]});
    let named = |value: Value| json!([{"op": "Remove", "path": "addresses", "value": [value]}]);
    let left = after(addresses.clone(), named(json!({"type": "work", "$ref": null})));
    assert_eq!(left["addresses"], json!([{"type": "home"}]));
    assert_eq!(after(addresses.clone(), named(json!({}))), addresses);
    let elsewhere = named(json!({"type": "work", "region": "Kent"}));
    assert_eq!(after(addresses.clone(), elsewhere), addresses);
}

#[test]
fn operations_on_one_attribute_follow_each_other() {
    let sent = json!([
        {"op": "add", "path": "title", "value": "a"}, {"op": "remove", "path": "title"},
        {"op": "add", "path": "title", "value": "b"}, {"op": "replace", "path": "title", "value": "c"},
    ]);
    assert_eq!(after(json!({}), sent), json!({"title": "c"}));
}

#[test]
fn what_the_gateway_owns_is_refused_by_path() {
    let operation = |op: &str, path: &str| json!([{"op": op, "path": path, "value": "x"}]);
    for path in ["id", "meta", "groups", "meta.version"] {
        assert!(matches!(refused(operation("replace", path)), ScimError::Mutability(_)), "{path}");
    }
    assert!(matches!(refused(operation("remove", "userName")), ScimError::Mutability(_)));
    assert!(matches!(refused(json!([{"op": "remove"}])), ScimError::NoTarget(_)));
    assert!(matches!(refused(operation("erase", "title")), ScimError::Syntax(_)));
    assert!(matches!(refused(operation("add", "a[")), ScimError::Path(_)));
    assert!(matches!(refused(json!([{"op": "add", "path": "title"}])), ScimError::Value { .. }));
    assert!(matches!(refused(json!([{"op": "add", "value": "x"}])), ScimError::Value { .. }));
    assert!(
        matches!(refused(json!([{"op": "replace", "path": "active", "value": "maybe"}])), ScimError::Value { attribute, .. } if attribute == "active")
    );
}

#[test]
fn members_are_taken_out_in_their_order_and_every_form() {
    let body = json!({"Operations": [
        {"op": "Add", "path": "members", "value": [{"$ref": null, "value": "a"}, {"value": "b", "display": "B"}]},
        {"op": "Remove", "path": "members", "value": [{"value": "c"}]},
        {"op": "remove", "path": "members[value eq \"d\"]"},
        {"op": "remove", "path": "members[value sw \"e\"]"},
        {"op": "replace", "path": "urn:ietf:params:scim:schemas:core:2.0:Group:members", "value": ["f"]},
        {"op": "replace", "value": {"id": "x", "displayName": "G", "Members": []}},
        {"op": "remove", "path": "members"},
        {"op": "add", "path": "members", "value": "g"},
    ]});
    let mut patch = Patch::read(body.as_object().unwrap(), Speaker::default()).unwrap();
    let edits = patch.take_members(&GROUP).unwrap();
    let rest = patch.operations;
    let ids = |ids: &[&str]| ids.iter().map(|id| (*id).to_owned()).collect::<Vec<_>>();
    assert_eq!(rest.len(), 1);
    assert_eq!(rest[0].value, Some(json!({"id": "x", "displayName": "G"})));
    assert_eq!(edits[0], MemberEdit::Add(ids(&["a", "b"])));
    assert_eq!(edits[1], MemberEdit::Remove(ids(&["c"])));
    assert_eq!(edits[2], MemberEdit::Remove(ids(&["d"])));
    assert!(matches!(edits[3], MemberEdit::RemoveMatching(_)));
    assert_eq!(
        edits[4..],
        [ids(&["f"]), ids(&[]), ids(&[])]
            .map(MemberEdit::Replace)
            .into_iter()
            .chain([MemberEdit::Add(ids(&["g"]))])
            .collect::<Vec<_>>()
    );
}

#[test]
fn removing_no_members_removes_nobody() {
    let body = json!({"Operations": [{"op": "Remove", "path": "members", "value": []}]});
    let edits =
        Patch::read(body.as_object().unwrap(), Speaker::default()).unwrap().take_members(&GROUP).unwrap();
    assert_eq!(edits, [MemberEdit::Remove(Vec::new())]);
}

proptest! {
    #[test]
    fn a_path_written_and_read_is_the_same(
        name in "[a-z][a-zA-Z0-9]{0,6}", value in "\\PC{0,6}", sub in proptest::option::of("[a-z]{1,5}"),
    ) {
        let text = format!("{name}[value eq {}]{}", json!(value), sub.map(|sub| format!(".{sub}")).unwrap_or_default());
        let path = PatchPath::parse(&text).unwrap();
        prop_assert_eq!(PatchPath::parse(&path.to_string()), Ok(path.clone()));
        prop_assert_eq!(path.to_string(), text);
    }

    #[test]
    fn no_path_and_no_value_panics(path in "[a-z.\\[\\]\"()$: ]{0,24}", value in "[a-z]{0,4}") {
        for value in [json!(value), json!([value]), json!({"value": value}), json!(null), json!([[1]])] {
            for op in ["add", "replace", "remove"] {
                for path in [path.as_str(), "emails", "emails.value", "name", "emails[type eq \"a\"]", "tags"] {
                    let before = json!({"userName": "ada", "emails": [{"type": "a"}, 3], "tags": "x"});
                    let _ = patched(before, json!([{"op": op, "path": path, "value": value}]));
                }
            }
        }
    }
}
