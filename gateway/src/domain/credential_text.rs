//! Credentials in JSON: bit count and hexadecimal value.
//!
//! Journal and event log each keep the form in which they have always written them; both are read in either.

use panel_protocol::credential::{Credential, CredentialError};
use serde::{Deserialize, Deserializer, Serializer, de::Error};

/// As the journal has them: `"26:2F623AE"`.
pub(super) mod bare {
    use super::{Credential, Serializer};

    pub(in crate::domain) use super::deserialize;

    pub(in crate::domain) fn serialize<S: Serializer>(
        credential: &Credential,
        to: S,
    ) -> Result<S::Ok, S::Error> {
        to.collect_str(&format_args!("{}:{:X}", credential.bits(), credential.raw()))
    }
}

/// As the event log has them, and people see them: `"26:0x2F623AE"`, padded to the credential's length.
pub(super) mod shown {
    use super::{Credential, Serializer};

    pub(in crate::domain) use super::deserialize;

    pub(in crate::domain) fn serialize<S: Serializer>(
        credential: &Credential,
        to: S,
    ) -> Result<S::Ok, S::Error> {
        to.collect_str(credential)
    }
}

pub(in crate::domain) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Credential, D::Error> {
    let text = String::deserialize(from)?;
    parse(&text).map_err(D::Error::custom)
}

fn parse(text: &str) -> Result<Credential, String> {
    let (bits, raw) = text.split_once(':').ok_or("a credential is written BITS:HEX")?;
    let bits = bits.parse().map_err(|_| format!("{bits:?} is not a bit count"))?;
    let digits = raw.strip_prefix("0x").unwrap_or(raw);
    let raw = u64::from_str_radix(digits, 16).map_err(|_| format!("{raw:?} is not hexadecimal"))?;
    Credential::new(bits, raw).map_err(|error: CredentialError| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn either_form_is_read_and_what_is_no_credential_is_refused() {
        let card = Credential::new(26, 0x2F6_23AE).unwrap();
        assert_eq!((parse("26:2F623AE"), parse("26:0x2F623AE")), (Ok(card), Ok(card)));
        assert_eq!(parse("37:0x0000001234"), Ok(Credential::new(37, 0x1234).unwrap()));
        for wrong in ["", "26", "26:", "26:0x", "26:0xZ", "26:-1", "999:0x1", "0:0x0", "26:0xFFFFFFFFF"] {
            assert!(parse(wrong).is_err(), "{wrong:?}");
        }
    }
}
