//! What hangs on a simulated line, whatever is spoken there.

use std::time::Duration;

use crate::adapter::SimAdapter;
use crate::board::SimBoard;
use crate::line::Station;
use crate::output::Output;
use crate::panel::SimPanel;
use crate::reader::SimReader;

/// One of them.
#[derive(Debug)]
pub(crate) enum OnLine {
    Panel(Box<SimPanel>),
    Reader(Box<SimReader>),
    Board(Box<SimBoard>),
    Adapter(Box<SimAdapter>),
}

impl OnLine {
    /// What it is, as people say it.
    pub(crate) const fn name(&self) -> &'static str {
        match self {
            Self::Panel(_) => "panel",
            Self::Reader(_) => "reader",
            Self::Board(_) => "board",
            Self::Adapter(_) => "Wiegand adapter",
        }
    }

    /// An output of it, if it has one of that number that commands switch.
    pub(crate) fn output(&mut self, number: u8) -> Option<&mut Output> {
        match self {
            Self::Reader(reader) => reader.output(number),
            Self::Board(board) => board.output(number),
            Self::Panel(_) | Self::Adapter(_) => None,
        }
    }
}

impl Station for OnLine {
    fn hear(&mut self, at: Duration, bytes: &[u8], reply: &mut Vec<u8>) {
        match self {
            Self::Panel(panel) => panel.hear(at, bytes, reply),
            Self::Reader(reader) => reader.hear(at, bytes, reply),
            Self::Board(board) => board.hear(at, bytes, reply),
            Self::Adapter(_) => {}
        }
    }

    fn thinks(&self) -> Duration {
        match self {
            Self::Board(board) => board.thinks(),
            Self::Panel(_) | Self::Reader(_) | Self::Adapter(_) => Duration::ZERO,
        }
    }
}
