//! A crate's source as the compiler sees it: its modules, who names whom, and what that amounts to.
//!
//! [`Crate::read`] follows `mod` from the root file, [`Crate::imports`] resolves every path in every file (`crate`, `super`,
//! `self`, children, what `use` has bound, re-exports) to where the thing is defined. `tests/architecture.rs` holds the
//! house's import table against that, the program `structure` prints its figures.
//!
//! Nothing here knows the name of a room, and no text is compared with text: a path counts by where it leads.

mod circles;
mod measure;
mod read;
mod references;
mod resolve;

use std::collections::{HashMap, HashSet};
use std::path::PathBuf;

pub use circles::circles;
pub use measure::{Function, Lines};
pub use resolve::{Import, Leads};

/// The modules of a crate, the root first.
#[derive(Debug)]
pub struct Crate {
    modules: Vec<Module>,
}

/// One module: a file, or a part of one.
#[derive(Debug)]
pub struct Module {
    /// Its path below the root, which has none.
    pub path: Vec<String>,
    /// Where it is written.
    pub file: PathBuf,
    /// It is there for tests alone.
    pub is_test: bool,
    parent: usize,
    children: HashMap<String, usize>,
    items: HashSet<String>,
    bindings: HashMap<String, Vec<String>>,
    globs: Vec<Vec<String>>,
    references: Vec<Reference>,
    functions: Vec<Function>,
    test_lines: usize,
    lines: usize,
}

/// A path as it is written.
#[derive(Clone, Debug)]
struct Reference {
    segments: Vec<String>,
    line: usize,
    /// It only hands on what others import from here.
    is_reexport: bool,
}

impl Crate {
    /// Every module.
    pub fn modules(&self) -> impl Iterator<Item = &Module> {
        self.modules.iter()
    }
}

impl Module {
    /// The path as people write it: `sources::scim`.
    pub fn name(&self) -> String {
        self.path.join("::")
    }

    /// The module of the first level that it belongs to; nothing for the root.
    pub fn room(&self) -> &str {
        self.path.first().map_or("", String::as_str)
    }
}
