//! How sources are: their tokens, their silence, and whether they could get through at all.

use jiff::Timestamp;

use super::limits::EXPIRY_WARNING;
use crate::domain::{Finding, LocalClock, span};

/// What is known of one source, as far as its health goes.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SourceFacts {
    /// What the operator calls it.
    pub name: String,
    /// What it is: `Entra ID`, `SCIM client`.
    pub title: &'static str,
    /// From when on its token is refused.
    pub expires: Option<Timestamp>,
    /// When it was last heard with success.
    pub heard: Option<Timestamp>,
}

/// Whether the sources' requests can get through: what the endpoint answers when the gateway itself asks it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Reach {
    /// Not asked yet.
    Unknown,
    /// They can.
    Open,
    /// They can't, for these reasons.
    Shut(Vec<String>),
}

/// What somebody should know of one source; empty while all is well with it. `silent_after_s`: a silence of so many
/// seconds is worth a look; `None`: none is.
pub fn source_findings(
    source: &SourceFacts,
    silent_after_s: Option<u64>,
    clock: &LocalClock,
) -> Vec<Finding> {
    let expiry = expiry(source, clock);
    // Who is refused is silent by force.
    let is_expired = source.expires.is_some_and(|expires| expires <= clock.now());
    let silence = if is_expired { None } else { silence(source, silent_after_s, clock) };
    expiry.into_iter().chain(silence).collect()
}

pub(super) fn reach_finding(reach: &Reach) -> Option<Finding> {
    match reach {
        Reach::Unknown | Reach::Open => None,
        Reach::Shut(reasons) => Some(Finding::problem(format!(
            "Identity providers can't reach the directory: {}.",
            reasons.join("; ")
        ))),
    }
}

fn expiry(source: &SourceFacts, clock: &LocalClock) -> Option<Finding> {
    let now = clock.now();
    let expires = source.expires.filter(|expires| expires.duration_since(now) < EXPIRY_WARNING)?;
    let (name, end) = (&source.name, clock.dated(&expires));
    let remedy = "re-authenticate it, or revoke it if it is no longer used";
    Some(if expires <= now {
        Finding::problem(format!(
            "The token {name} has expired on {end}: nothing arrives through it; {remedy}."
        ))
    } else {
        let left = span(expires.duration_since(now).as_secs().unsigned_abs());
        Finding::attention(format!("The token {name} expires in {left}, on {end}; {remedy}."))
    })
}

fn silence(source: &SourceFacts, silent_after_s: Option<u64>, clock: &LocalClock) -> Option<Finding> {
    let heard = source.heard.filter(|heard| *heard < clock.now())?;
    let silent = clock.now().duration_since(heard).as_secs().unsigned_abs();
    let SourceFacts { title, name, .. } = source;
    silent_after_s.is_some_and(|after| silent > after).then(|| {
        Finding::attention(format!(
            "{title} ({name}) has been silent for {}; look whether provisioning is still on there.",
            span(silent)
        ))
    })
}
