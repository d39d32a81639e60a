//! SIGKILL at random moments under load.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use rand::rngs::SmallRng;
use rand::{Rng, SeedableRng};
use serde_json::{Value, json};
use tests::churn::{Writer, active_card, without_host};
use tests::{Gateway, Simulator, SitePlan, eventually, seed};
use tokio::sync::mpsc;
use tokio::task::JoinSet;

use crate::{People, everybody};

const KILLS: u64 = 20;
const WRITERS: u64 = 8;
/// Answers after which the service is killed, at most. The page lists 200 exposures, and none may be cut off here.
const MOST_ANSWERS: usize = 40;
const PANELS: [&str; 3] = ["lobby", "dock", "garage"];

/// Lets all writers write until the service has given so many answers, then kills it in the middle of the next ones.
async fn kill_under_load(gateway: &mut Gateway, writers: &mut Vec<Writer>, random: &mut SmallRng) {
    let answers = random.random_range(1..=MOST_ANSWERS);
    let moment = Duration::from_micros(random.random_range(0..5_000));
    let (told, mut answered) = mpsc::unbounded_channel();
    let mut tasks = JoinSet::new();
    for mut writer in writers.drain(..) {
        let (scim, told) = (gateway.scim(), told.clone());
        tasks.spawn(async move {
            while writer.change(&scim).await.is_ok() {
                told.send(()).unwrap();
            }
            writer
        });
    }
    for _ in 0..answers {
        answered.recv().await.unwrap();
    }
    tokio::time::sleep(moment).await; // not a wait for anything: when to kill
    assert!(tasks.try_join_next().is_none(), "a writer got no answer from a service that ran");
    gateway.kill();
    *writers = tasks.join_all().await;
    writers.sort_by_key(Writer::number);
    println!("killed {moment:?} after {answers} answers");
}

/// Everything is as it was answered, or as it was asked for without an answer; and there is nobody else.
async fn settle(gateway: &Gateway, writers: &mut [Writer]) -> People {
    let people = everybody(gateway).await;
    let mut unclaimed = people.clone();
    let scim = gateway.scim();
    for writer in writers {
        writer.settle(&mut unclaimed);
        for id in writer.take_deleted() {
            scim.get(&id).await.refused(404);
        }
    }
    assert!(unclaimed.is_empty(), "nobody made these people, or they were deleted: {unclaimed:#?}");
    for (name, person) in people.iter().take(10) {
        let path = format!("/Users?filter=userName%20eq%20%22{name}%22");
        let found = scim.send(reqwest::Method::GET, &path, None).await.good();
        assert_eq!(without_host(found["Resources"][0].clone()), *person);
    }
    people
}

/// A revocation that a panel has not proven: revision and panel, and the card's number.
type Exposed = BTreeMap<(u64, String), u64>;

async fn exposed(gateway: &Gateway) -> Exposed {
    let list = gateway.api().exposed().await;
    let one = |exposure: &Value| {
        let number = exposure["card"].as_str().unwrap().strip_prefix("100-").unwrap().parse().unwrap();
        let panel = exposure["controller"].as_str().unwrap().to_owned();
        ((exposure["revision"].as_u64().unwrap(), panel), number)
    };
    list.iter().map(one).collect()
}

/// How many panels don't hold exactly these cards. A card that a panel holds against the directory's word must be
/// listed as exposed there at every moment: it is asked for before the panel is looked at.
async fn unequal(gateway: &Gateway, simulator: &Simulator, cards: &BTreeSet<u64>) -> usize {
    let exposed = exposed(gateway).await;
    let mut unequal = 0;
    for panel in PANELS {
        let held = simulator.numbers(panel).await;
        for card in held.difference(cards) {
            let listed = exposed.iter().any(|((_, at), number)| at == panel && number == card);
            assert!(
                listed,
                "card {card} opens {panel} against the directory's word, and only {exposed:?} is told"
            );
        }
        unequal += usize::from(held != *cards);
    }
    unequal
}

/// Every exposure of `open` has ended with a receipt that tells of the proof.
async fn has_receipts(gateway: &Gateway, open: &Exposed) {
    eventually("nothing is exposed", async || exposed(gateway).await, Exposed::is_empty).await;
    let receipts = gateway.api().receipts().await;
    let revisions: BTreeSet<u64> = open.keys().map(|(revision, _)| *revision).collect();
    if revisions.len() > receipts.len() {
        return; // more than the page lists
    }
    for (revision, panel) in open.keys() {
        let receipt = receipts
            .iter()
            .find(|receipt| receipt["revision"] == *revision && receipt["action"] == "deactivate");
        let receipt = receipt.unwrap_or_else(|| panic!("no receipt of revision {revision}: {receipts:#?}"));
        let landings = receipt["landings"].as_array().unwrap();
        let landing = landings.iter().find(|landing| landing["controller"] == panel.as_str());
        assert!(landing.is_some_and(|landing| landing["proven"].is_string()), "{panel}: {receipt:#?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn twenty_kills_under_load_lose_nothing_that_was_answered_and_every_table_becomes_equal() {
    let seed = seed();
    let mut random = SmallRng::seed_from_u64(seed);
    let plan = SitePlan::new(115_200, &PANELS);
    let simulator = plan.simulator().await;
    let mut gateway = plan.gateway().await;
    let mut writers: Vec<Writer> = (0..WRITERS).map(|number| Writer::new(number, seed)).collect();
    let mut seen_exposed = 0;
    for round in 1..=KILLS {
        // With the line cut no panel hears of what was answered before the kill.
        let cut = round % 5 == 0;
        if cut {
            simulator.faults("north", &json!({ "cut": true })).await;
        }
        kill_under_load(&mut gateway, &mut writers, &mut random).await;
        gateway.restart().await;
        let open = exposed(&gateway).await;
        let people = settle(&gateway, &mut writers).await;
        let cards: BTreeSet<u64> = people.values().filter_map(active_card).collect();
        unequal(&gateway, &simulator, &cards).await;
        if cut {
            simulator.faults("north", &json!({})).await;
        }
        let what = format!(
            "round {round}: {} people, {} exposures, all panels hold {} cards",
            people.len(),
            open.len(),
            cards.len()
        );
        eventually(&what, async || unequal(&gateway, &simulator, &cards).await, |unequal| *unequal == 0)
            .await;
        has_receipts(&gateway, &open).await;
        seen_exposed += open.len();
    }
    assert!(seen_exposed > 0, "no kill came between an answer and its proof");
    assert_eq!(gateway.stop().await.code(), Some(0));
}
