//! A door controller on MQTT, for makers: `panel-protocol`'s panel behind the topics of gateway/docs/mqtt.md.
//!
//! ```sh
//! cargo run -p firmware-sim --example mqtt_panel -- harbour shed 127.0.0.1 1883
//! cargo run -p firmware-sim --example mqtt_panel -- harbour shed gateway.example 8883 ca.pem shed.secret
//! ```
//! Type `READER BITS HEX` to present a card, as `0 26 2f623ae`; it says `granted` or why not. The card table is in RAM
//! here: a board gives [`Panel`] a `RowStore` over its flash, and answers when that is written.

use std::error::Error;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::io::stdin;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use panel_protocol::credential::Credential;
use panel_protocol::panel::{Panel, PanelConfig, Status};
use panel_protocol::table::SortedRows;
use panel_protocol::time::{Micros, UtcSeconds};
use rumqttc::v5::mqttbytes::QoS;
use rumqttc::v5::mqttbytes::v5::{LastWill, Packet, Publish};
use rumqttc::v5::{Client, Event, MqttOptions};
use rumqttc::{TlsConfiguration, Transport};

const READERS: u8 = 2;
/// The longest operation that this controller takes.
const RECEIVE: u16 = 1_024;

struct Controller {
    panel: Panel<SortedRows<200>, 4, 64>,
    client: Client,
    base: String,
    began: Instant,
    session: Option<Session>,
}

/// What the latest hello began. Nothing of an earlier one is ever done.
struct Session {
    nonce: [u8; 8],
    id: [u8; 4],
    highest: Option<u32>,
}

impl Controller {
    fn now(&self) -> Micros {
        Micros(u64::try_from(self.began.elapsed().as_micros()).unwrap_or(u64::MAX))
    }

    fn say(&self, topic: &str, payload: Vec<u8>, retain: bool) {
        let topic = format!("{}/from/{topic}", self.base);
        if let Err(error) = self.client.try_publish(topic, QoS::AtLeastOnce, retain, payload) {
            eprintln!("not said: {error}");
        }
    }

    fn heard(&mut self, message: &Publish) {
        let topic = String::from_utf8_lossy(&message.topic);
        let payload = &message.payload[..];
        match topic.strip_prefix(&self.base) {
            _ if message.retain => {}
            Some("/to/hello") => self.hello(payload),
            Some("/to/operation") => self.operation(payload),
            Some("/to/actuate") if payload.len() == 15 => self.actuate(payload),
            _ => {}
        }
    }

    fn hello(&mut self, payload: &[u8]) {
        let Ok(nonce) = <[u8; 8]>::try_from(payload) else { return };
        if self.session.as_ref().is_none_or(|session| session.nonce != nonce) {
            // A board has a generator of random numbers for this.
            let id = (RandomState::new().build_hasher().finish() as u32).max(1).to_le_bytes();
            self.session = Some(Session { nonce, id, highest: None });
            self.panel.begin_session();
        }
        let id = self.session.as_ref().map_or([0; 4], |session| session.id);
        self.say("welcome", [&nonce[..], &id, &RECEIVE.to_le_bytes(), b"Example, Rust"].concat(), false);
        self.say("itself", vec![0], false);
    }

    /// What a message wants, if it is of the present session and its number is higher than all before it.
    fn new_in_session<'a>(&mut self, payload: &'a [u8]) -> Option<(&'a [u8], &'a [u8])> {
        let (head, wish) = payload.split_at_checked(8).filter(|(_, wish)| !wish.is_empty())?;
        let session = self.session.as_mut().filter(|session| session.id == head[..4])?;
        let number = u32::from_le_bytes(head[4..].try_into().ok()?);
        session.highest.is_none_or(|highest| number > highest).then(|| session.highest = Some(number))?;
        Some((head, wish))
    }

    fn operation(&mut self, payload: &[u8]) {
        let Some((head, operation)) = self.new_in_session(payload) else { return };
        let mut answer = vec![0; usize::from(RECEIVE)];
        let len = if operation.len() > usize::from(RECEIVE) {
            answer[..2].copy_from_slice(&[operation[0], Status::Malformed.code()]);
            2
        } else {
            self.panel.operate(self.now(), operation, &mut answer)
        };
        self.say("answer", [head, &answer[..len]].concat(), false);
    }

    fn actuate(&mut self, payload: &[u8]) {
        let Some((head, wish)) = self.new_in_session(payload) else { return };
        let [a, b, c, d, output, low, high] = *wish else { return };
        let not_after = UtcSeconds(u32::from_le_bytes([a, b, c, d]));
        let tenths = u16::from_le_bytes([low, high]);
        let status = match self.panel.clock(self.now()) {
            _ if output >= READERS => 1,
            _ if tenths > 36_000 => 2,
            Some(clock) if clock <= not_after => 0,
            _ => 3,
        };
        if status == 0 {
            release(output, Duration::from_millis(u64::from(tenths) * 100));
        }
        self.say("actuated", [head, &[status]].concat(), false);
    }

    fn present(&mut self, reader: u8, card: Credential) {
        let reason = self.panel.present(self.now(), reader, card);
        println!("{reason}");
        if reason.granted() {
            release(reader, Duration::from_secs(5));
        }
        let mut notice = [0; 16];
        if let Some(len) = self.panel.waiting(&mut notice) {
            self.say("waiting", notice[..len].to_vec(), false);
        }
    }
}

/// Switches an output on, and off again whatever becomes of the connection.
fn release(output: u8, time: Duration) {
    println!("output {output} on for {} s", time.as_secs_f32());
    thread::spawn(move || {
        thread::sleep(time);
        println!("output {output} off");
    });
}

/// A card as it is typed: `READER BITS HEX`.
fn typed(line: &str) -> Option<(u8, Credential)> {
    let mut words = line.split_whitespace();
    let (reader, bits) = (words.next()?.parse().ok()?, words.next()?.parse().ok()?);
    Some((reader, Credential::new(bits, u64::from_str_radix(words.next()?, 16).ok()?).ok()?))
}

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [site, name, host, port, secure @ ..] = &arguments[..] else {
        return Err("SITE CONTROLLER HOST PORT [CA SECRET]".into());
    };
    let base = format!("gatehouse/v1/{site}/{name}");
    let mut options = MqttOptions::new(name, host, port.parse()?);
    options.set_keep_alive(Duration::from_secs(30)).set_clean_start(true);
    options.set_last_will(LastWill::new(
        format!("{base}/from/state"),
        "offline",
        QoS::AtLeastOnce,
        true,
        None,
    ));
    if let [ca, secret] = secure {
        rustls::crypto::ring::default_provider()
            .install_default()
            .map_err(|_| "there is a TLS provider already")?;
        let tls = TlsConfiguration::Simple { ca: std::fs::read(ca)?, alpn: None, client_auth: None };
        options.set_transport(Transport::tls_with_config(tls));
        options.set_credentials(name, std::fs::read_to_string(secret)?.trim());
    }
    let (client, mut connection) = Client::new(options, 100);
    let (panel, began) = (Panel::new(PanelConfig { readers: READERS }, SortedRows::new()), Instant::now());
    let controller = Arc::new(Mutex::new(Controller { panel, client, base, began, session: None }));
    let cards = Arc::clone(&controller);
    thread::spawn(move || {
        for (reader, card) in stdin().lines().map_while(Result::ok).filter_map(|line| typed(&line)) {
            cards.lock().unwrap_or_else(PoisonError::into_inner).present(reader, card);
        }
    });
    for event in connection.iter() {
        let mut controller = controller.lock().unwrap_or_else(PoisonError::into_inner);
        match event {
            Ok(Event::Incoming(Packet::ConnAck(_))) => {
                controller.session = None;
                controller.client.try_subscribe(format!("{}/to/+", controller.base), QoS::AtLeastOnce)?;
            }
            Ok(Event::Incoming(Packet::SubAck(_))) => controller.say("state", b"online".to_vec(), true),
            Ok(Event::Incoming(Packet::Publish(message))) => controller.heard(&message),
            Ok(_) => {}
            Err(error) => {
                eprintln!("no connection: {error}");
                drop(controller);
                thread::sleep(Duration::from_secs(1));
            }
        }
    }
    Ok(())
}
