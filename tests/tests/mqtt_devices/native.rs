//! A native panel: sessions, numbers, flash, power, faults, versions, TLS.

use firmware_sim::config::{Dialect, Login, MqttConfig, MqttVersion, NativeConfig};
use firmware_sim::mqtt::MqttFaults;
use firmware_sim::site::Power;
use firmware_sim::{SimConfig, Site};
use panel_protocol::panel::{Answer, EventBody, Operation};
use panel_protocol::table::{Profile, Row};
use panel_protocol::time::UtcSeconds;
use tests::{Mosquitto, NativePeer, eventually, seed};

use crate::{BROKER, card, config, site};

/// 2026-01-01.
const NEW_YEAR: u32 = 1_767_225_600;

fn shed() -> Vec<(&'static str, Dialect)> {
    vec![("shed", Dialect::Native(NativeConfig::new("harbour", "shed")))]
}

/// A panel that is online and in a session.
async fn acquainted(broker: &Mosquitto) -> NativePeer {
    let mut peer = NativePeer::listen(broker.port(), "harbour", "shed").await;
    peer.state(0, "online").await;
    peer.hello(*b"nonce  1").await;
    peer
}

#[tokio::test(flavor = "multi_thread")]
async fn a_table_is_loaded_and_decides_and_its_events_wait_until_they_are_acknowledged() {
    let broker = Mosquitto::start().await;
    let site = site(broker.port(), shed());
    let mut peer = acquainted(&broker).await;
    assert_eq!(peer.from(0, "itself", |_| true).await, [0]);
    let rows: Vec<_> = (1..=300).map(|number| Row::new(card(number), 0)).collect();
    let digest = peer.load(&rows, Profile::always([0])).await;
    let inside = site.brokers().controller("shed").unwrap();
    assert_eq!((inside.insides.digest, inside.insides.cards, inside.online), (Some(digest), 300, true));

    let mark = peer.client().mark();
    assert_eq!(site.brokers().swipe("shed", 0, card(7)).unwrap().granted, Some(true));
    assert_eq!(site.brokers().swipe("shed", 1, card(7)).unwrap().reason.as_deref(), Some("no_access"));
    assert_eq!(site.brokers().swipe("shed", 0, card(999)).unwrap().reason.as_deref(), Some("unknown_card"));
    let notice = peer.from(mark, "waiting", |notice| notice[6] == 3).await;
    assert_eq!(Answer::decode(&notice), Some(Answer::EventsWaiting { first_event: 0, next_event: 3 }));
    let answer = peer.operate_one(&Operation::ReadEvents { from: 0 }).await;
    let Some(Answer::Events { next_event: 3, events }) = Answer::decode(&answer) else {
        panic!("{answer:02x?}")
    };
    let granted = events.iter().map(|event| match event.body {
        EventBody::CardRead { reason, .. } => reason.granted(),
        #[allow(unreachable_patterns, reason = "panels may learn to tell more")]
        other => panic!("{other:?}"),
    });
    assert_eq!(granted.collect::<Vec<_>>(), [true, false, false]);
    peer.operate_one(&Operation::AckEvents { before: 3 }).await;
    assert_eq!(site.brokers().controller("shed").unwrap().insides.events, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_old_doubled_retained_or_malformed_is_ever_done() {
    let broker = Mosquitto::start().await;
    let site = site(broker.port(), shed());
    let mut peer = acquainted(&broker).await;
    let digest = peer.load(&[Row::new(card(1), 0)], Profile::always([0])).await;
    let (old_session, topic) = (peer.session(), peer.topic("to/operation"));
    let mut put = vec![0x10];
    put.extend([26, 0x02, 0xF6, 0x23, 0xAE, 0, 0]);
    let head = |session: [u8; 4], number: u32| [session, number.to_le_bytes()].concat();

    peer.client().publish(&topic, [head(old_session, 1), put.clone()].concat()).await;
    peer.client().publish(&topic, head(old_session, 90)).await;
    peer.client().publish(&topic, [head([9; 4], 91), put.clone()].concat()).await;
    peer.client().publish(&peer.topic("to/elsewhere"), [head(old_session, 92), put.clone()].concat()).await;
    peer.client().publish(&topic, vec![0xFF; 20_000]).await;
    assert_eq!(peer.hello(*b"nonce  1").await[8..12], old_session, "the same nonce, the same session");
    assert_eq!(peer.info().await.digest, digest);

    // A message that the broker keeps meets the panel at its next subscription, and a restart ends every session.
    peer.client().retain(&peer.topic("to/hello"), *b"retained").await;
    peer.from(0, "welcome", |welcome| welcome.starts_with(b"retained")).await;
    let mark = peer.client().mark();
    site.brokers().power("shed", Power::Off).unwrap();
    peer.state(mark, "offline").await;
    let mark = peer.client().mark();
    site.brokers().power("shed", Power::On).unwrap();
    peer.state(mark, "online").await;
    peer.client().publish(&topic, [head(old_session, 94), put.clone()].concat()).await;
    assert_ne!(peer.hello(*b"nonce  1").await[8..12], old_session, "it knows no nonce after a restart");
    let info = peer.info().await;
    assert_eq!((info.digest, info.rows, info.boot), (digest, 1, 1));
    let welcomes =
        peer.client().heard().split_off(mark).into_iter().filter(|heard| heard.topic.ends_with("welcome"));
    assert_eq!(welcomes.count(), 1, "none to the hello that was kept");
}

#[tokio::test(flavor = "multi_thread")]
async fn flash_outlives_power_and_a_wiped_panel_has_lost_it() {
    let broker = Mosquitto::start().await;
    let site = site(broker.port(), shed());
    let mut peer = acquainted(&broker).await;
    let digest = peer.load(&[Row::new(card(1), 0)], Profile::always([0])).await;
    peer.operate_one(&Operation::SetClock(UtcSeconds(NEW_YEAR))).await;
    assert!(site.brokers().controller("shed").unwrap().insides.clock.is_some());
    site.brokers().power("shed", Power::Off).unwrap();
    let off = site.brokers().controller("shed").unwrap();
    assert_eq!((off.powered, off.online, off.insides.digest), (false, false, Some(digest)));
    assert!(site.brokers().swipe("shed", 0, card(1)).is_err(), "a reader without power reads nothing");
    let mark = peer.client().mark();
    let on = site.brokers().power("shed", Power::On).unwrap();
    assert_eq!((on.boots, on.insides.clock), (1, None));
    peer.state(mark, "online").await;
    peer.hello(*b"nonce  2").await;
    assert_eq!(peer.info().await.digest, digest);
    assert_eq!(site.brokers().swipe("shed", 0, card(1)).unwrap().granted, Some(true));
    let mark = peer.client().mark();
    site.brokers().power("shed", Power::Wiped).unwrap();
    peer.state(mark, "online").await;
    peer.hello(*b"nonce  3").await;
    let info = peer.info().await;
    assert_eq!((info.rows, info.epoch, info.boot), (0, 0, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_output_goes_on_in_time_only_and_off_by_itself() {
    let broker = Mosquitto::start().await;
    let site = site(broker.port(), shed());
    let mut peer = acquainted(&broker).await;
    assert_eq!(peer.actuate(u32::MAX, 0, 10).await, 3, "its clock is not set");
    peer.operate_one(&Operation::SetClock(UtcSeconds(NEW_YEAR))).await;
    assert_eq!(peer.actuate(NEW_YEAR - 1, 0, 10).await, 3, "too late");
    assert_eq!(peer.actuate(NEW_YEAR + 60, 2, 10).await, 1, "two readers, two outputs");
    assert_eq!(peer.actuate(NEW_YEAR + 60, 0, 36_001).await, 2);
    let outputs = async || site.brokers().controller("shed").unwrap().insides.outputs;
    assert_eq!(outputs().await, [false, false]);
    assert_eq!(peer.actuate(NEW_YEAR + 60, 1, 3).await, 0);
    eventually("the output goes off", outputs, |outputs| *outputs == [false, false]).await;
    site.brokers().clock("shed", 3_600).unwrap();
    assert_eq!(peer.actuate(NEW_YEAR + 60, 1, 3).await, 3, "its clock runs an hour ahead");
    let mark = peer.client().mark();
    site.brokers().tamper("shed", true).unwrap();
    peer.from(mark, "itself", |flags| flags == [1]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn it_comes_back_to_a_broker_that_was_away_and_to_a_mended_cable() {
    let mut broker = Mosquitto::start().await;
    let site = site(broker.port(), shed());
    drop(acquainted(&broker).await);
    broker.kill();
    let online = async || site.brokers().controller("shed").unwrap().online;
    eventually("the panel has lost its broker", online, |online| !online).await;
    assert_eq!(site.brokers().swipe("shed", 0, card(1)).unwrap().granted, Some(false), "its door goes on");
    broker.restart().await;
    let mut peer = acquainted(&broker).await;
    assert_eq!(peer.info().await.next_event, 1, "what happened meanwhile is kept");

    let mark = peer.client().mark();
    site.brokers().set_faults(BROKER, MqttFaults { cut: true, ..MqttFaults::default() }).unwrap();
    peer.state(mark, "offline").await;
    assert_eq!(site.brokers().one_broker(BROKER).unwrap().online, 0);
    let mark = peer.client().mark();
    site.brokers().set_faults(BROKER, MqttFaults::default()).unwrap();
    peer.state(mark, "online").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn doubled_and_late_messages_are_answered_once_and_a_lost_one_is_counted() {
    let broker = Mosquitto::start().await;
    let site = site(broker.port(), shed());
    let mut peer = acquainted(&broker).await;
    let seed = seed();
    let faults = MqttFaults { double_rate: 1.0, delay_ms: 5, seed, ..MqttFaults::default() };
    site.brokers().set_faults(BROKER, faults).unwrap();
    peer.load(&[Row::new(card(1), 0), Row::new(card(2), 0)], Profile::always([0])).await;
    let counters = site.brokers().one_broker(BROKER).unwrap().counters;
    assert!(counters.doubled >= 8 && counters.lost == 0, "{counters:?}");
    site.brokers().set_faults(BROKER, MqttFaults { drop_rate: 1.0, seed, ..MqttFaults::default() }).unwrap();
    let head = peer.next_head();
    peer.client().publish(&peer.topic("to/operation"), [&head[..], &[1]].concat()).await;
    let lost = async || site.brokers().one_broker(BROKER).unwrap().counters.lost;
    eventually("the operation is lost", lost, |lost| *lost >= 1).await;
    site.brokers().set_faults(BROKER, MqttFaults::default()).unwrap();
    assert_eq!(peer.info().await.rows, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn it_speaks_3_1_1_as_well() {
    let broker = Mosquitto::start().await;
    let mut plan = config(broker.port(), shed());
    plan.brokers[0].version = MqttVersion::V311;
    let _site = Site::start(&plan).unwrap();
    let mut peer = acquainted(&broker).await;
    peer.load(&[Row::new(card(1), 0)], Profile::always([0])).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn it_signs_in_and_one_with_a_wrong_password_stays_out() {
    let plain = Mosquitto::with(
        "allow_anonymous false\npassword_file FOLDER/passwords\n",
        &[("passwords", PASSWORDS)],
    )
    .await;
    let device = |id: &str, password: &str| MqttConfig {
        login: Some(Login { user: "shed".into(), password: password.into() }),
        ..MqttConfig::new(id, BROKER, Dialect::Native(NativeConfig::new("harbour", id)))
    };
    let plan = SimConfig {
        mqtt: vec![device("shed", "hut"), device("den", "cave")],
        ..config(plain.port(), Vec::new())
    };
    let site = Site::start(&plan).unwrap();
    let online = async |id: &str| site.brokers().controller(id).unwrap().online;
    eventually("the right one is let in", async || online("shed").await, |online| *online).await;
    assert!(!online("den").await);
}

#[tokio::test(flavor = "multi_thread")]
async fn it_checks_its_brokers_certificate() {
    let made = |name: &str| rcgen::generate_simple_self_signed([name.to_owned()]).unwrap();
    let (right, other) = (made("127.0.0.1"), made("127.0.0.1"));
    let lines = "allow_anonymous true\ncertfile FOLDER/cert.pem\nkeyfile FOLDER/key.pem\n";
    let (cert, key) = (right.cert.pem(), right.signing_key.serialize_pem());
    let broker = Mosquitto::with(lines, &[("cert.pem", &cert), ("key.pem", &key)]).await;
    let site = |trusted: String| {
        let mut plan = config(broker.port(), shed());
        plan.brokers[0].ca = Some(trusted.into_bytes());
        plan.mqtt[0].reconnect = Some(std::time::Duration::from_millis(50));
        Site::start(&plan).unwrap()
    };
    let (deceived, sure) = (site(other.cert.pem()), site(cert));
    let online = async |site: &Site| site.brokers().controller("shed").unwrap().online;
    eventually("the right certificate is taken", async || online(&sure).await, |online| *online).await;
    assert!(!online(&deceived).await);
    let nothing = "no certificate at all".to_owned();
    let mut plan = config(broker.port(), shed());
    plan.brokers[0].ca = Some(nothing.into_bytes());
    assert!(Site::start(&plan).unwrap_err().to_string().contains("holds no certificate"));
}

/// The user `shed` with the password `hut`, as `mosquitto_passwd` hashes it.
const PASSWORDS: &str = "shed:$7$101$3CB4nxzd+RJYwmHg$oB/qeg+B7O9egv26jTSZvx6gYs6T+mGbnCSIM5760sDMnz6XjAejUByjoxkC+A6Yk9SCYqkd7JfSvd/88yhMcg==\n";
