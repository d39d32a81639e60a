//! Answered means durable: the service is killed under load, its copy in sled is spoilt, its journal is torn, and
//! everything that was answered is there afterwards, exactly as it was answered.
#![allow(clippy::unwrap_used, reason = "a test that panics has failed")]

mod journal;
mod kills;
mod sled;

use std::collections::BTreeMap;

use rand::Rng;
use rand::rngs::SmallRng;
use serde_json::Value;
use tests::churn::{Writer, without_host};
use tests::{Gateway, SitePlan};

pub(crate) type People = BTreeMap<String, Value>;

/// Everybody by user name.
pub(crate) async fn everybody(gateway: &Gateway) -> People {
    let people = gateway.scim().everybody().await.into_iter();
    people.map(|person| (person["userName"].as_str().unwrap().to_owned(), without_host(person))).collect()
}

pub(crate) async fn notices(gateway: &Gateway) -> String {
    let site = gateway.api().site().await;
    let texts =
        site["notices"].as_array().unwrap().iter().map(|notice| notice["text"].as_str().unwrap().to_owned());
    texts.collect::<Vec<_>>().join("\n")
}

/// A site without controllers, and some people in it: made, changed, revoked and deleted, one after the other.
pub(crate) async fn with_people(random: &mut SmallRng) -> (SitePlan, Gateway) {
    let plan = SitePlan::empty();
    let gateway = plan.gateway().await;
    let scim = gateway.scim();
    let mut writer = Writer::new(0, random.random());
    for _ in 0..60 {
        writer.change(&scim).await.unwrap();
    }
    (plan, gateway)
}
