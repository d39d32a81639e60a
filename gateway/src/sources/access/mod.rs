//! Access levels and rules, edited on site: by the page, the API and the command line.
//!
//! An edit becomes a plan for the directory. It is checked whole against the directory and the configuration's doors,
//! whose names are all that a source ever knows of them; what is wrong with it is told all at once, and then nothing
//! changes.

mod check;
mod edit_error;
mod import;
mod levels_and_rules;
mod limits;
mod made;
mod plan;

pub use check::Doors;
pub use edit_error::EditError;
pub use levels_and_rules::LevelsAndRules;
pub use plan::plan;
