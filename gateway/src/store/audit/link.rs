//! One link of the chain: an entry as bytes, the hash of the link before it, and the hash of both together.
//!
//! A record is a line of JSON (`previous`, `hash`, and the name of a person apart) and the entry's own JSON. The hash is
//! SHA-256 over the previous hash and the entry's bytes as they stand. The entry has the name of a person only as SHA-256 over a
//! random salt and the name; salt and name stand in the first line, outside the hash, so that both can be taken out one
//! day and the chain still holds.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::domain::AuditEntry;

/// The hash of a link.
pub type Hash = [u8; 32];

/// Before the first link.
pub(super) const BEGINNING: Hash = [0; 32];

/// The newest form of an entry that this program knows.
const VERSION: u8 = 1;

/// A link as it is read back.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Link {
    /// The hash of the link before it, as it says.
    pub(super) previous: Hash,
    /// Its own hash.
    pub(super) hash: Hash,
    /// What somebody did; a name that was taken out is absent.
    pub(super) entry: AuditEntry,
}

/// The first line.
#[derive(Serialize, Deserialize)]
struct Head {
    previous: String,
    hash: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    person: Option<Opened>,
}

/// The name that an entry has as a hash.
#[derive(Serialize, Deserialize)]
struct Opened {
    salt: String,
    name: String,
}

/// The entry's own bytes.
#[derive(Serialize, Deserialize)]
struct Body {
    version: u8,
    #[serde(flatten)]
    entry: AuditEntry,
}

/// An entry as the link after `previous`, and its hash.
///
/// # Errors
/// When it can't be written as JSON.
pub(super) fn forge(
    previous: &Hash,
    entry: &AuditEntry,
    salt: [u8; 16],
) -> Result<(Vec<u8>, Hash), serde_json::Error> {
    let salt = hex(&salt);
    let person = entry.person.as_ref().map(|name| Opened { name: name.clone(), salt: salt.clone() });
    let committed = person.as_ref().map(|it| hex(&commitment(it)));
    let body = Body { version: VERSION, entry: AuditEntry { person: committed, ..entry.clone() } };
    let body = serde_json::to_vec(&body)?;
    let hash = hash(previous, &body);
    let head = Head { previous: hex(previous), hash: hex(&hash), person };
    let mut bytes = serde_json::to_vec(&head)?;
    bytes.push(b'\n');
    bytes.extend_from_slice(&body);
    Ok((bytes, hash))
}

/// The link in these bytes, if its hash is that of its entry.
///
/// # Errors
/// With what is wrong with it.
pub(super) fn read(bytes: &[u8]) -> Result<Link, String> {
    let newline = bytes.iter().position(|byte| *byte == b'\n').ok_or("it has no first line")?;
    let (head, body) = (&bytes[..newline], &bytes[newline + 1..]);
    let head: Head = serde_json::from_slice(head).map_err(|error| format!("its first line: {error}"))?;
    let (previous, claimed) = (unhex(&head.previous)?, unhex(&head.hash)?);
    if hash(&previous, body) != claimed {
        return Err("its hash is not that of what it says".to_owned());
    }
    let Body { version, mut entry } = serde_json::from_slice(body).map_err(|error| error.to_string())?;
    if version > VERSION {
        return Err(format!("it is of version {version}, which this program doesn't know"));
    }
    entry.person = match (entry.person, head.person) {
        (Some(committed), Some(opened)) if committed == hex(&commitment(&opened)) => Some(opened.name),
        (Some(_), Some(_)) => {
            return Err("the name beside it is not the one that it was written with".to_owned());
        }
        (None, Some(_)) => return Err("a name stands beside it that it was not written with".to_owned()),
        (_, None) => None,
    };
    Ok(Link { previous, hash: claimed, entry })
}

fn hash(previous: &Hash, body: &[u8]) -> Hash {
    Sha256::new().chain_update(previous).chain_update(body).finalize().into()
}

fn commitment(opened: &Opened) -> Hash {
    Sha256::new().chain_update(&opened.salt).chain_update(&opened.name).finalize().into()
}

/// In lower-case digits.
pub fn hex(bytes: &[u8]) -> String {
    bytes
        .iter()
        .flat_map(|byte| [byte >> 4, byte & 15])
        .filter_map(|digit| char::from_digit(digit.into(), 16))
        .collect()
}

fn unhex(text: &str) -> Result<Hash, String> {
    let wrong = || format!("{text:?} is no hash");
    let digits: Option<Vec<u8>> =
        text.chars().map(|digit| digit.to_digit(16).and_then(|digit| u8::try_from(digit).ok())).collect();
    let digits = digits.filter(|digits| digits.len() == 64).ok_or_else(wrong)?;
    let mut hash = BEGINNING;
    for (byte, pair) in hash.iter_mut().zip(digits.chunks_exact(2)) {
        *byte = pair[0] << 4 | pair[1];
    }
    Ok(hash)
}
