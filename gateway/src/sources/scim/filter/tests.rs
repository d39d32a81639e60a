//! Filters tried as the RFC writes them, as Entra sends them, and as nobody should.

use proptest::prelude::*;
use serde_json::Value;

use super::super::error::ScimError;
use super::super::fuzzing::ada;
use super::super::limits;
use super::super::path::AttributePath;
use super::super::path::ExpressionError;
use super::super::schema::{ENTERPRISE_USER, USER};
use super::*;

fn is(text: &str) -> bool {
    let filter = parse(text).unwrap_or_else(|error| panic!("{text}: {error}"));
    matches(&filter, &USER, &ada())
}

#[test]
fn every_operator_does_what_the_rfc_says() {
    for text in [
        "userName eq \"ada.lovelace@example.org\"",
        "USERNAME Eq \"ADA.LOVELACE@EXAMPLE.ORG\"",
        "urn:ietf:params:scim:schemas:core:2.0:User:userName sw \"ada\"",
        "name.familyName co \"O'Malley \\\"the\"",
        "name.familyName ew \"Ä\"",
        "userName ne \"bob\"",
        "title pr",
        "not (nickName pr)",
        "nickName ne \"x\"",
        "nickName eq null",
        "title ne null",
        "active eq true",
        "active eq \"True\"",
        "meta.lastModified gt \"2026-05-13T04:42:33Z\"",
        "meta.lastModified le \"2026-05-13T05:42:34+01:00\"",
        "title gt \"Baroness\"",
        "locker.row ge 3",
        "locker.size lt 3",
        "tags eq \"blue\"",
        "schemas eq \"urn:ietf:params:scim:schemas:core:2.0:User\"",
        "emails eq \"ada@example.org\"",
        "emails.type eq \"home\"",
        "emails[type eq \"work\" and value co \"@example\"]",
        "emails[type eq \"work\"].value eq \"ada@example.org\"",
        "emails[type eq \"work\" and not (primary eq false)]",
        "manager eq \"m-1\"",
        "employeeNumber eq 0701",
        "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager.displayName eq \"m\"",
        "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User pr",
        "externalId eq X-9",
        "id eq \"Ab1\" and manager eq \"m-1\"",
        "title eq \"nobody\" or title eq \"countess\" and active eq true",
    ] {
        assert!(is(text), "{text}");
    }
}

#[test]
fn what_does_not_hold_finds_nothing() {
    for text in [
        "id eq \"ab1\"",
        "externalId eq x-9",
        "(title eq \"countess\" or title eq \"x\") and active eq false",
        "emails[type eq \"home\" and value co \"@example\"]",
        "emails[type eq \"home\"].value eq \"ada@example.org\"",
        "password eq \"secret\"",
        "unheard.of pr",
        "title eq null",
        "locker.row gt \"three\"",
        "meta.lastModified gt \"yesterday\"",
        "not (active eq true)",
    ] {
        assert!(!is(text), "{text}");
    }
}

#[test]
fn a_refusal_names_the_place_and_what_would_be_right() {
    let said = |text: &str| parse(text).unwrap_err().to_string();
    assert_eq!(said(""), "at character 1: expected an attribute's name");
    assert!(said("userName is \"x\"").starts_with("at character 10: expected an operator"));
    assert!(said("userName eq").contains("expected a value"));
    assert!(said("userName eq \"x").contains("closing quote"));
    assert!(said("(userName pr").contains("')'"));
    assert!(said("emails[type pr").contains("']'"));
    assert!(said("userName pr title pr").contains("'and', 'or' or the end"));
    assert!(said("ä eq 1").contains("attribute's name"));
}

#[test]
fn length_depth_and_terms_are_bounded() {
    let nested = |depth: usize| format!("{}title pr{}", "(".repeat(depth), ")".repeat(depth));
    assert!(parse(&nested(limits::MAX_FILTER_DEPTH - 1)).is_ok());
    assert!(parse(&nested(limits::MAX_FILTER_DEPTH)).is_err());
    assert!(parse(&"(".repeat(limits::MAX_EXPRESSION_LEN)).is_err());
    assert!(parse(&"a".repeat(limits::MAX_EXPRESSION_LEN + 1)).is_err());
    let terms = |count: usize| vec!["a pr"; count].join(" or ");
    assert!(parse(&terms(limits::MAX_FILTER_TERMS)).is_ok());
    assert!(parse(&terms(limits::MAX_FILTER_TERMS + 1)).is_err());
}

#[test]
fn what_has_no_order_is_not_ordered() {
    let checked = |text: &str| check(&parse(text).unwrap(), &USER);
    assert!(matches!(checked("active gt false"), Err(ScimError::Filter(_))));
    assert!(matches!(checked("not (x509Certificates.value le \"x\")"), Err(ScimError::Filter(_))));
    assert!(matches!(checked("emails[type eq \"work\" and primary gt false]"), Err(ScimError::Filter(_))));
    assert_eq!(checked("active eq true and userName gt \"a\""), Ok(()));
}

fn paths() -> impl Strategy<Value = AttributePath> {
    let known = [
        "id",
        "externalId",
        "userName",
        "title",
        "name",
        "emails",
        "meta",
        "locker",
        "tags",
        "manager",
        "schemas",
    ];
    let inner = ["value", "type", "primary", "familyName", "lastModified", "resourceType", "row", "size"];
    let name = |known: &[&'static str]| {
        let known = proptest::sample::select(known.to_vec()).prop_map(str::to_owned);
        prop_oneof![3 => known, 1 => "[a-zA-Z][a-zA-Z0-9_-]{0,6}"]
    };
    let schema = prop_oneof![
        6 => Just(None),
        1 => "urn:[a-z]{1,4}:[a-z0-9.]{1,5}".prop_map(Some),
        1 => proptest::sample::select(vec![USER.schema.id, ENTERPRISE_USER.id]).prop_map(|id| Some(id.to_owned())),
    ];
    (schema, name(&known), proptest::option::of(name(&inner))).prop_map(|(schema, name, sub)| AttributePath {
        schema,
        name,
        sub,
    })
}

fn literals() -> impl Strategy<Value = Literal> {
    prop_oneof![
        Just(Literal::Null),
        proptest::sample::select(vec![
            "Ab1",
            "x-9",
            "countess",
            "work",
            "red",
            "m-1",
            "true",
            "3",
            "2.5",
            "2026-05-13T04:42:34Z",
            "2026-01-01T00:00:00Z"
        ])
        .prop_map(|text| Literal::Text(text.to_owned())),
        any::<bool>().prop_map(Literal::Boolean),
        any::<i64>().prop_map(|number| Literal::Number(number.into())),
        "\\PC{0,8}".prop_map(Literal::Text),
        any::<String>().prop_map(Literal::Text),
    ]
}

fn filters() -> impl Strategy<Value = Filter> {
    let operators = proptest::sample::select(Operator::ALL.map(|(operator, _)| operator).to_vec());
    let leaf = prop_oneof![
        paths().prop_map(Filter::Present),
        (paths(), operators, literals()).prop_map(|(path, operator, literal)| Filter::Compare {
            path,
            operator,
            literal
        }),
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 2..4).prop_map(Filter::All),
            proptest::collection::vec(inner.clone(), 2..4).prop_map(Filter::Any),
            inner.clone().prop_map(|filter| Filter::Not(Box::new(filter))),
            (paths(), inner).prop_map(|(path, filter)| {
                let path = AttributePath { sub: None, ..path };
                Filter::Element { path, filter: Box::new(filter) }
            }),
        ]
    })
}

proptest! {
    #[test]
    fn a_filter_written_and_read_is_the_same(filter in filters()) {
        let text = filter.to_string();
        match parse(&text) {
            Ok(read) => prop_assert_eq!(read, filter),
            Err(ExpressionError::Bound(_)) => prop_assert!(text.len() > limits::MAX_EXPRESSION_LEN),
            Err(error) => prop_assert!(false, "{}: {}", text, error),
        }
    }

    #[test]
    fn evaluation_agrees_with_the_plainest_means(filter in filters()) {
        prop_assert_eq!(matches(&filter, &USER, &ada()), naive::holds(&filter, &ada()), "{}", filter);
    }

    #[test]
    fn no_text_panics(text in "\\PC{0,80}") {
        let _ = parse(&text);
    }

    #[test]
    fn nothing_made_of_the_grammars_pieces_panics(
        pieces in proptest::collection::vec(
            proptest::sample::select(vec![
                "a", "b.c", "urn:x:y", "[", "]", "(", ")", "\"", "\\", " ", "eq", "and", "or", "not", "pr", "1", ".", "ä",
            ]),
            0..40,
        )
    ) {
        if let Ok(filter) = parse(&pieces.concat()) {
            let _ = matches(&filter, &USER, &ada());
            let _ = check(&filter, &USER);
            let _ = element_matches(&filter, USER.core_attribute("emails"), &Value::Null);
        }
    }
}
