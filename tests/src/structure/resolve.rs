//! Where a path leads.

use std::path::Path;

use super::{Crate, Module};

/// Most re-exports that one path follows.
const MAX_STEPS: usize = 16;

/// One file naming something.
#[derive(Clone, Debug)]
pub struct Import<'a> {
    /// Who names it.
    pub from: &'a Module,
    /// In which line of its file.
    pub line: usize,
    /// As it is written.
    pub written: String,
    /// The module that the words themselves name, re-exports not followed.
    pub named: Option<&'a Module>,
    /// Where it is.
    pub leads: Leads<'a>,
    /// The file only hands it on.
    pub is_reexport: bool,
}

impl Import<'_> {
    /// A parent takes something of a module below it. Parents put their children together, so that alone is no fault.
    pub fn is_of_a_child(&self) -> bool {
        self.leads.module().is_some_and(|to| to.path.starts_with(&self.from.path))
    }
}

/// What a path means.
#[derive(Clone, Debug)]
pub enum Leads<'a> {
    /// Something that is defined in this module.
    Item(&'a Module, String),
    /// The module itself, or all that is in it.
    Module(&'a Module),
    /// Something of another crate, by its path there.
    Elsewhere(Vec<String>),
}

impl<'a> Leads<'a> {
    /// The module of this crate.
    pub fn module(&self) -> Option<&'a Module> {
        match self {
            Self::Item(module, _) | Self::Module(module) => Some(module),
            Self::Elsewhere(_) => None,
        }
    }
}

enum End {
    Item(usize, String),
    Module(usize),
    Elsewhere(Vec<String>),
}

impl Crate {
    /// Every path of every module that is not there for tests alone.
    pub fn imports(&self) -> impl Iterator<Item = Import<'_>> {
        (0..self.modules.len()).filter(|at| !self.modules[*at].is_test).flat_map(move |at| {
            let from = &self.modules[at];
            from.references.iter().map(move |reference| Import {
                from,
                line: reference.line,
                written: reference.segments.join("::"),
                named: self.named(at, &reference.segments).map(|at| &self.modules[at]),
                leads: self.shown(self.path(at, &reference.segments, 0)),
                is_reexport: reference.is_reexport,
            })
        })
    }

    /// The file that a path leads to, if that is another one of this crate and the path is not only handed on.
    pub fn edge<'a>(import: &Import<'a>) -> Option<(&'a Path, &'a Path)> {
        let Leads::Item(to, _) = &import.leads else { return None };
        let there = import.from.file != to.file && !import.is_reexport;
        there.then_some((&import.from.file, &to.file))
    }

    fn shown(&self, end: End) -> Leads<'_> {
        match end {
            End::Item(at, name) => Leads::Item(&self.modules[at], name),
            End::Module(at) => Leads::Module(&self.modules[at]),
            End::Elsewhere(path) => Leads::Elsewhere(path),
        }
    }

    /// Follows the words of a path as far as they are modules.
    fn named(&self, from: usize, segments: &[String]) -> Option<usize> {
        let (mut at, rest) = self.begin(from, segments)?;
        for segment in rest {
            let Some(child) = self.modules[at].children.get(segment) else { break };
            at = *child;
        }
        Some(at)
    }

    /// Takes `crate`, `self`, `super` or a child's name off a path.
    fn begin<'s>(&self, from: usize, segments: &'s [String]) -> Option<(usize, &'s [String])> {
        let mut at = from;
        let first = segments.first()?;
        match first.as_str() {
            "crate" => return Some((0, &segments[1..])),
            "self" | "super" => {}
            name => {
                let child = *self.modules[from].children.get(name)?;
                return Some((child, &segments[1..]));
            }
        }
        let mut rest = segments.strip_prefix(&["self".to_owned()]).unwrap_or(segments);
        while let Some((_, further)) = rest.split_first().filter(|(word, _)| *word == "super") {
            at = self.modules[at].parent;
            rest = further;
        }
        Some((at, rest))
    }

    fn path(&self, from: usize, segments: &[String], steps: usize) -> End {
        if steps > MAX_STEPS {
            return End::Elsewhere(segments.to_vec());
        }
        if let Some((at, rest)) = self.begin(from, segments) {
            return self.walk(at, rest, steps);
        }
        let bound = segments.first().and_then(|name| self.modules[from].bindings.get(name));
        match bound {
            // `use serde_json;` binds a name to itself.
            Some(bound) if bound.first() != segments.first() || bound.len() > 1 => {
                self.path(from, &[bound.as_slice(), &segments[1..]].concat(), steps + 1)
            }
            _ => End::Elsewhere(segments.to_vec()),
        }
    }

    fn walk(&self, mut at: usize, segments: &[String], steps: usize) -> End {
        for (position, segment) in segments.iter().enumerate() {
            let module = &self.modules[at];
            if let Some(child) = module.children.get(segment) {
                at = *child;
            } else if module.items.contains(segment) {
                return End::Item(at, segment.clone());
            } else if let Some(bound) = module.bindings.get(segment) {
                let whole = [bound.as_slice(), &segments[position + 1..]].concat();
                return self.path(at, &whole, steps + 1);
            } else if segment == "*" {
                return End::Module(at);
            } else {
                return self
                    .by_glob(at, &segments[position..], steps)
                    .unwrap_or_else(|| End::Item(at, segment.clone()));
            }
        }
        End::Module(at)
    }

    /// What a `pub use x::*` brings.
    fn by_glob(&self, at: usize, segments: &[String], steps: usize) -> Option<End> {
        self.modules[at].globs.iter().find_map(|glob| {
            let End::Module(there) = self.path(at, glob, steps + 1) else { return None };
            let module = &self.modules[there];
            let has = module.items.contains(&segments[0])
                || module.children.contains_key(&segments[0])
                || module.bindings.contains_key(&segments[0]);
            (has && there != at && steps < MAX_STEPS).then(|| self.walk(there, segments, steps + 1))
        })
    }
}
