//! What devices at a broker speak, one room a dialect.

pub(super) mod native;
