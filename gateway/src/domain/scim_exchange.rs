//! One request of a SCIM client, and what came of it.

use std::time::Duration;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;
use uuid::Uuid;

use super::client::ClientKind;

/// A request and its answer, for people who ask why something did not arrive. Holds the names of attributes and never
/// a value of one; what the client wrote in its address, where it is not an address of ours, is not kept either.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, JsonSchema)]
pub struct ScimExchange {
    /// When it was answered.
    pub at: Timestamp,
    /// By which token; absent where none that is valid was shown.
    pub token: Option<String>,
    /// Who spoke, by the token or by the request's own words.
    pub client: Option<ClientKind>,
    /// The address that it counts for.
    pub address: String,
    /// The HTTP method.
    pub method: &'static str,
    /// What it was about: `Users`, `Groups`, `Bulk`, `Schemas` and so on.
    pub resource: &'static str,
    /// The one resource that it was about.
    pub id: Option<Uuid>,
    /// The attributes that it meant to change.
    pub attributes: Vec<String>,
    /// The answer's HTTP status.
    pub status: u16,
    /// SCIM's keyword for the error (RFC 7644, table 9).
    pub scim_type: Option<&'static str>,
    /// The error in words, or what was passed over of a request that was granted. May quote what the client sent, such as
    /// a card number.
    pub detail: Option<String>,
    /// From the request's head to the answer's, in microseconds.
    #[serde(rename = "took_us", serialize_with = "micros")]
    #[schemars(with = "u64")]
    pub took: Duration,
}

impl ScimExchange {
    /// Most attributes that are named.
    pub const MAX_ATTRIBUTES: usize = 32;
    /// Longest name of an attribute, in characters.
    pub const MAX_NAME_CHARS: usize = 64;
    /// Longest detail, in characters.
    pub const MAX_DETAIL_CHARS: usize = 300;

    /// Whether the client was refused or failed.
    pub const fn is_error(&self) -> bool {
        self.status >= 400
    }

    /// Whether it changed the directory, or tried to.
    pub fn is_write(&self) -> bool {
        matches!(self.method, "PUT" | "PATCH" | "DELETE")
            || (self.method == "POST" && self.resource != "search")
    }
}

fn micros<S: serde::Serializer>(took: &Duration, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_u64(u64::try_from(took.as_micros()).unwrap_or(u64::MAX))
}
