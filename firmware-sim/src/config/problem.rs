//! What is wrong with a configuration, where, and what would be right.

use std::fmt;

/// A value's place: the table's name, its number among those of that name (from 0), and the key.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Place {
    /// `control`, `line`, `panel`, `reader`, `board`, `adapter`, `broker` or `mqtt`.
    pub table: &'static str,
    /// Which of them.
    pub index: usize,
    /// Which of its keys.
    pub key: &'static str,
}

/// One thing that is wrong.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Problem {
    /// The value that is meant, if it is one.
    pub place: Option<Place>,
    /// Its line and column in the file, from 1, when there is a file.
    pub position: Option<(usize, usize)>,
    /// What is wrong, and the value.
    pub message: String,
    /// What would be right.
    pub remedy: String,
}

/// All that is wrong with a configuration, at least one thing.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub struct Problems {
    /// The file's name, when there is a file.
    pub file: Option<String>,
    /// Each of them.
    pub problems: Vec<Problem>,
}

impl Problem {
    pub(super) fn at(place: Place, message: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { place: Some(place), position: None, message: message.into(), remedy: remedy.into() }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}, {}", self.table, self.index + 1, self.key)
    }
}

impl fmt::Display for Problems {
    /// `file:line:column: message; remedy`, one a line.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, problem) in self.problems.iter().enumerate() {
            if number > 0 {
                writeln!(f)?;
            }
            if let Some(file) = &self.file {
                write!(f, "{file}:")?;
            }
            match (problem.position, problem.place) {
                (Some((line, column)), _) => write!(f, "{line}:{column}: ")?,
                (None, Some(place)) => write!(f, "{place}: ")?,
                (None, None) => {}
            }
            write!(f, "{}", problem.message)?;
            if !problem.remedy.is_empty() {
                write!(f, "; {}", problem.remedy)?;
            }
        }
        Ok(())
    }
}
