//! Who may connect to the broker, and which topics are his: a device's own by its dialect, nobody else's. Who is not
//! configured, but has a secret, is a controller of the native dialect that has been taken out of the file.

use std::collections::BTreeMap;
use std::future::{Future, ready};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::pin::Pin;

use mqtt5::broker::auth::{AuthProvider, AuthResult};
use mqtt5::packet::connect::ConnectPacket;
use mqtt5::protocol::v5::reason_codes::ReasonCode;
use subtle::ConstantTimeEq;

use crate::links::mqtt::setup::{BrokerSetup, DeviceSetup};
use crate::links::mqtt::topic::SAID;
use crate::links::mqtt::topics::{Topics, takes_in};
use crate::links::mqtt::{passwords, topic};

/// Longest silence that a client may announce, in seconds. One that announces none would never be missed.
const MAX_KEEP_ALIVE_S: u16 = 120;

/// The rules.
pub(super) struct Access {
    site: String,
    /// Of each device that is configured, by its user.
    devices: BTreeMap<String, Rights>,
    /// What the gateway listens to.
    filters: Vec<String>,
    /// Of controllers; read anew for each connection.
    passwords: PathBuf,
    /// The gateway's own secret, of this start.
    own_secret: Vec<u8>,
}

struct Rights {
    topics: Topics,
    is_native: bool,
}

type Answer<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

impl Access {
    pub(super) fn new(setup: &BrokerSetup, passwords: PathBuf, own_secret: &[u8]) -> Self {
        let rights = |device: &DeviceSetup| {
            let (topics, is_native) = (device.dialect.topics(&setup.site), device.dialect.is_native());
            (device.user.clone(), Rights { topics, is_native })
        };
        Self {
            site: setup.site.clone(),
            devices: setup.devices.iter().map(rights).collect(),
            filters: setup.filters(),
            passwords,
            own_secret: own_secret.to_owned(),
        }
    }

    async fn knows(&self, user: &str, secret: &[u8]) -> bool {
        if user == topic::GATEWAY {
            return self.own_secret.ct_eq(secret).into();
        }
        let (path, user, secret) = (self.passwords.clone(), user.to_owned(), secret.to_owned());
        let checked = tokio::task::spawn_blocking(move || passwords::check(&path, &user, &secret)).await;
        match checked {
            Ok(Ok(knows)) => knows,
            Ok(Err(error)) => {
                tracing::error!(%error, "the broker's passwords can't be read; nobody new is let in");
                false
            }
            Err(_) => false,
        }
    }

    /// Whether a user may publish to a topic.
    fn may_send(&self, user: &str, to: &str) -> bool {
        if user == topic::GATEWAY {
            let is_told = |rights: &Rights| rights.topics.told.iter().any(|filter| takes_in(filter, to));
            return topic::from(&self.site, topic::GATEWAY, "state") == to
                || topic::told(&self.site, to).is_some()
                || self.devices.values().any(is_told);
        }
        match self.devices.get(user) {
            Some(rights) => rights.topics.may_say(to),
            None => SAID.iter().any(|what| topic::from(&self.site, user, what) == to),
        }
    }

    /// Whether a user may subscribe to a filter.
    fn may_receive(&self, user: &str, filter: &str) -> bool {
        if user == topic::GATEWAY {
            return self.filters.iter().any(|own| own == filter);
        }
        match self.devices.get(user).filter(|rights| !rights.is_native) {
            Some(rights) => rights.topics.may_hear(filter),
            None => topic::is_own(&self.site, user, "to", filter),
        }
    }

    /// Whether a user may have a client identifier: whoever has the same as another pushes him out.
    fn may_be(&self, user: &str, client_id: &str) -> bool {
        let is_free = |user: &str| self.devices.get(user).is_some_and(|rights| !rights.is_native);
        let is_somebody_s = client_id == topic::GATEWAY || self.devices.contains_key(client_id);
        client_id == user || (is_free(user) && !is_somebody_s && !client_id.is_empty())
    }

    /// What is wrong with a client that has the right secret.
    fn fault(&self, user: &str, connect: &ConnectPacket) -> Option<&'static str> {
        if !self.may_be(user, &connect.client_id) {
            return Some("the client identifier must be the user name");
        }
        if connect.keep_alive == 0 || connect.keep_alive > MAX_KEEP_ALIVE_S {
            return Some("the keep-alive must be 1 to 120 s");
        }
        // The broker asks nobody when it publishes a will.
        let will = connect.will.as_ref()?;
        (!self.may_send(user, &will.topic)).then_some("the will must go to a topic of its own")
    }
}

impl AuthProvider for Access {
    fn authenticate<'a>(
        &'a self,
        connect: &'a ConnectPacket,
        _: SocketAddr,
    ) -> Answer<'a, mqtt5::Result<AuthResult>> {
        Box::pin(async move {
            let (Some(user), Some(secret)) = (&connect.username, &connect.password) else {
                return Ok(AuthResult::fail(ReasonCode::BadUsernameOrPassword));
            };
            if !self.knows(user, secret).await {
                tracing::warn!(
                    user = user.escape_debug().to_string(),
                    "refused at the broker: wrong name or secret"
                );
                return Ok(AuthResult::fail(ReasonCode::BadUsernameOrPassword));
            }
            Ok(match self.fault(user, connect) {
                None => AuthResult::success_with_user(user),
                Some(why) => {
                    tracing::warn!(user, why, "refused at the broker");
                    AuthResult::fail_with_reason(ReasonCode::NotAuthorized, why)
                }
            })
        })
    }

    fn authorize_publish<'a>(&'a self, _: &str, user: Option<&'a str>, to: &'a str) -> Answer<'a, bool> {
        Box::pin(ready(user.is_some_and(|user| self.may_send(user, to))))
    }

    fn authorize_subscribe<'a>(
        &'a self,
        _: &str,
        user: Option<&'a str>,
        filter: &'a str,
    ) -> Answer<'a, bool> {
        Box::pin(ready(user.is_some_and(|user| self.may_receive(user, filter))))
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;
    use crate::links::mqtt::dialect::esp_rfid::{EspRfid, Numbers};
    use crate::links::mqtt::dialect::esphome::EspHome;
    use crate::links::mqtt::dialect::tasmota::Tasmota;
    use crate::links::mqtt::setup::{Dialect, Elsewhere, Place};

    fn access(devices: Vec<(&str, Dialect)>) -> Access {
        let devices = devices.into_iter().enumerate();
        let setup = |(device, (user, dialect)): (usize, (&str, Dialect))| DeviceSetup {
            device,
            user: user.to_owned(),
            dialect,
        };
        let place = Place::Elsewhere(Elsewhere {
            host: "127.0.0.1".to_owned(),
            port: 1883,
            tls: None,
            credentials_file: None,
        });
        let (id, site) = ("mqtt".parse().unwrap(), "harbour".to_owned());
        let setup = BrokerSetup { id, site, place, devices: devices.map(setup).collect() };
        Access::new(&setup, PathBuf::new(), b"own")
    }

    #[test]
    fn a_device_of_another_dialect_has_its_own_topics_and_no_command_of_anybody() {
        let esp = EspRfid {
            topic: "/esprfid".to_owned(),
            ip: Ipv4Addr::new(192, 0, 2, 31),
            numbers: Numbers::Hexadecimal,
            bits: 26,
            neighbours: vec![],
        };
        let tasmota = Tasmota {
            topic: "gate".to_owned(),
            full_topic: "%prefix%/%topic%/".to_owned(),
            parity_kept: false,
        };
        let esphome = EspHome { topic: "porch".to_owned(), outputs: vec![], inputs: vec![] };
        let access = access(vec![
            ("yard", Dialect::EspRfid(esp)),
            ("gate", Dialect::Tasmota(tasmota)),
            ("porch", Dialect::EspHome(esphome)),
            ("shed", Dialect::Native { topic: "shed".to_owned() }),
        ]);
        for (user, said, heard) in [
            ("yard", "/esprfid/send", "/esprfid/cmd"),
            ("gate", "tele/gate/SENSOR", "cmnd/gate/#"),
            ("gate", "tasmota/discovery/02A5/config", "cmnd/gate/POWER1"),
            ("porch", "porch/lock/door/state", "porch/lock/door/command"),
            ("porch", "esphome/discover/porch", "esphome/ping/porch"),
            ("shed", "gatehouse/v1/harbour/shed/from/state", "gatehouse/v1/harbour/shed/to/+"),
        ] {
            assert!(access.may_send(user, said) && access.may_receive(user, heard), "{user}");
            assert!(!access.may_send(user, heard), "{user} gives orders on {heard}");
            assert!(access.may_send("gateway", &heard.replace('#', "POWER1").replace('+', "operation")));
            for other in ["yard", "gate", "porch", "shed"].into_iter().filter(|other| *other != user) {
                let is_shared = said.starts_with("tasmota/");
                assert!(is_shared || !access.may_send(other, said), "{other} says {said}");
                assert!(!access.may_receive(other, heard), "{other} hears {heard}");
            }
            assert!(!access.may_receive(user, "#") && !access.may_receive(user, "+/+/+"));
        }
        assert!(access.may_receive("gateway", "/esprfid/send") && !access.may_receive("gateway", "#"));
        assert!(access.may_be("yard", "ESP-123") && access.may_be("shed", "shed"));
        for taken in ["gateway", "shed", "gate", ""] {
            assert!(!access.may_be("yard", taken), "{taken}");
        }
        assert!(!access.may_be("shed", "ESP-123"));
    }

    #[test]
    fn a_controller_has_its_own_topics_and_no_other() {
        let access = access(vec![]);
        for what in SAID {
            assert!(access.may_send("shed", &topic::from("harbour", "shed", what)), "{what}");
            assert!(!access.may_send("shed", &topic::from("harbour", "gate", what)), "{what}");
        }
        for foreign in [
            topic::from("harbour", "shed", "more"),
            topic::to("harbour", "shed", "operation"),
            topic::to("harbour", "gate", "operation"),
            topic::from("harbour", "gateway", "state"),
            topic::from("other", "shed", "state"),
            "$SYS/broker".to_owned(),
        ] {
            assert!(!access.may_send("shed", &foreign), "{foreign}");
        }
        assert!(access.may_receive("shed", &topic::to("harbour", "shed", "+")));
        assert!(access.may_receive("shed", &topic::to("harbour", "shed", "#")));
        for foreign in
            ["#", "+/#", "gatehouse/v1/harbour/+/to/+", "gatehouse/v1/harbour/gate/to/+", "$share/a/#"]
        {
            assert!(!access.may_receive("shed", foreign), "{foreign}");
        }
        assert!(access.may_send("gateway", &topic::to("harbour", "shed", "operation")));
        assert!(!access.may_send("gateway", &topic::from("harbour", "shed", "state")));
        assert!(access.may_receive("gateway", &topic::from_all("harbour")));
        assert!(!access.may_receive("gateway", "#"));
    }
}
