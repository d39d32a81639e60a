//! The rules for readers, boards and adapters.

use std::collections::HashMap;

use super::check::{Addresses, MAX_ADDRESS, check_id, check_range};
use super::doors::{AdapterConfig, BoardConfig, LockPlace};
use super::{LineProtocol, Place, Problem, SimConfig};
use crate::limits::{MAX_BOARD_ADDRESS, MAX_POINTS, MAX_THINKING};

/// Names and what has them.
type Ids<'a> = HashMap<&'a str, ()>;

impl SimConfig {
    pub(super) fn check_doors<'a>(
        &'a self,
        ids: &mut Ids<'a>,
        addresses: &mut Addresses<'a>,
        problems: &mut Vec<Problem>,
    ) {
        for (index, reader) in self.readers.iter().enumerate() {
            let place = |key| Place { table: "reader", index, key };
            check_id(&reader.id, place("id"), ids, problems);
            check_range(place("address"), reader.address.into(), 0, MAX_ADDRESS.into(), problems);
            check_range(place("inputs"), reader.inputs.into(), 0, MAX_POINTS, problems);
            check_range(place("outputs"), reader.outputs.into(), 0, MAX_POINTS, problems);
            self.check_line_of(&reader.line, &[LineProtocol::Osdp], place, problems);
            self.check_address(&reader.id, &reader.line, reader.address, place, addresses, problems);
        }
        for (index, board) in self.boards.iter().enumerate() {
            let place = |key| Place { table: "board", index, key };
            check_id(&board.id, place("id"), ids, problems);
            check_board(board, place, problems);
            let modbus = [LineProtocol::Modbus, LineProtocol::ModbusTcp];
            self.check_line_of(&board.line, &modbus, place, problems);
        }
        for (index, adapter) in self.adapters.iter().enumerate() {
            let place = |key| Place { table: "adapter", index, key };
            check_id(&adapter.id, place("id"), ids, problems);
            check_frames(adapter, place, problems);
            self.check_line_of(&adapter.line, &[LineProtocol::WiegandSerial], place, problems);
            self.check_lock(adapter.lock.as_ref(), place, problems);
            if self.adapters[..index].iter().any(|other| other.line == adapter.line) {
                let message = format!("line \"{}\" has an adapter already", adapter.line);
                problems.push(Problem::at(place("line"), message, "give each adapter a line of its own"));
            }
        }
    }

    fn check_lock(
        &self,
        lock: Option<&LockPlace>,
        place: impl Fn(&'static str) -> Place,
        problems: &mut Vec<Problem>,
    ) {
        let Some(LockPlace { controller, output }) = lock else { return };
        let of_readers = self.readers.iter().map(|reader| (&reader.id, reader.outputs));
        let of_boards = self.boards.iter().map(|board| (&board.id, board.model.outputs()));
        let message = match of_readers.chain(of_boards).find(|(id, _)| *id == controller) {
            Some((_, outputs)) if *output < outputs => return,
            Some((_, outputs)) => {
                format!("\"{controller}\" has {outputs} outputs, and none is number {output}")
            }
            None => format!("\"{controller}\" is no reader and no board of this site"),
        };
        problems.push(Problem::at(place("lock"), message, "name an output of a [[reader]] or [[board]]"));
    }
}

fn check_board(board: &BoardConfig, place: impl Fn(&'static str) -> Place, problems: &mut Vec<Problem>) {
    check_range(place("address"), board.address.into(), 1, MAX_BOARD_ADDRESS, problems);
    let most = u64::try_from(MAX_THINKING.as_millis()).unwrap_or(u64::MAX);
    let millis = |time: std::time::Duration| u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
    check_range(place("answers_after_ms"), millis(board.answers_after), 0, most, problems);
    for follow in &board.contacts {
        if follow.input >= board.model.inputs() || follow.output >= board.model.outputs() {
            let message = format!(
                "a {} has {} inputs and {} outputs, numbered from 0",
                board.model.name(),
                board.model.inputs(),
                board.model.outputs()
            );
            problems.push(Problem::at(place("contacts"), message, "name an input and an output that it has"));
        }
    }
}

fn check_frames(adapter: &AdapterConfig, place: impl Fn(&'static str) -> Place, problems: &mut Vec<Problem>) {
    if let Err(why) = adapter.frames.check() {
        problems.push(Problem::at(place("frames"), why, "as the adapter's data sheet has it"));
    }
}
