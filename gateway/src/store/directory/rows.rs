//! How the directory lies in sled: one tree, keys with a leading byte for what they are.
//!
//! Entities carry a version byte, a CRC-32C and JSON. Index rows are keys with little or no value; what they should be
//! is a function of the entity alone, and the whole tree's sum vouches for them. User-given text is hashed in keys,
//! so that a key's length is bounded; a lookup compares the entity itself.

use std::collections::BTreeMap;

use panel_protocol::credential::Credential;
use serde::Serialize;
use serde::de::DeserializeOwned;
use sha2::{Digest, Sha256};
use siphasher::sip::SipHasher13;
use std::hash::Hasher;
use uuid::Uuid;

use crate::domain::{CardholderId, GroupId, Revision, Revocation};

/// What a row is: the first byte of its key.
pub(super) mod kind {
    pub(in super::super) const META: u8 = 0;
    pub(in super::super) const CARDHOLDER: u8 = b'c';
    pub(in super::super) const GROUP: u8 = b'g';
    pub(in super::super) const MEMBER: u8 = b'm';
    pub(in super::super) const REVOCATION: u8 = b'v';
    pub(in super::super) const MEMBERSHIP: u8 = b'n';
    pub(in super::super) const USER_NAME: u8 = b'u';
    pub(in super::super) const EXTERNAL_ID: u8 = b'x';
    pub(in super::super) const CREDENTIAL: u8 = b'k';
    pub(in super::super) const GROUP_NAME: u8 = b'd';
    pub(in super::super) const GROUP_EXTERNAL_ID: u8 = b'e';
    pub(in super::super) const REFUSED: u8 = b'r';
    pub(in super::super) const ACCESS_LEVEL: u8 = b'a';
    pub(in super::super) const RULE: u8 = b'p';
    pub(in super::super) const GROUP_RULE: u8 = b'q';
    pub(in super::super) const UNDONE: u8 = b'o';
    pub(in super::super) const CARD_NUMBER: u8 = b'w';
    pub(in super::super) const HOLIDAY_CALENDAR: u8 = b'h';
    pub(in super::super) const SCHEDULE: u8 = b's';
    pub(in super::super) const ACCESS_SETTINGS: u8 = b'i';
    pub(in super::super) const HOLD: u8 = b'b';
    pub(in super::super) const SOURCE_PERSON: u8 = b'f';

    /// Rows by which entities are found by a text of theirs: those whose keys follow from how texts are compared.
    pub(in super::super) const BY_TEXT: [u8; 5] =
        [USER_NAME, EXTERNAL_ID, GROUP_NAME, GROUP_EXTERNAL_ID, CARD_NUMBER];
}

/// A row's key.
pub(super) type Key = Vec<u8>;
/// A row's value.
pub(super) type Value = sled::IVec;
/// Rows by key, in order.
pub(super) type Rows = BTreeMap<Key, Value>;

/// Version of an entity's form.
const ENTITY_VERSION: u8 = 1;
const ENTITY_HEADER_LEN: usize = 5;

/// An entity as a value: `version u8 | crc u32 | JSON`.
pub(super) fn encode<T: Serialize>(entity: &T) -> Result<Value, String> {
    let json = serde_json::to_vec(entity).map_err(|error| error.to_string())?;
    let mut value = Vec::with_capacity(ENTITY_HEADER_LEN + json.len());
    value.push(ENTITY_VERSION);
    value.extend_from_slice(&crc32c::crc32c(&json).to_le_bytes());
    value.extend_from_slice(&json);
    Ok(value.into())
}

/// The entity in a value.
pub(super) fn decode<T: DeserializeOwned>(value: &[u8]) -> Result<T, String> {
    serde_json::from_slice(checked(value)?).map_err(|error| error.to_string())
}

/// The JSON in a value, if it is what was written.
pub(super) fn checked(value: &[u8]) -> Result<&[u8], String> {
    let (header, json) = value.split_at_checked(ENTITY_HEADER_LEN).ok_or("a value is too short")?;
    if header[0] != ENTITY_VERSION {
        return Err(format!("a value has version {}, and {ENTITY_VERSION} is known", header[0]));
    }
    if header[1..] != crc32c::crc32c(json).to_le_bytes() {
        return Err("a value has a wrong check sum".to_owned());
    }
    Ok(json)
}

/// The hash of one row; the sum of all rows' hashes tells whether a tree is what was written, in whatever order.
pub(super) fn row_hash(key: &[u8], value: &[u8]) -> u64 {
    let mut hasher = SipHasher13::new();
    hasher.write_usize(key.len());
    hasher.write(key);
    hasher.write(value);
    hasher.finish()
}

/// Where something with this identifier is.
pub(super) fn id_key(kind: u8, id: Uuid) -> Key {
    [&[kind], id.as_bytes().as_slice()].concat()
}

/// Where it says that a group has a person.
pub(super) fn member_key(group: GroupId, member: CardholderId) -> Key {
    [members_prefix(group).as_slice(), member.0.as_bytes()].concat()
}

/// Where a group's members begin.
pub(super) fn members_prefix(group: GroupId) -> Key {
    id_key(kind::MEMBER, group.0)
}

/// Where it says that a person is in a group.
pub(super) fn membership_key(member: CardholderId, group: GroupId) -> Key {
    [memberships_prefix(member).as_slice(), group.0.as_bytes()].concat()
}

/// Where a person's groups begin.
pub(super) fn memberships_prefix(member: CardholderId) -> Key {
    id_key(kind::MEMBERSHIP, member.0)
}

/// Where a person with a refused card is listed.
pub(super) fn refused_key(id: CardholderId) -> Key {
    id_key(kind::REFUSED, id.0)
}

/// Where a group's or a person's rules begin.
pub(super) fn rules_prefix(of: Uuid) -> Key {
    id_key(kind::GROUP_RULE, of)
}

/// Where a person is listed whose reactivation was taken back at once.
pub(super) fn undone_key(id: CardholderId) -> Key {
    id_key(kind::UNDONE, id.0)
}

/// Where entities with a name or external identifier begin. `text` is folded already where case doesn't matter.
pub(super) fn text_prefix(kind: u8, text: &str) -> Key {
    let hash = Sha256::digest(text.as_bytes());
    [&[kind], hash.get(..16).unwrap_or_default()].concat()
}

/// Where it says that an entity has this text.
pub(super) fn text_key(kind: u8, text: &str, id: Uuid) -> Key {
    [text_prefix(kind, text).as_slice(), id.as_bytes()].concat()
}

/// Where a credential's holders begin.
pub(super) fn credential_prefix(credential: Credential) -> Key {
    [&[kind::CREDENTIAL, credential.bits()], credential.raw().to_be_bytes().as_slice()].concat()
}

/// Where a revision's revocations begin.
pub(super) fn revocations_prefix(revision: Revision) -> Key {
    [&[kind::REVOCATION], revision.0.to_be_bytes().as_slice()].concat()
}

/// Where a revocation is.
pub(super) fn revocation_key(revocation: &Revocation) -> Key {
    let credential = credential_prefix(revocation.credential);
    [revocations_prefix(revocation.revision).as_slice(), &credential[1..]].concat()
}

/// Whether a revocation's key is of that credential.
pub(super) fn is_revocation_of(key: &[u8], credential: Credential) -> bool {
    key.ends_with(&credential_prefix(credential)[1..])
}

/// The identifier at the end of a key.
pub(super) fn last_id(key: &[u8]) -> Option<Uuid> {
    key.last_chunk::<16>().map(|bytes| Uuid::from_bytes(*bytes))
}

/// Value of a credential row whose person may open something with it.
pub(super) const CARD_ACTIVE: &[u8] = &[1];
/// Value of one whose person may not.
pub(super) const CARD_INACTIVE: &[u8] = &[0];

/// The first key after `key`.
pub(super) fn after(key: &[u8]) -> Key {
    [key, &[0]].concat()
}

/// Group and person of a membership's key.
pub(super) fn member_of(key: &[u8]) -> Option<(Uuid, Uuid)> {
    let (_, rest) = key.split_first()?;
    let (group, member) = rest.split_first_chunk::<16>()?;
    Some((Uuid::from_bytes(*group), Uuid::from_bytes(*member.first_chunk::<16>()?)))
}
