//! The two checks a frame can end with (OSDP 2.2, 5.9 and Annex E).

use crc::{CRC_16_SPI_FUJITSU, Crc};

/// Polynomial 0x1021, initial value 0x1D0F, not reflected, no final exclusive-or: catalogued as SPI-FUJITSU.
const CRC: Crc<u16> = Crc::<u16>::new(&CRC_16_SPI_FUJITSU);

/// The CRC over SOM to the last byte before it; travels low byte first.
#[must_use]
pub fn crc16(bytes: &[u8]) -> u16 {
    CRC.checksum(bytes)
}

/// The checksum over SOM to the last byte before it: two's complement of the 8-bit sum.
#[must_use]
pub fn checksum(bytes: &[u8]) -> u8 {
    bytes.iter().fold(0u8, |sum, byte| sum.wrapping_add(*byte)).wrapping_neg()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn annex_e_values() {
        assert_eq!(crc16(&[0x53, 0x00, 0x09, 0x00, 0x04, 0x61, 0x00]), 0x66C0);
        assert_eq!(checksum(&[0x53, 0x00, 0x08, 0x00, 0x00, 0x61, 0x00]), 0x44);
    }
}
