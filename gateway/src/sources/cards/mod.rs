//! What a card number becomes, whichever source gives it: how it is read, who else holds it, what a person's cards are
//! when their source has spoken, and who gets a card that somebody lets go of.
//!
//! Plans for the directory. Knows no wire format of any source, and no doors.

mod handover;
mod holders;
pub mod limits;
pub mod number;
mod policy;
mod reading;
mod settlement;
mod validity;
mod waiting;

pub use handover::{hand_over, hand_over_ended};
pub use holders::other_holder;
pub use number::{CardDefaults, parse};
pub use policy::{CardPolicy, WhenRemoved};
pub use settlement::{SettleError, Settlement, WantedCards, is_given};
