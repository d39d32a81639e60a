//! Where the secure-channel key outlives a loss of power: a record in one of two pages of flash.
//!
//! A new key goes into the page that is not in use, is read back, and only then is the old page erased. So power may
//! fail at any moment: what is there afterwards is the old key or the new one, whole, and never no key, which would
//! let the published default key in.

use embedded_storage::nor_flash::NorFlash;
use panel_protocol::osdp::crc::crc16;
use panel_protocol::osdp::secure::Scbk;

/// Generation (u32), key, check of both (u16), filled up to what flash is written in.
const RECORD_LEN: usize = 24;

/// Two pages of flash.
pub(crate) struct KeyStore<F> {
    flash: F,
    pages: [u32; 2],
}

/// A key, and how many came before it.
struct Record {
    generation: u32,
    key: [u8; 16],
}

impl<F: NorFlash> KeyStore<F> {
    /// A store in the pages at these offsets.
    pub(crate) fn new(flash: F, pages: [u32; 2]) -> Self {
        Self { flash, pages }
    }

    /// The key, if there is one.
    pub(crate) fn load(&mut self) -> Option<Scbk> {
        self.newest().map(|(_, record)| Scbk::new(record.key))
    }

    /// Keeps a key in the place of the one before; false when flash failed, and the one before is still there.
    pub(crate) fn store(&mut self, key: &Scbk) -> bool {
        let before = self.newest();
        let (page, generation) = match &before {
            Some((page, record)) => (1 - page, record.generation.wrapping_add(1)),
            None => (0, 0),
        };
        let bytes = Record { generation, key: *key.expose() }.bytes();
        let written = self.erase(page) && self.flash.write(self.pages[page], &bytes).is_ok();
        let kept = written && self.read(page).is_some_and(|record| record.bytes() == bytes);
        if kept && before.is_some() {
            self.erase(1 - page);
        }
        kept
    }

    /// Forgets the key: back to how the device left the factory.
    pub(crate) fn forget(&mut self) {
        self.erase(0);
        self.erase(1);
    }

    fn newest(&mut self) -> Option<(usize, Record)> {
        let records = [self.read(0), self.read(1)].into_iter().enumerate();
        records.filter_map(|(page, record)| Some((page, record?))).max_by_key(|(_, record)| record.generation)
    }

    fn read(&mut self, page: usize) -> Option<Record> {
        let mut bytes = [0; RECORD_LEN];
        self.flash.read(self.pages[page], &mut bytes).ok()?;
        Record::from_bytes(&bytes)
    }

    fn erase(&mut self, page: usize) -> bool {
        let from = self.pages[page];
        self.flash.erase(from, from + F::ERASE_SIZE as u32).is_ok()
    }
}

impl Record {
    fn bytes(&self) -> [u8; RECORD_LEN] {
        let mut bytes = [0; RECORD_LEN];
        bytes[..4].copy_from_slice(&self.generation.to_le_bytes());
        bytes[4..20].copy_from_slice(&self.key);
        let check = crc16(&bytes[..20]);
        bytes[20..22].copy_from_slice(&check.to_le_bytes());
        bytes
    }

    /// `None` when the page is erased, or power failed while it was written.
    fn from_bytes(bytes: &[u8; RECORD_LEN]) -> Option<Self> {
        let (generation, rest) = bytes.split_first_chunk()?;
        let record = Self { generation: u32::from_le_bytes(*generation), key: *rest.first_chunk()? };
        (record.bytes() == *bytes).then_some(record)
    }
}
