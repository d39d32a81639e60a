//! Words that many operations share.

pub(super) const A_MANAGER: &str = "a manager";
pub(super) const AN_INSTALLER: &str = "an installer";
pub(super) const DIRECTORY: &str = "Too many sign-ins at this moment, or the directory can't do it";
