//! Annex E's values, and sessions that someone tampers with.

use super::cipher::SessionKeys;
use super::*;
use crate::osdp::bytes::{Full, Writer};
use crate::osdp::command::{Command, KeySet};
use crate::osdp::crc::crc16;
use crate::osdp::frame::{self, Check, FrameError, FrameMut, Header, Payload, scs};

extern crate std;

const COMMAND: Header = Header::command(5, 1);

const RND_A: [u8; 8] = [0xB0, 0xB1, 0xB2, 0xB3, 0xB4, 0xB5, 0xB6, 0xB7];
const RND_B: [u8; 8] = [0xA0, 0xA1, 0xA2, 0xA3, 0xA4, 0xA5, 0xA6, 0xA7];

struct Plain<'a>(u8, &'a [u8]);

impl Payload for Plain<'_> {
    fn code(&self) -> u8 {
        self.0
    }

    fn emit(&self, out: &mut Writer<'_>) -> Result<(), Full> {
        out.put(self.1)
    }
}

fn pair() -> (Session, Session) {
    let [cp, pd] = [(); 2].map(|()| Handshake::new(&SCBK_D, &RND_A, &RND_B));
    let server = *cp.check_client(pd.client_cryptogram()).unwrap();
    let (pd, initial) = pd.accept(&server).unwrap();
    (cp.confirm(&initial).unwrap(), pd)
}

fn open<'a>(session: &mut Session, wire: &'a mut [u8]) -> Result<Message<'a>, OpenError> {
    session.open(FrameMut::parse(&mut wire[1..]).expect("a whole frame"))
}

#[test]
fn annex_e_keys_and_cryptograms() {
    use aes::cipher::{BlockCipherEncrypt, KeyInit};
    let handshake = Handshake::new(&SCBK_D, &RND_A, &RND_B);
    let encrypted_zero = |key: u128| {
        let mut block = [0; 16];
        aes::Aes128::new((&key.to_be_bytes()).into()).encrypt_block((&mut block).into());
        block
    };
    let keys: [u128; 3] = [
        0xbf8d_c2a8_329a_cb8c_67c6_d0cd_9a45_1682,
        0x5e86_c676_603b_dee2_d8be_afe1_7863_7332,
        0x6fda_86e8_5777_7e81_1320_3575_8239_172e,
    ];
    assert_eq!(handshake.fingerprint(), keys.map(encrypted_zero));
    let client = 0xfde5_d2f4_28ec_1631_2471_ea3c_02bd_7796_u128.to_be_bytes();
    let server = 0x26d3_356e_0776_2d26_2801_fc8e_6665_a891_u128.to_be_bytes();
    assert_eq!(handshake.client_cryptogram(), &client);
    assert_eq!(handshake.check_client(&client), Ok(&server));
    let (_, initial) = handshake.accept(&server).unwrap();
    assert_eq!(initial, 0xb2a3_0057_eb98_ba22_29ec_1f87_5662_b524_u128.to_be_bytes());
}

#[test]
fn another_key_is_noticed_at_every_step() {
    let [cp, pd] = [SCBK_D, Scbk::new([7; 16])].map(|key| Handshake::new(&key, &RND_A, &RND_B));
    assert_eq!(cp.check_client(pd.client_cryptogram()), Err(WrongKey));
    let server = *cp.check_client(&cp.client_cryptogram().clone()).unwrap();
    assert_eq!(pd.accept(&server).unwrap_err(), WrongKey);
    assert_eq!(cp.confirm(&[0; 16]).unwrap_err(), WrongKey);
}

#[test]
fn data_of_every_length_comes_through_both_ways() {
    let (mut cp, mut pd) = pair();
    let (mut data, mut buf) = ([0u8; 64], [0u8; 160]);
    data.iter_mut().zip(0..).for_each(|(byte, i)| *byte = i);
    for len in 0..=data.len() {
        let payload = Plain(0x80, &data[..len]);
        let size = cp.seal(&mut buf, COMMAND, &payload).unwrap().len();
        assert_eq!(open(&mut pd, &mut buf[..size]).unwrap().data, payload.1);
        let size = pd.seal(&mut buf, COMMAND.answer(), &payload).unwrap().len();
        assert_eq!(open(&mut cp, &mut buf[..size]).unwrap().data, payload.1);
    }
}

#[test]
fn a_frame_filled_to_the_brim_fits_and_one_byte_more_does_not() {
    let (mut cp, _) = pair();
    for frame_len in 14..200 {
        let room = max_data(frame_len, Check::Crc).unwrap();
        let (data, mut buf) = ([9u8; 200], [0u8; 201]);
        let buf = &mut buf[..=frame_len];
        assert!(cp.seal(buf, COMMAND, &Plain(0x80, &data[..room])).unwrap().len() <= frame_len + 1);
        assert_eq!(cp.seal(buf, COMMAND, &Plain(0x80, &data[..=room])), Err(SealError::Full));
    }
    assert_eq!(max_data(13, Check::Crc), None);
}

#[test]
fn data_does_not_travel_in_clear() {
    let (mut cp, _) = pair();
    let mut buf = [0; 80];
    let wire = cp.seal(&mut buf, COMMAND, &Plain(0x80, b"a secret number!")).unwrap();
    assert!(!wire.windows(4).any(|window| b"a secret number!".windows(4).any(|plain| plain == window)));
}

#[test]
fn a_changed_bit_ends_the_session_for_good() {
    let mut sealed = [0; 80];
    let size = pair().0.seal(&mut sealed, COMMAND, &Plain(0x68, b"door")).unwrap().len();
    let body = size - 2;
    for bit in (6 * 8)..(body * 8) {
        let (_, mut pd) = pair();
        let mut wire = sealed;
        wire[bit / 8] ^= 1 << (bit % 8);
        let crc = crc16(&wire[1..body]).to_le_bytes();
        wire[body..size].copy_from_slice(&crc);
        let Ok(frame) = FrameMut::parse(&mut wire[1..size]) else { continue };
        assert!(pd.open(frame).is_err(), "bit {bit}");
        assert!(!pd.is_alive());
        let mut original = sealed;
        assert_eq!(open(&mut pd, &mut original[..size]), Err(OpenError::Ended));
        assert_eq!(pd.seal(&mut wire, COMMAND.answer(), &Plain(0x40, &[])), Err(SealError::Ended));
    }
}

#[test]
fn a_frame_passes_once() {
    let (mut cp, mut pd) = pair();
    let mut wire = [0; 32];
    let size = cp.seal(&mut wire, COMMAND, &Plain(0x60, &[])).unwrap().len();
    assert!(open(&mut pd, &mut wire[..size]).is_ok());
    assert_eq!(open(&mut pd, &mut wire[..size]), Err(OpenError::Mac));
}

#[test]
fn a_frame_taken_back_passes_again() {
    let (mut cp, mut pd) = pair();
    let mut wire = [0; 48];
    let size = cp.seal(&mut wire, COMMAND, &Plain(0x6A, b"beep")).unwrap().len();
    let mut again = wire;
    assert!(open(&mut pd, &mut wire[..size]).is_ok());
    pd.forget_last();
    assert_eq!(open(&mut pd, &mut again[..size]).unwrap().data, b"beep");
}

#[test]
fn a_command_reflected_is_no_reply() {
    let (mut cp, _) = pair();
    let mut wire = [0; 32];
    let size = cp.seal(&mut wire, COMMAND, &Plain(0x60, &[])).unwrap().len();
    wire[2] |= 0x80;
    let crc = crc16(&wire[1..size - 2]).to_le_bytes();
    wire[size - 2..size].copy_from_slice(&crc);
    let error = FrameMut::parse(&mut wire[1..size]).unwrap_err();
    assert_eq!(error, FrameError::Direction { kind: scs::COMMAND_MAC, reply: true });
    // Even with the other direction's block, its MAC is none of this direction.
    wire[7] = scs::REPLY_MAC;
    let crc = crc16(&wire[1..size - 2]).to_le_bytes();
    wire[size - 2..size].copy_from_slice(&crc);
    assert_eq!(open(&mut cp, &mut wire[..size]), Err(OpenError::Mac));
}

#[test]
fn a_clear_frame_is_not_opened() {
    let (mut cp, _) = pair();
    let mut wire = [0; 32];
    let size = frame::emit(&mut wire, COMMAND.answer(), None, &Plain(0x40, &[])).unwrap().len();
    assert_eq!(open(&mut cp, &mut wire[..size]), Err(OpenError::NotSealed));
}

/// A command that says it is encrypted, with these bytes of data as they stand.
fn sealed_as_it_stands(data: &[u8]) -> ([u8; 64], usize) {
    let keys = SessionKeys::derive(&SCBK_D, &RND_A);
    let handshake = Handshake::new(&SCBK_D, &RND_A, &RND_B);
    let server = *handshake.check_client(&handshake.client_cryptogram().clone()).unwrap();
    let mut wire = [0; 64];
    let end = 9 + data.len();
    let len = u8::try_from(end - 1 + 4 + 2).unwrap();
    wire[..9].copy_from_slice(&[0xFF, 0x53, 5, len, 0, 0x0D, 2, scs::COMMAND_ENCRYPTED, 0x64]);
    wire[9..end].copy_from_slice(data);
    let mac = keys.mac(&keys.initial_mac(&server), &wire[1..end]);
    wire[end..end + 4].copy_from_slice(&mac[..4]);
    let crc = crc16(&wire[1..end + 4]).to_le_bytes();
    wire[end + 4..end + 6].copy_from_slice(&crc);
    (wire, end + 6)
}

#[test]
fn encrypted_and_without_data_is_opened_as_empty() {
    let (mut wire, size) = sealed_as_it_stands(&[]);
    let (_, mut pd) = pair();
    assert_eq!(open(&mut pd, &mut wire[..size]), Ok(Message { code: 0x64, data: &[] }));
    assert!(pd.is_alive());
}

#[test]
fn a_block_without_padding_ends_the_session() {
    let (mut wire, size) = sealed_as_it_stands(&[0x5A; 16]); // decrypts to what has no padding
    let (_, mut pd) = pair();
    assert_eq!(open(&mut pd, &mut wire[..size]), Err(OpenError::Padding));
    assert!(!pd.is_alive());
}

#[test]
fn a_key_is_never_printed() {
    assert_eq!(std::format!("{:?}", Scbk::new([0x41; 16])), "Scbk(..)");
}

#[test]
fn a_payload_that_could_not_be_sealed_is_not_left_in_the_buffer() {
    let (key, secret) = (SCBK_D, SCBK_D);
    let command = Command::KeySet(KeySet::new(&key));
    for room in 14..32 {
        let (mut cp, _) = pair();
        let mut buf = [0; 32];
        assert_eq!(cp.seal(&mut buf[..room], COMMAND, &command), Err(SealError::Full));
        assert!(!buf.windows(2).any(|left| secret.expose().windows(2).any(|part| part == left)));
    }
    let (mut cp, _) = pair();
    cp.end();
    let mut buf = [0; 64];
    assert_eq!(cp.seal(&mut buf, COMMAND, &command), Err(SealError::Ended));
    assert_eq!(buf, [0; 64]);
}
