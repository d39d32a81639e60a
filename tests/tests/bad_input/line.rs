//! Bad wires, bad panels, and somebody in the middle.

use panel_protocol::osdp::crc::crc16;
use rand::rngs::SmallRng;
use rand::{Rng, RngCore, SeedableRng};
use serde_json::{Value, json};
use tests::{Gateway, PanelPlan, Simulator, SitePlan, Splice, eventually, seed};

/// A site whose line `north` is spliced; `south` is a good line beside it.
struct Spliced {
    simulator: Simulator,
    splice: Splice,
    gateway: Gateway,
    _plan: SitePlan,
}

const NORTH: [&str; 2] = ["lobby", "dock"];
const EVERY: [&str; 3] = ["lobby", "dock", "roof"];

async fn spliced() -> Spliced {
    let plan = SitePlan::new(38_400, &NORTH).line("south", 38_400, [PanelPlan::new("roof")]);
    let simulator = plan.simulator().await;
    let splice = Splice::onto(&plan.simulated_port("north"));
    let plan = plan.port("north", splice.port());
    let gateway = plan.gateway().await;
    gateway.proven(&EVERY).await;
    Spliced { simulator, splice, gateway, _plan: plan }
}

impl Spliced {
    /// A card comes and goes while the line is bad, and everybody ends up with the same table.
    async fn a_card_comes_and_goes(&self) {
        let scim = self.gateway.scim();
        let id = scim.create("ada", Some("1234")).await;
        self.gateway.proven(&EVERY).await;
        for panel in EVERY {
            assert_eq!(self.simulator.swipe(panel, 1234).await["granted"], true, "{panel}");
        }
        scim.delete(&id).await;
        self.gateway.proven(&EVERY).await;
        for panel in EVERY {
            assert_eq!(self.simulator.swipe(panel, 1234).await["granted"], false, "{panel}");
        }
        assert_eq!(self.gateway.api().exposed().await, Vec::<Value>::new());
    }

    /// Waits until the API counts a fault of a controller on the spliced line, and the page tells it in words.
    async fn counts(&self, fault: &str, words: &str) {
        let api = self.gateway.api();
        let of = async |panel: &str| api.controller(panel).await["faults"][fault].as_u64().unwrap();
        // A machine that stalls makes a reply late or cuts it short, on the other line too; nobody does so time after time.
        let count = async || {
            let mut sum = 0;
            for panel in NORTH {
                sum += of(panel).await;
            }
            (sum, of("roof").await)
        };
        let (sum, elsewhere) =
            eventually(&format!("{fault} is counted"), count, |(sum, elsewhere)| sum > elsewhere).await;
        println!("{fault}: {sum}, {elsewhere} on the other line");
        let page = api.page("/").await;
        assert!(page.contains(words), "{words}: {page}");
    }
}

/// The same bytes with a right CRC at the end.
fn sealed(mut frame: Vec<u8>) -> Vec<u8> {
    let end = frame.len() - 2;
    let crc = crc16(&frame[..end]);
    frame[end..].copy_from_slice(&crc.to_le_bytes());
    frame
}

/// Every so many replies, `change` happens to one.
fn now_and_then(
    every: u64,
    change: impl Fn(Vec<u8>) -> Vec<u8> + Send + 'static,
) -> impl FnMut(Vec<u8>) -> Vec<u8> {
    let mut count = 0;
    move |frame| {
        // What is shorter than any reply is a mark byte between frames.
        count += u64::from(frame.len() > 6);
        if frame.len() > 6 && count % every == 0 { change(frame) } else { frame }
    }
}

#[tokio::test]
async fn garbage_in_both_directions_stops_nothing() {
    let site = spliced().await;
    let mut random = SmallRng::seed_from_u64(seed());
    let api = site.gateway.api();
    let mut say = |to_gateway: bool| {
        let mut garbage = vec![0; random.random_range(1..200)];
        random.fill_bytes(&mut garbage);
        // Beginnings of frames that promise more than ever comes.
        if random.random_bool(0.5) {
            garbage.extend([0x53, 0x81, 0x00, 0x04, 0x05, 0x40]);
        }
        if to_gateway { site.splice.say_to_gateway(&garbage) } else { site.splice.say_to_panels(&garbage) }
    };
    for turn in 0..40 {
        say(turn % 3 != 0);
        api.site().await;
    }
    site.a_card_comes_and_goes().await;
    let line = async || api.site().await["lines"].clone();
    let bytes = |lines: &Value, at: usize| lines[at]["noise_bytes"].as_u64().unwrap();
    let lines = eventually("noise is counted", line, |lines| bytes(lines, 0) > 1000).await;
    // A machine that stalls can cut a reply short.
    assert!(bytes(&lines, 1) < bytes(&lines, 0) / 10, "on the line where it is: {lines}");
}

#[tokio::test]
async fn what_disturbs_a_line_is_told_as_the_lines_own_and_passes() {
    let site = spliced().await;
    let api = site.gateway.api();
    let is = |what: &'static str| move |line: &Value| line["state"]["is"] == what;
    let line = async || api.site().await["lines"][0].clone();

    let poll = sealed(vec![0x53, 0x00, 0x08, 0x00, 0x04, 0x60, 0, 0]);
    let beside_another = async || {
        site.splice.say_to_gateway(&poll);
        line().await
    };
    let told = eventually("another controller is told of", beside_another, is("disturbed")).await;
    assert!(told["state"]["why"].as_str().unwrap().contains("another controller speaks on it"), "{told}");
    eventually("it has gone", &line, is("up")).await;

    site.splice.change_replies(|_| Vec::new());
    let told = eventually("the cut is told of", &line, is("silent")).await;
    assert!(told["state"]["why"].as_str().unwrap().contains("none of its 2 devices"), "{told}");
    let verdict = api.site().await["verdict"].to_string();
    assert!(verdict.contains("Line north is silent") && !verdict.contains("offline"), "told once: {verdict}");
    site.splice.change_replies(|reply| reply);
    eventually("it is mended", &line, is("up")).await;
    site.a_card_comes_and_goes().await;
}

#[tokio::test]
async fn replies_with_a_wrong_crc_are_counted_and_asked_again() {
    let site = spliced().await;
    site.splice.change_replies(now_and_then(5, |mut frame| {
        *frame.last_mut().unwrap() ^= 0x55;
        frame
    }));
    site.a_card_comes_and_goes().await;
    site.counts("bad_check", "damaged").await;
}

#[tokio::test]
async fn replies_that_break_off_are_counted_and_asked_again() {
    let site = spliced().await;
    site.splice.change_replies(now_and_then(6, |mut frame| {
        frame.truncate(frame.len() / 2);
        frame
    }));
    site.a_card_comes_and_goes().await;
    site.counts("bad_check", "damaged").await;
}

#[tokio::test]
async fn replies_that_never_come_are_counted_and_asked_again() {
    let site = spliced().await;
    site.splice.change_replies(now_and_then(6, |_| Vec::new()));
    site.a_card_comes_and_goes().await;
    site.counts("timeouts", "timeout").await;
}

#[tokio::test]
async fn replies_from_another_address_are_counted_and_taken_from_nobody() {
    let site = spliced().await;
    site.splice.change_replies(now_and_then(6, |mut frame| {
        frame[1] = 0x80 | 77;
        sealed(frame)
    }));
    site.a_card_comes_and_goes().await;
    site.counts("foreign", "out of place").await;
}

#[tokio::test]
async fn a_forged_reply_ends_the_session_and_a_new_one_comes_up() {
    let site = spliced().await;
    let mut forged = false;
    site.splice.change_replies(move |mut frame| {
        // A secured frame has a control block with a type of 0x15 or more (OSDP 2.2, D.1.3); once is enough.
        let secured = frame.len() >= 14 && frame[4] & 0x08 != 0 && frame[6] >= 0x15;
        if secured && !forged {
            forged = true;
            let mac = frame.len() - 3;
            frame[mac] ^= 1;
            return sealed(frame);
        }
        frame
    });
    site.counts("bad_mac", "with a wrong authentication code").await;
    site.a_card_comes_and_goes().await;
}

#[tokio::test]
async fn damaged_bits_and_lost_frames_delay_and_lose_nothing() {
    let plan = SitePlan::new(38_400, &NORTH).line("south", 38_400, [PanelPlan::new("roof")]);
    let simulator = plan.simulator().await;
    let gateway = plan.gateway().await;
    gateway.proven(&EVERY).await;
    simulator.faults("north", &json!({ "damage_rate": 0.1, "drop_rate": 0.05, "seed": 7 })).await;
    let scim = gateway.scim();
    for number in 1..=30 {
        scim.create(&format!("person-{number}"), Some(&number.to_string())).await;
    }
    gateway.proven(&EVERY).await;
    for panel in EVERY {
        assert_eq!(
            simulator.numbers(panel).await.into_iter().collect::<Vec<_>>(),
            (1..=30).collect::<Vec<_>>()
        );
    }
}

#[tokio::test]
async fn a_dead_line_a_missing_port_and_a_foreign_key_slow_nobody_else() {
    let north = [PanelPlan::new("lobby"), PanelPlan::with_foreign_key("stranger"), PanelPlan::new("dock")];
    let plan = SitePlan::empty()
        .line("north", 38_400, north)
        .line("cut", 38_400, [PanelPlan::new("cellar")])
        .line("gone", 38_400, [PanelPlan::new("attic")]);
    let missing = plan.folder().join("no-such-adapter");
    let plan = plan.port("gone", &missing);
    let simulator = plan.simulator().await;
    simulator.faults("cut", &json!({ "cut": true, "seed": 1 })).await;
    let mut gateway = plan.gateway().await;
    let scim = gateway.scim();
    let api = gateway.api();
    let id = scim.create("ada", Some("1234")).await;
    gateway.proven(&["lobby", "dock"]).await;
    scim.set_active(&id, false).await;
    gateway.proven(&["lobby", "dock"]).await;
    let receipt = api.receipts().await.into_iter().find(|receipt| receipt["action"] == "deactivate").unwrap();
    let proven = |panel: &str| {
        let mut landings = receipt["landings"].as_array().unwrap().iter();
        landings
            .find(|landing| landing["controller"] == panel)
            .and_then(|landing| landing["proven_ms"].as_f64())
    };
    println!("proven after {:?} ms at lobby, {:?} ms at dock", proven("lobby"), proven("dock"));
    assert!(proven("lobby").is_some() && proven("dock").is_some(), "{receipt}");
    let bad = ["stranger", "cellar", "attic"];
    assert!(bad.iter().all(|panel| proven(panel).is_none()) && receipt["complete"] == false, "{receipt}");

    let state = async |panel: &str| api.controller(panel).await["state"].clone();
    for (panel, expected) in bad.into_iter().zip(["wrong_key", "offline", "offline"]) {
        eventually(&format!("{panel} is {expected}"), async || state(panel).await, |now| now == expected)
            .await;
    }
    let site = api.site().await;
    let exposed: Vec<&Value> =
        site["exposed"].as_array().unwrap().iter().map(|one| &one["controller"]).collect();
    assert!(bad.iter().all(|panel| exposed.contains(&&json!(panel))) && exposed.len() == 3, "{exposed:?}");
    let words = format!("{} {}", site["verdict"]["text"], site["verdict"]["further"]);
    for word in [
        "not proven",
        "stranger",
        "wrong key",
        "cellar",
        "Line gone is down",
        "no-such-adapter",
        "plug the adapter in",
    ] {
        assert!(words.contains(word), "{word}: {words}");
    }
    assert!(gateway.process_mut().runs());

    // What was wrong is put right, and everybody gets what they missed.
    simulator.faults("cut", &json!({ "seed": 1 })).await;
    std::os::unix::fs::symlink(plan.simulated_port("gone"), &missing).unwrap();
    gateway.proven(&["lobby", "dock", "cellar", "attic"]).await;
    assert!(simulator.cards("attic").await.is_empty() && simulator.cards("cellar").await.is_empty());
}
