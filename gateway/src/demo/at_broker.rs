//! The demo's devices at the broker inside, with their secret, as after enrolment.

use std::time::Duration;

use anyhow::Context;
use firmware_sim::config::{
    BrokerConfig, Dialect as Simulated, EspHomeConfig, EspRfidConfig, Login, MqttConfig, NativeConfig,
    TasmotaConfig,
};

use crate::config::{Attachment, BrokerPlace, Config, Protocol};
use crate::links::mqtt::{Dialect, Numbers, passwords};

/// How long a device waits before it tries the broker again, which starts after it.
const RECONNECT: Duration = Duration::from_millis(200);

/// The broker, and who is there; all of them have the same secret.
pub(super) fn simulated(
    config: &Config,
    secret: &[u8],
) -> anyhow::Result<(Vec<BrokerConfig>, Vec<MqttConfig>)> {
    let (mut brokers, mut devices) = (Vec::new(), Vec::new());
    let secret: String = secret.iter().map(|byte| format!("{byte:02x}")).collect();
    for line in &config.lines {
        let Protocol::Mqtt(broker) = &line.protocol else { continue };
        let BrokerPlace::Embedded { listen, .. } = &broker.place else { continue };
        brokers.push(BrokerConfig::new(line.id.as_str(), listen.ip().to_string(), listen.port()));
        for controller in &config.controllers {
            let Attachment::Mqtt { user, dialect, .. } = &controller.attachment else { continue };
            passwords::set(&config.broker_passwords(), user, &secret)
                .context("the broker's password file can't be written")?;
            let device =
                MqttConfig::new(controller.id.as_str(), line.id.as_str(), speaks(&broker.site, dialect));
            let login = Some(Login { user: user.clone(), password: secret.clone() });
            devices.push(MqttConfig { login, reconnect: Some(RECONNECT), ..device });
        }
    }
    Ok((brokers, devices))
}

fn speaks(site: &str, dialect: &Dialect) -> Simulated {
    match dialect {
        Dialect::Native { topic } => Simulated::Native(NativeConfig::new(site, topic.as_str())),
        Dialect::EspRfid(board) => {
            let mut made = EspRfidConfig::new(board.topic.as_str(), board.ip);
            made.hex = board.numbers == Numbers::Hexadecimal;
            Simulated::EspRfid(made)
        }
        Dialect::Tasmota(board) => {
            let mut made = TasmotaConfig::new(board.topic.as_str());
            made.full_topic.clone_from(&board.full_topic);
            made.with_parity = board.parity_kept;
            Simulated::Tasmota(made)
        }
        Dialect::EspHome(node) => Simulated::EspHome(EspHomeConfig::new(node.topic.as_str())),
    }
}
