//! Whether a request comes from who knows the secret, and now: the signature of Standard Webhooks 1.0.
//!
//! Pure. A wrong signature, an old one and a missing one are told apart in words, and none tells more than its sender knows.

use axum::http::HeaderMap;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;

use super::limits::{MAX_ID_LEN, MAX_SIGNATURES};
use super::secret::Secrets;
use crate::domain::EventFault;

/// Lets a request pass whose body is `body`.
///
/// # Errors
/// With the header that is wrong.
pub(super) fn check(
    headers: &HeaderMap,
    body: &[u8],
    secrets: &Secrets,
    now: Timestamp,
    tolerance_s: u64,
) -> Result<(), EventFault> {
    let text = |name: &str| {
        let value = headers.get(name).and_then(|value| value.to_str().ok()).filter(|text| !text.is_empty());
        value.ok_or_else(|| EventFault::new(name, "is missing", "sign as Standard Webhooks 1.0 says"))
    };
    let (id, at, signatures) = (text("webhook-id")?, text("webhook-timestamp")?, text("webhook-signature")?);
    if id.len() > MAX_ID_LEN {
        return Err(EventFault::new("webhook-id", "is too long", format!("use at most {MAX_ID_LEN} bytes")));
    }
    let wrong_time = |message: String| {
        let remedy = "set the sender's clock, and sign anew whenever you send again";
        EventFault::new("webhook-timestamp", message, remedy).with(at)
    };
    let sent: i64 = at.parse().map_err(|_| wrong_time("is no number of seconds since 1970".to_owned()))?;
    let content = [id.as_bytes(), b".", at.as_bytes(), b".", body].concat();
    let made = signatures.split(' ').take(MAX_SIGNATURES).filter_map(|one| one.strip_prefix("v1,"));
    let mut made = made.filter_map(|one| STANDARD.decode(one).ok());
    if !made.any(|signature| secrets.have_signed(&content, &signature)) {
        let remedy =
            "sign `id.timestamp.body` by the secret that the gateway has, over the very bytes that you send";
        return Err(EventFault::new("webhook-signature", "is not made by the secret of this source", remedy));
    }
    // Only who knows the secret is told of the clock.
    let off_s = now.as_second().abs_diff(sent);
    if off_s > tolerance_s {
        return Err(wrong_time(format!("is {off_s} s off, more than {tolerance_s} s")));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    const BODY: &[u8] = br#"{"test": 2432232314}"#;
    const SIGNATURE: &str = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";

    fn secrets() -> Secrets {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("secret");
        std::fs::write(&path, SECRET).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
        Secrets::read(&path).unwrap()
    }

    fn checked(at: &str, signature: &str, body: &[u8], now: i64) -> Result<(), String> {
        let mut headers = HeaderMap::new();
        headers.insert("webhook-id", "msg_p5jXN8AQM9LWM0D4loKWxJek".parse().unwrap());
        headers.insert("webhook-timestamp", at.parse().unwrap());
        headers.insert("webhook-signature", signature.parse().unwrap());
        let now = Timestamp::from_second(now).unwrap();
        check(&headers, body, &secrets(), now, 300).map_err(|fault| fault.field)
    }

    #[test]
    fn the_published_vector_passes_within_its_time_and_nothing_else_does() {
        const AT: i64 = 1_614_265_330;
        let at = AT.to_string();
        assert_eq!(checked(&at, SIGNATURE, BODY, AT), Ok(()));
        assert_eq!(checked(&at, &format!("v1,bad v2,x {SIGNATURE}"), BODY, AT - 300), Ok(()));
        for off in [301, -301] {
            assert_eq!(checked(&at, SIGNATURE, BODY, AT + off), Err("webhook-timestamp".to_owned()));
        }
        assert_eq!(
            checked(&at, SIGNATURE, br#"{"test":2432232314}"#, AT),
            Err("webhook-signature".to_owned())
        );
        let later = (AT + 1).to_string();
        assert_eq!(checked(&later, SIGNATURE, BODY, AT), Err("webhook-signature".to_owned()));
        for bad in ["v1,", "g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=", "v1a,AAAA", " "] {
            assert_eq!(checked(&at, bad, BODY, AT), Err("webhook-signature".to_owned()), "{bad}");
        }
        assert_eq!(checked("yesterday", SIGNATURE, BODY, AT), Err("webhook-timestamp".to_owned()));
        let nothing = check(&HeaderMap::new(), BODY, &secrets(), Timestamp::UNIX_EPOCH, 300);
        assert_eq!(nothing.unwrap_err().field, "webhook-id");
    }
}
