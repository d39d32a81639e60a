//! What installers want of one device, begun: by the CP where it is about the device's place, its key or a file, and by its
//! lights where it is to be found. What comes of it is told by `works`.

use panel_protocol::osdp::cp::{FileOffer, PdIndex, PdStatus, RotateError, SettingsError};
use panel_protocol::osdp::payload::ComSettings;
use panel_protocol::osdp::secure::Scbk;
use panel_protocol::time::Micros;

use super::driver::Driver;
use super::limits::SHOWN_WITHIN;
use super::works::{Done, KEYED_WITHIN, Kind, MOVED_WITHIN};
use crate::domain::DeviceCondition;
use crate::links::{TendError, Tended, Tending, Wish};

impl Driver {
    /// Begins what an installer wants, but for keys: those are to be on the disk first.
    pub(super) fn tend(&mut self, now: Micros, tending: Tending) {
        let Tending { device, wish, done } = tending;
        if let Err((done, error)) = self.begin_work(now, device, wish, done) {
            drop(done.send(Err(error)));
        }
    }

    fn begin_work(
        &mut self,
        now: Micros,
        device: usize,
        wish: Wish,
        done: Done,
    ) -> Result<(), (Done, TendError)> {
        let pd = match self.tendable(device) {
            Ok(pd) => pd,
            Err(error) => return Err((done, error)),
        };
        let status = self.cp.status(pd);
        let before = ComSettings { address: status.map_or(0, |status| status.address), baud: self.baud };
        let wanted = match wish {
            Wish::Identify => return self.identify(now, device, status, done),
            Wish::NewKey => return Err((done, TendError::NoKey)),
            Wish::File { kind, content, progress } => {
                let offer = FileOffer { kind, total: u32::try_from(content.len()).unwrap_or(u32::MAX) };
                return match self.cp.send_file(now, pd, offer) {
                    Ok(()) => {
                        self.works.begin(device, None, Kind::File { content, progress }, done);
                        Ok(())
                    }
                    Err(error) => Err((done, TendError::Senseless(error.to_string()))),
                };
            }
            Wish::Address(address) => ComSettings { address, ..before },
            Wish::Speed(baud) => ComSettings { baud, ..before },
        };
        if wanted == before {
            drop(done.send(Ok(Tended::Moved { address: before.address, baud: before.baud })));
            return Ok(());
        }
        match self.cp.set_communication(now, pd, wanted) {
            Ok(()) => {
                let kind = Kind::Move { wanted, before, went: None };
                self.works.begin(device, Some(now + MOVED_WITHIN), kind, done);
                Ok(())
            }
            Err(SettingsError::Taken) => Err((done, TendError::Taken(wanted.address))),
            Err(error) => Err((done, TendError::Senseless(error.to_string()))),
        }
    }

    /// Whether an installer can want something of a device now.
    pub(super) fn tendable(&self, device: usize) -> Result<PdIndex, TendError> {
        let known = self.find(device).ok_or(TendError::Unknown)?;
        if known.condition != DeviceCondition::Online {
            return Err(TendError::NotOnline);
        }
        if self.works.is_busy(device) { Err(TendError::Busy) } else { Ok(known.pd) }
    }

    /// The address of a device now, wherever it has been moved.
    pub(super) fn address_of(&self, device: usize) -> Option<u8> {
        Some(self.cp.status(self.find(device)?.pd)?.address)
    }

    fn identify(
        &mut self,
        now: Micros,
        device: usize,
        status: Option<PdStatus>,
        done: Done,
    ) -> Result<(), (Done, TendError)> {
        let can = status.and_then(|status| status.about).map(|(_, can)| can).unwrap_or_default();
        if !can.lights && !can.buzzer {
            return Err((done, TendError::NothingToShow));
        }
        self.signals.identify(device, now + SHOWN_WITHIN, &can);
        drop(done.send(Ok(Tended::Shown { light: can.lights, tone: can.buzzer })));
        Ok(())
    }

    /// Gives a device this key, which is on the disk, in place of its own.
    pub(super) fn rotate_key(&mut self, now: Micros, device: usize, key: Scbk, done: Done) {
        let pd = match self.tendable(device) {
            Ok(pd) => pd,
            Err(error) => return drop(done.send(Err(error))),
        };
        let until = now + KEYED_WITHIN;
        match self.cp.rotate_key(now, pd, until, key) {
            Ok(()) => self.works.begin(device, Some(until + KEYED_WITHIN), Kind::Key, done),
            Err(RotateError::NoKey) => drop(done.send(Err(TendError::NoKey))),
            Err(RotateError::UnderWay) => drop(done.send(Err(TendError::Busy))),
        }
    }

    /// The new key of a device is in its file, or could not be put there.
    pub(super) fn key_kept(&mut self, device: usize, kept: Result<(), String>) {
        self.works.key_kept(device, kept);
    }

    /// The port has another speed now.
    pub(super) fn set_baud(&mut self, now: Micros, baud: u32) {
        self.baud = baud;
        self.cp.set_baud(now, baud);
    }

    /// The next part of a file. Without the file there is nothing to send.
    pub(super) fn send_part(&mut self, now: Micros, pd: PdIndex, offset: u32, max_len: usize) {
        let device = self.devices[pd.get()].device;
        self.works.progress(device, offset);
        let part = self.works.part(device, offset, max_len);
        if part.is_empty() || self.cp.send_fragment(now, pd, part).is_err() {
            self.cp.abort_file(pd);
        }
    }
}
