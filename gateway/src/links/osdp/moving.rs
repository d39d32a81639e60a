//! A line whose device is moved: the address that it is to have is asked first, and the port follows it to another speed.

use std::io;

use panel_protocol::limits::MAX_FRAME_LEN;
use panel_protocol::osdp::cp::line_time;
use panel_protocol::osdp::frame::Check;

use super::limits::{ADDRESS_ASKED_FOR, QUIET, READ_LEN};
use super::line_task::LineTask;
use super::timer::now;
use super::{keeper, scan};
use crate::links::serial_port::Port;
use crate::links::{TendError, Tending, Wish};

impl LineTask {
    /// A device has gone to another speed, or none was found there: the line follows.
    pub(super) fn change_speed(&mut self, port: &mut Port, baud: u32) -> io::Result<()> {
        port.set_baud(baud)?;
        self.note_speed(baud);
        Ok(())
    }

    /// Whatever port is opened next has that speed.
    pub(super) fn note_speed(&mut self, baud: u32) {
        tracing::warn!(line = %self.setup.id, baud, "the line has another speed from now on");
        self.setup.baud = baud;
        self.driver.set_baud(now(), baud);
    }

    /// Begins what an installer wants. A new key is on the disk before the device is told of it; an address is asked first
    /// whether it is free.
    pub(super) fn tend(&mut self, tending: Tending) {
        match (&tending.wish, self.driver.tendable(tending.device)) {
            (_, Err(error)) => tending.answer(Err(error)),
            (Wish::NewKey, Ok(_)) => match self.key_file(tending.device) {
                None => tending.answer(Err(TendError::NoKey)),
                Some(_) if self.keeper.is_full() => tending.answer(Err(TendError::Busy)),
                Some(path) => drop(self.keeper.add(keeper::rotate(tending.device, path, tending.done))),
            },
            (Wish::Address(address), Ok(_)) if self.driver.address_of(tending.device) != Some(*address) => {
                if self.moving.is_some() {
                    tending.answer(Err(TendError::Busy));
                } else {
                    self.moving = Some((*address, tending));
                }
            }
            _ => self.driver.tend(now(), tending),
        }
    }

    /// Whether anything answers at an address. The line says nothing else meanwhile.
    async fn answers(&mut self, port: &mut Port, address: u8, buffer: &mut [u8]) -> io::Result<bool> {
        for check in [Check::Crc, Check::Checksum] {
            let frame = scan::who_is_there(address, check);
            tokio::time::sleep(QUIET).await;
            port.write(&frame).await?;
            self.tap.wrote(&frame);
            let wait = ADDRESS_ASKED_FOR + line_time(2 * frame.len(), self.setup.baud);
            let until = tokio::time::Instant::now() + wait;
            let mut heard = Vec::new();
            while let Ok(read) = tokio::time::timeout_at(until, port.read(buffer)).await {
                let len = read?;
                self.tap.read(&buffer[..len]);
                heard.extend_from_slice(&buffer[..len.min(MAX_FRAME_LEN)]);
                if !frame.starts_with(&heard) && heard.len() > frame.len() + READ_LEN {
                    break;
                }
            }
            // Some adapters hear themselves.
            let others = heard.strip_prefix(frame.as_slice()).unwrap_or(&heard);
            if others.len() >= scan::limits::LEAST_ANSWER {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// A device is to be moved, and the line is free: the address is asked, and then the device.
    pub(super) async fn move_device(&mut self, port: &mut Port, buffer: &mut [u8]) -> io::Result<()> {
        let Some((address, tending)) = self.moving.take() else { return Ok(()) };
        if self.answers(port, address, buffer).await? {
            tending.answer(Err(TendError::Taken(address)));
        } else {
            self.driver.tend(now(), tending);
        }
        Ok(())
    }
}
