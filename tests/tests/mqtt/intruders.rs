//! Who may not, at the broker inside: strangers, controllers with another's name, and those who send nonsense.

use std::time::Duration;

use rumqttc::{
    AsyncClient, Event, EventLoop, LastWill, MqttOptions, Packet, QoS, TlsConfiguration, Transport,
};
use rumqttc::{ConnectReturnCode, ConnectionError};
use serde_json::json;
use tests::eventually;
use tokio::time::timeout;

use crate::rig::{Broker, Enrolled, PANELS, Rig, SITE, enrol};

/// Longest wait for the broker's word on a busy machine.
const PATIENCE: Duration = Duration::from_secs(30);

fn options(rig: &Rig, client_id: &str, user: &str, secret: &str) -> MqttOptions {
    let mut options = anonymous(rig, client_id);
    options.set_credentials(user, secret);
    options
}

fn anonymous(rig: &Rig, client_id: &str) -> MqttOptions {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let mut options = MqttOptions::new(client_id, "localhost", rig.port);
    let ca = rig.enrolled[0].ca.clone().unwrap().into_bytes();
    let tls = TlsConfiguration::Simple { ca, alpn: None, client_auth: None };
    options.set_transport(Transport::tls_with_config(tls));
    options.set_keep_alive(Duration::from_secs(30)).set_max_packet_size(4 << 20, 4 << 20);
    options
}

/// What the broker says to an attempt to connect.
async fn attempt(options: MqttOptions) -> Result<(AsyncClient, EventLoop), ConnectionError> {
    let (client, mut events) = AsyncClient::new(options, 10);
    loop {
        if let Event::Incoming(Packet::ConnAck(_)) = timeout(PATIENCE, events.poll()).await.unwrap()? {
            return Ok((client, events));
        }
    }
}

fn is_refused<T>(outcome: &Result<T, ConnectionError>) -> bool {
    use ConnectReturnCode::{BadUserNamePassword, NotAuthorized};
    matches!(outcome, Err(ConnectionError::ConnectionRefused(BadUserNamePassword | NotAuthorized)))
}

/// Waits until the broker has cut the connection.
async fn is_cut(events: &mut EventLoop) {
    let cut = async { while events.poll().await.is_ok() {} };
    timeout(PATIENCE, cut).await.unwrap();
}

#[tokio::test]
async fn nobody_gets_in_under_a_wrong_or_another_s_name() {
    let rig = Rig::start(Broker::Embedded, "5").await;
    let [Enrolled { secret: shed, .. }, Enrolled { secret: gate, .. }] = &rig.enrolled[..] else { panic!() };
    for (client_id, user, secret) in [
        ("shed", "shed", "wrong"),
        ("shed", "shed", ""),
        ("shed", "shed", gate),
        ("nobody", "nobody", gate),
        ("gateway", "gateway", gate),
        ("shed", "gate", gate),
        ("gateway", "gate", gate),
    ] {
        let outcome = attempt(options(&rig, client_id, user, secret)).await;
        assert!(is_refused(&outcome), "{client_id} as {user}");
    }
    assert!(is_refused(&attempt(anonymous(&rig, "shed")).await));
    assert!(attempt(options(&rig, "shed", "shed", shed)).await.is_ok(), "its own name opens");

    let mut with_will = options(&rig, "gate", "gate", gate);
    let will = LastWill::new(
        format!("gatehouse/v1/{SITE}/shed/to/operation"),
        b"x".to_vec(),
        QoS::AtLeastOnce,
        false,
    );
    with_will.set_last_will(will);
    assert!(is_refused(&attempt(with_will).await), "a will in another's name");

    // A new secret takes the place of the old one, without a restart.
    let renewed = enrol(&rig.config(), "gate");
    assert!(is_refused(&attempt(options(&rig, "gate", "gate", gate)).await));
    assert!(attempt(options(&rig, "gate", "gate", &renewed.secret)).await.is_ok());
    rig.gateway.proven(&["shed"]).await;
}

#[tokio::test]
async fn a_controller_s_credential_opens_nobody_else_s_topics() {
    let rig = Rig::start(Broker::Embedded, "5").await;
    let ada = rig.gateway.scim().create("ada", Some("1234")).await;
    rig.gateway.proven(&PANELS).await;
    rig.simulator.post("/controllers/gate/power", &json!({ "state": "off" })).await;
    let gate = &rig.enrolled[1];
    let (client, mut events) = attempt(options(&rig, "gate", "gate", &gate.secret)).await.unwrap();
    for filter in ["#", "gatehouse/#", "+/+/+/+/+/+", &format!("gatehouse/v1/{SITE}/shed/to/+"), "$share/x/#"]
    {
        client.subscribe(filter, QoS::AtLeastOnce).await.unwrap();
        let refused = async {
            loop {
                match events.poll().await.unwrap() {
                    Event::Incoming(Packet::SubAck(ack)) => break ack.return_codes,
                    Event::Incoming(Packet::Publish(publish)) => panic!("heard {}", publish.topic),
                    _ => {}
                }
            }
        };
        let codes = timeout(PATIENCE, refused).await.unwrap();
        assert_eq!(codes, [rumqttc::SubscribeReasonCode::Failure], "{filter}");
    }
    // Neither the gateway nor the other controller hears what is said in their names.
    let nonsense = [7; 30];
    for topic in
        ["shed/from/state", "shed/from/welcome", "shed/to/hello", "gateway/from/state", "gate/from/more"]
    {
        let topic = format!("gatehouse/v1/{SITE}/{topic}");
        client.publish(topic, QoS::AtLeastOnce, true, nonsense).await.unwrap();
    }
    client
        .publish(format!("gatehouse/v1/{SITE}/gate/from/state"), QoS::AtLeastOnce, true, "online")
        .await
        .unwrap();
    let pump = tokio::spawn(async move { while events.poll().await.is_ok() {} });
    rig.gateway.scim().set_active(&ada, false).await;
    let held = async || rig.simulator.numbers("shed").await.len();
    eventually("the other controller goes on", held, |count| *count == 0).await;
    let site = rig.gateway.api().site().await;
    assert_eq!(site["controllers"][0]["faults"]["bad_check"], 0, "{site}");
    assert_ne!(
        site["controllers"][1]["table"]["proven"],
        json!(true),
        "a word retained at the broker proves nothing"
    );
    pump.abort();
}

#[tokio::test]
async fn hostile_payloads_reach_nobody_else_and_stop_nothing() {
    let rig = Rig::start(Broker::Embedded, "5").await;
    rig.gateway.proven(&PANELS).await;
    rig.simulator.post("/controllers/gate/power", &json!({ "state": "off" })).await;
    let secret = &rig.enrolled[1].secret;
    let nested = "[".repeat(5000);
    let payloads: [Vec<u8>; 6] = [
        vec![],
        vec![0; 9],
        vec![0xFF; 8_000],
        nested.into_bytes(),
        b"NaN".to_vec(),
        br#"{"session":1e999}"#.to_vec(),
    ];
    let (client, mut events) = attempt(options(&rig, "gate", "gate", secret)).await.unwrap();
    let pump = tokio::spawn(async move { while events.poll().await.is_ok() {} });
    for what in ["state", "welcome", "answer", "actuated", "waiting", "itself"] {
        for payload in &payloads {
            let topic = format!("gatehouse/v1/{SITE}/gate/from/{what}");
            client.publish(topic, QoS::AtLeastOnce, false, payload.clone()).await.unwrap();
        }
    }
    let told = async || rig.gateway.api().site().await["controllers"][1]["faults"]["bad_check"].as_u64();
    eventually("they are counted", told, |count| count.is_some_and(|count| count >= 20)).await;
    pump.abort();

    // Longer than any message may be: the broker ends the connection.
    let (client, mut events) = attempt(options(&rig, "gate", "gate", secret)).await.unwrap();
    let topic = format!("gatehouse/v1/{SITE}/gate/from/answer");
    client.publish(topic, QoS::AtLeastOnce, false, vec![0; 1 << 20]).await.unwrap();
    is_cut(&mut events).await;

    rig.gateway.scim().create("ada", Some("1234")).await;
    rig.gateway.proven(&["shed"]).await;
    rig.simulator.post("/controllers/gate/power", &json!({ "state": "on" })).await;
    rig.gateway.proven(&PANELS).await;
}

#[tokio::test]
async fn clients_that_say_nothing_keep_nobody_out() {
    let rig = Rig::start(Broker::Embedded, "5").await;
    let mut silent = Vec::new();
    for _ in 0..60 {
        silent.push(tokio::net::TcpStream::connect(("127.0.0.1", rig.port)).await.unwrap());
    }
    rig.simulator.post("/controllers/shed/power", &json!({ "state": "off" })).await;
    rig.simulator.post("/controllers/shed/power", &json!({ "state": "on" })).await;
    rig.gateway.scim().create("ada", Some("1234")).await;
    rig.gateway.proven(&PANELS).await;
    drop(silent);
}
