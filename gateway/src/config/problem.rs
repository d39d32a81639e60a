//! What is wrong in a TOML file, and how it is shown: place, excerpt, caret, remedy.

use std::fmt;
use std::io;
use std::ops::Range;
use std::path::Path;

use annotate_snippets::{AnnotationKind, Group, Level, Origin, Renderer, Snippet};

/// Most problems of one file that are shown; the rest is counted.
const MAX_SHOWN: usize = 50;

/// One thing that is wrong, with what would be right.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Problem {
    place: Option<Range<usize>>,
    message: String,
    label: String,
    help: Option<String>,
    earlier: Option<(Range<usize>, &'static str)>,
    hidden: bool,
}

impl Problem {
    /// A problem at a byte range of the file.
    pub(super) fn at(place: Range<usize>, message: impl Into<String>) -> Self {
        let message = message.into();
        Self { place: Some(place), message, label: String::new(), help: None, earlier: None, hidden: false }
    }

    /// What the TOML parser says.
    pub(super) fn syntax(error: &toml::de::Error) -> Self {
        let message = format!("not valid TOML: {}", error.message());
        Self::at(error.span().unwrap_or(0..0), message)
    }

    /// A word or two at the caret.
    pub(super) fn label(self, label: impl Into<String>) -> Self {
        Self { label: label.into(), ..self }
    }

    /// What would be right.
    pub(super) fn help(self, help: impl Into<String>) -> Self {
        Self { help: Some(help.into()), ..self }
    }

    /// What it collides with, earlier in the file.
    pub(super) fn earlier(self, place: Range<usize>, label: &'static str) -> Self {
        Self { earlier: Some((place, label)), ..self }
    }

    /// The line holds a secret and must not be shown.
    pub(super) fn hidden(self) -> Self {
        Self { hidden: true, ..self }
    }

    /// What is wrong, in a sentence.
    pub fn message(&self) -> &str {
        &self.message
    }

    fn report<'a>(&'a self, path: &'a str, source: &'a str) -> Group<'a> {
        let mut group = Level::ERROR.primary_title(self.message.as_str()).elements(None::<Origin<'_>>);
        group = match &self.place {
            None => group.element(Origin::path(path)),
            Some(place) if self.hidden => {
                let (line, column) = line_and_column(source, place.start);
                group.element(Origin::path(path).line(line).char_column(column))
            }
            Some(place) => group.element(self.excerpt(place.clone(), path, source)),
        };
        match &self.help {
            Some(help) => group.element(Level::HELP.message(help.as_str())),
            None => group,
        }
    }

    fn excerpt<'a>(
        &'a self,
        place: Range<usize>,
        path: &'a str,
        source: &'a str,
    ) -> Snippet<'a, annotate_snippets::Annotation<'a>> {
        let caret = AnnotationKind::Primary.span(first_line(source, place)).label(self.label.as_str());
        let earlier = self.earlier.iter().map(|(place, label)| {
            AnnotationKind::Context.span(first_line(source, place.clone())).label(*label)
        });
        Snippet::source(source).path(path).annotation(caret).annotations(earlier)
    }
}

/// All that is wrong with one file, in the file's order.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Problems {
    path: String,
    source: String,
    list: Vec<Problem>,
}

impl std::error::Error for Problems {}

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.render(false))
    }
}

impl Problems {
    pub(super) fn new(path: &Path, source: &str, mut list: Vec<Problem>) -> Self {
        list.sort_by_key(|problem| problem.place.as_ref().map_or(0, |place| place.start));
        Self { path: path.display().to_string(), source: source.to_owned(), list }
    }

    pub(super) fn unreadable(path: &Path, what: &str, remedy: &str, error: &io::Error) -> Self {
        let message = format!("{what} can't be read: {error}");
        let missing = error.kind() == io::ErrorKind::NotFound;
        let problem = Problem { place: None, ..Problem::at(0..0, message) };
        let problem = if missing { problem.help(remedy) } else { problem };
        Self::new(path, "", vec![problem])
    }

    /// The problems one by one.
    pub fn list(&self) -> &[Problem] {
        &self.list
    }

    /// All problems as text for people, the last line a count; with ANSI colours if asked.
    pub fn render(&self, colour: bool) -> String {
        let renderer = if colour { Renderer::styled() } else { Renderer::plain() };
        let mut text = String::new();
        for problem in self.list.iter().take(MAX_SHOWN) {
            text += &renderer.render(&[problem.report(&self.path, &self.source)]);
            text += "\n\n";
        }
        let count = self.list.len();
        let noun = if count == 1 { "problem" } else { "problems" };
        let more = if count > MAX_SHOWN { format!(", the first {MAX_SHOWN} shown") } else { String::new() };
        text + &format!("{count} {noun} in {}{more}", self.path)
    }
}

/// A caret under one line says more than a box around many.
fn first_line(source: &str, place: Range<usize>) -> Range<usize> {
    let text = source.get(place.clone()).unwrap_or("");
    let len = text.find(['\r', '\n']).unwrap_or(text.len());
    place.start..place.start + len
}

/// Both counted from 1, the column in characters.
fn line_and_column(source: &str, offset: usize) -> (usize, usize) {
    let before = source.get(..offset).unwrap_or(source);
    let start = before.rfind('\n').map_or(0, |at| at + 1);
    (before.matches('\n').count() + 1, before[start..].chars().count() + 1)
}
