//! Whatever a panel or its line goes through, it comes to hold what it should, until then it is told who is exposed,
//! and what travels is in proportion to what differed.
#![allow(clippy::unwrap_used, reason = "a test that panics has failed")]

use std::collections::{BTreeMap, BTreeSet};
use std::time::Instant;

use serde_json::{Value, json};
use tests::churn::active_card;
use tests::{Gateway, ScimClient, Simulator, SitePlan, eventually, seed};
use tokio::task::JoinSet;

/// Clients that create people at the same time.
const CLIENTS: u64 = 16;

/// Shortest time between two polls of a panel, in milliseconds, and the bytes of a sealed poll and its answer.
const POLL_INTERVAL_MS: u128 = 50;
const POLL_BYTES: u128 = 2 * 15;

/// A running site with two panels.
struct Site {
    plan: SitePlan,
    simulator: Simulator,
    gateway: Gateway,
    /// People's ids by their card numbers.
    people: BTreeMap<u64, String>,
}

const PANELS: [&str; 2] = ["lobby", "dock"];

impl Site {
    /// With people who have the cards 1 to `cards`, at all panels.
    async fn with(cards: u64) -> Self {
        let plan = SitePlan::new(115_200, &PANELS);
        let simulator = plan.simulator().await;
        let gateway = plan.gateway().await;
        let people = create(&gateway.scim(), 1..=cards).await;
        let site = Self { plan, simulator, gateway, people };
        site.becomes_equal().await;
        site
    }

    /// Every panel comes to hold the active cards of the directory, and the gateway knows it.
    async fn becomes_equal(&self) {
        let desired = desired(&self.gateway).await;
        for panel in self.plan.panels() {
            let what = format!("{panel} holds the directory's {} cards", desired.len());
            eventually(&what, async || self.simulator.numbers(panel).await, |held| *held == desired).await;
        }
        self.gateway.proven(&self.plan.panels()).await;
        let none = async || self.gateway.api().exposed().await;
        eventually("nobody is exposed", none, Vec::is_empty).await;
    }

    async fn revoke(&self, card: u64) {
        self.gateway.scim().set_active(&self.people[&card], false).await;
    }

    /// Waits until a card is exposed at exactly these panels, each in that state.
    async fn is_exposed(&self, card: u64, panels: &[&str], state: &str) {
        let what = format!("card {card} is exposed at {panels:?}, which are {state}");
        let told = |list: &Vec<Value>| {
            let of_card = list.iter().filter(|exposure| exposure["card"] == format!("100-{card}"));
            let places: BTreeMap<_, _> = of_card
                .map(|exposure| {
                    (exposure["controller"].as_str().unwrap(), exposure["state"].as_str().unwrap())
                })
                .collect();
            places == panels.iter().map(|panel| (*panel, state)).collect()
        };
        let list = eventually(&what, async || self.gateway.api().exposed().await, told).await;
        for exposure in list {
            let doors = exposure["doors"].as_array().unwrap();
            assert_eq!(doors.len(), 2, "{exposure}");
            assert!(exposure["state_since"].is_string() && exposure["since"].is_string(), "{exposure}");
        }
    }

    /// The newest receipt of a card's revocation.
    async fn receipt_of(&self, card: u64) -> Value {
        let receipts = self.gateway.api().receipts().await;
        let of_card =
            |receipt: &&Value| receipt["card"] == format!("100-{card}") && receipt["action"] == "deactivate";
        receipts
            .iter()
            .find(of_card)
            .unwrap_or_else(|| panic!("no receipt for {card}: {receipts:#?}"))
            .clone()
    }

    async fn granted(&self, panel: &str, card: u64) -> bool {
        self.simulator.swipe(panel, card).await["granted"] == true
    }
}

/// People with these cards; their ids.
async fn create(scim: &ScimClient, cards: impl IntoIterator<Item = u64>) -> BTreeMap<u64, String> {
    let cards: Vec<u64> = cards.into_iter().collect();
    let mut tasks = JoinSet::new();
    for client in 0..CLIENTS {
        let (scim, cards) = (scim.clone(), cards.clone());
        tasks.spawn(async move {
            let mut people = Vec::new();
            for card in cards.into_iter().filter(|card| card % CLIENTS == client) {
                let id = scim.create(&format!("person-{card}"), Some(&card.to_string())).await;
                people.push((card, id));
            }
            people
        });
    }
    tasks.join_all().await.into_iter().flatten().collect()
}

/// The active cards of the directory.
async fn desired(gateway: &Gateway) -> BTreeSet<u64> {
    gateway.scim().everybody().await.iter().filter_map(active_card).collect()
}

/// Bytes that a line has carried, both ways.
async fn carried(simulator: &Simulator) -> u128 {
    let counters = &simulator.line("north").await["counters"];
    let bytes = |name: &str| u128::from(counters[name].as_u64().unwrap());
    bytes("gateway_bytes") + bytes("panel_bytes")
}

#[tokio::test]
async fn a_wiped_panel_is_filled_again() {
    let site = Site::with(60).await;
    let boots = site.simulator.power("dock", "wiped").await;
    assert_eq!(boots["counts"]["cards"], 0);
    assert_eq!(site.simulator.cards("lobby").await.len(), 60);
    site.becomes_equal().await;
    assert!(site.granted("dock", 60).await);
}

#[tokio::test]
async fn a_cut_line_exposes_the_revoked_by_name_until_it_is_mended() {
    let site = Site::with(30).await;
    let scim = site.gateway.scim();
    site.simulator.faults("north", &json!({ "cut": true })).await;
    site.revoke(7).await;
    scim.delete(&site.people[&8]).await;
    scim.set_card(&site.people[&9], "1009").await;
    create(&scim, [31]).await;
    site.is_exposed(7, &PANELS, "offline").await;
    site.is_exposed(8, &PANELS, "offline").await;
    site.is_exposed(9, &PANELS, "offline").await;
    assert_eq!(site.receipt_of(7).await["complete"], false);
    assert!(site.granted("dock", 7).await, "a panel without a gateway goes by its own table");
    site.simulator.faults("north", &json!({})).await;
    site.becomes_equal().await;
    for card in [7, 8, 9] {
        assert_eq!(site.receipt_of(card).await["complete"], true);
        assert!(!site.granted("lobby", card).await && !site.granted("dock", card).await);
    }
    assert!(site.granted("lobby", 1_009).await && site.granted("dock", 31).await);
}

#[tokio::test]
async fn a_panel_without_power_exposes_the_revoked_alone_and_catches_up() {
    let site = Site::with(30).await;
    site.simulator.power("dock", "off").await;
    site.revoke(7).await;
    create(&site.gateway.scim(), [31]).await;
    site.is_exposed(7, &["dock"], "offline").await;
    assert!(!site.granted("lobby", 7).await, "one panel holds up another");
    let on = site.simulator.power("dock", "on").await;
    assert_eq!(
        (&on["boots"], &on["counts"]["cards"]),
        (&json!(1), &json!(30)),
        "a table outlives a power cut"
    );
    site.becomes_equal().await;
    assert_eq!(site.receipt_of(7).await["complete"], true);
    assert!(!site.granted("dock", 7).await && site.granted("dock", 31).await);
}

#[tokio::test]
async fn a_panel_that_comes_back_as_it_was_is_proven_without_its_table_being_read() {
    let site = Site::with(400).await;
    let (before, started) = (carried(&site.simulator).await, Instant::now());
    site.simulator.power("dock", "off").await;
    site.simulator.power("dock", "on").await;
    let clock = async || site.simulator.controller("dock").await["clock"].clone();
    eventually("the panel knows the time again", clock, |clock| !clock.is_null()).await;
    site.becomes_equal().await;
    // Reading the bucket digests alone takes 2048 bytes.
    let polls = PANELS.len() as u128 * POLL_BYTES * (1 + started.elapsed().as_millis() / POLL_INTERVAL_MS);
    let carried = carried(&site.simulator).await - before;
    println!("{carried} bytes, of which polls may be {polls}");
    assert!(carried < 1_000 + polls, "{carried} bytes to find out that nothing has changed");
}

#[tokio::test]
async fn five_percent_of_frames_damaged_while_two_hundred_cards_load_end_in_equality() {
    let site = Site::with(0).await;
    let faults = json!({ "damage_rate": 0.05, "seed": seed() });
    site.simulator.faults("north", &faults).await;
    let damaged = async || site.simulator.line("north").await["counters"]["bits_inverted"].as_u64().unwrap();
    let mut cards = 0;
    // Chance may spare all of a load's frames; then there is another load.
    while damaged().await == 0 {
        assert!(cards < 2_000, "nothing was damaged");
        create(&site.gateway.scim(), cards + 1..=cards + 200).await;
        site.becomes_equal().await;
        cards += 200;
    }
    assert!(site.granted("lobby", cards).await && site.granted("dock", 1).await);
}

/// What travels on a line with one panel while something is done: bytes that can't have been polls, at least.
async fn travelling(simulator: &Simulator, doing: impl Future<Output = ()>) -> u128 {
    let (before, started) = (carried(simulator).await, Instant::now());
    doing.await;
    let polls = POLL_BYTES * (1 + started.elapsed().as_millis() / POLL_INTERVAL_MS);
    let bytes = carried(simulator).await - before;
    println!("{bytes} bytes, of which polls may be {polls}");
    bytes.saturating_sub(polls)
}

#[tokio::test(flavor = "multi_thread")]
async fn what_travels_is_in_proportion_to_what_differs() {
    const CARDS: u64 = 2_000;
    /// What they are as rows, one by one; an empty table is loaded by runs, which have them in far less.
    const AS_ROWS: u128 = 7 * CARDS as u128;
    let plan = SitePlan::new(230_400, &["lobby"]);
    let mut gateway = plan.gateway().await;
    let people = create(&gateway.scim(), 1..=CARDS).await;
    assert!(gateway.stop().await.success());
    let simulator = plan.simulator().await;

    let load = travelling(&simulator, async {
        gateway.restart().await;
        gateway.proven(&["lobby"]).await;
    });
    let load = load.await;
    assert_eq!(simulator.numbers("lobby").await, (1..=CARDS).collect());
    assert!(load * 4 < AS_ROWS, "{load} bytes for {CARDS} cards in a row");

    let cut = json!({ "cut": true });
    let one_row = travelling(&simulator, async {
        simulator.faults("north", &cut).await;
        gateway.scim().delete(&people[&1_000]).await;
        simulator.faults("north", &json!({})).await;
        let held = async || simulator.numbers("lobby").await;
        eventually("the row is gone", held, |held| !held.contains(&1_000)).await;
        gateway.proven(&["lobby"]).await;
    });
    let one_row = one_row.await;
    assert!(one_row * 20 < AS_ROWS, "{one_row} bytes for one row of {CARDS}");

    // A gateway that has just started knows nothing of the table: it reads 256 bucket digests, and one bucket's rows.
    simulator.faults("north", &cut).await;
    gateway.scim().delete(&people[&1_001]).await;
    gateway.kill();
    gateway.restart().await;
    let after_restart = travelling(&simulator, async {
        simulator.faults("north", &json!({})).await;
        gateway.proven(&["lobby"]).await;
    });
    let after_restart = after_restart.await;
    assert_eq!(
        simulator.numbers("lobby").await,
        (1..=CARDS).filter(|card| ![1_000, 1_001].contains(card)).collect()
    );
    assert!(after_restart * 4 < AS_ROWS, "{after_restart} bytes for one row by a new gateway");
}
