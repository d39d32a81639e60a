//! Which number stands for which grants: people with the same grants have the same clearance.

use std::collections::HashMap;

use super::card::Clearance;
use super::grants::Grants;

/// The clearances that are in use. A number keeps its meaning for as long as the program runs.
#[derive(Debug)]
pub struct Clearances {
    numbers: HashMap<Grants, Clearance>,
    grants: Vec<Grants>,
    nothing: Grants,
}

impl Default for Clearances {
    fn default() -> Self {
        let mut clearances = Self { numbers: HashMap::new(), grants: Vec::new(), nothing: Grants::NOTHING };
        clearances.of(Grants::EveryDoor);
        clearances
    }
}

impl Clearances {
    /// The clearance of these grants, and whether it is new. When no number is left, nobody new gets one: such a card
    /// opens nothing until the program starts anew.
    pub fn of(&mut self, grants: Grants) -> (Clearance, bool) {
        if grants == self.nothing {
            return (Clearance::NOTHING, false);
        }
        if let Some(known) = self.numbers.get(&grants) {
            return (*known, false);
        }
        let number = u16::try_from(self.grants.len()).map_or(Clearance::NOTHING, Clearance);
        if number == Clearance::NOTHING {
            return (number, false);
        }
        self.grants.push(grants.clone());
        self.numbers.insert(grants, number);
        (number, true)
    }

    /// What a clearance stands for.
    pub fn grants(&self, clearance: Clearance) -> Option<&Grants> {
        if clearance == Clearance::NOTHING {
            return Some(&self.nothing);
        }
        self.grants.get(usize::from(clearance.0))
    }

    /// Every clearance but that which opens nothing.
    pub fn iter(&self) -> impl Iterator<Item = (Clearance, &Grants)> {
        (0..).map(Clearance).zip(&self.grants)
    }

    /// Whether no number is left.
    pub fn is_full(&self) -> bool {
        self.grants.len() >= usize::from(Clearance::NOTHING.0)
    }
}
