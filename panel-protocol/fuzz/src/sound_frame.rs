//! Frames that chance would never make: with the right length and check, whatever they carry.

use panel_protocol::osdp::crc::{checksum, crc16};
use panel_protocol::osdp::frame::{MARK, SOM};

/// Bit of the control byte that says CRC.
pub(crate) const CRC_BIT: u8 = 0x04;

/// The frame and its mark; `body` is everything between the control byte and the check.
pub(crate) fn sound_frame(address: u8, control: u8, body: &[u8]) -> Vec<u8> {
    let has_crc = control & CRC_BIT != 0;
    let len = 5 + body.len() + if has_crc { 2 } else { 1 };
    let [low, high] = u16::try_from(len).expect("bodies are short").to_le_bytes();
    let mut bytes = vec![MARK, SOM, address, low, high, control];
    bytes.extend(body);
    if has_crc {
        bytes.extend(crc16(&bytes[1..]).to_le_bytes());
    } else {
        bytes.push(checksum(&bytes[1..]));
    }
    bytes
}
