//! Who may open what, when, edited on site: by the page, the API and the command line.
//!
//! An edit becomes a plan for the directory. It is checked whole against the directory and the configuration's doors,
//! whose names and places are all that a source ever knows of them; what is wrong with it is told all at once, and then
//! nothing changes.

mod check;
mod edit_error;
mod hold;
mod import;
mod limits;
mod made;
mod plan;
mod records;
mod surroundings;
mod way;

pub use edit_error::EditError;
pub use plan::plan;
pub use records::AccessRecords;
pub use surroundings::{KnownDoor, Surroundings};
