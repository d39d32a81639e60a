//! Addresses that clients make of the base address, and those that lead nowhere.

use super::*;

#[tokio::test]
async fn a_base_address_may_end_in_a_slash() {
    let endpoint = Endpoint::start().await;
    let ada = endpoint.person("ada").await;
    let found = endpoint.get(&format!("/Users/{ada}")).await;
    for path in ["/Users/{ada}/", "//Users/{ada}", "//Users//{ada}//?attributes="] {
        assert_eq!(endpoint.get(&path.replace("{ada}", &ada)).await, found, "{path}");
    }
    assert_eq!(endpoint.get("//Users/?count=0&startIndex=1").await["totalResults"], 1);
}

#[tokio::test]
async fn what_is_nowhere_is_said_in_scim_and_only_to_who_may_ask() {
    let endpoint = Endpoint::start().await;
    let stranger = BTreeMap::from([("authorization".to_owned(), "Bearer wrong".to_owned())]);
    for (method, path) in [
        (Method::GET, "/"),
        (Method::GET, ""),
        (Method::GET, "/Users/%ff"),
        (Method::PATCH, "/Users/%ff"),
        (Method::GET, "/Schemas/%ff"),
        (Method::GET, "/%ff"),
        (Method::GET, "/Groups/x/y"),
        (Method::GET, "/Doors"),
        (Method::PUT, "/Doors"),
        (Method::DELETE, "/Doors/"),
    ] {
        let answer = endpoint.send(method.clone(), path, None).await;
        assert_eq!(
            (answer.status, &answer.body["status"]),
            (404, &json!("404")),
            "{method} {path}: {answer:?}"
        );
        let refused = endpoint.send_with(method.clone(), path, &stranger, None).await;
        assert_eq!(refused.status, 401, "{method} {path}");
    }
    let other_method = endpoint.send(Method::PUT, "/Users", None).await;
    assert_eq!(other_method.status, 405, "{other_method:?}");
}

#[tokio::test]
async fn discovery_takes_no_filter() {
    let endpoint = Endpoint::start().await;
    for path in ["/Schemas", "/ResourceTypes", "/ServiceProviderConfig", "/ResourceTypes/User"] {
        let refused = endpoint.send(Method::GET, &format!("{path}?Filter=id%20pr"), None).await;
        assert_eq!((refused.status, &refused.body["status"]), (403, &json!("403")), "{refused:?}");
        endpoint.get(&format!("{path}?startIndex=1")).await;
    }
}
