//! One card, several people.

use super::*;

#[tokio::test]
async fn a_card_that_another_active_person_holds_is_refused_and_waits() {
    let site = Site::new(policy()).await;
    let ada = site.create(with_number("ada", "1")).await;
    let bo = site.create(with_number("bo", "1")).await;
    later(1);
    let cy = site.create(with_list("cy", &json!([{ "value": "100:1", "badgeType": "Visitor" }]))).await;
    assert_eq!(site.holders(1), [ada]);
    assert!(site.person(bo).refused_cards[0].refusal.to_string().contains("held by ada"));
    let before = site.revision();
    site.done(Method::DELETE, &format!("/Users/{ada}"), &Value::Null).await;
    assert_eq!(site.holders(1), [bo], "who has waited longest");
    assert_eq!(site.revision(), before.next(), "in the same revision");
    site.patch(bo, &json!([{ "op": "replace", "path": "active", "value": false }])).await;
    assert_eq!(site.holders(1), [cy]);
    assert_eq!(site.person(cy).cards[0].badge_type, "Visitor");
    assert_eq!(site.person(cy).refused_cards, []);
    site.patch(bo, &json!([{ "op": "replace", "path": "active", "value": true }])).await;
    assert_eq!(site.holders(1), [cy], "nobody loses a card by another's return");
}

#[tokio::test]
async fn two_cards_let_go_at_once_never_go_to_two_people_each() {
    let site = Site::new(policy()).await;
    let ada = site.create(with_list("ada", &json!([{ "value": "1" }, { "value": "2" }]))).await;
    let bo = site.create(with_list("bo", &json!([{ "value": "1" }]))).await;
    later(1);
    let cy = site.create(with_list("cy", &json!([{ "value": "1" }, { "value": "2" }]))).await;
    site.done(Method::DELETE, &format!("/Users/{ada}"), &Value::Null).await;
    assert_eq!((site.holders(1), site.holders(2)), (vec![bo], vec![cy]));
    assert!(site.person(cy).refused_cards[0].refusal.to_string().contains("held by bo"));
}

#[tokio::test]
async fn one_person_may_inherit_two_cards_at_once() {
    let site = Site::new(policy()).await;
    let ada = site.create(with_list("ada", &json!([{ "value": "1" }, { "value": "2" }]))).await;
    let bo = site.create(with_list("bo", &json!([{ "value": "2" }, { "value": "1" }]))).await;
    site.done(Method::DELETE, &format!("/Users/{ada}"), &Value::Null).await;
    assert_eq!((site.holders(1), site.holders(2)), (vec![bo], vec![bo]));
    assert_eq!(site.person(bo).refused_cards, []);
}

#[tokio::test]
async fn a_suspended_card_is_let_go_and_its_return_is_refused_while_another_has_it() {
    let site = Site::new(policy()).await;
    let ada = site.create(with_list("ada", &json!([{ "value": "1" }]))).await;
    let bo = site.create(with_number("bo", "1")).await;
    let active = |value: bool| json!([{ "op": "replace", "path": format!("{}[value eq \"1\"].active", list_path()), "value": value }]);
    site.patch(ada, &active(false)).await;
    assert_eq!(site.holders(1), [bo]);
    site.patch(ada, &active(true)).await;
    assert_eq!(site.holders(1), [bo]);
    assert!(site.person(ada).refused_cards[0].refusal.to_string().contains("held by bo"));
}
