//! Filters (RFC 7644, 3.4.2.2): their form, how they are read, written and applied.
//!
//! Pure. Bounded in length, depth and terms, so that none can be made to cost more than a look at each resource.

mod evaluate;
mod form;
#[cfg(any(test, fuzzing))]
pub(super) mod naive;
mod parse;
#[cfg(test)]
mod tests;

pub(super) use evaluate::{check, element_matches, matches};
pub(super) use form::{Filter, Literal, Operator};
pub(super) use parse::{Parser, parse};
