//! The parts of a page: what each is called, where it stands, and what its template sees.

use std::cell::RefCell;
use std::collections::HashMap;
use std::fmt::Display;

use crate::domain::{LocalClock, harmless};
use crate::store::users::Role;

/// Who tells how long ago things were.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(in super::super) enum Telling {
    /// The server, for pages without script.
    Here,
    /// The page's script, from the times in it.
    Script,
}

/// One part of a page that shows a `D`.
pub(super) struct Part<D: 'static> {
    pub(super) id: &'static str,
    pub(super) label: Label,
    pub(super) place: Place,
    /// Where a narrow screen has it, from 1.
    pub(super) rank: u8,
    pub(super) render: fn(&Seen<'_, D>) -> askama::Result<String>,
}

/// What a part is called.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Label {
    /// By the heading in it, whose id is `h-` and the part's.
    Heading,
    /// By these words, which nobody sees.
    Spoken(&'static str),
    /// As [`Spoken`](Self::Spoken); changes are read out.
    ReadOut(&'static str),
}

/// Where a part stands on a wide screen.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Place {
    /// Over the whole width, before the columns.
    Top,
    /// The wide column.
    Main,
    /// The narrow one beside it.
    Side,
}

/// A part as HTML.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(in super::super) struct Rendered {
    pub(in super::super) id: &'static str,
    pub(super) label: Label,
    pub(super) place: Place,
    pub(super) rank: u8,
    pub(in super::super) html: String,
}

/// What a part's template sees.
pub(super) struct Seen<'a, D> {
    pub(super) data: &'a D,
    pub(super) clock: &'a LocalClock,
    role: Role,
    telling: Telling,
    rows: RefCell<HashMap<String, u32>>,
}

impl<D> Seen<'_, D> {
    pub(super) fn may_install(&self) -> bool {
        self.role >= Role::Installer
    }

    pub(super) fn may_manage(&self) -> bool {
        self.role >= Role::Manager
    }

    /// Whether to tell how long ago things were.
    pub(super) fn ago(&self) -> bool {
        self.telling == Telling::Here
    }

    /// The id of a row, by which an open page knows it again: `kind-key`, numbered where several have the same key.
    pub(super) fn row(&self, kind: &str, key: impl Display) -> String {
        let id = format!("{kind}-{key}");
        let mut rows = self.rows.borrow_mut();
        let count = rows.entry(id.clone()).or_default();
        *count += 1;
        if *count == 1 { id } else { format!("{id}-{count}") }
    }
}

/// All parts of a page, in its order.
pub(super) fn render<D>(
    parts: &[Part<D>],
    data: &D,
    clock: &LocalClock,
    role: Role,
    telling: Telling,
) -> askama::Result<Vec<Rendered>> {
    let seen = Seen { data, clock, role, telling, rows: RefCell::default() };
    let rendered = |part: &Part<D>| {
        let html = harmless((part.render)(&seen)?);
        Ok(Rendered { id: part.id, label: part.label, place: part.place, rank: part.rank, html })
    };
    parts.iter().map(rendered).collect()
}
