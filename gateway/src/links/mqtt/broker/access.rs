//! Who may connect to the broker, and which topics are his: a controller's own `to/…` and `from/…`, nobody else's.

use std::future::{Future, ready};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::pin::Pin;

use mqtt5::broker::auth::{AuthProvider, AuthResult};
use mqtt5::packet::connect::ConnectPacket;
use mqtt5::protocol::v5::reason_codes::ReasonCode;
use subtle::ConstantTimeEq;

use crate::links::mqtt::topic::SAID;
use crate::links::mqtt::{passwords, topic};

/// Longest silence that a client may announce, in seconds. One that announces none would never be missed.
const MAX_KEEP_ALIVE_S: u16 = 120;

/// The rules.
pub(super) struct Access {
    site: String,
    /// Of controllers; read anew for each connection.
    passwords: PathBuf,
    /// The gateway's own secret, of this start.
    own_secret: Vec<u8>,
}

type Answer<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

impl Access {
    pub(super) fn new(site: &str, passwords: PathBuf, own_secret: &[u8]) -> Self {
        Self { site: site.to_owned(), passwords, own_secret: own_secret.to_owned() }
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
            return topic::from(&self.site, topic::GATEWAY, "state") == to
                || topic::told(&self.site, to).is_some();
        }
        SAID.iter().any(|what| topic::from(&self.site, user, what) == to)
    }

    /// Whether a user may subscribe to a filter.
    fn may_receive(&self, user: &str, filter: &str) -> bool {
        match user {
            topic::GATEWAY => filter == topic::from_all(&self.site),
            user => topic::is_own(&self.site, user, "to", filter),
        }
    }

    /// What is wrong with a client that has the right secret.
    fn fault(&self, user: &str, connect: &ConnectPacket) -> Option<&'static str> {
        if connect.client_id != user {
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
    use super::*;

    #[test]
    fn a_controller_has_its_own_topics_and_no_other() {
        let access = Access::new("harbour", PathBuf::new(), b"own");
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
