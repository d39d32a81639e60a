//! Standard Webhooks: what a message is signed with, and how (version 1 of the specification, symmetric keys).

use std::fmt;
use std::str::FromStr;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ring::hmac;

/// What a secret begins with.
const PREFIX: &str = "whsec_";

/// A secret has at least so many bytes.
const LEAST: usize = 24;

/// And at most so many.
const MOST: usize = 64;

/// Why a text is no secret.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum SecretError {
    /// It doesn't begin as one.
    #[error("a secret begins with {PREFIX}")]
    Prefix,
    /// What follows is not base64.
    #[error("what follows {PREFIX} is not base64")]
    Base64,
    /// It is too short to be safe, or too long.
    #[error("it has {0} bytes; a secret has {LEAST} to {MOST}")]
    Length(usize),
}

/// A secret that the receiver knows as well.
#[derive(Clone)]
pub struct Secret(hmac::Key);

impl FromStr for Secret {
    type Err = SecretError;

    fn from_str(text: &str) -> Result<Self, SecretError> {
        let encoded = text.strip_prefix(PREFIX).ok_or(SecretError::Prefix)?;
        let bytes = STANDARD.decode(encoded).map_err(|_| SecretError::Base64)?;
        if !(LEAST..=MOST).contains(&bytes.len()) {
            return Err(SecretError::Length(bytes.len()));
        }
        Ok(Self(hmac::Key::new(hmac::HMAC_SHA256, &bytes)))
    }
}

impl fmt::Debug for Secret {
    /// Shows nothing of it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret")
    }
}

/// The value of `webhook-signature`: one signature for each secret, so that a receiver may know the old or the new one
/// while it is changed.
pub(super) fn signatures(secrets: &[Secret], id: &str, timestamp: i64, body: &[u8]) -> String {
    let sign = |secret: &Secret| {
        let mut signed = hmac::Context::with_key(&secret.0);
        signed.update(format!("{id}.{timestamp}.").as_bytes());
        signed.update(body);
        format!("v1,{}", STANDARD.encode(signed.sign()))
    };
    secrets.iter().map(sign).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    const SIGNED: &str = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";

    #[test]
    fn a_message_is_signed_as_the_reference_signs_it() {
        let (id, body) = ("msg_p5jXN8AQM9LWM0D4loKWxJek", br#"{"test": 2432232314}"#);
        let secret: Secret = SECRET.parse().unwrap();
        assert_eq!(signatures(std::slice::from_ref(&secret), id, 1_614_265_330, body), SIGNED);
        let both = signatures(
            &[format!("whsec_{}", STANDARD.encode([7; 32])).parse().unwrap(), secret],
            id,
            1_614_265_330,
            body,
        );
        assert!(both.ends_with(&format!(" {SIGNED}")), "{both}");
    }

    #[test]
    fn what_is_no_secret_is_refused_and_none_is_shown() {
        for (text, wrong) in [
            ("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", SecretError::Prefix),
            ("whsec_???", SecretError::Base64),
            ("whsec_c2hvcnQ=", SecretError::Length(5)),
        ] {
            assert_eq!(text.parse::<Secret>().unwrap_err(), wrong);
        }
        assert_eq!(format!("{:?}", SECRET.parse::<Secret>().unwrap()), "Secret");
    }
}
