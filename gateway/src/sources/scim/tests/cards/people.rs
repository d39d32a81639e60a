//! What becomes of cards and memberships when people are suspended, come back or go, and groups are renamed.

use super::*;
use crate::domain::{GroupId, Reactivation};

async fn group_of(site: &Site, member: CardholderId) -> GroupId {
    let body = json!({ "displayName": "Staff", "members": [{ "value": member.to_string() }] });
    site.done(Method::POST, "/Groups", &body).await["id"].as_str().unwrap().parse().unwrap()
}

fn active(value: bool) -> Value {
    json!([{ "op": "replace", "value": { "active": value } }])
}

#[tokio::test]
async fn a_suspension_takes_all_cards_at_once_and_keeps_memberships_and_a_return_restores_what_was() {
    let site = Site::new(policy()).await;
    let cards = json!([{ "value": "1" }, { "value": "2", "active": false }, { "value": "3" }]);
    let ada = site.create(with_list("ada", &cards)).await;
    site.patch(ada, &json!([{ "op": "add", "path": number_path(), "value": "4" }])).await;
    let group = group_of(&site, ada).await;
    let (cards, before) = (site.person(ada).cards, site.revision());
    site.patch(ada, &active(false)).await;
    assert_eq!(site.revision(), before.next(), "one revision");
    for number in 1..=4 {
        assert_eq!(site.holders(number), [], "{number}");
    }
    assert!(site.directory.read().is_member(group, ada).unwrap());
    later(3600);
    site.patch(ada, &active(true)).await;
    assert_eq!(site.person(ada).cards, cards, "exactly what was");
    let open = [1, 2, 3, 4].map(|number| site.holders(number).len());
    assert_eq!(open, [1, 0, 1, 1]);
    assert!(site.directory.read().is_member(group, ada).unwrap());
}

#[tokio::test]
async fn a_card_changed_during_a_suspension_is_the_one_that_comes_back() {
    let site = Site::new(policy()).await;
    let ada = site.create(with_number("ada", "1")).await;
    site.patch(ada, &active(false)).await;
    site.patch(ada, &json!([{ "op": "replace", "path": number_path(), "value": "2" }])).await;
    assert_eq!(site.holders(2), []);
    site.patch(ada, &active(true)).await;
    assert_eq!((site.holders(1), site.holders(2)), (vec![], vec![ada]));
}

#[tokio::test]
async fn the_cards_of_deleted_people_are_revoked_and_their_memberships_gone() {
    let site = Site::new(policy()).await;
    let ada = site.create(with_list("ada", &json!([{ "value": "1" }, { "value": "2" }]))).await;
    let (group, before) = (group_of(&site, ada).await, site.revision());
    site.done(Method::DELETE, &format!("/Users/{ada}"), &Value::Null).await;
    let revoked = site.directory.read().revocations_since(before).unwrap();
    let mut revoked: Vec<_> = revoked.iter().map(|it| it.credential).collect();
    let mut expected = [card(1), card(2)];
    revoked.sort_unstable();
    expected.sort_unstable();
    assert_eq!(revoked, expected);
    assert_eq!(site.directory.read().members(group, None).count(), 0);
}

#[tokio::test]
async fn a_renamed_group_is_the_same_group_with_the_same_members() {
    let site = Site::new(policy()).await;
    let ada = site.create(with_number("ada", "1")).await;
    let group = group_of(&site, ada).await;
    let path = format!("/Groups/{group}");
    let renamed =
        patch(&json!([{ "op": "replace", "value": { "id": group.to_string(), "displayName": "Team" } }]));
    site.done(Method::PATCH, &path, &renamed).await;
    let view = site.directory.read();
    assert_eq!(view.group(group).unwrap().unwrap().display_name, "Team");
    assert!(view.is_member(group, ada).unwrap());
    assert_eq!(view.counts().groups, 1);
    let put = json!({ "displayName": "Crew", "members": [{ "value": ada.to_string() }] });
    site.done(Method::PUT, &path, &put).await;
    assert_eq!(site.directory.read().groups_of(ada).unwrap(), [group]);
}

#[tokio::test]
async fn a_suspension_right_after_a_return_is_obeyed_and_remembered_as_doubtful() {
    let site = Site::new(policy()).await;
    let ada = site.create(with_number("ada", "1")).await;
    site.patch(ada, &active(false)).await;
    later(3600);
    site.patch(ada, &active(true)).await;
    later(4);
    site.patch(ada, &active(false)).await;
    assert_eq!(site.holders(1), [], "every suspension is obeyed");
    let undone = || site.directory.read().undone().collect::<Result<Vec<_>, _>>().unwrap();
    let person = undone().remove(0);
    let (at, token) = (Timestamp::from_second(CLOCK.get() - 4).unwrap(), "okta".to_owned());
    assert_eq!(person.reactivation, Some(Reactivation { at, token, undone: Some(clock()) }));
    site.patch(ada, &json!([{ "op": "replace", "path": "title", "value": "Countess" }])).await;
    assert_eq!(undone().len(), 1, "still to be explained");
    site.patch(ada, &active(true)).await;
    assert_eq!(undone(), [], "explained no more once the person is back");
    assert_eq!(site.holders(1), [ada]);
}

#[tokio::test]
async fn a_later_suspension_or_one_by_another_token_is_no_doubtful_one() {
    let window = Reactivation::STALE_SUSPENSION.as_secs();
    for (token, wait, doubtful) in [("okta", window, 1), ("okta", window + 1, 0), ("entra", 4, 0)] {
        let site = Site::new(policy()).await;
        let ada = site.create(with_number("ada", "1")).await;
        site.patch(ada, &active(false)).await;
        assert_eq!(site.directory.read().undone().count(), 0, "nobody came back yet");
        site.patch(ada, &active(true)).await;
        later(wait);
        let body = patch(&active(false));
        let (status, _) = site.ask_as(token, Method::PATCH, &format!("/Users/{ada}"), &body).await;
        assert_eq!(status, 200);
        assert_eq!(site.directory.read().undone().count(), doubtful, "{token} after {wait} s");
    }
}

#[tokio::test]
async fn active_says_what_the_doors_do_however_a_client_takes_it_away() {
    let site = Site::new(policy()).await;
    let takings = [
        json!([{ "op": "remove", "path": "active" }]),
        json!([{ "op": "replace", "path": "active", "value": null }]),
        json!([{ "op": "replace", "path": "active", "value": "" }]),
        json!([{ "op": "replace", "value": { "active": null } }]),
        json!([{ "op": "add", "path": "active", "value": [] }]),
    ];
    for (number, taking) in takings.iter().enumerate() {
        for is_active in [false, true] {
            let name = format!("p{number}-{is_active}");
            let mut body = with_number(&name, &(10 * number + usize::from(is_active)).to_string());
            body["active"] = is_active.into();
            let id = site.create(body).await;
            let (status, _) = site.ask(Method::PATCH, &format!("/Users/{id}"), &patch(taking)).await;
            assert!([200, 400].contains(&status), "{taking}: {status}");
            assert_eq!(site.get(id, "").await["active"], is_active, "{taking}");
            assert_eq!(site.person(id).active, is_active, "{taking}");
            let filter = format!("?filter=userName%20eq%20%22{name}%22%20and%20active%20eq%20{is_active}");
            let found = site.done(Method::GET, &format!("/Users{filter}"), &Value::Null).await;
            assert_eq!(found["totalResults"], 1, "{taking}");
        }
    }
}
