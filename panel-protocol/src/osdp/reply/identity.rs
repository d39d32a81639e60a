//! PDID and PDCAP: who a device is, and what it can do.

use crate::osdp::bytes::{Full, Writer};
use crate::osdp::payload::{PayloadError, fixed};
use crate::osdp::records::Record;

/// Who a device is.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct DeviceId {
    /// The maker's IEEE identifier.
    pub vendor: [u8; 3],
    /// The maker's model number.
    pub model: u8,
    /// The model's version.
    pub version: u8,
    /// The device's serial number.
    pub serial: u32,
    /// Firmware: major, minor, build.
    pub firmware: [u8; 3],
}

/// One thing a device can do, and how well.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Capability {
    /// One of [`function`], or something newer.
    pub function: u8,
    /// How well; for sizes, the low byte.
    pub compliance: u8,
    /// How many; for sizes, the high byte.
    pub count: u8,
}

/// Function codes of capabilities (OSDP 2.2, Annex B).
pub mod function {
    /// Inputs.
    pub const CONTACTS: u8 = 1;
    /// Outputs.
    pub const OUTPUTS: u8 = 2;
    /// Forms of card data.
    pub const CARD_FORMAT: u8 = 3;
    /// Lights.
    pub const LED: u8 = 4;
    /// Buzzers.
    pub const AUDIBLE: u8 = 5;
    /// Displays.
    pub const TEXT: u8 = 6;
    /// Keeping time.
    pub const TIME: u8 = 7;
    /// 1: CRC, not only checksum.
    pub const CHECK: u8 = 8;
    /// Bit 0: AES-128 secure channel.
    pub const SECURITY: u8 = 9;
    /// Longest frame it can take, as a size.
    pub const RECEIVE_BUFFER: u8 = 10;
    /// Longest message of many frames, as a size.
    pub const MESSAGE_SIZE: u8 = 11;
    /// Smart cards.
    pub const SMART_CARD: u8 = 12;
    /// Attached readers.
    pub const READERS: u8 = 13;
    /// Biometry.
    pub const BIOMETRICS: u8 = 14;
    /// PIN inside the secure channel only.
    pub const SECURE_PIN: u8 = 15;
    /// 1: IEC 60839-11-5, 2: SIA OSDP 2.2.
    pub const OSDP_VERSION: u8 = 16;
}

impl DeviceId {
    /// What CCRYPT names the device by: vendor, model, version, low bytes of the serial number (Annex D.4.3).
    #[must_use]
    pub const fn cuid(&self) -> [u8; 8] {
        let ([a, b, c], [s0, s1, s2, _]) = (self.vendor, self.serial.to_le_bytes());
        [a, b, c, self.model, self.version, s0, s1, s2]
    }

    pub(super) fn parse(data: &[u8]) -> Result<Self, PayloadError> {
        let [v0, v1, v2, model, version, s0, s1, s2, s3, major, minor, build] = *fixed(data)?;
        Ok(Self {
            vendor: [v0, v1, v2],
            model,
            version,
            serial: u32::from_le_bytes([s0, s1, s2, s3]),
            firmware: [major, minor, build],
        })
    }

    pub(super) fn emit(&self, out: &mut Writer<'_>) -> Result<(), Full> {
        out.put(&self.vendor)?;
        out.put(&[self.model, self.version])?;
        out.put(&self.serial.to_le_bytes())?;
        out.put(&self.firmware)
    }
}

impl Capability {
    /// A capability that is a size, such as [`function::RECEIVE_BUFFER`].
    #[must_use]
    pub const fn sized(function: u8, size: u16) -> Self {
        let [compliance, count] = size.to_le_bytes();
        Self { function, compliance, count }
    }

    /// Compliance and count as the size they are for some functions.
    #[must_use]
    pub const fn size(&self) -> u16 {
        u16::from_le_bytes([self.compliance, self.count])
    }
}

impl Record for Capability {
    const LEN: usize = 3;

    fn read(bytes: &[u8]) -> Result<Self, PayloadError> {
        let [function, compliance, count] = *fixed(bytes)?;
        Ok(Self { function, compliance, count })
    }

    fn write(&self, out: &mut Writer<'_>) -> Result<(), Full> {
        out.put(&[self.function, self.compliance, self.count])
    }
}
