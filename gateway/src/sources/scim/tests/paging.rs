//! Pages by cursor and pages in an order, while others write.

use std::collections::BTreeSet;

use std::convert::Infallible;
use std::time::{Duration, Instant};

use super::*;
use crate::domain::{Cardholder, CardholderId, Change, Origin, Revision};
use crate::store::View;

/// Follows cursors to the end; `between` is called after each page.
async fn walk(endpoint: &Endpoint, query: &str, mut between: impl AsyncFnMut(usize)) -> Vec<Value> {
    let (mut found, mut cursor, mut page) = (Vec::new(), String::new(), 0);
    loop {
        let list = endpoint.get(&format!("/Users?{query}&cursor={cursor}")).await;
        assert!(list.get("startIndex").is_none());
        found.extend(list["Resources"].as_array().unwrap().clone());
        between(page).await;
        page += 1;
        match list["nextCursor"].as_str() {
            Some(next) => next.clone_into(&mut cursor),
            None => return found,
        }
    }
}

fn names(people: &[Value]) -> Vec<&str> {
    people.iter().map(|person| person["userName"].as_str().unwrap()).collect()
}

async fn people(endpoint: &Endpoint, count: usize) {
    for number in 0..count {
        let title = format!("t{:02}", (number * 7) % count);
        let person = json!({"userName": format!("p{number:02}"), "title": title});
        endpoint.make("/Users", &person).await;
    }
}

#[tokio::test]
async fn whoever_is_there_throughout_is_found_once() {
    let endpoint = &Endpoint::start().await;
    people(endpoint, 20).await;
    for query in ["count=3", "count=3&sortBy=title", "count=3&sortBy=userName&sortOrder=descending"] {
        let found = walk(endpoint, query, async |page| {
            let query = query.len();
            let extra = endpoint.person(&format!("x{query}-{page}")).await;
            if page % 2 == 1 {
                endpoint.send(Method::DELETE, &format!("/Users/{extra}"), None).await;
            }
        })
        .await;
        let names = names(&found);
        let unique: BTreeSet<&str> = names.iter().copied().collect();
        assert_eq!(unique.len(), names.len(), "{query}: somebody twice in {names:?}");
        for number in 0..20 {
            assert!(unique.contains(format!("p{number:02}").as_str()), "{query}: p{number:02} is missing");
        }
    }
}

#[tokio::test]
async fn pages_follow_the_order_and_the_filter() {
    let endpoint = &Endpoint::start().await;
    people(endpoint, 12).await;
    let found = walk(endpoint, "count=5&filter=title lt \"t10\"&sortBy=title", async |_| ()).await;
    let titles: Vec<&str> = found.iter().map(|person| person["title"].as_str().unwrap()).collect();
    assert_eq!(titles.len(), 10);
    assert!(titles.is_sorted(), "{titles:?}");
    let first = endpoint.get("/Users?cursor&count=5&filter=title lt \"t10\"").await;
    assert_eq!((&first["totalResults"], &first["itemsPerPage"]), (&json!(10), &json!(5)));
    let by_index = endpoint.get("/Users?startIndex=4&count=5&sortBy=title&sortOrder=descending").await;
    let titles: Vec<&Value> =
        by_index["Resources"].as_array().unwrap().iter().map(|one| &one["title"]).collect();
    assert_eq!(titles, ["t08", "t07", "t06", "t05", "t04"]);
}

#[tokio::test]
async fn a_search_goes_on_by_cursor_through_people_and_groups() {
    let endpoint = &Endpoint::start().await;
    people(endpoint, 3).await;
    for name in ["g1", "g2"] {
        endpoint.make("/Groups", &json!({ "displayName": name })).await;
    }
    for sort in [json!(null), json!("meta.resourceType"), json!("id")] {
        let (mut cursor, mut found) = (String::new(), Vec::new());
        loop {
            let body = json!({"cursor": cursor, "count": 2, "sortBy": sort});
            let answer = endpoint.send(Method::POST, "/.search", Some(&body)).await;
            assert_eq!((answer.status, &answer.body["totalResults"]), (200, &json!(5)), "{answer:?}");
            found.extend(answer.body["Resources"].as_array().unwrap().clone());
            match answer.body["nextCursor"].as_str() {
                Some(next) => next.clone_into(&mut cursor),
                None => break,
            }
        }
        let ids: BTreeSet<&str> = found.iter().map(|one| one["id"].as_str().unwrap()).collect();
        assert_eq!((found.len(), ids.len()), (5, 5));
        if sort == "id" {
            assert!(found.iter().map(|one| one["id"].as_str()).is_sorted());
        }
    }
}

#[tokio::test]
async fn a_cursor_serves_its_own_query_and_its_time() {
    let endpoint = Endpoint::start().await;
    people(&endpoint, 3).await;
    let page = endpoint.get("/Users?cursor&count=1").await;
    let cursor = page["nextCursor"].as_str().unwrap();
    let path = format!("/Users?cursor={cursor}&count=2");
    assert_eq!(endpoint.get(&path).await["itemsPerPage"], 2);
    let other = endpoint.send(Method::GET, &format!("{path}&filter=title pr"), None).await;
    assert_eq!((other.status, &other.body["scimType"]), (400, &json!("invalidCursor")));
    let base =
        serve(&endpoint.directory, None, || Timestamp::now() + jiff::Span::new().hours(25), Box::new(|_| {}))
            .await;
    let tomorrow = Endpoint { base, ..endpoint };
    let late = tomorrow.send(Method::GET, &path, None).await;
    assert_eq!((late.status, &late.body["scimType"]), (400, &json!("expiredCursor")));
}

/// All user names by index, `count` a page.
async fn by_index(endpoint: &Endpoint, count: usize, query: &str) -> Vec<String> {
    let mut names = Vec::new();
    loop {
        let page = endpoint.get(&format!("/Users?startIndex={}&count={count}{query}", names.len() + 1)).await;
        let resources = page["Resources"].as_array().unwrap();
        names.extend(resources.iter().map(|person| person["userName"].as_str().unwrap().to_owned()));
        if names.len() >= usize::try_from(page["totalResults"].as_u64().unwrap()).unwrap() {
            return names;
        }
        assert!(!resources.is_empty(), "{page}");
    }
}

async fn by_cursor(endpoint: &Endpoint, count: usize) -> Vec<String> {
    let (mut names, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = endpoint.get(&format!("/Users?cursor={cursor}&count={count}")).await;
        let resources = page["Resources"].as_array().unwrap();
        names.extend(resources.iter().map(|person| person["userName"].as_str().unwrap().to_owned()));
        match page["nextCursor"].as_str() {
            Some(next) => next.clone_into(&mut cursor),
            None => return names,
        }
    }
}

async fn fill(endpoint: &Endpoint, people: usize) {
    let person = |number: usize| {
        let cardholder = Cardholder {
            id: CardholderId(uuid::Uuid::new_v4()),
            user_name: format!("p{number}"),
            external_id: None,
            display_name: "Somebody".to_owned(),
            active: true,
            cards: Vec::new(),
            refused_cards: Vec::new(),
            reactivation: None,
            attributes: [("title".to_owned(), "x".repeat(500).into())].into_iter().collect(),
            created: Timestamp::UNIX_EPOCH,
            modified: Timestamp::UNIX_EPOCH,
            revision: Revision(1),
        };
        Change::PutCardholder { cardholder: Box::new(cardholder) }
    };
    let changes = (0..people).map(person).collect();
    let plan = move |_: &View<'_>, _| Ok::<_, Infallible>((changes, ()));
    endpoint.directory.commit(Origin::CommandLine, Timestamp::now(), plan).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_by_index_cost_what_pages_by_cursor_cost() {
    const PEOPLE: usize = 2_000;
    let endpoint = Endpoint::start().await;
    fill(&endpoint, PEOPLE).await;
    // Each is measured several times, and the best counts: other tests run beside this one.
    let (mut index, mut cursor) = (Duration::MAX, Duration::MAX);
    for _ in 0..3 {
        let start = Instant::now();
        let expected = by_cursor(&endpoint, 20).await;
        cursor = cursor.min(start.elapsed());
        let start = Instant::now();
        assert_eq!(by_index(&endpoint, 20, "").await, expected);
        index = index.min(start.elapsed());
    }
    println!("{PEOPLE} people by index {index:?}, by cursor {cursor:?}");
    assert!(index < cursor * 4, "by index {index:?}, by cursor {cursor:?}");
}

#[tokio::test]
async fn pages_by_index_are_counted_anew_when_somebody_has_come_or_gone() {
    let endpoint = Endpoint::start().await;
    fill(&endpoint, 30).await;
    let all = by_index(&endpoint, 7, "").await;
    assert_eq!(by_index(&endpoint, 7, "&filter=title%20pr").await, all, "with a filter too");
    let mut sorted = all.clone();
    sorted.sort();
    assert_eq!(by_index(&endpoint, 7, "&sortBy=userName").await, sorted);

    let page = endpoint.get("/Users?startIndex=1&count=10").await;
    let first = page["Resources"][0]["id"].as_str().unwrap().to_owned();
    assert_eq!(endpoint.send(Method::DELETE, &format!("/Users/{first}"), None).await.status, 204);
    let second = endpoint.get("/Users?startIndex=11&count=10").await;
    assert_eq!(second["totalResults"], 29);
    assert_eq!(second["Resources"][0]["userName"], all[11].as_str());
    let beyond = endpoint.get("/Users?startIndex=30").await;
    assert_eq!((&beyond["totalResults"], &beyond["itemsPerPage"]), (&json!(29), &json!(0)));

    endpoint.make("/Groups", &json!({"displayName": "Staff"})).await;
    let search = json!({"startIndex": 29, "count": 5});
    let all = endpoint.send(Method::POST, "/.search", Some(&search)).await.body;
    assert_eq!((&all["totalResults"], all["Resources"].as_array().unwrap().len()), (&json!(30), 2));
    assert_eq!(all["Resources"][1]["displayName"], "Staff");
}
