use super::super::super::document::get;
use super::super::super::limits;
use super::super::super::schema::ENTERPRISE_USER;
use super::super::super::sent::from_body;
use super::*;
use crate::domain::Revision;
use jiff::Timestamp;
use proptest::prelude::*;
use uuid::Uuid;

fn drafted(body: Value) -> Result<Draft, ScimError> {
    let Value::Object(body) = body else { panic!("a body is an object") };
    draft(from_body(&USER, body).unwrap())
}

#[test]
fn a_person_is_called_by_the_best_name_there_is() {
    let called = |body: Value| drafted(body).unwrap().display_name;
    assert_eq!(called(json!({"userName": "ada"})), "ada");
    assert_eq!(called(json!({"userName": "ada", "name": {"givenName": "Ada", "familyName": "L"}})), "Ada L");
    assert_eq!(called(json!({"userName": "ada", "name": {"formatted": "Ada King"}})), "Ada King");
    let all = json!({"userName": "ada", "displayName": "Countess", "name": {"formatted": "Ada King"}});
    assert_eq!(called(all), "Countess");
    assert_eq!(called(json!({"userName": "ada", "displayName": ""})), "ada");
}

#[test]
fn an_empty_name_reads_back_empty_and_the_derived_one_follows_what_it_is_derived_from() {
    let by = Origin::Scim { token: "okta".to_owned() };
    let now = Moment { at: Timestamp::UNIX_EPOCH, revision: Revision(1), by: &by };
    let sent = json!({"userName": "old", "displayName": ""});
    let (person, _) = person_from(drafted(sent).unwrap(), CardholderId(Uuid::nil()), now, None);
    assert_eq!(person.display_name, "old");
    let mut document = document_of(&person);
    assert_eq!(document["displayName"], "");
    document.insert("userName".into(), "new".into());
    let (renamed, _) = person_from(draft(document).unwrap(), person.id, now, Some(&person));
    assert_eq!(
        (renamed.display_name.as_str(), document_of(&renamed)["displayName"].as_str()),
        ("new", Some(""))
    );
}

#[test]
fn a_person_without_a_name_is_refused_by_the_attributes_name() {
    for body in [json!({}), json!({"userName": " "}), json!({"userName": null})] {
        assert!(matches!(drafted(body), Err(ScimError::Value { attribute, .. }) if attribute == "userName"));
    }
    let long = "x".repeat(limits::MAX_NAME_LEN + 1);
    assert!(drafted(json!({"userName": long})).is_err());
}

#[test]
fn attributes_have_a_bound() {
    let long = "x".repeat(limits::MAX_ATTRIBUTES_LEN);
    let refused = drafted(json!({"userName": "ada", "title": long}));
    assert!(matches!(refused, Err(ScimError::TooLarge(_))));
}

proptest! {
    #[test]
    fn what_was_sent_is_what_is_read(active: bool, number in proptest::option::of("[0-9]{1,9}"), title in "\\PC{1,9}") {
        let mut sent = json!({"userName": "ada", "active": active, "title": title});
        if let Some(number) = number {
            sent[ENTERPRISE_USER.id] = json!({"cardNumber": number});
        }
        let draft = drafted(sent.clone()).unwrap();
        let read = get(sent.as_object().unwrap(), ENTERPRISE_USER.id).and_then(|part| part["cardNumber"].as_str());
        prop_assert_eq!(draft.cards.number.as_deref(), read);
        prop_assert_eq!(draft.active, Some(active));
        prop_assert_eq!(draft.attributes["title"].as_str(), Some(title.as_str()));
    }
}
