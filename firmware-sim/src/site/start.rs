//! How a site begins: its lines with what hangs on each, and the devices on brokers.

use std::collections::HashMap;

use super::{Place, Site, SiteLine};
use crate::adapter::SimAdapter;
use crate::board::SimBoard;
use crate::config::{LineConfig, LineProtocol, SimConfig};
use crate::error::SiteError;
use crate::line::{Line, LineSetup};
use crate::mqtt::Brokers;
use crate::on_line::OnLine;
use crate::panel::SimPanel;
use crate::reader::SimReader;

impl Site {
    /// Builds the site and switches everything on.
    ///
    /// # Errors
    /// When the configuration breaks a rule or a port can't be had.
    pub fn start(config: &SimConfig) -> Result<Self, SiteError> {
        config.check()?;
        let (mut lines, mut devices) = (Vec::new(), HashMap::new());
        for (number, line) in config.lines.iter().enumerate() {
            let named = stations(config, line);
            for (station, (id, _)) in named.iter().enumerate() {
                devices.insert(id.clone(), Place { line: number, station });
            }
            let setup = setup(line);
            let stations = named.into_iter().map(|(_, station)| station).collect();
            let started = Line::start(&setup, stations);
            let running = started.map_err(|error| SiteError::Line { line: setup.id.clone(), error })?;
            lines.push(SiteLine { setup, protocol: line.protocol, line: running });
        }
        Ok(Self { lines, devices, brokers: Brokers::start(config)? })
    }
}

fn setup(line: &LineConfig) -> LineSetup {
    LineSetup {
        id: line.id.clone(),
        baud: line.baud,
        turn_around: line.turn_around,
        symlink: line.symlink.clone(),
        listen: line.listen,
        connected: line.protocol == LineProtocol::ModbusTcp,
    }
}

/// What hangs on a line, by name.
fn stations(config: &SimConfig, line: &LineConfig) -> Vec<(String, OnLine)> {
    let panels = config.panels.iter().filter(|panel| panel.line == line.id);
    let panels = panels.map(|panel| (panel.id.clone(), OnLine::Panel(Box::new(SimPanel::new(panel)))));
    let readers = config.readers.iter().filter(|reader| reader.line == line.id);
    let readers = readers.map(|reader| (reader.id.clone(), OnLine::Reader(Box::new(SimReader::new(reader)))));
    let boards = config.boards.iter().filter(|board| board.line == line.id);
    let boards = boards.map(|board| {
        let made = SimBoard::new(board, line.protocol, line.baud);
        (board.id.clone(), OnLine::Board(Box::new(made)))
    });
    let adapters = config.adapters.iter().filter(|adapter| adapter.line == line.id);
    let adapters =
        adapters.map(|adapter| (adapter.id.clone(), OnLine::Adapter(Box::new(SimAdapter::new(adapter)))));
    panels.chain(readers).chain(boards).chain(adapters).collect()
}
